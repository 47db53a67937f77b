package web

import (
	"cmp"
	"math"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/users"
)

// The limits of what strangers can begin, as bursts and rates per second. Each instance allows them in full. See
// docs/decisions/0027-limits-of-sign-ins.md for the keys.
const (
	// A browser may begin sign-ins as fast as a person can press a button, and one every three seconds in the long run.
	browserBurst, browserRate = 20, 1.0 / 3

	// Browsers that bring no cookie share the limit of their network address. The burst is for a company where
	// hundreds of people sign in in the morning. Beyond it a sign-in costs one more click, which brings the cookie.
	newcomerBurst, newcomerRate = 300, 10

	// Callbacks that belong to no sign-in of the browser share one of their address too.
	strayBurst, strayRate = 300, 10

	// One sign-in under way comes back once. A person may reload the page; every time Microsoft may be asked.
	attemptBurst, attemptRate = 5, 1.0 / 60

	// Connections are tried by one administrator, or by those who have one link of Support: by hand.
	connectBurst, connectRate = 30, 1.0 / 2

	// limitKeys is how many keys each limit remembers: some megabytes. A key that is forgotten has its whole burst
	// again.
	limitKeys = 50_000
)

// limits are the limits of a Site.
type limits struct{ browsers, newcomers, strays, attempts, connecting *edge.Limiter }

func newLimits(now func() time.Time) limits {
	limit := func(perSecond rate.Limit, burst int) *edge.Limiter {
		return edge.NewLimiter(edge.Limits{Rate: perSecond, Burst: burst, Entries: limitKeys, Now: now})
	}
	return limits{limit(browserRate, browserBurst), limit(newcomerRate, newcomerBurst), limit(strayRate, strayBurst),
		limit(attemptRate, attemptBurst), limit(connectRate, connectBurst)}
}

// checkLimit refuses a request beyond the limit of its route. The key never is one that a stranger can use up for
// somebody else: where browsers share an address, the answer is the sign-in page, whose button works.
func (s *Site) checkLimit(c cost, v *visit) error {
	if edge.Local(v.r.Context()) {
		return nil // a program on this machine, such as a measurement
	}
	limit, key := s.limitOf(c, v)
	if limit == nil {
		return nil
	}
	ok, wait := limit.Allow(string(v.env.ID) + " " + key)
	if ok {
		return nil
	}
	retryAfter(v.w, wait)
	if limit == s.limits.newcomers || limit == s.limits.strays {
		return errOneMoreClick
	}
	return errTooOften
}

// retryAfter tells the browser when to try again.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// limitOf returns the limit that a request counts for, nil for none, and its key.
func (s *Site) limitOf(c cost, v *visit) (*edge.Limiter, string) {
	browser := cmp.Or(s.browser(v).ID, string(v.signed.Session.ID))
	switch c {
	case begins:
		if browser != "" {
			return s.limits.browsers, browser
		}
		return s.limits.newcomers, v.addressKey()
	case returns:
		if state := v.query("state", maxState); s.begun(v, state) {
			return s.limits.attempts, users.TokenHash(state)
		}
		if browser != "" {
			return s.limits.browsers, browser
		}
		return s.limits.strays, v.addressKey()
	case tries:
		if token := v.r.PathValue("token"); token != "" {
			return s.limits.connecting, users.TokenHash(token)
		}
		return s.limits.connecting, cmp.Or(string(v.actor.User), v.addressKey())
	}
	return nil, ""
}

// maxState bounds the state of a callback in bytes, far above ours.
const maxState = 256

// begun reports whether a round trip to Microsoft began in this browser: its sealed cookie says so.
func (s *Site) begun(v *visit, state string) bool {
	if _, ok := s.findConsent(v, state); ok {
		return true
	}
	c, err := v.r.Cookie(s.cookieName(attemptName(state)))
	if err != nil || state == "" {
		return false
	}
	a, ok := s.openAttempt(v, c)
	return ok && a.State == state
}

// askOneMoreClick answers a browser without a cookie whose network has used up the limit: it gets the cookie and the
// page with the button.
func (s *Site) askOneMoreClick(v *visit) {
	v.flash, v.flashed = nil, false
	back := v.form.text("return")
	if !v.changes() {
		back = v.here()
	}
	s.doorWith(v, http.StatusTooManyRequests, localPath(back), warn(pactius.T(
		"Many sign-ins are coming from your network right now. Select “Sign in with Microsoft” again.")))
}

var (
	errOneMoreClick = pactius.Refuse(pactius.KindTooMany, pactius.Text{})
	errTooOften     = pactius.Refuse(pactius.KindTooMany, pactius.T("You've tried this too many times in a short "+
		"time. Wait a minute and try again."))
)
