package clients

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// Asked is an authorization request (OpenID Connect Core 1.0, section 3.1.2.1) of a client that exists, with an address
// of its own to lead back to.
type Asked struct {
	App       pactius.Application
	Redirect  string
	Scope     string // as granted
	State     string
	Nonce     string
	Challenge string // code_challenge, S256
	LoginHint string
	User      pactius.UserID // that the client expects, by id_token_hint; "": any
	None      bool           // prompt=none: nothing may be shown
	Login     bool           // prompt=login: the person must authenticate again
	Select    bool           // prompt=select_account
	MaxAge    time.Duration  // since the person authenticated; negative: any
	Since     time.Time      // the person was asked to authenticate again then, for this request; zero: not yet

	issuer string
}

// Refusal is an error that the client is told by the browser: it leads to Location.
type Refusal struct{ Location, Code string }

// Error implements error.
func (r *Refusal) Error() string { return "refused to the client: " + r.Code }

// Errors for a person, who is not sent back: the address may be anyone's (RFC 9700, section 4.11).
var (
	errNoClient = pactius.Refuse(pactius.KindNotFound, pactius.T("The application that sent you here isn't known. It "+
		"may have been removed, or its client ID is wrong. Tell the application's administrator."))
	errNoRedirect = pactius.Refuse(pactius.KindInvalid, pactius.T("The application that sent you here wants to lead "+
		"you back to an address that isn't registered for it. Tell the application's administrator to compare its "+
		"redirect address with Settings > Applications."))
)

// ErrSignInAgain asks for a sign-in at Microsoft, because the session is older than the client accepts.
var ErrSignInAgain = pactius.Refuse(pactius.KindNotSignedIn,
	pactius.T("The application asks you to sign in again."))

// codePurpose is the purpose of sealing codes.
const codePurpose = "client code"

// Asked reads an authorization request. The error is one for a person, if the browser must not be sent to the client,
// or a *Refusal.
func (r *Rules) Asked(ctx context.Context, env pactius.EnvironmentID, q url.Values) (Asked, error) {
	a := Asked{MaxAge: -1}
	// In the snapshot of the page, which must not wait for another one.
	err := r.DB.Read(ctx, pactius.System(env, "authorize"), change.RoleUser, func(tx *change.Tx) error {
		a.issuer = r.issuer(tx.Environment)
		if len(q["client_id"]) != 1 || !id.Valid(q.Get("client_id")) {
			return errNoClient
		}
		var err error
		a.App, err = tx.Application(pactius.ApplicationID(q.Get("client_id")))
		if errors.Is(err, store.ErrNotFound) || (err == nil && a.App.Client.Kind == pactius.ClientNone) {
			return errNoClient
		}
		if err != nil {
			return err
		}
		if len(q["redirect_uri"]) != 1 || !isRegistered(a.App.Client, q.Get("redirect_uri")) {
			return errNoRedirect
		}
		a.Redirect = q.Get("redirect_uri")
		if state := q["state"]; len(state) == 1 && len(state[0]) <= pactius.MaxClientParameter {
			a.State = state[0]
		}
		if fault := a.read(q); fault != nil {
			return a.refusal(fault.Code, fault.Description)
		}
		return r.readHint(tx, &a, q.Get("id_token_hint"))
	})
	return a, err
}

// isRegistered reports whether a client has an address to lead back to: the same text, but for the port of a loopback
// address of a program on the person's device (RFC 8252, section 7.3).
func isRegistered(c pactius.Client, s string) bool {
	return slices.ContainsFunc(c.RedirectURIs, func(own string) bool {
		return own == s || c.Kind == pactius.ClientNative && isLoopback(own) && withoutPort(own) == withoutPort(s)
	})
}

// isLoopback reports whether an address leads to the person's own machine.
func isLoopback(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback() || u.Hostname() == "localhost"
}

// withoutPort returns an address without the port of its host. One that is not written as it would be here is returned
// as it is, and so equals none.
func withoutPort(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.String() != s || u.User != nil {
		return s
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return s
		}
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.String()
}

// read reads the parameters but for client, address and state.
func (a *Asked) read(q url.Values) *Fault {
	for name, all := range q {
		if len(all) > 1 { // RFC 6749, section 3.1; what is unknown is ignored, however often it is there
			if slices.Contains(parameters, name) {
				return &Fault{Code: "invalid_request", Description: name + " is there more than once."}
			}
		}
	}
	if len(q.Get("state")) > pactius.MaxClientParameter || len(q.Get("nonce")) > pactius.MaxClientParameter {
		return &Fault{Code: "invalid_request", Description: fmt.Sprintf("state and nonce may have %d bytes each.",
			pactius.MaxClientParameter)}
	}
	for _, unsupported := range []string{"request", "request_uri", "registration"} {
		if q.Has(unsupported) {
			return &Fault{Code: unsupported + "_not_supported", Description: "Send the parameters themselves."}
		}
	}
	scopes := strings.Fields(q.Get("scope"))
	switch {
	case q.Get("response_type") == "":
		return &Fault{Code: "invalid_request", Description: "response_type is missing; it must be code."}
	case q.Get("response_type") != "code":
		return &Fault{Code: "unsupported_response_type", Description: "response_type must be code."}
	case q.Has("response_mode") && q.Get("response_mode") != "query":
		return &Fault{Code: "invalid_request", Description: "response_mode must be query."}
	case !slices.Contains(scopes, "openid"):
		return &Fault{Code: "invalid_scope", Description: "scope must contain openid."}
	case q.Get("code_challenge_method") != "S256" || !isChallenge(q.Get("code_challenge")):
		return &Fault{Code: "invalid_request", Description: "PKCE is required: code_challenge with " +
			"code_challenge_method=S256 (RFC 7636)."}
	}
	a.Scope, a.Nonce, a.Challenge = granted(scopes), q.Get("nonce"), q.Get("code_challenge")
	a.LoginHint = q.Get("login_hint")
	if q.Has("max_age") {
		seconds, err := strconv.ParseUint(q.Get("max_age"), 10, 31)
		if err != nil {
			return &Fault{Code: "invalid_request", Description: "max_age must be a number of seconds."}
		}
		a.MaxAge = time.Duration(seconds) * time.Second
		a.Login = seconds == 0 // which means the same (section 3.1.2.1)
	}
	return a.readPrompt(strings.Fields(q.Get("prompt")))
}

// parameters are those that count, at most once each.
var parameters = []string{"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
	"code_challenge", "code_challenge_method", "prompt", "max_age", "login_hint", "id_token_hint"}

// Prompts returns what a client may ask to be shown. The administrator has consented, so consent shows nothing.
func Prompts() []string { return []string{"none", "login", "select_account", "consent"} }

// readPrompt reads what may be shown.
func (a *Asked) readPrompt(words []string) *Fault {
	for _, word := range words {
		switch word {
		case "none":
			a.None = true
		case "login":
			a.Login = true
		case "select_account":
			a.Select = true
		case "consent":
		default:
			return &Fault{Code: "invalid_request", Description: "prompt must be none, login, select_account or " +
				"consent."}
		}
	}
	if a.None && len(words) > 1 {
		return &Fault{Code: "invalid_request", Description: "prompt=none stands alone."}
	}
	return nil
}

// isChallenge reports whether a text is a SHA-256 in base64url (RFC 7636, section 4.2).
func isChallenge(s string) bool {
	return len(s) == len(applications.Challenge("")) && strings.Trim(s,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// Scopes returns the scopes that mean something. Others are ignored (OpenID Connect Core 1.0, section 3.1.2.1).
func Scopes() []string { return []string{"openid", "profile", "email", scopeOffline} }

// scopeOffline asks for refresh tokens.
const scopeOffline = "offline_access"

// granted returns those scopes that mean something.
func granted(asked []string) string {
	return strings.Join(slices.DeleteFunc(Scopes(), func(s string) bool { return !slices.Contains(asked, s) }), " ")
}

// Refuse returns the address of the client with an error (RFC 6749, section 4.1.2.1) and the issuer (RFC 9207).
func (a Asked) Refuse(code, description string) string {
	return a.lead(url.Values{"error": {code}, "error_description": {description}})
}

func (a Asked) refusal(code, description string) *Refusal {
	return &Refusal{Location: a.Refuse(code, description), Code: code}
}

// lead returns the address of the client with an answer. A query that the address has stays (RFC 6749, section 3.1.2).
func (a Asked) lead(answer url.Values) string {
	if a.State != "" {
		answer.Set("state", a.State)
	}
	answer.Set("iss", a.issuer)
	return withQuery(a.Redirect, answer)
}

// withQuery returns an address with further parameters.
func withQuery(address string, q url.Values) string {
	between := "?"
	if strings.Contains(address, "?") {
		between = "&"
	}
	return address + between + q.Encode()
}

// readHint finds the user that a client expects, by an ID token that it got before. One that has expired is as good.
func (r *Rules) readHint(tx *change.Tx, a *Asked, hint string) error {
	if hint == "" {
		return nil
	}
	c, err := r.hinted(tx, hint)
	if errors.Is(err, applications.ErrToken) || (err == nil && c.Audience != a.App.ID) {
		return a.refusal("invalid_request", "id_token_hint isn't an ID token of this client.")
	}
	a.User = c.Subject
	return err
}

// code is what a code holds.
type code struct {
	Environment pactius.EnvironmentID
	Application pactius.ApplicationID
	Redirect    string
	Session     string // hash of the portal's session
	Scope       string
	Nonce       string
	Challenge   string
	Until       time.Time
}

// Authorize returns the address of the client with a one-time code for the acting user. token is that of the session at
// the portal. The error is applications.ErrMayNot for a user without the required access, ErrSignInAgain where the
// person must authenticate again, or a *Refusal. Nothing is stored.
func (r *Rules) Authorize(ctx context.Context, actor pactius.Actor, token string, a Asked) (string, error) {
	if r.Box == nil {
		return "", a.refusal("server_error", "PACTIUS has no secret to seal codes with. Tell Support.")
	}
	var sealed string
	err := r.DB.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		s, err := tx.Session(applications.TokenHash(token))
		switch {
		case err != nil:
			return err
		case a.User != "" && a.User != s.UserID: // OpenID Connect Core 1.0, section 3.1.2.1
			return a.refusal("login_required", "Another person is signed in.")
		case !a.isFresh(s, tx.Now) && a.None:
			return a.refusal("login_required", "The person must authenticate again.")
		case !a.isFresh(s, tx.Now):
			return ErrSignInAgain
		}
		app, err := tx.Application(a.App.ID)
		if err != nil {
			return err
		}
		if _, err := tx.TreeOf(app.Unit); err != nil {
			return err
		}
		if tx.Rights.Access(app.Unit) < app.Access {
			return applications.ErrMayNot
		}
		plain, err := json.Marshal(code{Environment: tx.Environment.ID, Application: a.App.ID, Redirect: a.Redirect,
			Session: applications.TokenHash(token), Scope: a.Scope, Nonce: a.Nonce, Challenge: a.Challenge,
			Until: tx.Now.Add(pactius.ClientCodeLife)})
		if err != nil {
			return fmt.Errorf("encode a code: %w", err)
		}
		sealed = r.Box.Seal(codePurpose, plain, string(a.App.ID))
		return nil
	})
	if err != nil {
		return "", err
	}
	return a.lead(url.Values{"code": {sealed}}), nil
}

// isFresh reports whether the person of a session has authenticated recently enough for a request. Where that was asked
// at Microsoft for this very request, what has come back counts.
func (a Asked) isFresh(s pactius.Session, now time.Time) bool {
	if !a.Since.IsZero() && !s.AuthAt.Before(a.Since) {
		return true
	}
	return !a.Login && (a.MaxAge < 0 || !s.AuthAt.IsZero() && now.Sub(s.AuthAt) <= a.MaxAge)
}
