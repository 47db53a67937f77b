package jobs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clock"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/retention"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

const year = 365 * 24 * time.Hour

// TestAYearAheadForAMinute moves the clock of a machine, but not the time for which the process has run, while there is
// something of everything that a round of Tidy ends or deletes.
func TestAYearAheadForAMinute(t *testing.T) {
	t.Parallel()
	for name, leap := range map[string]time.Duration{"ahead": year, "behind": -year} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.runner.Environments = environments.New(environments.Config{DB: w.db.Work()})
			w.runner.Retention = retention.New(retention.Config{DB: w.db.Work(), Logger: w.runner.Logger,
				Keep: retention.Keep{References: 30, SentEmails: 30, Requests: 30}})
			healed := map[store.Healed]int{}
			w.runner.Healed = func(kind store.Healed, rows int) { healed[kind] += rows }
			var ran time.Duration
			w.runner.Clock = clock.New(w.db.Clock.Now(), time.Time{}, func() time.Duration { return ran })
			w.ask(t, "before")
			w.db.Exec(t, `UPDATE mails SET state = 'sent', sent_at = created_at`)
			w.db.Exec(t, `UPDATE environments SET secret_ends_on = $1`,
				pactius.DateOf(w.db.Clock.Now().AddDate(0, 3, 0)))
			w.db.Exec(t, `INSERT INTO incidents (environment_id, reference, at, kind) VALUES ($1, 'r', $2, 'fault')`,
				w.Env, w.db.Clock.Now().UnixMicro())
			w.enter(t, "before")
			w.tidy(t, &ran, time.Minute)
			before := w.db.Dump(t)

			w.db.Clock.Advance(leap)
			w.tidy(t, &ran, time.Minute)
			for table, rows := range w.db.Dump(t) {
				if got, want := strings.Join(rows, "\n"), strings.Join(before[table], "\n"); got != want {
					t.Errorf("%s changed while the clock was off:\n%s\nbefore:\n%s", table, got, want)
				}
			}
			if n := strings.Count(w.log.String(), "the clock of this machine leapt"); n != 1 {
				t.Errorf("the log says it %d times: %s", n, w.log.String())
			}
			w.ask(t, "meanwhile")
			w.enter(t, "meanwhile")

			w.db.Clock.Advance(-leap)
			w.tidy(t, &ran, time.Minute)
			if !strings.Contains(w.log.String(), "is believed again") {
				t.Errorf("the log says %s", w.log.String())
			}
			last := w.db.Clock.Now().Add(pactius.RequestLifetime).UnixMicro()
			pending := w.db.Count(t, `SELECT COUNT(*) FROM access_requests
				WHERE state = 'pending' AND expires_at <= $1`, last)
			sessions := w.db.Count(t, `SELECT COUNT(*) FROM sessions`)
			switch due := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'waiting' AND next_at <= $1`,
				w.db.Clock.Now().UnixMicro()); {
			case due == 0:
				t.Error("no email is due")
			case leap > 0 && (pending != 2 || sessions != 1 || healed[store.HealedRequests] != 1 ||
				healed[store.HealedSessions] != 1 || healed[store.HealedEmails] == 0):
				t.Errorf("%d requests pending as long as others, %d sessions; healed: %v", pending, sessions, healed)
			case leap < 0 && (pending != 1 || sessions != 1 || len(healed) > 0): // the new ones are over
				t.Errorf("%d requests pending, %d sessions; healed: %v", pending, sessions, healed)
			}
		})
	}
}

// TestAStartWithAWrongClockEndsNothing: until the clock is believed, and then everything is done.
func TestAStartWithAWrongClockEndsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ask(t, "a")
	_, sure, err := w.db.KnownTimes(t.Context(), clock.Settle)
	if err != nil || sure.IsZero() {
		t.Fatal(sure, err)
	}
	w.db.Clock.Advance(year)
	var ran time.Duration
	for range 2 { // a restart learns no other time from what was recorded meanwhile
		w.runner.Clock = clock.New(w.db.Clock.Now(), time.Time{}, func() time.Duration { return ran })
		w.runner.Clock.Learn(sure)
		w.tidy(t, &ran, 23*time.Hour)
		if n := w.events(t, pactius.RequestExpired); n != 0 {
			t.Fatalf("%d requests expired", n)
		}
		w.ask(t, "b")
		if _, sure, err = w.db.KnownTimes(t.Context(), clock.Settle); err != nil {
			t.Fatal(err)
		}
	}
	w.tidy(t, &ran, clock.Settle)
	if n := w.events(t, pactius.RequestExpired); n != 1 {
		t.Errorf("%d requests expired once the clock is believed, want 1", n)
	}
}

// tidy runs a round, and another after some time.
func (w *world) tidy(t *testing.T, ran *time.Duration, after time.Duration) {
	t.Helper()
	w.runner.Tidy(t.Context())
	*ran += after
	w.db.Clock.Advance(after)
	w.runner.Tidy(t.Context())
}

// enter signs a visitor in.
func (w *world) enter(t *testing.T, name string) {
	t.Helper()
	in, err := w.rules.SignIn(t.Context(), w.Env, storetest.Person(name+"@nordhavn.example", name),
		users.Visit{State: name, StateEnd: w.db.Clock.Now().Add(time.Hour)})
	if err != nil || in.Token == "" {
		t.Fatal(in, err)
	}
}
