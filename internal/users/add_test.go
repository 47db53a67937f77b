package users_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

var long = strings.Repeat("x", 5000)

func TestAdd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := users.NewUser{Username: " Anna.Hansen@Nordhavn.example ", Name: "Anna  Hansen", Email: "anna@mail.example",
		EndsOn: "2026-03-02", Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}, Welcome: true}
	var added users.Added
	w.expect(t, "adding", func() {
		var err error
		if added, err = w.rules.Add(t.Context(), w.Actor(w.local), n); err != nil {
			t.Fatal(err)
		}
	}, []string{"user.added", "user.units_assigned"}, []string{"welcome to anna@mail.example"})
	u := w.Reload(t, added.User.ID)
	if u.Username != "Anna.Hansen@Nordhavn.example" || u.Name != "Anna Hansen" || !u.Identity.IsZero() ||
		u.CreatedBy != pactius.ByAdd || u.UnitCount != 1 || u.EndsOn != n.EndsOn {
		t.Errorf("added %+v", u)
	}
	w.unchanged(t, "the same click twice", func() error {
		again, err := w.rules.Add(t.Context(), w.Actor(w.local), n)
		if err == nil && (!again.Again || again.User.ID != u.ID) {
			t.Errorf("the second click is told %+v", again)
		}
		return err
	})
	exists := func(by pactius.Actor, n users.NewUser, visible bool) func() error {
		return func() error {
			_, err := w.rules.Add(t.Context(), by, n)
			e, ok := errors.AsType[*users.ExistsError](err)
			if !ok || e.User.ID != u.ID || e.Visible != visible {
				t.Errorf("told %+v", e)
			}
			return err
		}
	}
	w.refused(t, "another administrator, the same name", pactius.KindConflict, "already",
		exists(w.Actor(w.root), n, true))
	other := n
	other.Name = "Another Anna"
	w.refused(t, "the same administrator, other data", pactius.KindConflict, "already",
		exists(w.Actor(w.local), other, true))
	legal := w.User(t, "legal@nordhavn.example", "Lea Legal", grant(w.legal, pactius.AccessAdminister))
	w.refused(t, "an administrator who may not see the user", pactius.KindConflict, "don't administer",
		exists(w.Actor(legal), n, false))
	w.db.Clock.Advance(pactius.TakeBackTime)
	w.refused(t, "the same form long after", pactius.KindConflict, "already", exists(w.Actor(w.local), n, true))
}

func TestAddSettlesAPendingRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("anna@nordhavn.example", "Anna")
	q := w.ask(t, p)
	n := users.NewUser{Username: "ANNA@nordhavn.example", Name: "Anna Hansen", Welcome: true, Identity: p.Identity}
	meets, err := w.rules.Check(t.Context(), w.Actor(w.root), n)
	if err != nil || meets.Pending == nil || meets.Pending.ID != q.ID {
		t.Errorf("the form is not told before: %+v, %v", meets, err)
	}
	w.refused(t, "without agreeing", pactius.KindConflict, "approves that request", func() error {
		_, err := w.rules.Add(t.Context(), w.Actor(w.root), n)
		if e, ok := errors.AsType[*users.PendingError](err); !ok || e.Request.ID != q.ID {
			t.Errorf("not a PendingError: %v", err)
		}
		return err
	})
	n.Settle = true
	w.expect(t, "agreeing", func() {
		added, err := w.rules.Add(t.Context(), w.Actor(w.root), n)
		if err != nil || added.Settled == nil || added.Settled.State != pactius.StateApproved ||
			added.User.Identity != p.Identity {
			t.Errorf("added %+v, %v", added, err)
		}
	}, []string{"user.added", "request.approved"}, []string{"request-approved to anna@nordhavn.example"})
	w.unchanged(t, "the same click twice", func() error {
		again, err := w.rules.Add(t.Context(), w.Actor(w.root), n)
		if err == nil && !again.Again {
			t.Errorf("the second click is told %+v", again)
		}
		return err
	})
	w.unchanged(t, "approving the settled request", func() error {
		if d := w.approve(t, w.root, q); !d.Late {
			t.Errorf("decided %+v", d)
		}
		return nil
	})
}

// TestANameSettlesNoRequest: a former owner of the account name waits under it. Adding or renaming its new owner by
// name links no one; the sign-in of the new owner does.
func TestANameSettlesNoRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	add := func() error {
		_, err := w.rules.Add(t.Context(), w.Actor(w.root), users.NewUser{Username: "anna@nordhavn.example",
			Name: "Anna Owner", Settle: true, Despite: true})
		return err
	}
	invited := w.Invite(t, "ana@nordhavn.example", "Anna Owner", grant(w.Root, pactius.AccessAdminister))
	rename := func() error {
		name := "bo@nordhavn.example"
		_, err := w.rules.Edit(t.Context(), w.Actor(w.root), invited.ID, 0,
			pactius.UserUpdate{Username: &name, Settle: true, Despite: true})
		return err
	}
	for name, act := range map[string]func() error{"anna@nordhavn.example": add, "bo@nordhavn.example": rename} {
		former := storetest.Person(name, "Former Owner")
		q := w.ask(t, former)
		former.Username = "former." + name
		if err := act(); err != nil {
			t.Fatal(err)
		}
		u, err := w.rules.Find(t.Context(), w.Actor(w.root), name)
		if err != nil || !u.Identity.IsZero() {
			t.Errorf("%s: linked to %+v, %v", name, u.Identity, err)
		}
		if got := w.request(t, q.ID); got.State != pactius.StatePending {
			t.Errorf("%s: the request is %s", name, got.State)
		}
		if in := w.signIn(t, former); in.Decision.Outcome != users.OutcomeUnrecognised {
			t.Errorf("%s: the former owner: %+v", name, in.Decision)
		}
		owner := storetest.Person(name, "Anna Owner")
		if in := w.signIn(t, owner); in.Decision.Outcome != users.OutcomeLink || in.Session.UserID != u.ID {
			t.Errorf("%s: the owner: %+v", name, in.Decision)
		}
	}
}

// TestARequestUnderTheNameWaitsForTheSignIn: the directory was not asked, and the request was the person's.
func TestARequestUnderTheNameWaitsForTheSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("anna@nordhavn.example", "Anna Hansen")
	q := w.ask(t, p)
	n := users.NewUser{Username: p.Username, Name: p.Name, Settle: true}
	var similar *users.SimilarError
	w.refused(t, "without looking at the request", pactius.KindConflict, "very similar", func() error {
		_, err := w.rules.Add(t.Context(), w.Actor(w.root), n)
		similar, _ = errors.AsType[*users.SimilarError](err)
		return err
	})
	if similar == nil || len(similar.Similar) != 1 || similar.Similar[0].Request.ID != q.ID {
		t.Fatalf("told of %+v", similar)
	}
	n.Despite = true
	added, err := w.rules.Add(t.Context(), w.Actor(w.root), n)
	if err != nil || added.Settled != nil || !added.User.Identity.IsZero() {
		t.Fatalf("added %+v, %v", added, err)
	}
	if in := w.signIn(t, p); in.Session.UserID != added.User.ID {
		t.Errorf("the person signs in as %+v", in.Decision)
	}
	if got := w.request(t, q.ID); got.State != pactius.StateApproved || got.UserID != added.User.ID {
		t.Errorf("the request is %s of %s", got.State, got.UserID)
	}
}

// TestARequestOfOthersStaysWithThem: an administrator of Sales adds or renames a person who has requested Legal.
func TestARequestOfOthersStaysWithThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	add := func(p pactius.Person) (pactius.User, bool, *pactius.AccessRequest) {
		n := users.NewUser{Username: p.Username, Name: p.Name, Identity: p.Identity, Settle: true,
			Grants: []pactius.Grant{grant(w.sales, pactius.AccessRead)}}
		m, err := w.rules.Check(t.Context(), w.Actor(w.local), n)
		if err != nil || m.Pending != nil || !m.Elsewhere || m.Similar != nil {
			t.Errorf("the form is told %+v, %v", m, err)
		}
		a, err := w.rules.Add(t.Context(), w.Actor(w.local), n)
		if err != nil {
			t.Fatal(err)
		}
		return a.User, a.Elsewhere, a.Settled
	}
	rename := func(p pactius.Person) (pactius.User, bool, *pactius.AccessRequest) {
		mistyped, err := w.rules.Add(t.Context(), w.Actor(w.local), users.NewUser{Username: "zzz@nordhavn.example",
			Name: "Zebedee Quux", Grants: []pactius.Grant{grant(w.sales, pactius.AccessRead)}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := w.rules.Edit(t.Context(), w.Actor(w.local), mistyped.User.ID, 0,
			pactius.UserUpdate{Username: &p.Username, Identity: p.Identity})
		if err != nil {
			t.Fatal(err)
		}
		return e.User, e.Elsewhere, e.Settled
	}
	for name, act := range map[string]func(pactius.Person) (pactius.User, bool, *pactius.AccessRequest){
		"added": add, "renamed": rename} {
		p := storetest.Person(name+"@nordhavn.example", "Anna Hansen "+name)
		q := w.ask(t, p, w.legal)
		u, elsewhere, settled := act(p)
		if !elsewhere || settled != nil || u.Identity != p.Identity {
			t.Errorf("%s: %+v, elsewhere %v, settled %v", name, u, elsewhere, settled)
		}
		if got := w.request(t, q.ID); got.State != pactius.StatePending {
			t.Errorf("%s: the request is %s", name, got.State)
		}
		d := w.approve(t, w.root, q, grant(w.legal, pactius.AccessRead))
		want := map[pactius.UnitID]pactius.Access{w.sales: pactius.AccessRead, w.legal: pactius.AccessRead}
		if diff := cmp.Diff(want, w.Memberships(t, u.ID)); d.Created || d.User.ID != u.ID || diff != "" {
			t.Errorf("%s: approving makes %+v; units (-want +got):\n%s", name, d, diff)
		}
	}
}

func TestAddDoesNotDecideOnesOwnRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// The administrator's account name was given to a new object in Microsoft 365; with
	// that they requested access.
	me := w.User(t, "me@nordhavn.example", "Me", grant(w.Root, pactius.AccessAdminister))
	w.db.Clock.Advance(time.Minute)
	p := storetest.Person(me.Username, "Me")
	q := w.ask(t, p)
	w.refused(t, "adding oneself", pactius.KindForbidden, "own request", func() error {
		_, err := w.rules.Add(t.Context(), w.Actor(me), users.NewUser{Username: p.Username, Name: "Me",
			Identity: p.Identity, Settle: true})
		return err
	})
	if q = w.request(t, q.ID); q.State != pactius.StatePending {
		t.Errorf("the request is %s", q.State)
	}
}

// TestAnAccountFillsInWhatWasLeftBlank: the identity and the account name are always the directory's.
func TestAnAccountFillsInWhatWasLeftBlank(t *testing.T) {
	t.Parallel()
	a := pactius.Account{Identity: storetest.Person("x", "").Identity, Username: "Anna.Hansen@nordhavn.example",
		Name: "Anna Hansen", Email: "ah@mail.example"}
	for name, test := range map[string]struct{ typed, want users.NewUser }{
		"only the account name": {users.NewUser{Username: "anna.hansen@nordhavn.example", Name: " "},
			users.NewUser{Username: a.Username, Name: a.Name, Email: a.Email, Identity: a.Identity}},
		"everything": {users.NewUser{Username: "x@y.example", Name: "Anna", Email: "anna@home.example"},
			users.NewUser{Username: a.Username, Name: "Anna", Email: "anna@home.example", Identity: a.Identity}},
	} {
		got := test.typed
		got.Use(a)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	a.Email = strings.ToLower(a.Username)
	var n users.NewUser
	if n.Use(a); n.Email != "" {
		t.Errorf("the account name is kept as email: %q", n.Email)
	}
}

func TestFormsThatCannotBeAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := build(t, w.db, "other.example")
	ok := users.NewUser{Username: "new@nordhavn.example", Name: "New"}
	tests := []struct {
		name   string
		change func(*users.NewUser)
		fields []string
	}{
		{"everything wrong is told at once",
			func(n *users.NewUser) { n.Username, n.Name, n.Email = "no domain", "", "no mail" },
			[]string{"username", "name", "email"}},
		{"a space in the account name", func(n *users.NewUser) { n.Username = "an na@nordhavn.example" },
			[]string{"username"}},
		{"NUL in the account name", func(n *users.NewUser) { n.Username = "a\x00@nordhavn.example" },
			[]string{"username"}},
		{"a name that turns the reading direction", func(n *users.NewUser) { n.Name = "Anna \u202enesnaH" },
			[]string{"name"}},
		{"a name without end", func(n *users.NewUser) { n.Name = long }, []string{"name"}},
		{"a line break in the e-mail", func(n *users.NewUser) { n.Email = "a@b.example\r\nBcc: c@d.example" },
			[]string{"email"}},
		{"a last day that is over", func(n *users.NewUser) { n.EndsOn = "2026-03-01" }, []string{"ends_on"}},
		{"a unit outside", func(n *users.NewUser) { n.Grants = []pactius.Grant{grant(w.legal, pactius.AccessRead)} },
			[]string{"unit"}},
		{"a unit that does not exist", func(n *users.NewUser) {
			n.Grants = []pactius.Grant{grant("no",
				pactius.AccessRead)}
		}, []string{"unit"}},
		{"a unit of another environment",
			func(n *users.NewUser) { n.Grants = []pactius.Grant{grant(other.sales, pactius.AccessRead)} },
			[]string{"unit"}},
		{"too many units", func(n *users.NewUser) { n.Grants = make([]pactius.Grant, pactius.MaxGrants+1) },
			[]string{"unit"}},
	}
	for _, test := range tests {
		n := ok
		test.change(&n)
		w.refused(t, test.name, pactius.KindInvalid, "", func() error {
			_, err := w.rules.Add(t.Context(), w.Actor(w.local), n)
			e, _ := errors.AsType[*pactius.Error](err)
			var fields []string
			if e != nil {
				for _, f := range e.Fields {
					fields = append(fields, f.Field)
				}
			}
			if diff := cmp.Diff(test.fields, fields); diff != "" {
				t.Errorf("%s: fields (-want +got):\n%s", test.name, diff)
			}
			return err
		})
	}
	visitor := w.visitor(storetest.Person("v@nordhavn.example", "V"))
	user := w.Actor(w.User(t, "plain@nordhavn.example", "Plain", grant(w.sales, pactius.AccessWrite)))
	for name, test := range map[string]struct {
		actor pactius.Actor
		kind  pactius.Kind
	}{
		"a visitor": {visitor, pactius.KindNotSignedIn}, "a plain user": {user, pactius.KindForbidden},
		"an administrator of another environment": {pactius.UserActor(w.Env, other.root.ID, ""),
			pactius.KindNotSignedIn},
		"nobody": {pactius.Actor{}, pactius.KindForbidden},
	} {
		w.refused(t, name, test.kind, "", func() error {
			_, err := w.rules.Add(t.Context(), test.actor, ok)
			return err
		})
		w.refused(t, name+" looks", test.kind, "", func() error {
			_, err := w.rules.Check(t.Context(), test.actor, ok)
			return err
		})
		w.refused(t, name+" asks why", test.kind, "", func() error {
			_, err := w.rules.Explain(t.Context(), test.actor, pactius.Person{Username: ok.Username})
			return err
		})
	}
}

func TestSupportAddsByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := users.NewUser{Username: "new@nordhavn.example", Name: "New",
		Grants: []pactius.Grant{grant(w.Root, pactius.AccessAdminister)}}
	added, err := w.rules.Add(t.Context(), pactius.SupportActor(w.Env), n)
	if err != nil || added.User.CreatedBy != pactius.ByCommand {
		t.Fatalf("%+v, %v", added, err)
	}
	w.refused(t, "the same command twice", pactius.KindConflict, "already", func() error {
		_, err := w.rules.Add(t.Context(), pactius.SupportActor(w.Env), n)
		return err
	})
}
