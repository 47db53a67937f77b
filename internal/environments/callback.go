package environments

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// The paths that Microsoft sends people back to.
const (
	CallbackPath  = "/sign-in/callback"  // after a sign-in, or after granting permissions
	SignedOutPath = "/sign-out/callback" // after a sign-out, on the callback host
)

const (
	statePurpose = "callback"

	// StateTime is how long a state is good for on the callback host: as long as the longest round trip, which is
	// granting permissions. The environment's host has limits of its own.
	StateTime = time.Hour
)

// Refusals of a state on the callback host.
var (
	// ErrNoState means that a state names no environment: it was altered, is sealed with another secret, or its
	// environment is gone.
	ErrNoState = errors.New("the state names no environment")

	// ErrOldState means that the round trip of a state has taken too long.
	ErrOldState = errors.New("the state is too old")
)

// IsCallbackHost reports whether the host of a request is the one that only sends people on from Microsoft.
func (r *Rules) IsCallbackHost(host string) bool {
	return r.CallbackHost != "" && CleanHost(host) == r.CallbackHost
}

// ByCallbackHost reports whether Microsoft sends an environment's people back to the callback host: that of the shared
// app registration, if there is one.
func (r *Rules) ByCallbackHost(e pactius.Environment) bool {
	return r.CallbackHost != "" && e.Connection.ClientID == ""
}

// CallbackURL returns the address of the callback host.
func (r *Rules) CallbackURL() *url.URL { return r.BaseURL(pactius.Environment{Host: r.CallbackHost}) }

// RedirectURI returns the redirect URI that an environment's app registration in Microsoft Entra must contain.
func (r *Rules) RedirectURI(e pactius.Environment) string {
	if r.ByCallbackHost(e) {
		return r.CallbackURL().String() + CallbackPath
	}
	return r.OwnRedirectURI(e)
}

// OwnRedirectURI is RedirectURI for an app registration of the environment's own. The callback host sends people on to
// it.
func (r *Rules) OwnRedirectURI(e pactius.Environment) string {
	return r.BaseURL(e).String() + CallbackPath
}

// SignOutURI returns where Microsoft sends people back to after a sign-out. The app registration must contain it too.
func (r *Rules) SignOutURI(e pactius.Environment) string {
	if r.ByCallbackHost(e) {
		return r.CallbackURL().String() + SignedOutPath
	}
	return r.BaseURL(e).String() + "/"
}

// State returns the state of a round trip to Microsoft. It is the given one or, where the answer comes to the callback
// host, a sealed text that names the environment and when it was made as well. Anyone can have one made by beginning a
// sign-in, so it only tells the way, as the host in an address does; what it leads to is bound to the browser by a
// cookie of the environment's host.
func (r *Rules) State(e pactius.Environment, state string) string {
	if !r.ByCallbackHost(e) || r.Box == nil {
		return state
	}
	return r.Box.Seal(statePurpose, fmt.Appendf(nil, "%s %d %s", e.ID, r.DB.Now().Unix(), state), "")
}

// openState returns the environment that a state of State names, and when it was made.
func (r *Rules) openState(state string) (env pactius.EnvironmentID, made time.Time, ok bool) {
	if r.Box == nil {
		return "", made, false
	}
	plain, err := r.Box.Open(statePurpose, state, "")
	parts := strings.Split(string(plain), " ")
	if err != nil || len(parts) != 3 || !id.Valid(parts[0]) {
		return "", made, false
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	return pactius.EnvironmentID(parts[0]), time.Unix(seconds, 0), err == nil
}

// OfState finds the environment that a state names. Its error is ErrNoState, ErrOldState beside the environment, or
// that of the database.
func (r *Rules) OfState(ctx context.Context, state string) (pactius.Environment, error) {
	var e pactius.Environment
	env, made, ok := r.openState(state)
	if !ok {
		return e, ErrNoState
	}
	err := r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		var err error
		e, err = tx.EnvironmentRow()
		return err
	})
	age := r.DB.Now().Sub(made)
	switch {
	case pactius.KindOf(err) == pactius.KindNotFound:
		return e, ErrNoState
	case err == nil && (age > StateTime || age < -StateTime): // the clock of whichever instance
		err = ErrOldState
	}
	return e, err
}

// IsForAnother reports whether a state names another environment than the one that it has come to, which must not
// accept it.
func (r *Rules) IsForAnother(e pactius.Environment, state string) bool {
	env, _, ok := r.openState(state)
	return ok && env != e.ID
}
