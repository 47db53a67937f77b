package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/edge"
)

const (
	// maxForm bounds what clients send, in bytes: a code with the longest address, state and nonce has 4 kB.
	maxForm = 16 << 10

	// maxRequest bounds an authorization request that came as a form and goes on as an address, in bytes. Common
	// proxies take lines of 8 kB.
	maxRequest = 8000
)

// openIDRoutes are the answers to clients by path and method; HEAD is as GET.
var openIDRoutes = map[string]map[string]func(*Gateway, http.ResponseWriter, *http.Request){
	clients.DiscoveryPath: {http.MethodGet: (*Gateway).metadata},
	clients.MetadataPath:  {http.MethodGet: (*Gateway).metadata},
	clients.AuthorizePath: {http.MethodPost: (*Gateway).authorize},
	clients.TokenPath:     {http.MethodPost: (*Gateway).token},
	clients.UserinfoPath:  {http.MethodGet: (*Gateway).userinfo, http.MethodPost: (*Gateway).userinfo},
	clients.RevokePath:    {http.MethodPost: (*Gateway).revoke},
}

// OpenID answers what OpenID Connect has for programs, on the portal's host. No cookie counts there, so that it needs
// no check of the origin of forms.
type OpenID struct {
	*Gateway
	limited http.Handler
}

// OpenID returns the part of the door for clients.
func (g *Gateway) OpenID() *OpenID {
	o := &OpenID{Gateway: g}
	o.limited = edge.LimitBody(maxForm, o.Refusal(edge.TooLarge()))(http.HandlerFunc(o.serve))
	return o
}

// Serves reports whether a request is for OpenID. Other methods at AuthorizePath are for a page.
func (o *OpenID) Serves(r *http.Request) bool {
	_, ok := openIDRoutes[r.URL.Path]
	return ok && (r.URL.Path != clients.AuthorizePath || r.Method == http.MethodPost)
}

// ServeHTTP serves what Serves.
func (o *OpenID) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // RFC 6749, section 5.1
	w.Header().Set("Pragma", "no-cache")
	o.limited.ServeHTTP(w, r)
}

func (o *OpenID) serve(w http.ResponseWriter, r *http.Request) {
	methods := openIDRoutes[r.URL.Path]
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	answer := methods[method]
	if answer == nil {
		r.Pattern = r.URL.Path
		w.Header().Set("Allow", allowed(methods))
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	r.Pattern = method + " " + r.URL.Path
	answer(o.Gateway, w, r)
}

// allowed lists methods for the header Allow.
func allowed[T any](methods map[string]T) string {
	var all []string
	for m := range methods {
		if all = append(all, m); m == http.MethodGet {
			all = append(all, http.MethodHead)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// Refusal answers a request whose body is too large.
func (o *OpenID) Refusal(e *pactius.Error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.refuseClient(w, r, bodyFault(e)) })
}

// Broken answers after a panic, which package edge has logged.
func (o *OpenID) Broken() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { retry(w, nil) })
}

// environment finds the environment by the host, as keys does. The error has the kind NotFound on other hosts.
func (g *Gateway) environment(r *http.Request) (pactius.Environment, error) {
	return g.Environments.ByHost(r.Context(), r.Host)
}

// freshKeys has the keys of an environment read anew where no look could have seen that another instance has replaced
// those that are kept in memory.
func (g *Gateway) freshKeys(h *home, at time.Duration) {
	if !h.isWatched(at) {
		g.Rules.Forget(h.env)
	}
}

// invalid is a fault of a request as such.
func invalid(description string) *clients.Fault {
	return &clients.Fault{Code: "invalid_request", Description: description, Status: http.StatusBadRequest}
}

var (
	errNoForm = invalid("Send the parameters as a form: " + formType + ".")
	errQuery  = invalid("Send the parameters in the form, not in the address.")
	errAgain  = invalid("A parameter is there more than once.")
	errBody   = invalid("The form can't be read.")
)

const formType = "application/x-www-form-urlencoded"

// readForm reads the form of a request. Its errors are faults.
func readForm(r *http.Request) (url.Values, error) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		media != formType {
		return nil, errNoForm
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, bodyFault(edge.BodyError(err))
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errBody
	}
	return form, nil
}

// bodyFault returns the fault for a body that could not be read.
func bodyFault(err error) *clients.Fault {
	f := *errBody
	switch {
	case pactius.KindOf(err) == pactius.KindTooLarge:
		f.Description = "The form is too large."
		f.Status = http.StatusRequestEntityTooLarge
	case errors.Is(err, edge.ErrBodyLate):
		f.Status = http.StatusRequestTimeout
	}
	return &f
}

// readParameters reads a form with each parameter once, and none in the address (RFC 6749, section 3.2).
func readParameters(r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" {
		return nil, errQuery
	}
	form, err := readForm(r)
	for _, all := range form {
		if len(all) > 1 {
			return nil, errAgain
		}
	}
	return form, err
}

// authorize turns an authorization request that came as a form (OpenID Connect Core 1.0, section 3.1.2.1) into that of
// the page. What is no request becomes one without parameters, about which the page says what is wrong.
//
// POST /oauth/authorize
func (g *Gateway) authorize(w http.ResponseWriter, r *http.Request) {
	to := clients.AuthorizePath
	form, err := readForm(r)
	if query := form.Encode(); err == nil && len(query) <= maxRequest {
		to += "?" + query
	}
	_ = lead(w, to) // has no error
}

// refuseClient answers a program whose request was refused (RFC 6749, section 5.2).
func (g *Gateway) refuseClient(w http.ResponseWriter, r *http.Request, err error) {
	f, ok := errors.AsType[*clients.Fault](err)
	switch {
	case ok && f.Status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="PACTIUS", charset="UTF-8"`)
		writeFault(w, f)
	case ok:
		writeFault(w, f)
	default:
		g.unanswered(w, r, err)
	}
}

func writeFault(w http.ResponseWriter, f *clients.Fault) {
	writeJSON(w, f.Status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{f.Code, f.Description})
}

// unanswered answers a program whose request came to no environment, or that the database did not answer.
func (g *Gateway) unanswered(w http.ResponseWriter, r *http.Request, err error) {
	if pactius.KindOf(err) == pactius.KindNotFound {
		writeProblem(w, problem{Type: problemHost, Title: "Unknown host", Status: http.StatusMisdirectedRequest})
		return
	}
	if r.Context().Err() == nil && g.warnings.due("clients", true, g.Now()) {
		g.Logger.LogAttrs(r.Context(), slog.LevelWarn, "requests of OpenID Connect clients cannot be answered",
			slog.String("request", edge.RequestID(r.Context())), slog.Any("error", err))
	}
	retry(w, err)
}

func writeJSON(w http.ResponseWriter, status int, content any) {
	body, err := json.Marshal(content)
	if err != nil {
		body = nil // texts and numbers: it does not fail
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails only if the client has gone
}
