package users_test

import (
	"slices"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestSearchFindsWhatTheListsShow(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	named := w.User(t, "lou@nordhavn.example", "Anna Aaen", grant(w.north, pactius.AccessRead))
	for name, c := range map[string]struct {
		actor pactius.User
		typed string
		want  []string
	}{
		"everyone is found by the root":       {w.root, "plain", []string{w.plain.Name}},
		"others' users are not found":         {w.local, "plain", nil},
		"nor by their exact account names":    {w.local, w.plain.Username, nil},
		"users without units are":             {w.local, "loose", []string{w.loose.Name}},
		"employees find nobody":               {w.seller, "loose", nil},
		"users are in the order of names":     {w.root, "lo", []string{named.Name, w.local.Name, w.loose.Name}},
		"the exact account name is first":     {w.root, "LOOSE@nordhavn.example", []string{w.loose.Name}},
		"text without a word finds nothing":   {w.root, "% _", nil},
		"an empty text finds nothing":         {w.root, "", nil},
		"an exact account name before others": {w.local, "lou@nordhavn.example", []string{named.Name, w.loose.Name}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := w.rules.Search(t.Context(), w.Actor(c.actor), c.typed, 5)
			if err != nil {
				t.Fatal(err)
			}
			if got := namesOf(found.Users.Users); !slices.Equal(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
			if found.Administrator == (c.actor.ID == w.seller.ID) {
				t.Errorf("an administrator: %t", found.Administrator)
			}
		})
	}
}

// The words of an account name may be those of many users who come before its owner.
func TestTheExactAccountNameComesFirst(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	owner := w.User(t, "an@nordhavn.example", "Zoe Last", grant(w.north, pactius.AccessRead))
	for _, name := range []string{"ana", "anb", "anc"} {
		w.User(t, name+"@nordhavn.example", name, grant(w.north, pactius.AccessRead))
	}
	found, err := w.rules.Search(t.Context(), w.Actor(w.local), owner.Username, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := namesOf(found.Users.Users); !slices.Equal(got, []string{owner.Name, "ana"}) {
		t.Errorf("found %v", got)
	}
}

func TestSearchFindsTheRequestsOfTheActor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(t, storetest.Person("frida@falk.example", "Frida Falk"), w.legal)
	w.ask(t, storetest.Person("frede@falk.example", "Frede Falk"), w.north)
	for actor, want := range map[*pactius.User]int{&w.root: 2, &w.local: 1} {
		found, err := w.rules.Search(t.Context(), w.Actor(*actor), "falk", 5)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(found.Requests.Requests); got != want {
			t.Errorf("%s finds %d requests, want %d", actor.Name, got, want)
		}
	}
}

func namesOf(users []pactius.User) []string {
	var all []string
	for _, u := range users {
		all = append(all, u.Name)
	}
	return all
}
