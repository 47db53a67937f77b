package torture

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/testbed/process"
)

// Times of revocations.
const (
	witnessPause = 2 * time.Millisecond // between two questions about the same session
	wayBack      = 30 * time.Second     // after trouble, until an instance answers as before
	shortWatch   = 50 * time.Millisecond

	// slowestRecovery is how long an instance may need after trouble until it knows of all changes: it looks four times
	// a second, and connects again before.
	slowestRecovery = 10 * time.Second
)

// guest is a user whose session at an application is about to end.
type guest struct {
	person
	id      pactius.UserID
	app     pactius.Application
	browser *browser // at the first instance
	cookie  *http.Cookie
	key     string // signs the identity
}

// revocation is a change after which a session admits no more, or not as before.
type revocation struct {
	what      string
	elsewhere bool // a process that is none of the instances makes it
	wants     int  // status afterwards; 200: with another key
	do        func(context.Context, *revoking, *guest) error
	alone     bool // has an application of its own
	comesBack bool // the access is there again after the trouble
}

// takesAway are the revocations that end one person's access, all of them at the first instance but the last.
func takesAway() []revocation {
	const none, no = http.StatusUnauthorized, http.StatusForbidden
	return []revocation{
		{what: "a sign-out at the portal", wants: none, do: func(ctx context.Context, _ *revoking, g *guest) error {
			return g.sends(ctx, g.browser, "/sign-out", nil)
		}},
		{what: "a sign-out behind the door", wants: none, do: func(ctx context.Context, _ *revoking, g *guest) error {
			return g.sends(ctx, g.browser, contractsURL+"/.pactius/sign-out", nil)
		}},
		{what: "a deactivation", wants: none, do: func(ctx context.Context, r *revoking, g *guest) error {
			return g.sends(ctx, r.admin, "/settings/users/"+string(g.id)+"/deactivate", nil)
		}},
		{what: "a business unit taken away", wants: no, do: func(ctx context.Context, r *revoking, g *guest) error {
			path := "/settings/users/" + string(g.id) + "/units"
			page, err := r.admin.Send(ctx, http.MethodGet, path, nil)
			if err != nil {
				return err
			}
			form := page.Form(path)
			form.Del("unit")
			return g.sends(ctx, r.admin, path, form)
		}},
		{what: "an end date that is over", wants: none, elsewhere: true, do: endedYesterday},
	}
}

// endedYesterday sets an end date on a clock on which that day is still to come.
func endedYesterday(ctx context.Context, r *revoking, g *guest) error {
	_, err := r.earlier.Users.Edit(ctx, pactius.SupportActor(r.env), g.id, 0,
		pactius.UserUpdate{EndsOn: new(pactius.DateOf(time.Now().Add(-24 * time.Hour)))})
	return err
}

// removal removes an application. Like newKeys it has all sessions of the environment looked at again, so it comes by
// itself: it would hide that another change was missed.
func removal() revocation {
	return revocation{what: "an application removed", elsewhere: true, wants: http.StatusForbidden, alone: true,
		do: func(ctx context.Context, r *revoking, g *guest) error {
			return r.core.Applications.Remove(ctx, pactius.SupportActor(r.env), g.app.ID)
		}}
}

// newKeys replaces the signing keys immediately.
func newKeys() revocation {
	return revocation{what: "new keys immediately", elsewhere: true, wants: http.StatusOK,
		do: func(ctx context.Context, r *revoking, _ *guest) error {
			_, err := r.core.Applications.Rotate(ctx, pactius.SupportActor(r.env), true)
			return err
		}}
}

// admitsAsBefore reports whether an answer is what the revocation forbids.
func (r revocation) admitsAsBefore(g *guest, v verdictOf) bool {
	return v.status == http.StatusOK && (r.wants != http.StatusOK || v.key == g.key)
}

// sends sends a form once: the time of its answer counts.
func (g *guest) sends(ctx context.Context, b *browser, path string, form map[string][]string) error {
	page, err := b.Send(ctx, http.MethodPost, path, form)
	if err != nil {
		return err
	}
	if page.StatusCode >= http.StatusBadRequest {
		return unexpected(path+" for", g.person, answer{Page: page})
	}
	return nil
}

// revoking is a deployment under load in which access is taken away.
type revoking struct {
	*site
	core    *server.Core
	earlier *server.Core // two days ago, to set an end date that is over now
	admin   *browser     // at the first instance
	first   *http.Transport
	app     pactius.Application
	far     *relay // between the last instance and PostgreSQL; nil on SQLite
	steady  []*guest

	trouble   atomic.Bool // an instance may have no database
	questions atomic.Int64
	guests    int
	mu        sync.Mutex
	slowest   time.Duration // from the answer to a change to the last question elsewhere that was admitted
}

// revoke takes access away in every way, under load, and looks at both instances.
func revoke(ctx context.Context, run *run, v *verdict) error {
	r := &revoking{}
	if err := r.open(ctx, run, v); err != nil {
		return err
	}
	defer r.close()
	stop, err := r.begin(ctx, run.people)
	if err != nil {
		return err
	}
	for range (run.visits + 1) / 2 {
		v.failed(r.strike(ctx, takesAway()...))
		v.failed(r.strike(ctx, removal()))
		v.failed(r.strike(ctx, newKeys()))
		if r.far != nil {
			v.failed(r.strikeFar(ctx, lineCut, append(takesAway(), newKeys())...))
			v.failed(r.strikeWithout(ctx, run.cluster))
		}
		if r.far != nil && !run.hurry {
			v.failed(r.strikeFar(ctx, lineMute, append(takesAway(), newKeys())...))
			v.failed(r.strikeFar(ctx, lineShaky, takesAway()...))
			v.failed(r.strikeFar(ctx, lineShaky, newKeys()))
		}
	}
	stop()
	r.examine(ctx)
	v.figure("%d times access was taken away under load of %d questions; the last question admitted on another "+
		"instance came %s after the answer to the change", r.guests, r.questions.Load(),
		r.slowest.Round(time.Millisecond))
	return nil
}

// open serves a deployment whose last instance, if there are several, has a line to the database that can fail.
func (r *revoking) open(ctx context.Context, run *run, v *verdict) error {
	address, err := run.database(ctx)
	if err != nil {
		return err
	}
	if r.site, err = run.siteOver(ctx, v, address, run.instances()); err != nil {
		return err
	}
	r.first = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, _, _ := strings.Cut(address, ":"); ours(host) {
			address = *r.instances[0].address.Load()
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	if run.cluster != nil {
		host, path, _ := strings.Cut(strings.TrimPrefix(address, "postgres://pactius@"), "/")
		if r.far, err = openRelay(ctx, host); err != nil {
			return err
		}
		last := r.instances[len(r.instances)-1]
		last.env = process.Environ(append(r.vars,
			"PACTIUS_DATABASE=postgres://pactius@"+r.far.Addr().String()+"/"+path)...)
	}
	if err := r.startAll(ctx); err != nil {
		return err
	}
	if r.core, r.earlier, err = r.cores(ctx); err != nil {
		return err
	}
	if r.app, err = r.addApplication(ctx, r.core, contractsURL); err != nil {
		return err
	}
	r.admin = r.at0()
	_, err = r.admin.signIn(ctx, r.ada)
	return err
}

func (r *revoking) close() {
	if r.core != nil {
		r.failed(r.core.Close())
	}
	r.first.CloseIdleConnections()
	r.site.close()
	if r.far != nil {
		r.far.end()
	}
}

// at0 opens a browser at the first instance.
func (r *revoking) at0() *browser {
	b := r.browser()
	b.Client.Transport = r.first
	return b
}

// invite lets a new user into an application. All instances have admitted the person then.
func (r *revoking) invite(ctx context.Context, app pactius.Application) (*guest, error) {
	p, id, err := r.colleague(ctx, r.core)
	if err != nil {
		return nil, err
	}
	g := &guest{person: p, id: id, app: app, browser: r.at0()}
	if _, err := g.browser.signIn(ctx, p); err != nil {
		return nil, err
	}
	address, err := g.browser.code(ctx, p, string(app.Origins[0]))
	if err != nil {
		return nil, err
	}
	var a answer
	if g.cookie, a, err = g.browser.finish(ctx, address); err != nil {
		return nil, err
	}
	if g.cookie == nil {
		return nil, unexpected("the finish of", p, a)
	}
	for _, at := range r.instances {
		v, err := r.asked(ctx, at, app.ID, g.cookie)
		if err != nil {
			return nil, err
		}
		if v.status != http.StatusOK {
			return nil, fmt.Errorf("%s has signed in, and is answered with %d", p.username, v.status)
		}
		g.key = v.key
	}
	return g, nil
}

// begin has people ask all the time who keep their access.
func (r *revoking) begin(ctx context.Context, people int) (stop func(), err error) {
	for range people {
		g, err := r.invite(ctx, r.app)
		if err != nil {
			return nil, err
		}
		r.steady = append(r.steady, g)
	}
	until, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for n := range people {
		at := r.instances[n%len(r.instances)]
		all.Go(func() {
			for i := n; until.Err() == nil; i++ {
				r.askSteady(until, at, r.steady[i%people])
			}
		})
	}
	return func() { cancel(); all.Wait() }, nil
}

// askSteady asks about a user who keeps the access: the answer is never that there is none.
func (r *revoking) askSteady(ctx context.Context, at *instance, g *guest) {
	trouble := r.trouble.Load()
	v, err := r.ask(ctx, at, g.app.ID, g.cookie)
	r.questions.Add(1)
	switch {
	case ctx.Err() != nil || err == nil && v.status == http.StatusOK:
	case (trouble || r.trouble.Load()) && err == nil && v.status == http.StatusServiceUnavailable:
		pause(ctx, witnessPause)
	default:
		r.broken("%s keeps the access and is answered with %d %v", g.username, v.status, err)
		pause(ctx, witnessPause)
	}
}
