package clients

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/crew"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/outbound"
)

// Times and limits of telling clients.
const (
	callsAtOnce   = 8                // of which one environment leaves as many free as it occupies
	lease         = 30 * time.Second // of one worker for a client session; another instance takes over after it
	firstPause    = 10 * time.Second // after the first failure, then doubled
	longestPause  = 15 * time.Minute // between two attempts
	giveUpAfter   = 24 * time.Hour   // the application's own session has ended by then
	givenUpPause  = time.Hour        // between events about one application: a wrong address fails for everyone
	noteTime      = 10 * time.Second // for storing the result of a call, also while shutting down
	maxRests      = 1000             // applications that are remembered as not answering
	turnsAhead    = 1000             // environments read together
	logoutSubject = "http://schemas.openid.net/event/backchannel-logout"
)

// Caller posts a form to an address of a client: outbound.Caller.
type Caller interface {
	Post(ctx context.Context, address string, form url.Values) error
}

// Deliverer tells clients that sessions have ended (OpenID Connect Back-Channel Logout 1.0), of each at least once: if
// the process dies between the client's answer and storing it, the client is told again, which means nothing to it.
// Make it with NewDeliverer.
type Deliverer struct {
	Rules  *Rules
	Caller Caller
	Told   func(Telling) // called after each attempt; may be nil

	share  crew.Share
	rests  rests
	gaveUp told
	mu     sync.Mutex
	ahead  []pactius.EnvironmentID // the next turns, from a look at the database
	after  pactius.EnvironmentID   // the last turn was this one's
	looked chan struct{}           // something has changed: sessions are to be looked at
	ended  chan struct{}           // sessions have ended: clients are to be told
}

// NewDeliverer makes a Deliverer.
func NewDeliverer(r *Rules, c Caller) *Deliverer {
	return &Deliverer{Rules: r, Caller: c, looked: make(chan struct{}, 1), ended: make(chan struct{}, 1)}
}

// Telling is the outcome of an attempt to tell a client.
type Telling string

// The outcomes of an attempt.
const (
	TellingDone    Telling = "told"     // accepted by the client
	TellingPutOff  Telling = "put_off"  // to be tried again
	TellingGivenUp Telling = "given_up" // after a day
)

// Tellings returns all outcomes.
func Tellings() []Telling { return []Telling{TellingDone, TellingPutOff, TellingGivenUp} }

// logoutClaims are the claims of a logout token (Back-Channel Logout 1.0, section 2.4). It has no nonce, so that it is
// never taken for an ID token.
type logoutClaims struct {
	Issuer   string                  `json:"iss"`
	Audience pactius.ApplicationID   `json:"aud"`
	IssuedAt int64                   `json:"iat"`
	Expires  int64                   `json:"exp"`
	ID       string                  `json:"jti"`
	Subject  pactius.UserID          `json:"sub"`
	Session  pactius.ClientSessionID `json:"sid"`
	Events   map[string]struct{}     `json:"events"`
}

// Deliver gives the next environment a turn, and returns the number of client sessions that it tried; call it again
// until that is 0.
func (d *Deliverer) Deliver(ctx context.Context) (int, error) {
	env, err := d.next(ctx)
	if err != nil || env == "" {
		return 0, err
	}
	defer d.share.Free(env)
	return d.turn(ctx, env)
}

// next returns the environment whose turn it is, and occupies a place for it; "" if there is none, or none that may
// have another place.
func (d *Deliverer) next(ctx context.Context) (pactius.EnvironmentID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if env := d.take(); env != "" {
		return env, nil
	}
	envs, err := d.Rules.DB.Store.ClientsToTell(ctx, d.Rules.DB.Now(), d.after, turnsAhead)
	if err == nil && d.after != "" && len(envs) < turnsAhead { // in a circle
		var first []pactius.EnvironmentID
		first, err = d.Rules.DB.Store.ClientsToTell(ctx, d.Rules.DB.Now(), "", turnsAhead)
		envs = append(envs, slices.DeleteFunc(first, func(env pactius.EnvironmentID) bool { return env > d.after })...)
	}
	if err != nil {
		return "", fmt.Errorf("look for clients to be told: %w", err)
	}
	d.ahead = envs
	return d.take(), nil
}

// take occupies a place for the next environment that may have one.
func (d *Deliverer) take() pactius.EnvironmentID {
	for i, env := range d.ahead {
		if d.share.Take(env, callsAtOnce) {
			d.ahead, d.after = d.ahead[i+1:], env
			return env
		}
	}
	d.ahead = nil
	return ""
}

// turn claims a client session of an environment and tells its client. One at a time: an application that is slow
// keeps no others claimed.
func (d *Deliverer) turn(ctx context.Context, env pactius.EnvironmentID) (int, error) {
	now := d.Rules.DB.Now()
	claimed, err := d.Rules.DB.Store.ClaimClients(ctx, env, now, lease, 1)
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	s := claimed[0]
	if err := d.tell(ctx, env, s, now.Add(lease)); err != nil {
		return 1, fmt.Errorf("tell the client of %s: %w", s.ID, err)
	}
	return 1, nil
}

// tell tells a client that a session has ended, and stores the outcome.
func (d *Deliverer) tell(ctx context.Context, env pactius.EnvironmentID, s pactius.ClientSession, until time.Time,
) error {
	actor := pactius.System(env, "clients")
	var app pactius.Application
	var issuer string
	err := d.Rules.DB.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		var err error
		issuer = d.Rules.issuer(tx.Environment)
		app, err = tx.Application(s.Application)
		return err
	})
	now := d.Rules.DB.Now()
	switch {
	case err != nil:
		return err
	case app.Client.BackChannel == "": // it was removed meanwhile
		return d.store(ctx, actor, s, app, nil)
	case now.Add(outbound.CallTime).After(until):
		return nil // the database was slow: another worker may have it by the end of a call
	}
	if at, resting := d.rests.until(app.ID, now); resting {
		return d.putOff(ctx, actor, s, app, at, s.LastError)
	}
	token, err := d.Rules.Applications.SignAs(ctx, env, applications.LogoutToken, logoutClaims{Issuer: issuer,
		Audience: app.ID, IssuedAt: now.Unix(), Expires: now.Add(pactius.LogoutTokenLife).Unix(), ID: id.New(),
		Subject: s.User, Session: s.ID, Events: map[string]struct{}{logoutSubject: {}}})
	if err == nil {
		err = d.Caller.Post(ctx, app.Client.BackChannel, url.Values{"logout_token": {token}})
		if err != nil && ctx.Err() != nil {
			return nil // PACTIUS stops: the end of the lease passes it on
		}
		d.rests.note(app.ID, err == nil || outbound.Answered(err), d.Rules.DB.Now())
	}
	return d.store(ctx, actor, s, app, err)
}

// store stores the outcome of an attempt, also while shutting down: the client would be told again.
func (d *Deliverer) store(ctx context.Context, actor pactius.Actor, s pactius.ClientSession, app pactius.Application,
	failure error,
) error {
	if failure != nil {
		log := d.Rules.Logger.With("application", app.ID, "client_session", s.ID, "attempt", s.Attempts)
		log.WarnContext(ctx, "a client wasn't told of a sign-out", "error", failure)
		due := d.Rules.DB.Now().Add(crew.Pause(s.Failed+1, firstPause, longestPause))
		return d.putOff(ctx, actor, s, app, due, reason(failure))
	}
	return d.note(ctx, actor, TellingDone, func(tx *change.Tx) (Telling, error) {
		_, err := tx.ForgetClient(s.ID, s.Attempts)
		return TellingDone, err
	})
}

// putOff has a client told again at a time, or gives it up, with an event.
func (d *Deliverer) putOff(ctx context.Context, actor pactius.Actor, s pactius.ClientSession, app pactius.Application,
	next time.Time, why string,
) error {
	now, recorded := d.Rules.DB.Now(), false
	err := d.note(ctx, actor, TellingPutOff, func(tx *change.Tx) (Telling, error) {
		if next.Sub(s.EndedAt) < giveUpAfter || !d.Rules.DB.Believed() {
			_, err := tx.ClientLater(s, next, why)
			return TellingPutOff, err
		}
		held, err := tx.ForgetClient(s.ID, s.Attempts)
		if recorded = err == nil && held && d.gaveUp.isDue(app.ID, now, givenUpPause); recorded {
			applications.Record(tx, pactius.ClientNotTold, app, nil)
		}
		return TellingGivenUp, err
	})
	if err == nil && recorded {
		d.gaveUp.note(app.ID, now)
	}
	return err
}

// note runs the change that stores an outcome.
func (d *Deliverer) note(ctx context.Context, actor pactius.Actor, outcome Telling,
	fn func(*change.Tx) (Telling, error),
) error {
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	err := d.Rules.DB.Change(noting, actor, change.RoleUser, func(tx *change.Tx) (err error) {
		outcome, err = fn(tx)
		return err
	})
	if err == nil && d.Told != nil {
		d.Told(outcome)
	}
	return err
}

// reason returns the sentence of a failure for administrators, without its cause.
func reason(err error) string {
	if e, ok := errors.AsType[*pactius.Error](err); ok {
		return e.Message.String()
	}
	return "The logout token couldn't be signed."
}

// rests remembers the applications that don't answer. Thousands of sessions may have ended at one, and each call to it
// takes outbound.CallTime, while others of the environment wait.
type rests struct {
	mu   sync.Mutex
	apps map[pactius.ApplicationID]rest
}

type rest struct {
	failures int
	until    time.Time
}

// until returns how long an application is not called, false if it may be called now.
func (r *rests) until(app pactius.ApplicationID, now time.Time) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	until := r.apps[app].until
	return until, now.Before(until)
}

// note notes whether an application answered. Calls that were under way when it began to rest don't prolong that.
func (r *rests) note(app pactius.ApplicationID, answered bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.apps[app]
	switch {
	case answered:
		delete(r.apps, app)
	case now.Before(old.until):
	default:
		if r.apps == nil || len(r.apps) >= maxRests {
			r.apps = map[pactius.ApplicationID]rest{}
		}
		failures := old.failures + 1
		r.apps[app] = rest{failures: failures, until: now.Add(crew.Pause(failures, firstPause, longestPause))}
	}
}
