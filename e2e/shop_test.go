package e2e

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// shop is a small application that signs people in. The harness's tests
// prove with it that the stage is right before PACTIUS is judged on it.
type shop struct {
	server   *httptest.Server
	tenant   *Tenant
	provider *oidc.Provider
	config   oauth2.Config
	verifier map[string]string // state -> PKCE verifier; the tests ask one at a time
}

func newShop(t *testing.T, people ...Account) *shop {
	t.Helper()
	ms := stage.Microsoft(t)
	s := &shop{verifier: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><title>Shop</title><a href="/sign-in">Sign in</a>
			<a href="/sign-in?prompt=select_account">Switch account</a> <a href="/sign-out">Sign out</a>`)
	})
	mux.HandleFunc("GET /sign-in", s.signIn)
	mux.HandleFunc("GET /sign-in/callback", func(w http.ResponseWriter, r *http.Request) {
		text, err := s.callback(r)
		if err != nil {
			text = "refused: " + err.Error()
		}
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Shop</title><p>%s</p><a href="/">Home</a>`,
			html.EscapeString(text))
	})
	mux.HandleFunc("GET /sign-out", func(w http.ResponseWriter, r *http.Request) {
		var metadata struct {
			EndSession string `json:"end_session_endpoint"`
		}
		_ = s.provider.Claims(&metadata)
		http.Redirect(w, r, metadata.EndSession+"?post_logout_redirect_uri="+url.QueryEscape(s.server.URL+"/"),
			http.StatusSeeOther)
	})
	s.server = httptest.NewServer(mux)
	t.Cleanup(s.server.Close)
	s.tenant = ms.NewTenant(t, []string{s.server.URL}, people...)
	var err error
	if s.provider, err = oidc.NewProvider(t.Context(), s.tenant.Issuer()); err != nil {
		t.Fatal(err)
	}
	s.config = oauth2.Config{
		ClientID: s.tenant.ClientID, ClientSecret: s.tenant.ClientSecret, Endpoint: s.provider.Endpoint(),
		RedirectURL: s.server.URL + "/sign-in/callback", Scopes: []string{"openid", "profile", "email"},
	}
	s.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	return s
}

func (s *shop) signIn(w http.ResponseWriter, r *http.Request) {
	state := rand.Text()
	s.verifier[state] = oauth2.GenerateVerifier()
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(s.verifier[state]), oidc.Nonce(state),
		oauth2.SetAuthURLParam("response_mode", "query")}
	if prompt := r.FormValue("prompt"); prompt != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", prompt))
	}
	http.Redirect(w, r, s.config.AuthCodeURL(state, options...), http.StatusSeeOther)
}

func (s *shop) callback(r *http.Request) (string, error) {
	if code := r.FormValue("error"); code != "" {
		return "", fmt.Errorf("%s, %s", code, r.FormValue("error_description"))
	}
	ctx, cancel := context.WithTimeout(r.Context(), Patience)
	defer cancel()
	state := r.FormValue("state")
	token, err := s.config.Exchange(ctx, r.FormValue("code"), oauth2.VerifierOption(s.verifier[state]))
	if err != nil {
		return "", err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", errors.New("no ID token")
	}
	id, err := s.provider.Verifier(&oidc.Config{ClientID: s.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return "", err
	}
	if id.Nonce != state {
		return "", errors.New("wrong nonce")
	}
	var claims json.RawMessage
	if err := id.Claims(&claims); err != nil {
		return "", err
	}
	return string(claims), nil
}

// claims reads the token that the shop shows.
func claims(t *testing.T, p *Person) map[string]any {
	t.Helper()
	p.See(`"iss"`)
	text := p.Text()
	got := map[string]any{}
	if err := json.Unmarshal([]byte(text[strings.Index(text, "{"):strings.LastIndex(text, "}")+1]), &got); err != nil {
		t.Fatalf("the shop shows %s: %v", text, err)
	}
	return got
}

func ada() Account {
	return Account{Username: "ada@nordhavn.example", Name: "Ada Lind", Email: "ada.lind@nordhavn.example"}
}

func bo() Account { return Account{Username: "bo@nordhavn.example", Name: "Bo Juhl"} }
