package torture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// believed is how long an instance may go on without knowing of a change that another one has made.
const believed = time.Second

// maxReplays is how many codes are brought once more after each kill.
const maxReplays = 12

// visitorsEach is how many people use one goroutine, one after the other.
const visitorsEach = 3

// The queries for the facts of hand-overs.
const (
	sqlPassage = `SELECT COUNT(*) FROM door_sessions d JOIN sessions s
		ON s.environment_id = d.environment_id AND s.token_hash = d.session_hash
		WHERE d.environment_id = $1 AND d.token_hash = $2 AND s.token_hash = $3`
	sqlSignedOut = `SELECT COUNT(*) FROM environments e WHERE id = $1
		AND NOT EXISTS (SELECT 1 FROM sessions WHERE environment_id = e.id AND token_hash = $2)
		AND NOT EXISTS (SELECT 1 FROM door_sessions WHERE environment_id = e.id AND session_hash = $2)`
	sqlRepeated = `SELECT COALESCE(SUM(n - 1), 0) FROM (SELECT COUNT(*) AS n FROM door_sessions
		GROUP BY environment_id, session_hash, application_id) x`
)

// pass is a session at the application that was handed out.
type pass struct {
	person
	browser *browser // signed in at the portal
	cookie  *http.Cookie
}

func (p *pass) session() string { return users.TokenHash(p.browser.token()) }

// key names the fact that the session at the application is there.
func (p *pass) key() string { return "passage " + p.cookie.Value + " of " + p.username }

// spent is a code that was brought to the application's host, with a browser that knows the secret.
type spent struct {
	address string
	browser *browser
}

// handOvers are people who go from the portal to an application and back all the time.
type handOvers struct {
	*load
	app     pactius.Application
	kills   atomic.Int64 // counts beginnings and ends, so it is odd during one
	begun   atomic.Int64
	lost    atomic.Int64 // answers, so that a hand-over began anew
	refused atomic.Int64 // replays
	mu      sync.Mutex
	in, out map[*pass]struct{}
	left    time.Time // the last end of a session
	codes   []spent   // since the last replay
}

// handOver kills the server again and again while people are handed over to an application.
func handOver(ctx context.Context, r *run, v *verdict) error {
	s, err := r.newSite(ctx, v, r.instances())
	if err != nil {
		return err
	}
	defer s.close()
	h := &handOvers{load: &load{ledger: newLedger(), site: s}, in: map[*pass]struct{}{}, out: map[*pass]struct{}{}}
	if err := h.begin(ctx, r.people); err != nil {
		return err
	}
	kills := r.kills/4 + 3
	for n := range kills {
		pause(ctx, shortestLife+rand.N(longestLife))
		h.kills.Add(1)
		_, err := s.killOnce(ctx, n%stillborn == stillborn-1)
		h.kills.Add(1)
		if err != nil {
			h.stop()
			return err
		}
		h.check(false)
		v.failed(h.replay(ctx))
	}
	h.stop()
	h.work.Wait()
	h.check(true)
	v.failed(errors.Join(h.replay(ctx), h.askAll(ctx)))
	s.examine(ctx)
	s.failed(s.look(h.noMoreThanLost))
	if len(h.in) == 0 || len(h.out) == 0 || h.refused.Load() == 0 {
		v.broken("too little was done: %d are in, %d have left", len(h.in), len(h.out))
	}
	v.figure("%d kills of %d instance(s) while %d people were handed over %d times; %s; %d codes refused a second "+
		"time, %d answers lost", kills, len(s.instances), r.people*visitorsEach, h.begun.Load(), h.summary(),
		h.refused.Load(), h.lost.Load())
	return nil
}

// begin adds the application and the people, and sets them to work.
func (h *handOvers) begin(ctx context.Context, people int) error {
	core, err := h.site.core(ctx)
	if err != nil {
		return err
	}
	var all [][]person
	h.app, err = h.site.addApplication(ctx, core, contractsURL)
	for range people {
		var some []person
		for range visitorsEach {
			p, _, addErr := h.site.colleague(ctx, core)
			err = errors.Join(err, addErr)
			some = append(some, p)
		}
		all = append(all, some)
	}
	if err := errors.Join(err, core.Close()); err != nil { // closed before the first kill, see look
		return err
	}
	until, stop := context.WithCancel(ctx)
	h.stop = stop
	for _, some := range all {
		h.work.Go(func() {
			inside := map[person]*pass{}
			for n := 0; until.Err() == nil; n++ {
				who := some[n%len(some)]
				next, err := h.visit(ctx, who, inside[who])
				if err != nil && ctx.Err() == nil {
					h.site.failed(err)
				}
				inside[who] = next
			}
		})
	}
	return nil
}

// visit ends a person's session of before, if there is one, and hands over a new one. It returns the new one; nil if
// it has ended already.
func (h *handOvers) visit(ctx context.Context, who person, before *pass) (*pass, error) {
	if before != nil {
		if err := errors.Join(h.admits(ctx, before), h.leave(ctx, before)); err != nil {
			return nil, err
		}
	}
	b := h.site.browser()
	to, err := b.signIn(ctx, who)
	if err != nil {
		return nil, err
	}
	if to != "/" {
		return nil, fmt.Errorf("%s is a user and led to %s", who.username, to)
	}
	h.signedIn(b, who)
	for {
		h.begun.Add(1)
		p, again, err := h.enter(ctx, &pass{person: who, browser: b})
		if err != nil || p != nil || !again {
			return p, err
		}
		h.lost.Add(1)
	}
}

// enter brings a code to the application's host twice at the same moment, and sometimes signs out meanwhile. again
// means that an answer was lost, and with it the code.
func (h *handOvers) enter(ctx context.Context, p *pass) (entered *pass, again bool, err error) {
	address, err := p.browser.code(ctx, p.person, contractsURL)
	if err != nil {
		return nil, false, err
	}
	leaves, kills := rand.IntN(4) == 0, h.kills.Load()
	browsers, errs := [2]*browser{p.browser}, [3]error{}
	if browsers[1], err = h.site.twin(p.browser, contractsURL); err != nil {
		return nil, false, err
	}
	var cookies [2]*http.Cookie
	var answers [2]answer
	var clicks sync.WaitGroup
	for i, b := range browsers {
		clicks.Go(func() { cookies[i], answers[i], errs[i] = b.finish(ctx, address) })
	}
	if leaves {
		clicks.Go(func() { errs[2] = h.signOut(ctx, p, publicURL) })
	}
	clicks.Wait()
	// A connection that breaks before an answer has the transport send a GET once more, without telling.
	again = answers[0].again || answers[1].again || kills%2 == 1 || kills != h.kills.Load()
	if err := errors.Join(errs[:]...); err != nil {
		return nil, false, err
	}
	if err := h.spend(p, address); err != nil {
		return nil, false, err
	}
	switch {
	case cookies[0] != nil && cookies[1] != nil:
		h.site.broken("a code of %s worked twice at the same moment", p.username)
	case cookies[0] != nil:
		p.cookie = cookies[0]
	case cookies[1] != nil:
		p.cookie = cookies[1]
		p.browser.Client.Jar.SetCookies(answers[1].Request.URL, cookies[1:])
	case !again && !leaves:
		return nil, false, unexpected("a fresh code of", p.person, answers[0])
	}
	if p.cookie == nil {
		return nil, again && !leaves, nil
	}
	if leaves {
		h.gone(p)
		return nil, false, nil
	}
	h.acknowledged(p.key(), "hand-over", sqlPassage, h.site.env, users.TokenHash(p.cookie.Value), p.session())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.in[p] = struct{}{}
	return p, false, nil
}

// spend notes a code, to be brought once more later.
func (h *handOvers) spend(p *pass, address string) error {
	b, err := h.site.twin(p.browser, contractsURL)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.codes = append(h.codes, spent{address, b})
	return err
}

// signOut signs a person out at the portal, or at the application.
func (h *handOvers) signOut(ctx context.Context, p *pass, origin string) error {
	token, session := p.browser.token(), p.session()
	h.retract("session " + token + " of " + p.username)
	path := publicURL + "/sign-out"
	if origin != publicURL {
		path = origin + "/.pactius/sign-out"
	}
	a, err := p.browser.post(ctx, path, nil)
	if err != nil {
		return err
	}
	if a.StatusCode >= http.StatusBadRequest { // the portal's answer leads on to Microsoft, by a page or a redirect
		return unexpected("signing out", p.person, a)
	}
	h.acknowledged("sign-out "+token+" of "+p.username, "sign-out", sqlSignedOut, h.site.env, session)
	return nil
}

// leave ends a session in one of the two ways.
func (h *handOvers) leave(ctx context.Context, p *pass) error {
	h.mu.Lock()
	delete(h.in, p)
	h.mu.Unlock()
	h.retract(p.key())
	if err := h.signOut(ctx, p, []string{publicURL, contractsURL}[rand.IntN(2)]); err != nil {
		return err
	}
	h.gone(p)
	return nil
}

// gone notes that a session has ended.
func (h *handOvers) gone(p *pass) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.out[p], h.left = struct{}{}, time.Now()
}

// admits asks any instance whether a session is good.
func (h *handOvers) admits(ctx context.Context, p *pass) error {
	return h.expect(ctx, h.site.instances[rand.IntN(len(h.site.instances))], p, http.StatusOK)
}

func (h *handOvers) expect(ctx context.Context, at *instance, p *pass, status int) error {
	v, err := h.site.asked(ctx, at, h.app.ID, p.cookie)
	if err != nil {
		return err
	}
	if v.status != status {
		h.site.broken("the session of %s at the application is answered with %d, not %d", p.username, v.status, status)
	}
	return nil
}

// replay brings codes since the last replay once more, those that were used last.
func (h *handOvers) replay(ctx context.Context) error {
	h.mu.Lock()
	codes := h.codes[max(0, len(h.codes)-maxReplays):]
	h.codes = nil
	h.mu.Unlock()
	for _, c := range codes {
		cookie, _, err := c.browser.finish(ctx, c.address)
		if err != nil {
			return err
		}
		if cookie != nil {
			h.site.broken("a code worked a second time")
		}
		h.refused.Add(1)
	}
	return nil
}

// noMoreThanLost looks for sessions that repeat another one, of the same session at the portal. A code whose answer was
// lost may have made one before its person was handed over anew; no other code may have.
func (h *handOvers) noMoreThanLost(db *sql.DB) error {
	var repeated int64
	if err := db.QueryRow(sqlRepeated).Scan(&repeated); err != nil {
		return fmt.Errorf("count repeated sessions: %w", err)
	}
	if lost := h.lost.Load(); repeated > lost {
		h.site.broken("%d sessions at the application repeat another one, and %d answers were lost", repeated, lost)
	}
	return nil
}

// askAll asks every instance about every session that was handed out.
func (h *handOvers) askAll(ctx context.Context) error {
	pause(ctx, time.Until(h.left.Add(believed)))
	var errs []error
	for _, at := range h.site.instances {
		for p := range h.in {
			errs = append(errs, h.expect(ctx, at, p, http.StatusOK))
		}
		for p := range h.out {
			errs = append(errs, h.expect(ctx, at, p, http.StatusUnauthorized))
		}
	}
	return errors.Join(errs...)
}
