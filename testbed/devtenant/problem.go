package devtenant

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// problem is an error as Entra tells it: the OAuth error, Microsoft's number and
// a sentence.
type problem struct {
	err    string // RFC 6749 sections 4.1.2.1 and 5.2
	number string // "AADSTS50105"; empty where Entra gives none
	text   string
}

// description is error_description in Entra's form.
func (p problem) description(traceID, correlationID string, at time.Time) string {
	return fmt.Sprintf("%s: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
		p.number, p.text, traceID, correlationID, at.UTC().Format("2006-01-02 15:04:05Z"))
}

// Problems that are told in several places.
var (
	errForm      = problem{"invalid_request", "AADSTS900144", "The form could not be read."}
	errNotIssued = problem{"server_error", "AADSTS90033", "The token could not be issued."}
)

// unknownApp is the problem of an application that the tenant does not have.
func (t *Tenant) unknownApp(id string) *problem {
	return &problem{"unauthorized_client", "AADSTS700016",
		"Application with identifier '" + id + "' was not found in the directory '" + t.config.TenantName + "'."}
}

// unknownResource is the problem of a resource that is not Graph.
func unknownResource(name string) problem {
	return problem{"invalid_resource", "AADSTS500011",
		"The resource principal named " + name + " was not found in the tenant."}
}

// refuse answers a program at the tenant's time.
func (t *Tenant) refuse(w http.ResponseWriter, status int, p problem) {
	refuseJSON(w, status, t.now(), p)
}

// refuseJSON answers a program (Microsoft: "OAuth 2.0 authorization code flow",
// error response).
func refuseJSON(w http.ResponseWriter, status int, at time.Time, p problem) {
	traceID, correlationID := uuid.NewString(), uuid.NewString()
	code, _ := strconv.Atoi(strings.TrimPrefix(p.number, "AADSTS"))
	writeJSON(w, status, map[string]any{
		"error":             p.err,
		"error_description": p.description(traceID, correlationID, at),
		"error_codes":       []int{code},
		"timestamp":         at.UTC().Format("2006-01-02 15:04:05Z"),
		"trace_id":          traceID,
		"correlation_id":    correlationID,
	})
}

// refuseRedirect sends the person back to the application with an error. Entra
// gives no description when the person cancelled, only a subcode.
func (t *Tenant) refuseRedirect(w http.ResponseWriter, r *http.Request, a authorizeRequest, p problem) {
	q := url.Values{"error": {p.err}}
	if p.number == "" {
		q.Set("error_subcode", p.text)
	} else {
		q.Set("error_description", p.description(uuid.NewString(), uuid.NewString(), t.now()))
		q.Set("error_uri", t.origin+"/")
	}
	t.sendBack(w, r, a, q)
}

// sendBack redirects to the application with q and the state.
func (t *Tenant) sendBack(w http.ResponseWriter, r *http.Request, a authorizeRequest, q url.Values) {
	if a.State != "" {
		q.Set("state", a.State)
	}
	u, err := url.Parse(a.RedirectURL) // registered, so it was checked by New
	if err != nil {
		http.Error(w, "bad redirect URI", http.StatusBadRequest)
		return
	}
	for name, values := range u.Query() {
		q[name] = values
	}
	u.RawQuery = q.Encode()
	http.Redirect(w, r, u.String(), http.StatusFound)
}
