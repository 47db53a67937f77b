package users_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// world is a company with three business units - Sales, North below it, and
// Legal - an administrator of all and one of Sales.
type world struct {
	*storetest.Ground
	db                  *storetest.DB
	rules               *users.Rules
	sales, north, legal pactius.UnitID
	root, local         pactius.User
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return build(t, storetest.New(t), "nordhavn.example")
}

func build(t storetest.TB, db *storetest.DB, host string) *world {
	t.Helper()
	w := &world{Ground: db.Ground(t, host), db: db, rules: users.New(db.Work())}
	w.sales = w.Unit(t, w.Root, "Sales")
	w.north = w.Unit(t, w.sales, "North")
	w.legal = w.Unit(t, w.Root, "Legal")
	w.root = w.User(t, "root@nordhavn.example", "Rikke Root", grant(w.Root, pactius.AccessAdminister))
	w.local = w.User(t, "local@nordhavn.example", "Lars Local", grant(w.sales, pactius.AccessAdminister))
	return w
}

// office is a world with people in North, in Sales and Legal, in no unit, and in Legal.
type office struct {
	*world
	seller, both, loose, plain pactius.User
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return buildOffice(t, storetest.New(t), "nordhavn.example")
}

func buildOffice(t *testing.T, db *storetest.DB, host string) *office {
	t.Helper()
	w := &office{world: build(t, db, host)}
	w.seller = w.User(t, "seller@nordhavn.example", "Sara Seller", grant(w.north, pactius.AccessRead))
	w.both = w.User(t, "both@nordhavn.example", "Bo Both", grant(w.sales, pactius.AccessWrite),
		grant(w.legal, pactius.AccessRead))
	w.loose = w.User(t, "loose@nordhavn.example", "Lou Loose")
	w.plain = w.User(t, "plain@nordhavn.example", "Pia Plain", grant(w.legal, pactius.AccessWrite))
	return w
}

func (w *office) session(t *testing.T, u pactius.User) string {
	t.Helper()
	return w.signIn(t, pactius.Person{Identity: u.Identity, Username: u.Username, Name: u.Name}).Token
}

func grant(u pactius.UnitID, a pactius.Access) pactius.Grant {
	return pactius.Grant{Unit: u, Access: a}
}

// visitor is a person authenticated by Microsoft just now, unless the person says when.
func (w *world) visitor(p pactius.Person) pactius.Actor {
	if p.VouchedAt.IsZero() {
		p.VouchedAt = w.db.Clock.Now()
	}
	return pactius.Visitor(w.Env, p, "192.0.2.7")
}

// ask sends a request, which must work.
func (w *world) ask(t storetest.TB, p pactius.Person, units ...pactius.UnitID) pactius.AccessRequest {
	t.Helper()
	q, err := w.rules.Ask(context.Background(), w.visitor(p), users.Wish{Units: units})
	if err != nil {
		t.Fatalf("ask: %v", err)
	}
	return q
}

// approve approves a request, which must work.
func (w *world) approve(t storetest.TB, by pactius.User, q pactius.AccessRequest,
	grants ...pactius.Grant) users.Decided {
	t.Helper()
	d, err := w.rules.Approve(context.Background(), w.Actor(by), q.ID, users.Approval{Grants: grants})
	if err != nil {
		t.Fatalf("approve: %v", err)
	}
	return d
}

func (w *world) signIn(t storetest.TB, p pactius.Person) users.SignedIn {
	t.Helper()
	in, err := w.rules.SignIn(context.Background(), w.Env, p, users.Visit{})
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	return in
}

func (w *world) request(t storetest.TB, id pactius.RequestID) pactius.AccessRequest {
	t.Helper()
	var q pactius.AccessRequest
	w.View(t, func(tx *store.Tx) (err error) {
		q, err = tx.Request(id)
		return err
	})
	return q
}

// news returns the kinds of the events, and the emails with their recipients, that a step has written.
func (w *world) news(t *testing.T, step func()) (events, mails []string) {
	t.Helper()
	const eventsQuery, mailsQuery = `SELECT id, kind FROM events
			WHERE environment_id = $1`, `SELECT id, kind, to_address FROM mails WHERE environment_id = $1`
	before := len(w.db.Rows(t, eventsQuery, w.Env))
	mailed := len(w.db.Rows(t, mailsQuery, w.Env))
	step()
	tell := func(rows []string) []string {
		var all []string
		for _, r := range rows {
			_, rest, _ := strings.Cut(strings.TrimSuffix(r, "|"), "|")
			all = append(all, strings.ReplaceAll(rest, "|", " to "))
		}
		return all
	}
	return tell(w.db.Rows(t, eventsQuery, w.Env)[before:]), tell(w.db.Rows(t, mailsQuery, w.Env)[mailed:])
}

// expect runs a step and compares what it has written.
func (w *world) expect(t *testing.T, name string, step func(), events, mails []string) {
	t.Helper()
	gotEvents, gotMails := w.news(t, step)
	if diff := cmp.Diff(events, gotEvents); diff != "" {
		t.Errorf("%s: events (-want +got):\n%s", name, diff)
	}
	if diff := cmp.Diff(mails, gotMails); diff != "" {
		t.Errorf("%s: mails (-want +got):\n%s", name, diff)
	}
}

// refused runs a step that must be refused, in words, and change nothing.
func (w *world) refused(t storetest.TB, name string, want pactius.Kind, says string, step func() error) {
	t.Helper()
	before := w.db.Dump(t)
	err := step()
	if err == nil || pactius.KindOf(err) != want || !strings.Contains(err.Error(), says) {
		t.Fatalf("%s: kind %d, %v; want kind %d that says %q", name, pactius.KindOf(err), err, want, says)
	}
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Fatalf("%s: the refusal changed something (-before +after):\n%s", name, diff)
	}
}

// unchanged runs a step that must work and change nothing.
func (w *world) unchanged(t storetest.TB, name string, step func() error) {
	t.Helper()
	before := w.db.Dump(t)
	if err := step(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Fatalf("%s: something was changed (-before +after):\n%s", name, diff)
	}
}

func (w *world) users(t storetest.TB) int {
	t.Helper()
	return w.db.Count(t, `SELECT COUNT(*) FROM users WHERE environment_id = $1`, w.Env)
}

func describe(q pactius.AccessRequest) string {
	return fmt.Sprintf("%s by %s %s at %s", q.State, q.DecidedBy.Kind, q.DecidedBy.User, q.DecidedAt)
}
