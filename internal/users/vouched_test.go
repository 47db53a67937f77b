package users_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// strange are account names that Microsoft vouches for and few people would type.
var strange = []string{"", "gerd+x@n.example", "r&d@n.example", "1/2@n.example", "a=b@n.example",
	"taro.@docomo.example", ".a..b@n.example", "+45 12345678", "a@b@c", "Ida@München.example",
	"ida@xn--mnchen-3ya.example", "#before@n.example", "ida lund@n.example",
	"an\u200bna@n.example", "anna\x00@n.example", "anna\xff@n.example", " ", "İ@n.example"}

// TestWhateverMicrosoftVouchesForComesIn lets people of any names in, each once.
func TestWhateverMicrosoftVouchesForComesIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	grants := []pactius.Grant{{Unit: w.sales, Access: pactius.AccessRead}}
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		p := storetest.Person("", "")
		p.Username = rapid.OneOf(rapid.String(), rapid.SampledFrom(strange)).Draw(t, "account name")
		p.Name = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "Anna ❤\ufe0f", "\u202e"})).Draw(t, "name")
		w.db.Clock.Advance(time.Second)
		p.Email = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "anna@n.example"})).Draw(t, "email")
		in := w.signIn(t, p)
		if in.Decision.Outcome != users.OutcomeUnrecognised || in.Decision.Reasons[0].Text.IsZero() {
			t.Fatalf("a stranger: %+v", in.Decision)
		}
		q := w.ask(t, in.Session.Person, w.sales)
		if q.Person.Name == "" || !utf8.ValidString(q.Person.Name+q.Person.Username) {
			t.Fatalf("the request is of %+v", q.Person)
		}
		for _, by := range []pactius.User{w.root, w.local} {
			v, err := w.rules.Request(ctx, w.Actor(by), q.ID)
			if err != nil || v.Own || v.Existing != nil {
				t.Fatalf("the request's page: %v, own %v, existing %v", err, v.Own, v.Existing)
			}
		}
		d, err := w.rules.Approve(ctx, w.Actor(w.local), q.ID, users.Approval{Grants: grants, Despite: true})
		if err != nil || !d.Created {
			t.Fatalf("%+v is not created: %v", d.User, err)
		}
		w.db.Clock.Advance(time.Second)
		if in := w.signIn(t, p); in.Decision.Outcome != users.OutcomeEnter || in.Session.UserID != d.User.ID {
			t.Fatalf("signing in again: %+v", in.Decision)
		}
		view, err := w.rules.User(ctx, w.Actor(w.root), d.User.ID)
		if err != nil || view.User.Username != names.Vouched(p.Username).Shown {
			t.Fatalf("the user's page: %q, %v", view.User.Username, err)
		}
		if view.User.Username == "" {
			return
		}
		found, err := w.rules.Find(ctx, w.Actor(w.root), names.Key(view.User.Username))
		if err != nil || found.ID != d.User.ID {
			t.Fatalf("%q finds %+v, %v", names.Key(view.User.Username), found, err)
		}
	})
}

// TestPeopleWithoutAccountNameAreSeveral tells people without an account name apart, and lets one of them decide about
// another.
func TestPeopleWithoutAccountNameAreSeveral(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss := w.User(t, "", "Bea Boss", grant(w.Root, pactius.AccessAdminister))
	first, second := storetest.Person("", "Anna"), storetest.Person("", "")
	firsts, seconds := w.ask(t, first), w.ask(t, second)
	if firsts.ID == seconds.ID || seconds.Person.Name != second.ObjectID {
		t.Errorf("the requests are %+v and %+v", firsts, seconds)
	}
	_, mails := w.news(t, func() {
		for _, q := range []pactius.AccessRequest{firsts, seconds} {
			if d := w.approve(t, boss, q); !d.Created {
				t.Errorf("%s is linked to %+v", q.Person.Name, d.User)
			}
		}
	})
	if diff := cmp.Diff([]string(nil), mails); diff != "" {
		t.Errorf("mails to nowhere (-want +got):\n%s", diff)
	}
	// Microsoft says the account name later, and the user follows it.
	first.Username = "anna@nordhavn.example"
	in := w.signIn(t, first)
	if u := w.Reload(t, in.Session.UserID); u.Username != first.Username {
		t.Errorf("the account name is %q", u.Username)
	}
	// And not at all again: the user keeps it.
	first.Username = ""
	if u := w.Reload(t, w.signIn(t, first).Session.UserID); u.Username != "anna@nordhavn.example" {
		t.Errorf("the account name is %q", u.Username)
	}
	x, err := w.rules.Explain(t.Context(), w.Actor(w.root), storetest.Person("", "Nobody"))
	if err != nil || x.Reasons[0].Code != "no_account_name" || x.Request != nil || len(x.Former) > 0 {
		t.Errorf("explained as %+v, %v", x, err)
	}
}

// TestAnAccountFromTheDirectoryIsAddedAsItIs adds people by their accounts, whose names would be refused if typed.
func TestAnAccountFromTheDirectoryIsAddedAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, username := range strange {
		p := storetest.Person(username, "Anna ❤\ufe0f "+strconv.Itoa(i))
		n := users.NewUser{Username: username, Name: p.Name, Identity: p.Identity, Despite: true}
		added, err := w.rules.Add(t.Context(), w.Actor(w.root), n)
		if exists, ok := errors.AsType[*users.ExistsError](err); ok {
			if names.Key(exists.User.Username) != names.Key(username) {
				t.Errorf("%q: %v", username, err)
			}
			continue // both spellings of a domain
		}
		if err != nil || added.User.Username != names.Vouched(username).Shown {
			t.Errorf("%q: added %q, %v", username, added.User.Username, err)
			continue
		}
		if in := w.signIn(t, p); in.Session.UserID != added.User.ID {
			t.Errorf("%q: %+v", username, in.Decision)
		}
	}
	// A typed name is checked for its form.
	_, err := w.rules.Add(t.Context(), w.Actor(w.root), users.NewUser{Username: "a b@n.example", Name: "Anna"})
	if pactius.KindOf(err) != pactius.KindInvalid {
		t.Errorf("a typed name with a space: %v", err)
	}
}

// TestBothSpellingsOfADomainAreOnePerson signs a person in whose domain the administrator spelled otherwise.
func TestBothSpellingsOfADomainAreOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for typed, vouched := range map[string]string{
		"ida@münchen.example":        "Ida@xn--mnchen-3ya.example",
		"bo@xn--strae-oqa.example":   "bo@STRAẞE.example",
		"eva@xn--mnchen-3ya.example": "eva@mu\u0308nchen.example",
	} {
		n := users.NewUser{Username: typed, Name: "Person of " + typed}
		added, err := w.rules.Add(t.Context(), w.Actor(w.root), n)
		if err != nil {
			t.Fatal(err)
		}
		n.Username, n.Name = vouched, "Another"
		if _, err := w.rules.Add(t.Context(), w.Actor(w.root), n); pactius.KindOf(err) != pactius.KindConflict {
			t.Errorf("%s beside %s: %v", vouched, typed, err)
		}
		in := w.signIn(t, storetest.Person(vouched, "Somebody"))
		if in.Decision.Outcome != users.OutcomeLink || in.Session.UserID != added.User.ID {
			t.Errorf("%s is %+v, want the user %s", vouched, in.Decision, typed)
		}
	}
}

// TestAnOldNameOfARequestIsTakenAway gives a strange name of a waiting request to its new owner.
func TestAnOldNameOfARequestIsTakenAway(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for i, username := range strange {
		w := build(t, db, strconv.Itoa(i)+".example")
		old := w.ask(t, storetest.Person(username, "Old"))
		w.db.Clock.Advance(time.Second)
		w.signIn(t, storetest.Person(username, "New"))
		now := w.request(t, old.ID).Person.Username
		vouched := names.Vouched(username)
		if (now == "") != (vouched.Key == "") || vouched.Key != "" && names.Key(now) == vouched.Key {
			t.Errorf("%q: the request of the former owner has the account name %q", username, now)
		}
		w.View(t, func(tx *store.Tx) error {
			q, err := store.Optional(tx.PendingRequestByUsername(names.Vouched(username).Shown))
			if q != nil {
				t.Errorf("%q finds the request of %s", username, q.Person.Name)
			}
			return err
		})
	}
}
