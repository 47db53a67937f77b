package users_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestAUserAddedByMistakeIsDeleted(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	added, err := w.rules.Add(t.Context(), w.Actor(w.local), users.NewUser{Username: "mistake@nordhavn.example",
		Name: "Mia Mistake", Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}, Welcome: true, Despite: true})
	if err != nil {
		t.Fatal(err)
	}
	u := added.User
	w.refused(t, "by an administrator elsewhere", pactius.KindForbidden, "", func() error {
		_, err := w.rules.Delete(t.Context(), w.Actor(w.plain), u.ID, 0)
		return err
	})
	w.refused(t, "by an old form", pactius.KindConflict, "", func() error {
		_, err := w.rules.Delete(t.Context(), w.Actor(w.local), u.ID, u.Version+1)
		return err
	})
	before := w.users(t)
	if _, err := w.rules.Delete(t.Context(), w.Actor(w.local), u.ID, u.Version); err != nil {
		t.Fatal(err)
	}
	if w.users(t) != before-1 {
		t.Errorf("%d users, want one less than %d", w.users(t), before)
	}
	nowhere(t, w.world, "mistake", "Mia")
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE user_id = $1`, u.ID); n != 3 {
		t.Errorf("%d events about the user, want added, units assigned and removed", n)
	}
	w.checked(t)
	if in := w.signIn(t, storetest.Person("mistake@nordhavn.example", "Mia Mistake")); in.Decision.Outcome !=
		users.OutcomeUnrecognised {
		t.Errorf("signs in as %+v", in.Decision)
	}
}

func TestDeletingIsRefused(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.refused(t, "a user who has signed in", pactius.KindConflict, "has signed in", func() error {
		_, err := w.rules.Delete(t.Context(), w.Actor(w.root), w.seller.ID, 0)
		return err
	})
	first := w.Invite(t, "first@nordhavn.example", "First", grant(w.Root, pactius.AccessAdminister))
	w.Update(t, func(tx *store.Tx) error {
		return tx.SetMemberships(w.root.ID, []pactius.Grant{{Unit: w.Root}}, w.db.Clock.Now())
	})
	w.refused(t, "the last administrator, who is invited", pactius.KindConflict, "last administrator", func() error {
		_, err := w.rules.Delete(t.Context(), pactius.SupportActor(w.Env), first.ID, 0)
		return err
	})
}

func TestTheRequestOfADeletedUserStaysApproved(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	p := storetest.Person("new@nordhavn.example", "New")
	q := w.ask(t, p, w.north)
	d := w.approve(t, w.local, q, grant(w.north, pactius.AccessRead))
	if _, err := w.rules.Delete(t.Context(), w.Actor(w.local), d.User.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := w.request(t, q.ID); got.State != pactius.StateApproved {
		t.Errorf("the request is %s", got.State)
	}
	if v, err := w.rules.Request(t.Context(), w.Actor(w.local), q.ID); err != nil || v.Result != nil || v.CanTakeBack {
		t.Errorf("the request's page: %+v, %v", v, err)
	}
	w.refused(t, "taking the approval back", pactius.KindConflict, "was deleted", takeBack(t, w.world, w.local, q))
	late, err := w.rules.Approve(t.Context(), w.Actor(w.local), q.ID, users.Approval{})
	if err != nil || !late.Late {
		t.Errorf("approving again: %+v, %v", late, err)
	}
	if again := w.ask(t, p, w.north); again.ID == q.ID {
		t.Error("the person cannot ask again")
	}
	w.checked(t)
}

// checked makes sure that "pactius check" finds nothing wrong. The people of the ground came without an event.
func (w *world) checked(t *testing.T) {
	t.Helper()
	w.db.Exec(t, `INSERT INTO events (environment_id, id, at, kind, actor_kind, user_id)
		SELECT environment_id, 'ground ' || id, 1, 'user.added', 'system', id FROM users u WHERE NOT EXISTS
		(SELECT 1 FROM events e WHERE e.environment_id = u.environment_id AND e.user_id = u.id
		AND e.kind IN ('user.added', 'user.admitted'))`)
	found, err := dbtool.Check(t.Context(), w.db.URL, dbtool.Options{Now: w.db.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if !f.Warning {
			t.Errorf("check finds %+v", f)
		}
	}
}

// nowhere makes sure that no row of the database contains one of the words.
func nowhere(t *testing.T, w *world, words ...string) {
	t.Helper()
	for table, rows := range w.db.Dump(t) {
		for _, row := range rows {
			for _, word := range words {
				if strings.Contains(strings.ToLower(row), strings.ToLower(word)) {
					t.Errorf("%s still holds %q: %s", table, word, row)
				}
			}
		}
	}
}

// traces makes a person who has left something in every table, and returns the user. All of it contains "zorba", an
// address, or an object ID.
func traces(t *testing.T, w *office) pactius.User {
	t.Helper()
	ctx, admin := t.Context(), w.Actor(w.root)
	p := storetest.Person("Zorba.Quist@nordhavn.example", "Zorba Quist")
	p.Email = "zorba@private.example"
	w.signIn(t, p)
	wish := users.Wish{Message: "Zorba here.", Units: []pactius.UnitID{w.north}}
	declined, err := w.rules.Ask(ctx, w.visitor(p), wish)
	if err == nil {
		_, err = w.rules.Decline(ctx, w.Actor(w.local), declined.ID, "Sorry, Zorba")
	}
	if err != nil {
		t.Fatal(err)
	}
	w.db.Clock.Advance(pactius.AskAgainInterval)
	wish.Message = "Zorba again."
	q, err := w.rules.Ask(ctx, w.visitor(p), wish)
	if err != nil {
		t.Fatal(err)
	}
	approved, err := w.rules.Approve(ctx, w.Actor(w.local), q.ID, users.Approval{Note: "Welcome Zorba!",
		Grants: []pactius.Grant{grant(w.north, pactius.AccessAdminister)}})
	if err != nil {
		t.Fatal(err)
	}
	u := approved.User
	w.signIn(t, p)
	renamed := p
	renamed.Username = "Zorba.Q@nordhavn.example"
	visit := users.Visit{Address: "203.0.113.77", Agent: "Zorba's browser"}
	if _, err := w.rules.SignIn(ctx, w.Env, renamed, visit); err != nil {
		t.Fatal(err)
	}
	// Another user of the person, merged into this one.
	double := w.User(t, "zorba.double@nordhavn.example", "Zorba Doubled", grant(w.north, pactius.AccessRead))
	w.merge(t, admin, users.Merge{Kept: u.ID, Other: double.ID, Account: users.AccountOfKept})
	if in := w.signIn(t, personOf(double)); in.Decision.Outcome != users.OutcomeMerged {
		t.Fatalf("%+v", in.Decision)
	}
	// Acts of the person towards others, and emails to others that name the person.
	zorba := pactius.UserActor(w.Env, u.ID, "203.0.113.77")
	late := w.ask(t, storetest.Person("late@nordhavn.example", "Late"), w.north)
	if _, err := w.rules.Approve(ctx, zorba, late.ID, users.Approval{}); err != nil {
		t.Fatal(err)
	}
	w.Update(t, func(tx *store.Tx) error {
		return tx.InsertIncident(pactius.Incident{Reference: "ref", At: w.db.Clock.Now(),
			Kind: pactius.IncidentNoAccess, Identity: p.Identity,
			Username: "ZORBA.quist@nordhavn.example", Name: "Zorba Quist"})
	})
	w.Update(t, func(tx *store.Tx) error {
		return tx.InsertConnectLink("hash", "Zorba.Quist@nordhavn.example", w.db.Clock.Now(), w.db.Clock.Now())
	})
	w.Update(t, func(tx *store.Tx) error {
		return tx.InsertEvents(pactius.Event{ID: pactius.EventID(id.New()), At: w.db.Clock.Now(),
			Kind: pactius.MailFailed, Actor: pactius.System(w.Env, "delivery"),
			Detail: pactius.Facts{pactius.DetailTo: "Zorba@private.example"}})
	})
	return w.Reload(t, u.ID)
}

func TestAnErasedPersonIsNowhere(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := buildOffice(t, db, "nordhavn.example")
		bystander := db.Dump(t)["users"]
		u := traces(t, w)
		rows := func() []string {
			return db.Rows(t, `SELECT id, at, kind, actor_kind, actor_user, reason, user_id, request_id, unit_id, facts
				FROM events WHERE kind NOT IN ('user.erased')`)
		}
		before := rows()
		if _, err := w.rules.Erase(t.Context(), w.Actor(w.root), u.ID, u.Version); err != nil {
			t.Fatal(err)
		}
		nowhere(t, w.world, "zorba", "quist", "private.example", u.Identity.ObjectID, "203.0.113.77")
		if diff := cmp.Diff(before, rows()); diff != "" {
			t.Errorf("IDs, order or facts of the events have changed (-before +after):\n%s", diff)
		}
		for _, row := range bystander {
			if !strings.Contains(strings.Join(db.Dump(t)["users"], "\n"), row) {
				t.Errorf("a bystander has changed: %s", row)
			}
		}
		w.checked(t)
		if m := db.Count(t, `SELECT COUNT(*) FROM mails WHERE to_address = 'late@nordhavn.example'`); m != 1 {
			t.Errorf("%d emails to another person, want the approval", m)
		}
		in := w.signIn(t, pactius.Person{Identity: u.Identity, Username: u.Username, Name: "Zorba Quist"})
		if in.Decision.Outcome != users.OutcomeUnrecognised {
			t.Errorf("the account signs in as %+v", in.Decision)
		}
	})
}

func TestAVisitorIsErased(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := buildOffice(t, db, "nordhavn.example")
		p := storetest.Person("Zorba.Quist@nordhavn.example", "Zorba Quist")
		w.signIn(t, p)
		q, err := w.rules.Ask(t.Context(), w.visitor(p), users.Wish{Message: "Zorba here."})
		if err != nil {
			t.Fatal(err)
		}
		w.approve(t, w.root, q)
		w.signIn(t, p)
		must(t, takeBack(t, w.world, w.root, q)()) // the user of the approval has left events
		w.refused(t, "by a local administrator", pactius.KindForbidden, "", func() error {
			_, err := w.rules.EraseVisitor(t.Context(), w.Actor(w.local), q.ID)
			return err
		})
		if _, err := w.rules.EraseVisitor(t.Context(), w.Actor(w.root), q.ID); err != nil {
			t.Fatal(err)
		}
		nowhere(t, w.world, "zorba", p.ObjectID, "192.0.2.7")
		w.checked(t)
		l, err := w.rules.Requests(t.Context(), w.Actor(w.root), pactius.RequestFilter{})
		if err != nil || len(l.Requests) != 0 {
			t.Errorf("the erased request is listed: %+v, %v", l.Requests, err)
		}
		w.refused(t, "twice", pactius.KindNotFound, "has been erased", func() error {
			_, err := w.rules.EraseVisitor(t.Context(), w.Actor(w.root), q.ID)
			return err
		})
		again := w.ask(t, p)
		w.approve(t, w.root, again)
		w.refused(t, "a person who is a user", pactius.KindConflict, "is a user", func() error {
			_, err := w.rules.EraseVisitor(t.Context(), w.Actor(w.root), again.ID)
			return err
		})
	})
}

func TestErasingIsRefused(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	for _, c := range []struct {
		name string
		by   pactius.Actor
		user pactius.User
		kind pactius.Kind
		says string
	}{
		{"by a local administrator", w.Actor(w.local), w.seller, pactius.KindForbidden, "administrators of the whole"},
		{"by a user", w.Actor(w.seller), w.seller, pactius.KindForbidden, ""},
		{"the acting user", w.Actor(w.root), w.root, pactius.KindConflict, "erase yourself"},
		{"the last administrator", pactius.SupportActor(w.Env), w.root, pactius.KindConflict, "last administrator"},
		{"an old form", w.Actor(w.root), pactius.User{ID: w.seller.ID, Version: 77}, pactius.KindConflict, ""},
		{"a user that does not exist", w.Actor(w.root), pactius.User{ID: "none"}, pactius.KindNotFound, ""},
	} {
		w.refused(t, c.name, c.kind, c.says, func() error {
			_, err := w.rules.Erase(t.Context(), c.by, c.user.ID, c.user.Version)
			return err
		})
	}
}

func TestANamesakesEmailIsSent(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ib := w.User(t, "ib@nordhavn.example", "Ib")
	w.Update(t, func(tx *store.Tx) error {
		return tx.Enqueue(pactius.Mail{ID: "m1", Kind: "welcome", To: "other.ib@nordhavn.example", ToName: "Ib",
			Data:      []byte(`{"By":"Ib","AccountName":"other.ib@nordhavn.example","Units":[{"Unit":"Ribe"}]}`),
			CreatedAt: w.db.Clock.Now()})
	})
	if _, err := w.rules.Erase(t.Context(), w.Actor(w.root), ib.ID, 0); err != nil {
		t.Fatal(err)
	}
	got := w.db.Rows(t, `SELECT to_address, to_name, data FROM mails WHERE id = 'm1'`)
	if len(got) != 1 || !strings.Contains(got[0], `"By":""`) || !strings.Contains(got[0], "Ribe") ||
		strings.Contains(got[0], "|Ib|") {
		t.Errorf("the email is %v", got)
	}
}
