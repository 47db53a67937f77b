package users

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// propose notes that the request is from a user that the actor may not change, and emails those who may confirm it.
func (d *Decided) propose(tx *change.Tx, u pactius.User) error {
	d.Proposed, d.User = true, u
	q := &d.Request
	if q.Proposal.User == u.ID {
		return nil
	}
	q.Proposal = pactius.Proposal{User: u.ID, By: tx.Actor.User, At: tx.Now}
	if err := tx.StoreProposal(*q); err != nil {
		return err
	}
	q.Version++
	tx.Record(pactius.Event{Kind: pactius.SameProposed, Request: q.ID, User: u.ID})
	to, err := confirmers(tx, u)
	for _, c := range to[:min(len(to), pactius.MaxDeciderMails)] {
		tx.Mail(change.ToUser(c), mail.SameProposed{Request: q.ID, User: u.ID, By: signer(tx.Actor),
			Name: q.Person.Name, AccountName: q.Person.Username, Of: u.Name, OfAccountName: u.Username,
			Expires: q.ExpiresAt})
	}
	return err
}

// confirmers returns the administrator who added or approved a user and may change the user, else those of the root.
func confirmers(tx *change.Tx, u pactius.User) ([]pactius.User, error) {
	creator, err := tx.UserCreator(u.ID)
	if err != nil {
		return nil, err
	}
	memberships, err := tx.MembershipsOf([]pactius.UserID{creator, u.ID})
	if err != nil {
		return nil, err
	}
	by, err := store.Optional(tx.User(creator))
	if err != nil {
		return nil, err
	}
	tree, err := tx.TreeOf(slices.Concat(change.UnitIDs(memberships[creator]), change.UnitIDs(memberships[u.ID]))...)
	if err != nil {
		return nil, err
	}
	rights := pactius.NewRights(tree, memberships[creator])
	if by != nil && by.MayEnter(tx.Today) &&
		rights.CanIdentify(change.UnitIDs(memberships[u.ID]), pactius.Ties{Vouches: true}) {
		return []pactius.User{*by}, nil
	}
	return deciders(tx, nil)
}

// RefuseSame removes the proposal that a pending request is from a user, and emails the approver who made it. It is for
// administrators who may change the user, and for approvers of the request.
func (r *Rules) RefuseSame(ctx context.Context, actor pactius.Actor, id pactius.RequestID) (
	pactius.AccessRequest, error,
) {
	var q pactius.AccessRequest
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var v SameView
		var err error
		if q, err = tx.Request(id); err != nil {
			return err
		}
		p := q.Proposal
		if q.State != pactius.StatePending || p.User == "" {
			q, err = decidable(tx, id)
			return err // nothing is proposed
		}
		if err := v.read(tx, id, p.User); err != nil {
			return err
		}
		q.Proposal = pactius.Proposal{}
		if err := tx.StoreProposal(q); err != nil {
			return err
		}
		q.Version++
		tx.Record(pactius.Event{Kind: pactius.SameRefused, Request: q.ID, User: p.User})
		by, err := store.Optional(tx.User(p.By))
		if err != nil || by == nil || (tx.Actor.Kind == pactius.ActorUser && by.ID == tx.Self.ID) {
			return err
		}
		tx.Mail(change.ToUser(*by), mail.SameRefused{Request: q.ID, By: signer(tx.Actor), Name: q.Person.Name})
		return nil
	})
	return q, err
}
