package rest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/edge"
)

// Problem is an answer that refuses a request (RFC 9457). It repeats nothing of the request.
type Problem struct {
	_ struct{} `additionalProperties:"true"`

	Type      string `json:"type" format:"uri" doc:"The kind of problem: stable, for programs"`
	Title     string `json:"title" doc:"The kind of problem in words"`
	Status    int    `json:"status" doc:"The HTTP status"`
	Detail    string `json:"detail,omitempty" doc:"A sentence for a person"`
	Reference string `json:"reference,omitempty" doc:"Finds a fault in PACTIUS's log: tell Support"`

	header http.Header
}

// problemType begins the type of every problem.
const problemType = "urn:pactius:problem:"

// kind is a kind of problem.
type kind struct {
	status int
	name   string
	title  string
}

var (
	missing   = kind{http.StatusUnauthorized, "token-missing", "No token"}
	invalid   = kind{http.StatusUnauthorized, "token-invalid", "Token not valid"}
	expired   = kind{http.StatusUnauthorized, "token-expired", "Token expired"}
	ended     = kind{http.StatusUnauthorized, "access-ended", "Access ended"}
	several   = kind{http.StatusBadRequest, "several-tokens", "Several tokens"}
	parameter = kind{http.StatusBadRequest, "unknown-parameter", "Unknown parameter"}
	notFound  = kind{http.StatusNotFound, "not-found", "Not found"}
	method    = kind{http.StatusMethodNotAllowed, "method-not-allowed", "Method not allowed"}
	tooLarge  = kind{http.StatusRequestEntityTooLarge, "too-large", "Request too large"}
	host      = kind{http.StatusMisdirectedRequest, "unknown-host", "Unknown host"}
	away      = kind{http.StatusServiceUnavailable, "unavailable", "Not available"}
	fault     = kind{http.StatusInternalServerError, "fault", "Internal error"}
	malformed = kind{http.StatusUnprocessableEntity, "invalid-input", "Invalid input"}
	gone      = kind{edge.StatusClientGone, "client-gone", "The client has gone"}
)

const faultDetail = "Something went wrong in PACTIUS. If it happens again, tell Support the reference."

// refusal is a refusal of this package.
type refusal struct {
	kind
	detail string
	allow  string // methods, of method
}

// Error returns the detail.
func (r *refusal) Error() string { return r.detail }

// Error returns the title, which has no part of the request.
func (p *Problem) Error() string { return p.Title }

// GetStatus returns the HTTP status, for huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns the media type of problems, for huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func (k kind) problem(detail string) *Problem {
	return &Problem{Type: problemType + k.name, Title: k.title, Status: k.status, Detail: detail, header: http.Header{}}
}

// problem is the one place where errors become answers. It logs what is no fault of the client.
func (a *api) problem(ctx context.Context, err error) *Problem {
	k, detail := a.classify(ctx, err)
	p := k.problem(detail)
	switch k.status {
	case http.StatusUnauthorized:
		challenge := `Bearer error="invalid_token"`
		if k == missing {
			challenge = "Bearer" // no error for a request without a token: RFC 6750, section 3.1
		}
		p.header.Set("WWW-Authenticate", challenge)
	case http.StatusMethodNotAllowed:
		if r, ok := errors.AsType[*refusal](err); ok {
			p.header.Set("Allow", r.allow)
		}
	case http.StatusServiceUnavailable:
		if e, ok := errors.AsType[*pactius.Error](err); ok && e.RetryAfter > 0 {
			p.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
			return p // the server is busy: nothing is broken
		}
		a.log(ctx, slog.LevelWarn, err)
	case http.StatusInternalServerError:
		p.Reference = a.RequestID(ctx)
		a.log(ctx, slog.LevelError, err)
	case edge.StatusClientGone:
		a.log(ctx, slog.LevelInfo, err)
	}
	return p
}

// classify returns the kind of an error and a sentence without anything of the request.
func (a *api) classify(ctx context.Context, err error) (kind, string) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return gone, ""
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.kind, r.detail
	}
	detail := ""
	if e, ok := errors.AsType[*pactius.Error](err); ok {
		detail = e.Message.String()
	}
	switch {
	case errors.Is(err, applications.ErrTokenExpired):
		return expired, detail
	case errors.Is(err, applications.ErrAccessEnded):
		return ended, detail
	case pactius.KindOf(err) == pactius.KindNotSignedIn:
		return invalid, detail
	case pactius.KindOf(err) == pactius.KindTooLarge:
		return tooLarge, detail
	case pactius.KindOf(err) == pactius.KindUnavailable:
		return away, detail
	case errors.Is(err, context.DeadlineExceeded):
		return away, "This took too long. Try again in a minute."
	}
	return fault, faultDetail
}

// log logs an error in one line, without anything of the request.
func (a *api) log(ctx context.Context, level slog.Level, err error) {
	a.Logger.LogAttrs(ctx, level, "request to the API failed", slog.String("request", a.RequestID(ctx)),
		slog.Any("error", err))
}

// refuse answers with a problem.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(r.Context(), err)
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	h.Set("Content-Type", p.ContentType(""))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // it fails only if the client has gone
}
