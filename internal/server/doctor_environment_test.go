package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestDoctorSeesWhatIsWrongAndWhere breaks one thing in each of many environments, beside as many that are well, and
// looks for it there alone.
func TestDoctorSeesWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	year := storetest.Start.AddDate(1, 0, 0).UnixMicro()
	root := func(t *testing.T, g *storetest.Ground, username string) {
		g.User(t, username, "Ada", pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister})
	}
	ada := func(t *testing.T, g *storetest.Ground) { root(t, g, "ada@nordhavn.example") }
	mail := func(t *testing.T, db *storetest.DB, g *storetest.Ground) {
		ada(t, g)
		g.Update(t, func(tx *store.Tx) error {
			return tx.Enqueue(pactius.Mail{ID: pactius.MailID(id.New()), Kind: "x", Data: []byte("{}"),
				To: "a@b.example", CreatedAt: storetest.Start})
		})
	}
	sweep := func(set string, at int64) func(*testing.T, *storetest.DB, *storetest.Ground) {
		return func(t *testing.T, db *storetest.DB, g *storetest.Ground) {
			ada(t, g)
			g.Update(t, func(tx *store.Tx) error {
				_, err := tx.ClaimSweep("l", storetest.Start, storetest.Start, true)
				return err
			})
			db.Exec(t, `UPDATE sweeps SET `+set+` WHERE environment_id = $2`, at, g.Env)
		}
	}
	client := func(next int64) func(*testing.T, *storetest.DB, *storetest.Ground) {
		return func(t *testing.T, db *storetest.DB, g *storetest.Ground) {
			ada(t, g)
			app := pactius.Application{ID: pactius.ApplicationID(id.New()), Name: "A", Unit: g.Root,
				Access: pactius.AccessRead, Origins: []pactius.Origin{pactius.Origin("https://" + g.Env)}, Version: 1}
			g.Update(t, func(tx *store.Tx) error { return tx.InsertApplication(app) })
			db.Exec(t, `INSERT INTO client_sessions (environment_id, id, application_id, user_id, session_hash,
				created_at, review_at, ended_at, next_at) VALUES ($1, 's', $2, 'u', 'h', 1, 1, $3, $4)`, g.Env, app.ID,
				storetest.Start.UnixMicro(), next)
		}
	}
	now := storetest.Start.Add(time.Hour)
	cases := []struct {
		name           string
		spoil          func(*testing.T, *storetest.DB, *storetest.Ground)
		what           string // "" is nothing
		ok             bool
		detail, remedy string
	}{
		{"nothing", func(t *testing.T, _ *storetest.DB, g *storetest.Ground) { ada(t, g) }, "", true, "", ""},
		{"no administrator", func(*testing.T, *storetest.DB, *storetest.Ground) {}, "administrators", false,
			"no administrator of the whole company can sign in", "user assign"},
		{"the only administrator disabled", func(t *testing.T, db *storetest.DB, g *storetest.Ground) {
			ada(t, g)
			db.Exec(t, `UPDATE users SET account_state = 'disabled' WHERE environment_id = $1`, g.Env)
		}, "administrators", false, "can sign in", "user reactivate"},
		{"the only administrator past the end date", func(t *testing.T, db *storetest.DB, g *storetest.Ground) {
			ada(t, g)
			db.Exec(t, `UPDATE users SET ends_on = '2001-01-01' WHERE environment_id = $1`, g.Env)
		}, "administrators", false, "can sign in", "user assign"},
		{"an administrator without address", func(t *testing.T, _ *storetest.DB, g *storetest.Ground) {
			root(t, g, "ada")
		}, "administrators", false, "has an email address", "--email"},
		{"an email a year ahead", func(t *testing.T, db *storetest.DB, g *storetest.Ground) {
			mail(t, db, g)
			db.Exec(t, `UPDATE mails SET next_at = $1 WHERE environment_id = $2`, year, g.Env)
		}, "emails", false, "later than any pause", "clock"},
		{"a late email", mail, "emails", false, "has been due for 1h0m0s", "Start the server"},
		{"an email given up", func(t *testing.T, db *storetest.DB, g *storetest.Ground) {
			mail(t, db, g)
			db.Exec(t, `UPDATE mails SET state = 'dead' WHERE environment_id = $1`, g.Env)
		}, "emails", true, "1 were given up", "email retry"},
		{"a sweep a year ahead", sweep(`due_at = $1`, year), "leavers", false, "later than any pause", "pactius sweep"},
		{"a late sweep", sweep(`due_at = $1`, storetest.Start.UnixMicro()), "leavers", false, "has been due for 1h0m0s",
			"Start the server"},
		{"a sweep on time", sweep(`due_at = $1`, now.UnixMicro()), "", true, "", ""},
		{"a sweep in trouble", sweep(`due_at = $1, trouble = 'no_permission'`, now.UnixMicro()), "leavers", false,
			"leavers aren't detected", "pactius sweep"},
		{"a held sweep", sweep(`due_at = $1, held_at = 5`, now.UnixMicro()), "leavers", true, "wait for a decision",
			"Left Microsoft 365"},
		{"a client that isn't told", client(now.UnixMicro()), "sign-outs", false, "has waited for 1h0m0s",
			"sign-out addresses"},
		{"a client a year ahead", client(year), "sign-outs", false, "later than any pause", "clock"},
		{"a profile a year ahead", func(t *testing.T, db *storetest.DB, g *storetest.Ground) {
			ada(t, g)
			db.Exec(t, `UPDATE profiles SET due_at = $1 WHERE environment_id = $2`, year, g.Env)
		}, "profiles", false, "later than any pause", "clock"},
	}
	const each = 4 // environments of every case
	s, db := quietServer(t, "sqlite")
	for n := range each * len(cases) {
		ada(t, db.Ground(t, fmt.Sprintf("well%d.example", n)))
		cases[n/each].spoil(t, db, db.Ground(t, fmt.Sprintf("ill%d.example", n)))
	}
	db.Clock.Advance(time.Hour)
	d := &doctor{cfg: s.cfg, core: s.Core, patience: askLimit{long: time.Minute}}
	envs, err := s.Environments.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]Diagnosis{} // by host
	d.environments(t.Context(), envs, func(one Diagnosis) bool {
		what, host, _ := strings.Cut(one.What, " of ")
		if one.What = what; what != "Microsoft 365" {
			found[host] = append(found[host], one)
		}
		return true
	})
	for n := range each * len(cases) {
		host, c := fmt.Sprintf("ill%d.example", n), cases[n/each]
		got := found[host]
		delete(found, host)
		if c.what == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].What != c.what || got[0].OK != c.ok || got[0].Warning != c.ok ||
			!strings.Contains(got[0].Detail, c.detail) || !strings.Contains(got[0].Remedy, c.remedy) {
			t.Errorf("%s at %s: found %+v", c.name, host, got)
		}
	}
	for host, got := range found {
		t.Errorf("found at %s, which is well: %+v", host, got)
	}
}

// TestDoctorComparesTheClock with the newest events.
func TestDoctorComparesTheClock(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		events []time.Duration // from the present on
		ok     bool            // a warning
		want   string          // "" finds nothing
	}{
		"none":                    {nil, true, ""},
		"some, and other seconds": {[]time.Duration{-2 * day, -time.Hour, 4 * time.Minute}, true, ""},
		"a minute a year ahead":   {[]time.Duration{-day, -time.Hour, 365 * day}, true, "a clock was ahead when"},
		"a clock behind":          {[]time.Duration{5 * day, 8 * day}, false, "this machine's clock is behind"},
		"all today and ahead":     {[]time.Duration{time.Hour}, false, "this machine's clock is behind, or"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, db := quietServer(t, "sqlite")
			g := db.Ground(t, "a.example")
			for _, after := range c.events {
				at := db.Clock.Now().Add(after)
				g.Update(t, func(tx *store.Tx) error {
					return tx.InsertEvents(pactius.Event{ID: pactius.EventID(id.At(at)), At: at,
						Kind: pactius.UserAdded})
				})
			}
			found := (&doctor{cfg: s.cfg, core: s.Core}).clock(t.Context())
			if c.want == "" && len(found) == 0 {
				return
			}
			if len(found) != 1 || c.want == "" || found[0].OK != c.ok || found[0].Warning != c.ok ||
				!strings.Contains(found[0].Detail, c.want) || found[0].Remedy == "" {
				t.Errorf("found %+v", found)
			}
		})
	}
}
