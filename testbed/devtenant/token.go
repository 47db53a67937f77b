package devtenant

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	codeFor   = 10 * time.Minute // life of a code (RFC 6749 section 4.1.2 recommends at most this; so does Entra)
	tokenFor  = time.Hour        // life of ID and access tokens
	maxGrants = 10_000           // codes remembered at once; beyond, some are forgotten early
)

// guestHome is who checked a guest's password: another tenant, that is not here.
const guestHome = "https://sts.windows.net/6e6f7274-6876-4e00-8000-000000000001/"

// grant is what a code stands for. It is kept after use until it ends, to tell a
// used code from an invented one.
type grant struct {
	request authorizeRequest
	session session
	ends    time.Time
	used    bool
}

// issueCode makes a code.
func (t *Tenant) issueCode(a authorizeRequest, s session) string {
	now, code := t.now(), "1.A"+random()+random()
	t.mu.Lock()
	defer t.mu.Unlock()
	for c, g := range t.grants {
		// Ended codes stay a while longer, to be told from invented ones.
		if now.After(g.ends.Add(codeFor)) || len(t.grants) >= maxGrants {
			delete(t.grants, c)
		}
	}
	t.grants[code] = &grant{request: a, session: s, ends: now.Add(codeFor)}
	return code
}

// issueUsedCode makes a code that counts as redeemed already.
func (t *Tenant) issueUsedCode(a authorizeRequest, s session) string {
	code := t.issueCode(a, s)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.grants[code].used = true
	return code
}

// token: POST /{tid}/oauth2/v2.0/token.
func (t *Tenant) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		t.refuse(w, http.StatusBadRequest, errForm)
		return
	}
	app, refused := t.client(r)
	if refused != nil {
		t.refuse(w, refused.status, refused.problem)
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		t.tokenForCode(w, r, app)
	case "client_credentials":
		t.tokenForClient(w, r, app)
	default:
		t.refuse(w, http.StatusBadRequest, problem{"unsupported_grant_type", "AADSTS70003",
			"This tenant serves authorization_code and client_credentials only."},
		)
	}
}

// tokenForCode redeems a code (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
func (t *Tenant) tokenForCode(w http.ResponseWriter, r *http.Request, app App) {
	g, p := t.redeem(r.PostForm, app)
	if p != nil {
		t.refuse(w, http.StatusBadRequest, *p)
		return
	}
	id, err := t.sign(app.ClientID, t.idToken(g))
	if err != nil {
		t.log.ErrorContext(r.Context(), "issuing an ID token", "error", err)
		t.refuse(w, http.StatusInternalServerError, errNotIssued)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "scope": g.request.Scope,
		"expires_in": int(tokenFor.Seconds()), "ext_expires_in": int(tokenFor.Seconds()),
		"access_token": random(), // for the UserInfo endpoint, which is not served: it opens nothing
		"id_token":     id,
	})
}

// redeem checks everything about a code, then uses it up.
func (t *Tenant) redeem(form url.Values, app App) (*grant, *problem) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.grants[form.Get("code")]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case g == nil || !strings.EqualFold(g.request.ClientID, app.ClientID):
		return nil, &problem{"invalid_grant", "AADSTS70000", "The provided value for the code is not valid."}
	case g.used:
		return nil, &problem{"invalid_grant", "AADSTS54005", "The authorization code was already redeemed."}
	case t.now().After(g.ends):
		return nil, &problem{"invalid_grant", "AADSTS70008", "The authorization code has expired."}
	case form.Get("redirect_uri") != g.request.RedirectURL:
		return nil, &problem{"invalid_client", "AADSTS500112",
			"The redirect URI is not the one the code was asked for with."}
	case form.Get("code_verifier") == "":
		return nil, &problem{"invalid_grant", "AADSTS50148", "The code_verifier is missing."}
	case base64.RawURLEncoding.EncodeToString(sum[:]) != g.request.Challenge:
		return nil, &problem{"invalid_grant", "AADSTS501481", "The code_verifier does not match the code_challenge."}
	}
	g.used = true
	return g, nil
}

// idToken lists the claims (Microsoft: "ID token claims reference"). The person
// is read afresh: a rename between page and token counts.
func (t *Tenant) idToken(g *grant) map[string]any {
	p := g.session.person
	if now, ok := t.person(p.ObjectID); ok {
		p = now
	}
	at, scopes := t.now(), " "+g.request.Scope+" "
	c := map[string]any{
		"ver": "2.0", "iss": t.issuer(), "aud": g.request.ClientID, "tid": t.id,
		"iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(tokenFor).Unix(),
		"sub": t.subject(p, g.request.ClientID), "sid": g.session.id, "rh": "0.", "uti": random()[:22],
	}
	if g.request.Nonce != "" {
		c["nonce"] = g.request.Nonce
	}
	if strings.Contains(scopes, " profile ") {
		c["oid"], c["name"], c["preferred_username"] = p.ObjectID, p.Name, p.signInName()
		if p.Nameless {
			delete(c, "preferred_username")
		}
		c["login_hint"], c["acct"] = loginHint(p), 0
		if p.Guest {
			c["acct"], c["idp"] = 1, guestHome
		}
		if p.Language != "" {
			c["xms_pl"] = p.Language
		}
	}
	if app, ok := t.App(g.request.ClientID); ok && app.AuthTime { // Microsoft: "Optional claims reference"
		c["auth_time"] = g.session.at.Unix()
	}
	if strings.Contains(scopes, " email ") && p.Mail != "" {
		c["email"] = p.Mail
	}
	return c
}

// subject is pairwise: another application sees another one (OpenID Connect Core
// section 8.1).
func (t *Tenant) subject(p Person, clientID string) string {
	sum := sha256.Sum256([]byte(t.id + "|" + p.ObjectID + "|" + strings.ToLower(clientID)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// hintMark begins every login_hint claim.
const hintMark = "O."

// loginHint is the opaque login_hint claim.
func loginHint(p Person) string {
	return hintMark + base64.RawURLEncoding.EncodeToString([]byte(p.ObjectID))
}
