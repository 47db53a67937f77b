package microsoft

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"
)

// SignInOptions shapes the page Microsoft shows. The zero value lets Microsoft sign in silently a person who is signed
// in there already.
type SignInOptions struct {
	SelectAccount bool   // "switch account": always ask which account to use
	LoginHint     string // account name or login_hint claim to fill in; ignored with SelectAccount
	Language      string // BCP 47, of the page; Microsoft's choice when empty

	// Login makes the person enter credentials, also with a session at Microsoft. It stands for a maximum age of
	// zero too, which means the same (OpenID Connect Core section 3.1.2.1).
	Login bool
	// MaxAge is how long ago the person may have entered them, to the second; zero asks for nothing. Microsoft's
	// pages do not say that max_age is honoured: a caller that depends on it sets Login too.
	MaxAge time.Duration
}

// prompt is what Microsoft's page asks for, which knows one value at a time (Microsoft: "OpenID Connect on the
// Microsoft identity platform", prompt). The page that asks for credentials offers other accounts as well.
func (o SignInOptions) prompt() string {
	switch {
	case o.Login:
		return "login"
	case o.SelectAccount:
		return "select_account"
	}
	return ""
}

// SignInURL returns the address to send the person's browser to. It fails only when the connection is wrong or
// Microsoft cannot be reached; the error is a *Failure. The authorization request is that of OpenID Connect Core
// section 3.1.2.1 with PKCE (RFC 7636). The answer comes back in the query, because a posted one would arrive without
// SameSite=Lax cookies.
func (m *Microsoft) SignInURL(ctx context.Context, c Connection, a Attempt, o SignInOptions) (string, error) {
	if err := a.check(); err != nil {
		return "", err
	}
	t, err := m.tenant(c)
	if err != nil {
		return "", err
	}
	e, err := t.endpoints.load(ctx)
	if err != nil {
		return "", err
	}
	parameters := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(a.Verifier),
		oauth2.SetAuthURLParam("nonce", a.Nonce),
		oauth2.SetAuthURLParam("response_mode", "query"),
	}
	set := func(name, value string) {
		if value != "" {
			parameters = append(parameters, oauth2.SetAuthURLParam(name, value))
		}
	}
	set("prompt", o.prompt())
	if !o.SelectAccount { // with a hint Microsoft skips the choice
		set("login_hint", o.LoginHint)
	}
	if o.MaxAge > 0 {
		set("max_age", strconv.FormatInt(int64(o.MaxAge/time.Second), 10))
	}
	set("ui_locales", o.Language)
	return e.oauth(c).AuthCodeURL(a.State, parameters...), nil
}

// oauth returns the connection as a configuration of package oauth2, without the credential: see proof.
func (e endpoints) oauth(c Connection) *oauth2.Config {
	return &oauth2.Config{
		ClientID:    c.ClientID,
		RedirectURL: c.RedirectURL,
		Scopes:      []string{"openid", "profile", "email"},
		Endpoint:    e.oauthEndpoint(),
	}
}

// check refuses an attempt that protects nothing.
func (a Attempt) check() error {
	if a.State == "" || a.Nonce == "" || a.Verifier == "" {
		return failure(ReasonExpired, "the sign-in attempt is incomplete")
	}
	return nil
}

// SignOutURL returns the address that ends the person's session at Microsoft and then leads to returnTo, which must be
// registered as a redirect URI too (OpenID Connect RP-Initiated Logout 1.0, which also has state come back there). hint
// is the LoginHint claim; with it Microsoft does not ask which account to sign out. state and hint may be empty. For a
// service without sign-out it returns returnTo itself. The error is a *Failure.
func (m *Microsoft) SignOutURL(ctx context.Context, c Connection, returnTo, state, hint string) (string, error) {
	t, err := m.tenant(c)
	if err != nil {
		return "", err
	}
	e, err := t.endpoints.load(ctx)
	if err != nil {
		return "", err
	}
	if e.EndSession == "" && state == "" {
		return returnTo, nil
	}
	if e.EndSession == "" {
		return returnTo + "?" + url.Values{"state": {state}}.Encode(), nil
	}
	u, err := url.Parse(e.EndSession)
	if err != nil {
		return "", failure(ReasonBadResponse, "reading the end_session_endpoint: %w", err)
	}
	q := u.Query()
	q.Set("client_id", c.ClientID)
	q.Set("post_logout_redirect_uri", returnTo)
	if state != "" {
		q.Set("state", state)
	}
	if hint != "" {
		q.Set("logout_hint", hint)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
