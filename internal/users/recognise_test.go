package users_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestRecognise(t *testing.T) {
	t.Parallel()
	const today pactius.Date = "2026-03-02"
	now := storetest.Start
	connected := pactius.Connection{TenantID: storetest.Tenant}
	person := storetest.Person("anna@nordhavn.example", "Anna")
	bare := pactius.Person{Username: person.Username}
	user := func(change func(*pactius.User)) *pactius.User {
		u := &pactius.User{ID: "u", Username: person.Username, Name: "Anna", Identity: person.Identity,
			FirstSignInAt: now, UnitCount: 1}
		change(u)
		return u
	}
	same := user(func(*pactius.User) {})
	invited := user(func(u *pactius.User) { u.Identity, u.FirstSignInAt = pactius.Identity{}, time.Time{} })
	stranger := user(func(u *pactius.User) { u.ID, u.Identity.ObjectID = "other", "another" })
	moved := user(func(u *pactius.User) { u.Identity.TenantID = "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e" })
	off := func(u *pactius.User) { u.DeactivatedAt = now }
	tests := []struct {
		name    string
		facts   users.Evidence
		outcome users.Outcome
		user    pactius.UserID
		reasons []string
		remedy  bool
	}{
		{"an environment without connection knows nobody", users.Evidence{Person: person, Linked: same},
			users.OutcomeUnconnected, "", []string{"not_connected"}, true},
		{"an account of another tenant is foreign, whatever it is called",
			users.Evidence{Connection: pactius.Connection{TenantID: "other"}, Person: person, Linked: same,
				Named: same}, users.OutcomeForeign, "", []string{"other_tenant"}, true},
		{"a linked identity enters", users.Evidence{Connection: connected, Person: person, Linked: same, Named: same},
			users.OutcomeEnter, "u", []string{"identity"}, false},
		{"a linked identity enters under a new account name",
			users.Evidence{Connection: connected, Person: person, Linked: same}, users.OutcomeEnter, "u",
			[]string{"identity"}, false},
		{"the identity counts before the account name",
			users.Evidence{Connection: connected, Person: person, Linked: same, Named: stranger}, users.OutcomeEnter,
			"u", []string{"identity"}, false},
		{"an invited account name is linked", users.Evidence{Connection: connected, Person: person, Named: invited},
			users.OutcomeLink, "u", []string{"invited_name"}, false},
		{"the account name of somebody else's account proves nothing",
			users.Evidence{Connection: connected, Person: person, Named: stranger}, users.OutcomeUnrecognised, "",
			[]string{"name_of_another"}, true},
		{"a user of an earlier tenant is not recognised by the account name", users.Evidence{Connection: connected,
			Person: person, Named: moved}, users.OutcomeUnrecognised, "", []string{"cut_off"}, true},
		{"explaining a user of an earlier tenant by account name", users.Evidence{Connection: connected, Person: bare,
			Named: moved}, users.OutcomeUnrecognised, "", []string{"cut_off"}, true},
		{"nobody is unrecognised", users.Evidence{Connection: connected, Person: person}, users.OutcomeUnrecognised, "",
			[]string{"unknown_name"}, true},
		{"a deactivated user is blocked", users.Evidence{Connection: connected, Person: person, Linked: user(off)},
			users.OutcomeBlocked, "u", []string{"identity", "deactivated"}, true},
		{"an invited and deactivated user is blocked, not linked",
			users.Evidence{Connection: connected, Person: person,
				Named: user(func(u *pactius.User) { u.Identity = pactius.Identity{}; off(u) })}, users.OutcomeBlocked,
			"u", []string{"invited_name", "deactivated"}, true},
		{"the last day is still a day",
			users.Evidence{Connection: connected, Person: person,
				Linked: user(func(u *pactius.User) { u.EndsOn = today })}, users.OutcomeEnter, "u",
			[]string{"identity"}, false},
		{"the day after the last is not",
			users.Evidence{Connection: connected, Person: person,
				Linked: user(func(u *pactius.User) { u.EndsOn = "2026-03-01" })}, users.OutcomeBlocked, "u",
			[]string{"identity", "ended"}, true},
		{"a user without business units enters and is told of",
			users.Evidence{Connection: connected, Person: person,
				Linked: user(func(u *pactius.User) { u.UnitCount = 0 })}, users.OutcomeEnter, "u",
			[]string{"identity", "no_units"}, true},
		{"explaining a linked user by account name", users.Evidence{Connection: connected, Person: bare, Named: same},
			users.OutcomeEnter, "u", []string{"bound_name"}, false},
		{"explaining an invited user by account name",
			users.Evidence{Connection: connected, Person: bare, Named: invited}, users.OutcomeLink, "u",
			[]string{"invited_name"}, false},
		{"explaining nobody by account name", users.Evidence{Connection: connected, Person: bare},
			users.OutcomeUnrecognised, "", []string{"unknown_name"}, true},
	}
	for _, test := range tests {
		test.facts.Today = today
		d := users.Recognise(test.facts)
		var id pactius.UserID
		if d.User != nil {
			id = d.User.ID
		}
		var codes []string
		for _, r := range d.Reasons {
			codes = append(codes, r.Code)
			if r.Text.IsZero() {
				t.Errorf("%s: the reason %s says nothing", test.name, r.Code)
			}
		}
		if d.Outcome != test.outcome || id != test.user || d.Remedy.IsZero() == test.remedy {
			t.Errorf("%s: %s of %q, remedy %q; want %s of %q", test.name, d.Outcome, id, d.Remedy, test.outcome,
				test.user)
		}
		if diff := cmp.Diff(test.reasons, codes); diff != "" {
			t.Errorf("%s: reasons (-want +got):\n%s", test.name, diff)
		}
	}
}
