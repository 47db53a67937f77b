package users_test

import (
	"errors"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestEdit(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	added, err := w.rules.Add(t.Context(), w.Actor(w.local), users.NewUser{Username: "invted@nordhavn.example",
		Name: "Inga Invited", Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}})
	if err != nil {
		t.Fatal(err)
	}
	invited := added.User
	edit := func(u pactius.User, version int, up pactius.UserUpdate) func() error {
		return func() error {
			_, err := w.rules.Edit(t.Context(), w.Actor(w.local), u.ID, version, up)
			return err
		}
	}
	s := func(s string) *string { return &s }
	past := pactius.Date("2026-03-01")
	w.refused(t, "a stale form", pactius.KindConflict, "",
		edit(w.seller, w.seller.Version+1, pactius.UserUpdate{Name: s("X")}))
	w.refused(t, "an account name that follows Microsoft 365", pactius.KindInvalid, "",
		edit(w.seller, 0, pactius.UserUpdate{Username: s("x@nordhavn.example")}))
	w.refused(t, "an end that is over", pactius.KindInvalid, "", edit(w.seller, 0, pactius.UserUpdate{EndsOn: &past}))
	w.refused(t, "a wrong name and e-mail", pactius.KindInvalid, "",
		edit(w.seller, 0, pactius.UserUpdate{Name: s(""), Email: s("x")}))
	w.refused(t, "an account name that is taken", pactius.KindConflict, "",
		edit(invited, 0, pactius.UserUpdate{Username: s("SELLER@nordhavn.example")}))
	_, err = w.rules.Edit(t.Context(), w.Actor(w.local), invited.ID, 0,
		pactius.UserUpdate{Username: s("plain@nordhavn.example")})
	if e, ok := errors.AsType[*users.ExistsError](err); !ok || e.Visible {
		t.Errorf("a name of somebody out of sight: %v", err)
	}
	w.unchanged(t, "a form saved unchanged",
		edit(w.seller, w.seller.Version, pactius.UserUpdate{Name: s(w.seller.Name), Email: s(w.seller.Email)}))
	// There is a request of the account with the right name: correcting the typo settles it.
	p := storetest.Person("invited@nordhavn.example", "Inga")
	q := w.ask(t, p, w.north)
	if _, err := w.rules.Deactivate(t.Context(), w.Actor(w.local), invited.ID); err != nil {
		t.Fatal(err)
	}
	e, err := w.rules.Edit(t.Context(), w.Actor(w.local), invited.ID, 0,
		pactius.UserUpdate{Username: s("invited@nordhavn.example"), Despite: true})
	if err != nil || e.Settled != nil {
		t.Errorf("correcting a deactivated user: settled %v, %v; nobody is let in by that", e.Settled, err)
	}
	if _, err := w.rules.Edit(t.Context(), w.Actor(w.local), invited.ID, 0,
		pactius.UserUpdate{Username: s("invted@nordhavn.example")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.rules.Reactivate(t.Context(), w.Actor(w.local), invited.ID); err != nil {
		t.Fatal(err)
	}
	right := pactius.UserUpdate{Username: s("invited@nordhavn.example"), Identity: p.Identity}
	w.refused(t, "approving the request unasked", pactius.KindConflict, "approves that request",
		edit(invited, 0, right))
	w.refused(t, "a name that is somebody's request, where the directory was not asked", pactius.KindConflict,
		"very similar", edit(invited, 0, pactius.UserUpdate{Username: right.Username}))
	w.refused(t, "the account of another user", pactius.KindConflict, "already",
		edit(invited, 0, pactius.UserUpdate{Username: right.Username, Identity: w.seller.Identity}))
	w.refused(t, "an account of another tenant", pactius.KindConflict, "a different Microsoft 365", edit(invited, 0,
		pactius.UserUpdate{Username: right.Username, Identity: pactius.Identity{TenantID: "other", ObjectID: "x"}}))
	right.Settle = true
	e, err = w.rules.Edit(t.Context(), w.Actor(w.local), invited.ID, 0, right)
	if err != nil || e.Settled == nil || e.Settled.ID != q.ID || e.User.Identity != p.Identity {
		t.Errorf("correcting the account name: %+v, %v", e, err)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE kind = 'request-approved'`); n != 1 {
		t.Errorf("%d mails of approval, want 1", n)
	}
}
