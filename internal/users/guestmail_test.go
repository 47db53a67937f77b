package users_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// The account name of a guest is no mailbox: an email goes to the address at home, or the
// administrator is told that there is none.
func TestAGuestGetsEmailAtHomeOrTheAdministratorIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range []struct {
		username, to string
		emails       int
		without      []string
	}{
		{"anna_partner.example#EXT#@customer.onmicrosoft.com", "anna@partner.example", 1, nil},
		{"nohome#EXT#@customer.onmicrosoft.com", "", 0, []string{"A Guest"}},
	} {
		ctx, unsent := pactius.WithUnsent(t.Context())
		_, err := w.rules.Add(ctx, w.Actor(w.root), users.NewUser{Username: test.username, Name: "A Guest",
			Welcome: true, Despite: true, Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(unsent.Without(), test.without); diff != "" {
			t.Errorf("%s: told about (-got +want):\n%s", test.username, diff)
		}
		if got := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE to_address = $1`, test.to); got != test.emails {
			t.Errorf("%s: %d emails to %q", test.username, got, test.to)
		}
	}
	if got := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE to_address LIKE '%#EXT#%'`); got > 0 {
		t.Errorf("%d emails go to names that are no mailbox", got)
	}
}

// Erasing a guest finds the emails to an address that stands in no row of the person.
func TestErasingAGuestErasesTheEmailsToTheAddressAtHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	added, err := w.rules.Add(t.Context(), w.Actor(w.root), users.NewUser{Name: "A Guest", Welcome: true,
		Username: "anna_partner.example#EXT#@customer.onmicrosoft.com",
		Grants:   []pactius.Grant{grant(w.north, pactius.AccessRead)}})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := w.rules.Deactivate(t.Context(), w.Actor(w.root), added.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.rules.Erase(t.Context(), w.Actor(w.root), added.User.ID, gone.Version); err != nil {
		t.Fatal(err)
	}
	if got := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE to_address LIKE '%partner.example'`); got > 0 {
		t.Errorf("%d emails of the erased guest are left", got)
	}
}
