package gateway

import (
	"net/http"
	"net/url"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
)

// grants exchange what a client has got for tokens, by grant_type. needs are the parameters that must be there.
var grants = map[string]struct {
	needs    []string
	exchange func(*Gateway, *http.Request, pactius.EnvironmentID, clients.Credentials, url.Values) (
		clients.Tokens, error)
}{
	"authorization_code": {[]string{"code", "redirect_uri", "code_verifier"}, func(
		g *Gateway, r *http.Request, env pactius.EnvironmentID, c clients.Credentials, form url.Values,
	) (clients.Tokens, error) {
		return g.Clients.Exchange(r.Context(), env, c, form.Get("code"), form.Get("redirect_uri"),
			form.Get("code_verifier"))
	}},
	"refresh_token": {[]string{"refresh_token"}, func(
		g *Gateway, r *http.Request, env pactius.EnvironmentID, c clients.Credentials, form url.Values,
	) (clients.Tokens, error) {
		return g.Clients.Refresh(r.Context(), env, c, form.Get("refresh_token"), form.Get("scope"))
	}},
}

var (
	errGrantType = &clients.Fault{Code: "unsupported_grant_type", Status: http.StatusBadRequest,
		Description: "grant_type must be authorization_code or refresh_token."}
	errNoCredentials = &clients.Fault{Code: "invalid_client", Status: http.StatusUnauthorized,
		Description: "The Authorization header must be Basic with client ID and secret (RFC 6749, section 2.3.1)."}
	errSecretTwice = invalid("Send client ID and client secret in one way only: in the Authorization header or in " +
		"the form.")
)

// tokens is a successful answer of the token endpoint (RFC 6749, section 5.1).
type tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"` // seconds
	Refresh   string `json:"refresh_token,omitempty"`
	ID        string `json:"id_token"`
	Scope     string `json:"scope"`
}

// token exchanges a code or a refresh token.
//
// POST /oauth/token
func (g *Gateway) token(w http.ResponseWriter, r *http.Request) {
	t, err := g.exchange(r)
	if err != nil {
		g.refuseClient(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, tokens{Access: t.Access, Type: "Bearer", ExpiresIn: int(t.ExpiresIn.Seconds()),
		Refresh: t.Refresh, ID: t.ID, Scope: t.Scope})
}

func (g *Gateway) exchange(r *http.Request) (clients.Tokens, error) {
	form, c, err := readClient(r)
	if err != nil {
		return clients.Tokens{}, err
	}
	grant, ok := grants[form.Get("grant_type")]
	if !ok {
		return clients.Tokens{}, errGrantType
	}
	for _, name := range grant.needs {
		if form.Get(name) == "" {
			return clients.Tokens{}, invalid(name + " is missing.")
		}
	}
	e, err := g.environment(r)
	if err != nil {
		return clients.Tokens{}, err
	}
	g.freshKeys(g.book.home(e.ID), g.since(g.Now()))
	return grant.exchange(g, r, e.ID, c, form)
}

// revoke ends what a token belongs to (RFC 7009).
//
// POST /oauth/revoke
func (g *Gateway) revoke(w http.ResponseWriter, r *http.Request) {
	form, c, err := readClient(r)
	if err == nil && form.Get("token") == "" {
		err = invalid("token is missing.")
	}
	var e pactius.Environment
	if err == nil {
		e, err = g.environment(r)
	}
	if err == nil {
		err = g.Clients.Revoke(r.Context(), e.ID, c, form.Get("token"))
	}
	if err != nil {
		g.refuseClient(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// readClient reads the form of a client, and what it shows to be itself: in the Authorization header or in the form
// (RFC 6749, section 2.3.1). Its errors are faults.
func readClient(r *http.Request) (url.Values, clients.Credentials, error) {
	form, err := readParameters(r)
	c := clients.Credentials{ID: pactius.ApplicationID(form.Get("client_id")), Secret: form.Get("client_secret")}
	all := r.Header["Authorization"]
	if err != nil || len(all) == 0 {
		return form, c, err
	}
	if len(all) > 1 {
		return form, c, errSecretTwice
	}
	name, password, ok := r.BasicAuth()
	if !ok {
		return form, c, errNoCredentials
	}
	id, err := url.QueryUnescape(name)
	if err != nil {
		return form, c, errNoCredentials
	}
	secret, err := url.QueryUnescape(password)
	if err != nil {
		return form, c, errNoCredentials
	}
	if c.Secret != "" || (c.ID != "" && string(c.ID) != id) {
		return form, c, errSecretTwice
	}
	return form, clients.Credentials{ID: pactius.ApplicationID(id), Secret: secret}, nil
}
