package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
)

// Welcomed is the result of sending the welcome email again.
type Welcomed struct {
	User pactius.User
	Late bool // the user has signed in since: nothing was sent
}

// Welcome sends the welcome email again to an invited user that the actor sees. It changes nothing about the user. The
// limits of one person's emails on a day count, as for every email.
func (r *Rules) Welcome(ctx context.Context, actor pactius.Actor, id pactius.UserID) (Welcomed, error) {
	var w Welcomed
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := visible(tx, id)
		if err != nil {
			return err
		}
		w = Welcomed{s.user, !s.user.FirstSignInAt.IsZero()}
		switch {
		case w.Late:
			return nil
		case !s.user.MayEnter(tx.Today):
			return reactivateFirst(s.user.Name, s.user.Username)
		case !tx.Environment.Connection.Connected():
			return ErrNotConnected
		case s.user.MailAddress() == "":
			return errNoAddress
		}
		units, err := unitAccess(tx, id)
		if err != nil {
			return err
		}
		tx.Mail(change.ToUser(s.user), mail.Welcome{By: signer(tx.Actor), AccountName: s.user.Username, Units: units,
			EndsOn: s.user.EndsOn})
		s.record(pactius.Event{Kind: pactius.UserWelcomed})
		return nil
	})
	return w, err
}

var errNoAddress = pactius.Refuse(pactius.KindConflict,
	pactius.T("We don't know this user's email address, so no email was sent. Tell them yourself."))
