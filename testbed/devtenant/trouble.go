package devtenant

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Trouble is how badly the tenant answers programs. The zero value is fair
// weather. Pages for people are never touched.
type Trouble struct {
	Path           string        // calls whose path begins with this; "" is all of Graph ("/v1.0/"), "/" everything
	Throttled      int           // so many calls are answered with 429
	RetryAfter     time.Duration // the wait that these ask for, in whole seconds; 0 does not tell
	Delay          time.Duration // every call waits so long before anything else happens
	Down           bool          // 503 Service Unavailable
	PartsThrottled int           // Graph: so many requests in batches are answered with 429, one second
	Answer         Answer        // sent instead of the right body, with status 200
	ForeignNext    string        // origin that next and delta links lead to, for example "https://evil.example"
	// Graph: every second page of a delta round is empty and leads on, as the documentation warns
	EmptyPages bool
	Lean       bool // Graph: delta rounds name only what has changed, also without Prefer: return=minimal
}

// Answer is a kind of body that makes no sense.
type Answer int

// The kinds of answers.
const (
	Sound    Answer = iota
	HTML            // a page for people, as proxies send it
	HalfJSON        // JSON that stops in the middle
	Nothing         // an empty body
	Null            // null
	Flood           // 50,000 users in one page, whatever $top says
)

// flood is how many users the answer of that name has.
const flood = 50_000

// SetTrouble replaces the trouble there was; Trouble{} ends it.
func (t *Tenant) SetTrouble(trouble Trouble) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trouble = trouble
}

// troubled takes what trouble there is for a call. One that is throttled counts.
func (t *Tenant) troubled(path string) (trouble Trouble, throttled bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	prefix := t.trouble.Path
	if prefix == "" {
		prefix = "/v1.0/"
	}
	if !strings.HasPrefix(path, prefix) {
		return Trouble{}, false
	}
	if t.trouble.Throttled > 0 {
		t.trouble.Throttled--
		throttled = true
	}
	return t.trouble, throttled
}

// weather answers a call as the trouble has it, or lets it pass. It also writes
// the call down.
func (t *Tenant) weather(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(inBatch{}) != nil {
			next(w, r) // the batch as a whole has met the trouble
			return
		}
		defer t.begin(r)()
		trouble, throttled := t.troubled(r.URL.Path)
		if trouble.Delay > 0 {
			select {
			case <-time.After(trouble.Delay):
			case <-r.Context().Done():
				return
			}
		}
		switch {
		case throttled:
			if trouble.RetryAfter > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int(trouble.RetryAfter.Seconds())))
			}
			refuseGraph(w, http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
		case trouble.Down:
			refuseGraph(w, http.StatusServiceUnavailable, "serviceNotAvailable",
				"The service is temporarily unavailable.")
		case trouble.Answer != Sound:
			trouble.Answer.write(w)
		default:
			next(w, r)
		}
	}
}

// write sends the body; an answer is given up silently when the reader is gone.
func (a Answer) write(w http.ResponseWriter) {
	kind, body := "application/json; charset=utf-8", ""
	switch a {
	case HTML:
		kind = "text/html; charset=utf-8"
		body = "<!DOCTYPE html><title>Please sign in</title><h1>Please sign in to the network</h1>"
	case HalfJSON:
		body = `{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users",` +
			`"value":[{"id":"0f3b6c1e-3333-4c5b-b112-`
	case Null:
		body = "null"
	case Flood:
		writeFlood(w)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, body)
}

// writeFlood sends flood users without being asked for them.
func writeFlood(w http.ResponseWriter) {
	users := make([]map[string]any, flood)
	for i := range users {
		n := strconv.Itoa(i)
		users[i] = map[string]any{
			"id": "f100d000-0000-4000-8000-" + strings.Repeat("0", 12-len(n)) + n, "displayName": "Flood " + n,
			"userPrincipalName": "flood." + n + "@crowd.example",
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": users})
}
