package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
)

// userinfo is the answer about an access token.
type userinfo struct {
	host string // of the request that it was found for, as spelled there
	body []byte
}

var (
	errSeveral = invalid("Send one access token: in the Authorization header, or by POST in the form.")

	// errAccess is all that a client learns about a token that does not count.
	errAccess = &clients.Fault{Code: "invalid_token", Status: http.StatusUnauthorized,
		Description: "The access token has expired, was revoked, or isn't one of this issuer."}
)

// userinfo answers who an access token stands for (OpenID Connect Core 1.0, section 5.3). The answer is kept like those
// of /verify.
//
// GET and POST /oauth/userinfo
func (g *Gateway) userinfo(w http.ResponseWriter, r *http.Request) {
	token, fault := accessToken(r)
	if fault != nil {
		refuseBearer(w, fault)
		return
	}
	if token == "" { // no error is named where no token was shown (RFC 6750, section 3.1)
		w.Header().Set("WWW-Authenticate", `Bearer realm="PACTIUS"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p, err := g.info(r, token, g.Now())
	switch {
	case pactius.KindOf(err) == pactius.KindNotSignedIn:
		refuseBearer(w, errAccess)
	case err != nil:
		g.unanswered(w, r, err)
	default:
		w.Header()["Content-Type"] = jsonType
		_, _ = w.Write(p.info.body) // fails only if the client has gone
	}
}

var jsonType = []string{"application/json"}

// accessToken returns the access token of a request, "" for none (RFC 6750, sections 2.1 and 2.2). One in the address
// is none: addresses end up in logs.
func accessToken(r *http.Request) (string, *clients.Fault) {
	var token string
	switch all := r.Header["Authorization"]; {
	case len(all) > 1:
		return "", errSeveral
	case len(all) == 1:
		scheme, shown, _ := strings.Cut(all[0], " ")
		if strings.EqualFold(scheme, "Bearer") {
			token = strings.TrimSpace(shown)
		}
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") == "" {
		return token, nil
	}
	form, err := readForm(r)
	if f, ok := errors.AsType[*clients.Fault](err); ok && f != errNoForm {
		return "", f
	}
	switch own := form["access_token"]; {
	case len(own) == 0:
		return token, nil
	case len(own) > 1 || token != "":
		return "", errSeveral
	default:
		return own[0], nil
	}
}

// refuseBearer answers a fault of an access token (RFC 6750, section 3).
func refuseBearer(w http.ResponseWriter, f *clients.Fault) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="PACTIUS", error="`+f.Code+`", error_description="`+
		f.Description+`"`)
	writeFault(w, f)
}

// info returns the kept answer about an access token, or finds it.
func (g *Gateway) info(r *http.Request, token string, now time.Time) (*passage, error) {
	if len(token) > applications.MaxToken {
		return nil, applications.ErrToken
	}
	key := passageKey{hash: sha256.Sum256([]byte(token))}
	if p := g.book.passage(&key); p != nil && p.holds(now, g.since(now)) && p.info.host == r.Host {
		return p, nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), verifyTime)
	defer cancel()
	e, err := g.Environments.ByHost(ctx, r.Host)
	if err != nil {
		return nil, err
	}
	made := g.newPassage(e.ID, key, now)
	found, err := g.Clients.Look(ctx, e.ID, token)
	if err != nil {
		return nil, err
	}
	made.include(found.Identity)
	if found.Expires.Before(made.ends) {
		made.ends = found.Expires
	}
	made.info.host = r.Host
	if made.info.body, err = json.Marshal(found.Claims); err != nil {
		return nil, err
	}
	g.book.keepPassage(made)
	return made, nil
}
