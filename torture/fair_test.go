package torture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

const (
	rude       = 16                    // clients that misbehave, each with one request after the other
	rudeRate   = 500                   // of their requests a second: the shipped proxy passes no more from an address
	slowBodies = 200                   // connections over which a form comes a byte at a time
	bodyPause  = 20 * time.Millisecond // between two bytes
	pageEvery  = 40 * time.Millisecond // of the neighbour: each page has its time, however long others take
	pagesEach  = 5                     // one in so many requests of the neighbour is a change
	mostTimes  = 2                     // the neighbour may be so many times as slow
	unnoticed  = 20 * time.Millisecond // a percentile below it is fast, whatever it is compared with
	seedBatch  = 500
)

// rudeness is a way in which an environment misbehaves. A function is called by each of its clients again and again.
type rudeness struct {
	what string
	do   func(ctx context.Context, f *fairness, n int64) error
}

func rudenesses() []rudeness {
	get := func(paths ...string) func(context.Context, *fairness, int64) error {
		return func(ctx context.Context, f *fairness, n int64) error {
			return f.flood(ctx, f.ada, http.MethodGet, paths[n%int64(len(paths))], nil)
		}
	}
	return []rudeness{
		{control, get("/livez")},
		{"searches for common words", get("/settings/users?q=nordhavn+example+p", "/settings/users?q=a+b+c+d+e",
			"/settings/users?q=person+number&sort=seen", "/settings/users?q=example&status=invited&sort=newest")},
		{"long lists", get("/settings/users?sort=newest", "/settings/units", "/settings/requests",
			"/settings/users?status=active&sort=seen", "/settings/users/add")},
		{"the activity of everyone", get("/settings/activity", "/settings/activity?q=nordhavn",
			"/settings/activity?kind=request.")},
		{"changes that are refused", func(ctx context.Context, f *fairness, _ int64) error {
			return f.flood(ctx, f.ada, http.MethodPost, "/settings/units/add",
				url.Values{"parent": {string(f.site.root)}, "name": {"Sales"}})
		}},
		{"changes", func(ctx context.Context, f *fairness, n int64) error {
			user := f.seeded[n%int64(len(f.seeded))]
			return f.flood(ctx, f.ada, http.MethodPost, "/settings/users/"+string(user)+"/sign-out-everywhere",
				url.Values{})
		}},
		{"sign-ins by strangers", func(ctx context.Context, f *fairness, _ int64) error {
			return errors.Join(
				f.flood(ctx, f.stranger, http.MethodPost, "/sign-in", url.Values{"select": {"1"}}),
				f.flood(ctx, f.stranger, http.MethodGet, environments.CallbackPath+"?state="+id.New()+"&code=x", nil))
		}},
		{"access requests", func(ctx context.Context, f *fairness, n int64) error {
			return f.flood(ctx, f.visitor, http.MethodPost, "/access",
				url.Values{"message": {fmt.Sprint("please ", n)}})
		}},
		{"slow uploads", func(ctx context.Context, f *fairness, _ int64) error {
			f.uploadSlowly(ctx)
			return nil
		}},
	}
}

// control is no rudeness: it shows what the load itself costs on this machine, on which the clients run too.
const control = "for comparison, a probe that does nothing"

// fairness is a deployment with two environments: the site's own misbehaves, and the one next door is measured.
type fairness struct {
	*run
	site     *site
	ledger   *ledger
	env      pactius.EnvironmentID // next door
	root     pactius.UnitID
	neighbor *browser
	seeded   []pactius.UserID

	ada, stranger, visitor *browser // of those that misbehave

	changes atomic.Int64
	pace    *rate.Limiter
}

// fair measures how long requests of an environment take while another one misbehaves, beside the same without.
func fair(ctx context.Context, r *run, v *verdict) error {
	s, err := r.newSite(ctx, v, 1) // several would have a machine each
	if err != nil {
		return err
	}
	defer s.close()
	f := &fairness{run: r, site: s, ledger: newLedger(), pace: rate.NewLimiter(rudeRate, rude)}
	if err := errors.Join(f.seed(ctx), f.settle(ctx)); err != nil {
		return err
	}
	for _, way := range rudenesses() {
		if err := f.compare(ctx, way); err != nil {
			return fmt.Errorf("%s: %w", way.what, err)
		}
	}
	v.figure("%s", f.ledger.summary())
	return s.look(func(db *sql.DB) error { return f.ledger.verify(db, v, true) })
}

// seed gives the environment that misbehaves many users, units and events.
func (f *fairness) seed(ctx context.Context) error {
	db, err := store.Open(ctx, f.site.database, store.Options{})
	if err != nil {
		return err
	}
	now := time.Now()
	var units []pactius.UnitID
	err = db.Update(ctx, f.site.env, func(tx *store.Tx) error {
		units = nil
		for i := range max(20, f.effort.seeded/50) {
			u := pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: f.site.root, CreatedAt: now,
				Name: fmt.Sprintf("Unit %04d", i)}
			if i >= 20 {
				u.ParentID = units[i/20-1]
			}
			if err := tx.InsertUnit(u); err != nil {
				return err
			}
			units = append(units, u.ID)
		}
		return nil
	})
	for done := 0; err == nil && done < f.effort.seeded; done += seedBatch {
		err = db.Update(ctx, f.site.env, func(tx *store.Tx) error {
			for i := done; i < min(done+seedBatch, f.effort.seeded); i++ {
				u := pactius.User{ID: pactius.UserID(id.New()), CreatedAt: now, CreatedBy: pactius.ByAdd,
					Username: fmt.Sprintf("p%06d@nordhavn.example", i),
					Name:     fmt.Sprintf("Person Number%06d a b c d e", i)}
				e := pactius.Event{ID: pactius.EventID(id.New()), At: now, Kind: pactius.UserAdded, User: u.ID}
				grants := []pactius.Grant{{Unit: units[i%len(units)], Access: pactius.AccessRead}}
				err := errors.Join(tx.InsertUser(u, ""), tx.SetMemberships(u.ID, grants, now), tx.InsertEvents(e))
				if err != nil {
					return err
				}
				f.seeded = append(f.seeded, u.ID)
			}
			return nil
		})
	}
	return errors.Join(err, db.Close())
}

// settle sets up the environment next door and signs everyone in.
func (f *fairness) settle(ctx context.Context) error {
	core, err := f.site.core(ctx)
	if err != nil {
		return err
	}
	tenant := tenantID
	e, err := core.Environments.Add(ctx, pactius.Actor{Kind: pactius.ActorSupport}, environments.NewEnvironment{
		Name: "Next Door", Host: nextDoor, Administrator: f.site.lone.username,
		Update: pactius.EnvironmentUpdate{TenantID: &tenant}})
	if err == nil {
		f.env = e.ID
		o, treeErr := core.Units.Tree(ctx, pactius.SupportActor(e.ID))
		if err = treeErr; err == nil {
			f.root = o.Tree.Root().ID
		}
	}
	if err := errors.Join(err, core.Close()); err != nil {
		return err
	}
	walt, err := f.site.newcomer()
	if err != nil {
		return err
	}
	f.ada, f.stranger, f.visitor = f.site.browser(), f.site.browser(), f.site.browser()
	f.neighbor = f.site.browserAt(nextDoorURL)
	_, adaErr := f.ada.signIn(ctx, f.site.ada)
	_, visitorErr := f.visitor.signIn(ctx, walt)
	to, neighborErr := f.neighbor.signIn(ctx, f.site.lone)
	if err == nil && to != "/" {
		err = fmt.Errorf("next door's administrator was led to %q", to)
	}
	return errors.Join(adaErr, visitorErr, neighborErr, err)
}

// compare measures the neighbour with and without a rudeness, in turn.
func (f *fairness) compare(ctx context.Context, way rudeness) error {
	var with, without timings
	var requests atomic.Int64
	for range f.visits {
		if err := f.measure(ctx, &without); err != nil {
			return err
		}
		stop := f.misbehave(ctx, way, &requests)
		err := f.measure(ctx, &with)
		if err := errors.Join(err, stop()); err != nil {
			return err
		}
	}
	pages, changes := ratio(with.pages, without.pages), ratio(with.changes, without.changes)
	f.site.figure("%s (%d requests): pages %s, changes %s", way.what, requests.Load(), pages, changes)
	for what, r := range map[string]proportion{"pages": pages, "changes": changes} {
		if way.what != control && !f.hurry && r.with > unnoticed && r.times() > mostTimes {
			f.site.broken("%s of one environment made the %s of another %.1f times as slow", way.what, what, r.times())
		}
	}
	return nil
}

// timings are how long requests took, from the time when they were due.
type timings struct {
	mu             sync.Mutex
	pages, changes []time.Duration
}

// proportion is the 95th percentile with and without a rudeness.
type proportion struct{ with, without time.Duration }

func ratio(with, without []time.Duration) proportion {
	return proportion{at(with, .95), at(without, .95)}
}

func (p proportion) times() float64 {
	return float64(p.with) / float64(max(p.without, time.Millisecond))
}

func (p proportion) String() string {
	return fmt.Sprintf("%.1fx (%s, %s)", p.times(), p.without, p.with)
}

// measure sends the neighbour's requests of a window, each at its time.
func (f *fairness) measure(ctx context.Context, t *timings) error {
	paths := []string{"/", "/settings/users", "/settings/users?q=lone", "/settings/activity"}
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	ticks := time.NewTicker(pageEvery)
	defer ticks.Stop()
	for n := range max(pagesEach, int(f.window/pageEvery)) {
		due := time.Now()
		all.Go(func() {
			var err error
			if n%pagesEach == 0 {
				err = f.change(ctx)
			} else {
				err = f.page(ctx, paths[n%len(paths)])
			}
			took := time.Since(due)
			t.mu.Lock()
			defer t.mu.Unlock()
			if n%pagesEach == 0 {
				t.changes = append(t.changes, took)
			} else {
				t.pages = append(t.pages, took)
			}
			if err != nil {
				failed.Store(&err)
			}
		})
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// page reads one as the neighbour.
func (f *fairness) page(ctx context.Context, path string) error {
	a, err := f.neighbor.Send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusOK || strings.Contains(a.Body, `action="/sign-in"`) {
		return fmt.Errorf("next door is answered with %d at %s: %s", a.StatusCode, path, sentence(a))
	}
	return nil
}

const sqlUnit = `SELECT COUNT(*) FROM units WHERE environment_id = $1 AND name = $2`

// change adds a unit as the neighbour.
func (f *fairness) change(ctx context.Context) error {
	name := fmt.Sprintf("Room %05d", f.changes.Add(1))
	a, err := f.neighbor.Send(ctx, http.MethodPost, "/settings/units/add",
		url.Values{"parent": {string(f.root)}, "name": {name}})
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("next door's change is answered with %d: %s", a.StatusCode, sentence(a))
	}
	f.ledger.acknowledged("unit "+name, "change", sqlUnit, f.env, name)
	return nil
}

// misbehave lets the clients begin. The function that is returned ends them.
func (f *fairness) misbehave(ctx context.Context, way rudeness, requests *atomic.Int64) (stop func() error) {
	until, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	errs := make([]error, rude)
	for i := range rude {
		all.Go(func() {
			for until.Err() == nil && errs[i] == nil {
				if err := way.do(until, f, requests.Add(1)); err != nil && until.Err() == nil {
					errs[i] = err
				}
			}
		})
	}
	return func() error {
		cancel()
		all.Wait()
		return errors.Join(errs...)
	}
}

// flood sends a request and drops the answer, also one that says when to come again.
func (f *fairness) flood(ctx context.Context, b *browser, method, path string, form url.Values) error {
	if err := f.pace.Wait(ctx); err != nil {
		return err
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, publicURL+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range b.Client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	answer, err := f.site.transport.RoundTrip(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return errors.Join(err, answer.Body.Close())
}

// uploadSlowly is one client's share of the connections that send a form byte by byte.
func (f *fairness) uploadSlowly(ctx context.Context) {
	var all sync.WaitGroup
	for range slowBodies / rude {
		all.Go(func() {
			c, err := f.site.dial(ctx, "tcp", publicHost)
			if err != nil {
				return
			}
			defer c.Close()
			defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
			f.dribble(ctx, c)
		})
	}
	all.Wait()
}

func (f *fairness) dribble(ctx context.Context, c net.Conn) {
	_, err := fmt.Fprintf(c, "POST /access HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: 500000\r\nCookie: pactius=%s\r\n\r\n", publicHost, f.visitor.token())
	for err == nil && ctx.Err() == nil {
		_, err = c.Write([]byte("a"))
		pause(ctx, bodyPause)
	}
}
