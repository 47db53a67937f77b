package users_test

import (
	"slices"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// TestALostTimeZoneLetsNoEndedUserIn: where the day of the company is not known, an access ends when the day is over
// anywhere, and the decision says why.
func TestALostTimeZoneLetsNoEndedUserIn(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	const last = pactius.Date("2026-03-02")
	w.db.Exec(t, `UPDATE users SET ends_on = $1 WHERE id = $2`, string(last), w.seller.ID)
	p := pactius.Person{Identity: w.seller.Identity, Username: w.seller.Username, Name: w.seller.Name}
	over := last.Time(time.UTC).Add(10 * time.Hour) // midnight in UTC+14
	for _, test := range []struct {
		zone    string
		at      time.Time
		outcome users.Outcome
		said    bool
	}{
		{"UTC", over, users.OutcomeEnter, false},
		{"Europe/Atlantis", over.Add(-time.Minute), users.OutcomeEnter, true},
		{"Europe/Atlantis", over, users.OutcomeBlocked, true},
	} {
		w.db.Exec(t, `UPDATE environments SET time_zone = $1`, test.zone)
		w.db.Clock.Advance(test.at.Sub(w.db.Clock.Now()))
		d := w.signIn(t, p).Decision
		said := slices.ContainsFunc(d.Reasons, func(r users.Reason) bool { return r.Code == "zone_lost" })
		if d.Outcome != test.outcome || said != test.said {
			t.Errorf("%s at %s: %s, said %v; want %s, %v", test.zone, test.at, d.Outcome, said, test.outcome, test.said)
		}
	}
}
