package retention_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/retention"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

const day = 24 * time.Hour

// world is an environment whose activity log is kept for 100 days.
type world struct {
	*storetest.Ground
	db     *storetest.DB
	rules  *retention.Rules
	folder string
}

func newWorld(t *testing.T, db *storetest.DB) *world {
	t.Helper()
	w := &world{Ground: db.Ground(t, "nordhavn.example"), db: db, folder: t.TempDir()}
	w.rules = w.another()
	return w
}

// another is a second server.
func (w *world) another() *retention.Rules {
	return retention.New(retention.Config{DB: w.db.Work(), Folder: w.folder, Line: line,
		Keep: retention.Keep{Events: 100}, Logger: slog.New(slog.DiscardHandler)})
}

// line writes the ID and the kind of an event, which is enough here.
func line(_ pactius.Environment, e pactius.Event, names audit.Names) ([]byte, error) {
	return json.Marshal(struct {
		ID   pactius.EventID `json:"id"`
		Kind string          `json:"kind"`
		User string          `json:"user"`
	}{e.ID, string(e.Kind), names.Users[e.User]})
}

// happen writes events of so many days ago.
func (w *world) happen(t *testing.T, ago int, kind pactius.EventKind, user pactius.UserID) pactius.EventID {
	t.Helper()
	at := w.db.Clock.Now().Add(time.Duration(-ago) * day)
	e := pactius.Event{ID: pactius.EventID(id.At(at)), At: at, Kind: kind, User: user,
		Actor: pactius.SupportActor(w.Env)}
	w.Update(t, func(tx *store.Tx) error { return tx.InsertEvents(e) })
	return e.ID
}

func run(t *testing.T, rules *retention.Rules) {
	t.Helper()
	if err := rules.Run(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
}

// left lists the kinds of the events that are in the database, sorted.
func (w *world) left(t *testing.T) []string {
	t.Helper()
	return w.db.Rows(t, `SELECT kind FROM events WHERE environment_id = $1`, w.Env)
}

// archived reads the files of the archive: the IDs in each, by day.
func (w *world) archived(t *testing.T) map[string][]pactius.EventID {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.folder, string(w.Env), "*.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]pactius.EventID{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(text)) {
			var e struct{ ID pactius.EventID }
			if err := json.Unmarshal([]byte(l), &e); err != nil {
				t.Errorf("%s has the line %q: %v", file, l, err)
			}
			name := strings.TrimSuffix(filepath.Base(file), ".ndjson")
			all[name] = append(all[name], e.ID)
		}
	}
	return all
}

// dayOf names the file of events of so many days ago.
func (w *world) dayOf(ago int) string {
	return w.db.Clock.Now().UTC().Add(time.Duration(-ago) * day).Format(pactius.DateLayout)
}

// TestOldEventsAreArchivedAndTrimmed has events of users who are here, have left, and were merged.
func TestOldEventsAreArchivedAndTrimmed(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newWorld(t, db)
		anna := w.User(t, "anna@nordhavn.example", "Anna").ID
		const bo = pactius.UserID("bo, who has left")
		w.happen(t, 300, pactius.UserAdded, anna) // rules still read it
		boAdded := w.happen(t, 300, pactius.UserAdded, bo)
		in := []pactius.EventID{w.happen(t, 200, pactius.UserSignedIn, anna),
			w.happen(t, 200, pactius.UserSignedIn, bo)}
		w.happen(t, 150, pactius.UserUnitsAssigned, anna)
		w.happen(t, 100, pactius.UserSignedOut, anna) // the day is not over
		w.happen(t, 1, pactius.UserRemoved, bo)

		run(t, w.rules)
		want := []string{"user.added|", "user.removed|", "user.signed_out|", "user.units_assigned|"}
		if diff := cmp.Diff(want, w.left(t)); diff != "" {
			t.Errorf("left in the database (-want +got):\n%s", diff)
		}
		files := map[string][]pactius.EventID{w.dayOf(300): {boAdded}, w.dayOf(200): in}
		if diff := cmp.Diff(files, w.archived(t)); diff != "" {
			t.Errorf("in the archive (-want +got):\n%s", diff)
		}
		file := filepath.Join(w.folder, string(w.Env), w.dayOf(200)+".ndjson")
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file is %v, %v; want it private", info, err)
		}
		if text, _ := os.ReadFile(file); !strings.Contains(string(text), `"Anna"`) {
			t.Errorf("the archive names no one: %s", text)
		}

		w.db.Clock.Advance(101 * day)
		run(t, w.rules)
		if diff := cmp.Diff([]string{want[0], want[3]}, w.left(t)); diff != "" {
			t.Errorf("left later (-want +got):\n%s", diff)
		}
		run(t, w.rules)
		if got := len(w.archived(t)); got != 4 {
			t.Errorf("%d days in the archive, want 4", got)
		}
	})
}

// TestWhatRulesReadOfAUserGoesWithTheUser: such events stay behind when their days are trimmed.
func TestWhatRulesReadOfAUserGoesWithTheUser(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newWorld(t, db)
		anna := w.User(t, "anna@nordhavn.example", "Anna")
		added := w.happen(t, 200, pactius.UserAdded, anna.ID)
		run(t, w.rules)
		if got := w.left(t); len(got) != 1 {
			t.Fatalf("left: %v, want what rules read of a user", got)
		}
		w.Update(t, func(tx *store.Tx) error { return tx.DeleteUser(anna) })
		w.happen(t, 0, pactius.UserRemoved, anna.ID)
		run(t, w.rules)
		w.db.Clock.Advance(101 * day)
		run(t, w.rules)
		if got := w.left(t); len(got) != 0 {
			t.Errorf("long after the user was removed there are %v", got)
		}
		if got := w.archived(t)[w.dayOf(301)]; !slices.Equal(got, []pactius.EventID{added}) {
			t.Errorf("in the archive: %v, want %s", got, added)
		}
	})
}

// TestACrashLeavesAnEventInBothAndInNoneNever kills between the archive and the database, and within a line.
func TestACrashLeavesAnEventInBothAndInNoneNever(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newWorld(t, db)
		w.rules.SetBounds(2, 20, 100)
		var want []pactius.EventID
		for _, user := range []pactius.UserID{"a", "b", "c"} {
			want = append(want, w.happen(t, 200, pactius.UserSignedIn, user))
		}
		db.Break(t, "DELETE", "events", w.Env)
		if err := w.rules.Run(t.Context(), func() {}); err == nil {
			t.Fatal("a failure is not reported")
		}
		if got := w.left(t); len(got) != 3 {
			t.Errorf("in the database: %v, want all that is not surely gone", got)
		}
		if got := w.archived(t)[w.dayOf(200)]; !slices.Equal(got, want[:2]) {
			t.Errorf("in the archive: %v", got)
		}
		file := filepath.Join(w.folder, string(w.Env), w.dayOf(200)+".ndjson")
		whole, err := os.ReadFile(file)
		torn := string(whole[:len(whole)-3]) + strings.Repeat("of a long line ", 99)
		if err = errors.Join(err, os.WriteFile(file, []byte(torn), 0o600)); err != nil {
			t.Fatal(err)
		}
		mend(t, db)
		run(t, w.another())
		if got := w.left(t); len(got) != 3 {
			t.Errorf("another server does not wait for the lease: %v", got)
		}
		db.Clock.Advance(10 * time.Minute)
		run(t, w.another())
		if got := w.archived(t)[w.dayOf(200)]; !slices.Equal(got, want) || len(w.left(t)) != 0 {
			t.Errorf("in the archive: %v, want each of %v once; in the database: %v", got, want, w.left(t))
		}
	})
}

// mend takes back what storetest.DB.Break did to events.
func mend(t *testing.T, db *storetest.DB) {
	t.Helper()
	if db.Engine() == "postgres" {
		db.Exec(t, `DROP TRIGGER broken ON events`)
		return
	}
	db.Exec(t, `DROP TRIGGER broken`)
}

// TestNothingIsTrimmedWithoutItsArchive takes the folder away.
func TestNothingIsTrimmedWithoutItsArchive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.happen(t, 200, pactius.UserSignedIn, "a")
	w.rules.Folder = filepath.Join(w.folder, "missing")
	if err := w.rules.Run(t.Context(), func() {}); err == nil {
		t.Error("a failure is not reported")
	}
	if got := w.left(t); len(got) != 1 {
		t.Errorf("in the database: %v", got)
	}
	w.rules.Folder = ""
	w.db.Clock.Advance(10 * time.Minute)
	run(t, w.rules)
	if got := w.left(t); len(got) != 0 {
		t.Errorf("without an archive there are %v", got)
	}
	w.View(t, func(tx *store.Tx) error {
		kept, err := tx.Retention()
		if !kept.EventsDiscarded || !kept.EventsBefore.After(w.db.Clock.Now().Add(-201*day)) {
			t.Errorf("noted: %+v", kept)
		}
		return err
	})
}

// TestEnvironmentsTakeTurns bounds a round, which the next one continues.
func TestEnvironmentsTakeTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	other := *w
	other.Ground = w.db.Ground(t, "sydhavn.example")
	w.rules.SetBounds(2, 1, 2)
	for range 6 {
		w.happen(t, 200, pactius.UserSignedIn, "a")
	}
	other.happen(t, 200, pactius.UserSignedIn, "b")
	run(t, w.rules)
	if got := len(w.left(t)); got != 4 || len(other.left(t)) != 0 {
		t.Errorf("after a round %d events are left, and %v of the other environment", got, other.left(t))
	}
	for range 3 { // a round ends with the last environment
		run(t, w.rules)
	}
	if got := w.left(t); len(got) != 0 {
		t.Errorf("after some rounds: %v", got)
	}
}

// TestAClockThatWasAheadKeepsNothing stores a lease and a mark that a clock a year ahead has written.
func TestAClockThatWasAheadKeepsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.happen(t, 200, pactius.UserSignedIn, "a")
	w.Update(t, func(tx *store.Tx) error {
		year := w.db.Clock.Now().Add(365 * day)
		claimed, err := tx.ClaimRetention("of a clock that was ahead", year, year.Add(time.Minute))
		if !claimed {
			t.Error("it was not claimed")
		}
		return errors.Join(err, tx.SaveRetention("of a clock that was ahead", store.Retention{
			EventsNext: pactius.EventID(id.At(year)), Lease: "still", LeaseUntil: year}))
	})
	run(t, w.rules)
	if got := w.left(t); len(got) != 0 {
		t.Errorf("after a clock was ahead, these are left for a year: %v", got)
	}
}

// TestSomeServersTrimTheSameEventsOnce runs them side by side.
func TestSomeServersTrimTheSameEventsOnce(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newWorld(t, db)
		var want []pactius.EventID
		for n := range 20 {
			want = append(want, w.happen(t, 200, pactius.UserSignedIn, pactius.UserID(fmt.Sprint(n))))
		}
		done := make(chan error)
		for range 4 {
			rules := w.another()
			rules.SetBounds(3, 20, 100)
			go func() { done <- rules.Run(t.Context(), func() {}) }()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := w.archived(t)[w.dayOf(200)]; !slices.Equal(got, want) || len(w.left(t)) != 0 {
			t.Errorf("in the archive: %v, want %v; left: %v", got, want, w.left(t))
		}
	})
}

func TestTheFolderIsTried(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{t.TempDir(): "", file: "no folder", file + "s": "doesn't exist"} {
		err := retention.CheckFolder(path)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
