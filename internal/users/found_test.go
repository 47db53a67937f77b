package users_test

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// An added user is found under a mistaken account name.
func TestAnAddedUserIsFoundUnderAMistake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	added := users.NewUser{Username: "karla.hedegard@nordhavn.example", Name: "Karla Hedegaard",
		Grants: []pactius.Grant{grant(w.sales, pactius.AccessRead)}}
	if _, err := w.rules.Add(t.Context(), w.Actor(w.local), added); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		asked pactius.Person
		found bool
	}{
		"one letter differs": {pactius.Person{Username: "karla.hedegaerd@nordhavn.example", Name: "Karla Hedegaard"},
			true},
		"another domain": {pactius.Person{Username: "karla.hedegard@nordhavn.onmicrosoft.com",
			Name: "Karla Hedegaard"}, true},
		"somebody else": {pactius.Person{Username: "bo.friis@nordhavn.example", Name: "Bo Friis"}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := w.rules.Explain(t.Context(), w.Actor(w.local), c.asked)
			if err != nil {
				t.Fatal(err)
			}
			if found := len(x.Similar) == 1 && x.Similar[0].User.Username == added.Username; found != c.found ||
				!c.found && len(x.Similar) > 0 {
				t.Errorf("similar are %+v, want the one added: %v", x.Similar, c.found)
			}
		})
	}
}
