package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/language"
)

// retryAfter is when a request that could not be answered should come again.
const retryAfter = 5 * time.Second

// problem is an answer for programs (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Enter  string `json:"enter,omitempty"`  // where a person signs in
	Access string `json:"access,omitempty"` // where a person requests access
}

// Types of problems. They stay, whatever the titles say.
const (
	problemSignIn      = "urn:pactius:problem:sign-in"
	problemAccess      = "urn:pactius:problem:access"
	problemProxy       = "urn:pactius:problem:proxy"
	problemUnavailable = "urn:pactius:problem:unavailable"
	problemHost        = "urn:pactius:problem:unknown-host"
	problemRequest     = "urn:pactius:problem:request"  // PACTIUS does not pass on requests of this kind
	problemUpstream    = "urn:pactius:problem:upstream" // the application has not answered
)

func writeProblem(w http.ResponseWriter, p problem) {
	body, err := json.Marshal(p)
	if err != nil {
		body = nil // texts and a number: it does not fail
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // fails only if the client has gone
}

// screen is what a page of the door shows.
type screen struct {
	status   int
	title    pactius.Text
	text     pactius.Text
	link     string // where it leads on
	label    pactius.Text
	goes     bool   // leads on without a click, where the browser does that
	form     string // is sent by a button instead of the link
	formGoes string // origin that the form's answer leads to
}

//go:embed page.html
var pageSource string

// readPage returns the template of all pages, and the policy by which browsers use its style and nothing else.
func readPage() (*template.Template, string, error) {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, "", fmt.Errorf("parse the page of the door: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, pageData{}); err != nil {
		return nil, "", fmt.Errorf("execute the page of the door: %w", err)
	}
	_, style, _ := strings.Cut(out.String(), "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	return page, "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'", nil
}

// pageData is a screen for a reader.
type pageData struct {
	Language, Title, Text, Link, Label, Form string
	Goes                                     bool
}

// show answers with a page. speaks is the language of the person, if it is known.
func (g *Gateway) show(w http.ResponseWriter, r *http.Request, s screen) {
	reader := language.Reader{Language: language.Match(r.Header.Get("Accept-Language")), Now: g.Now()}
	data := pageData{Language: string(reader.Language), Title: reader.Text(s.title), Text: reader.Text(s.text),
		Link: s.link, Form: s.form, Goes: s.goes}
	if s.label.Key != "" {
		data.Label = reader.Text(s.label)
	}
	var out bytes.Buffer
	if err := g.page.Execute(&out, data); err != nil {
		g.Logger.ErrorContext(r.Context(), "a page of the door cannot be shown", "error", err)
		out.Reset()
	}
	h := w.Header()
	policy := g.policy
	if s.formGoes != "" {
		policy += " " + s.formGoes
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", data.Language)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(s.status)
	_, _ = w.Write(out.Bytes()) // fails only if the client has gone
}

// askToEnter answers a request without a session with 401. A form is not sent again after a sign-in, so its page says
// that it was not sent.
func (g *Gateway) askToEnter(w http.ResponseWriter, r *http.Request, p place, q request) {
	start := startPath("/")
	switch {
	case isNavigation(r, q.method):
		start = startPath(applications.ReturnPath(q.uri))
		w.Header().Set("Location", start)
		g.show(w, r, screen{status: http.StatusUnauthorized, title: pactius.T("Sign in"),
			text: pactius.T("You need to sign in to open this application."), link: start,
			label: pactius.T("Go to sign-in"), goes: true})
		return
	case isPage(r) && q.method != "":
		g.show(w, r, screen{status: http.StatusUnauthorized, title: pactius.T("Your form wasn't sent"),
			text: pactius.T("You're no longer signed in, so nothing was saved. Sign in, then go back in your browser " +
				"and send the form again."), link: start, label: pactius.T("Go to sign-in")})
		return
	}
	writeProblem(w, problem{Type: problemSignIn, Title: "You are not signed in", Status: http.StatusUnauthorized,
		Detail: "Open the address in \"enter\" in the browser to sign in, then send the request again.",
		Enter:  string(p.origin) + start})
}

// mayNot answers a person who may not open the application with 403.
func (g *Gateway) mayNot(w http.ResponseWriter, r *http.Request, p place, method string) {
	link := p.Portal + "/applications/" + string(p.ID)
	if isPage(r) && method != "" {
		g.show(w, r, screen{status: http.StatusForbidden, title: pactius.T("You don't have access to this application"),
			text: pactius.T("You're signed in, but this application requires access that you don't have."), link: link,
			label: pactius.T("See what you can do")})
		return
	}
	writeProblem(w, problem{Type: problemAccess, Title: "You don't have access to this application",
		Status: http.StatusForbidden, Access: link})
}

// refuseProxy answers a proxy that has not named the application well with 403.
func (g *Gateway) refuseProxy(
	w http.ResponseWriter, r *http.Request, p place, by pactius.ApplicationID, f *proxyFault,
) Outcome {
	g.warn(r.Context(), p, by, g.hostOf(r), f)
	writeProblem(w, problem{Type: problemProxy, Title: "The proxy in front of this application is not set up correctly",
		Status: http.StatusForbidden, Detail: "The log of PACTIUS says what to mend."})
	return ProxyFault
}

// hostOf returns the host that a proxy names, for the log.
func (g *Gateway) hostOf(r *http.Request) string {
	if edge.FromTrusted(r, g.TrustedProxies) && r.Header.Get("X-Forwarded-Host") != "" {
		return r.Header.Get("X-Forwarded-Host")
	}
	return r.Host
}

// noteUnavailable logs that the database did not answer.
func (g *Gateway) noteUnavailable(r *http.Request, err error) {
	gone := errors.Is(r.Context().Err(), context.Canceled)
	if err != nil && !gone && g.warnings.due("unavailable", true, g.Now()) {
		g.Logger.LogAttrs(r.Context(), slog.LevelWarn, "the door cannot find who is there; requests to applications "+
			"are refused meanwhile", slog.Any("error", err))
	}
}

// unavailable answers with 503 what the database did not answer.
func (g *Gateway) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	g.noteUnavailable(r, err)
	retry(w, err)
}

// retry answers with 503, and says when to come again.
func retry(w http.ResponseWriter, err error) {
	after := retryAfter
	if refusal, ok := errors.AsType[*pactius.Error](err); ok && refusal.RetryAfter > 0 {
		after = refusal.RetryAfter
	}
	w.Header().Set("Retry-After", strconv.Itoa(int(after.Seconds())))
	writeProblem(w, problem{Type: problemUnavailable, Title: "Sign-ins cannot be checked right now",
		Status: http.StatusServiceUnavailable, Detail: "Try again in a few seconds."})
}

// refuse answers what went wrong on the way to an application, for a person.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, p place, err error, to string) {
	if f, ok := asProxyFault(err); ok && isPage(r) {
		g.warn(r.Context(), p, "", g.hostOf(r), f)
		g.show(w, r, screen{status: http.StatusForbidden, title: pactius.T("This application isn't set up correctly"),
			text: pactius.T("Tell Support that you couldn't open it. The log shows what to correct.")})
		return
	} else if ok {
		g.refuseProxy(w, r, p, "", f)
		return
	}
	refusal, ok := errors.AsType[*pactius.Error](err)
	switch {
	case errors.Is(err, applications.ErrMayNot):
		g.mayNot(w, r, p, r.Method)
	case ok && refusal.Kind == pactius.KindInvalid:
		g.show(w, r, screen{status: http.StatusBadRequest, title: pactius.T("You're not signed in yet"),
			text: refusal.Message, link: applications.ReturnPath(to), label: pactius.T("Open the application")})
	default:
		if !ok || refusal.Kind != pactius.KindUnavailable {
			g.Logger.ErrorContext(r.Context(), "a hand-over to an application failed", "error", err,
				"request", edge.RequestID(r.Context()))
		}
		g.away(w, r)
	}
}

// away answers with a page what the database did not answer.
func (g *Gateway) away(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	g.show(w, r, screen{status: http.StatusServiceUnavailable, title: pactius.T("This isn't working right now"),
		text: pactius.T("Please try again in a few seconds. If it happens again, tell Support.")})
}
