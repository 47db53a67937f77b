package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
)

// foundLike is how many users are offered to copy the access of.
const foundLike = 10

// Like is the access of a user, to give it to another one.
type Like struct {
	User    pactius.User    // zero: the search found none, or several
	Grants  []pactius.Grant // the user's explicit access that the actor may give
	LeftOut int             // units of the user that are archived, or not the actor's to give
	Found   []pactius.User  // the first users of a search that found several
	More    bool            // the search found more
}

// Like returns the access of a user that the actor may see, as far as the actor may give it. who is the user's ID, the
// account name, or a search that finds one user.
func (r *Rules) Like(ctx context.Context, actor pactius.Actor, who string) (Like, error) {
	var l Like
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		l = Like{}
		found, err := findLike(tx, who, &l)
		if err != nil || found == "" {
			return err
		}
		s, err := visible(tx, found)
		if err != nil {
			return err
		}
		l.User = s.user
		tree, err := tx.TreeOf(s.units...)
		if err != nil {
			return err
		}
		for _, m := range s.memberships {
			if u, ok := tree.Unit(m.UnitID); ok && !u.IsArchived() && tx.Rights.Administers(m.UnitID) {
				l.Grants = append(l.Grants, pactius.Grant{Unit: m.UnitID, Access: m.Access})
			} else {
				l.LeftOut++
			}
		}
		return nil
	})
	return l, err
}

// findLike returns the user that is meant; "" where none or several may be, which it adds to l.
func findLike(tx *change.Tx, who string, l *Like) (pactius.UserID, error) {
	if id.Valid(who) {
		return pactius.UserID(who), nil
	}
	n, err := tx.UsersNamed(pactius.Identity{}, who)
	if err != nil {
		return "", err
	}
	if n.Named != nil {
		if sees, err := tx.Sees(*n.Named); sees || err != nil {
			return n.Named.ID, err
		}
	}
	page, err := tx.Users(pactius.UserFilter{Search: who, Limit: foundLike}, tx.UserScope())
	if err == nil && len(page.Users) == 1 && page.Next == "" {
		return page.Users[0].ID, nil
	}
	l.Found, l.More = page.Users, page.Next != ""
	return "", err
}
