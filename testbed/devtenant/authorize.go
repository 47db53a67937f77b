package devtenant

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// authorizeRequest is what the application asks for (OpenID Connect Core section
// 3.1.2.1). Its fields travel through the sign-in page as hidden ones.
type authorizeRequest struct {
	ClientID, RedirectURL, ResponseType, ResponseMode string
	Scope, State, Nonce                               string
	Challenge, ChallengeMethod                        string
	Prompt, LoginHint, MaxAge                         string
}

// parameters pairs the fields with their names on the wire.
func (a *authorizeRequest) parameters() []parameter {
	return []parameter{
		{"client_id", &a.ClientID}, {"redirect_uri", &a.RedirectURL}, {"response_type", &a.ResponseType},
		{"response_mode", &a.ResponseMode}, {"scope", &a.Scope}, {"state", &a.State}, {"nonce", &a.Nonce},
		{"code_challenge", &a.Challenge}, {"code_challenge_method", &a.ChallengeMethod},
		{"prompt", &a.Prompt}, {"login_hint", &a.LoginHint}, {"max_age", &a.MaxAge},
	}
}

type parameter struct {
	Name  string
	Value *string
}

// readAuthorize reads a request from a query or a form.
func readAuthorize(v url.Values) authorizeRequest {
	var a authorizeRequest
	for _, p := range a.parameters() {
		*p.Value = v.Get(p.Name)
	}
	return a
}

// challengeForm is a SHA-256 in base64url (RFC 7636 section 4.2).
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// unsafe returns the reason why the browser may not be sent back: the request is not
// that of the registered application (RFC 6749 section 4.1.2.1). It is nil for none.
func (t *Tenant) unsafe(a authorizeRequest) *problem {
	app, ok := t.App(a.ClientID)
	if !ok || app.Stranger {
		return t.unknownApp(a.ClientID)
	}
	if !slices.Contains(app.RedirectURLs, a.RedirectURL) {
		return &problem{
			"invalid_request", "AADSTS50011",
			"The redirect URI '" + a.RedirectURL +
				"' specified in the request does not match the redirect URIs configured for the application '" +
				app.ClientID + "'.",
		}
	}
	return nil
}

// wrong says what else is wrong with the request; the application is told.
func wrong(a authorizeRequest) *problem {
	switch {
	case a.ResponseType != "code":
		return &problem{"unsupported_response_type", "AADSTS700054", "This tenant serves response_type code only."}
	case a.ResponseMode != "" && a.ResponseMode != "query":
		return &problem{"invalid_request", "AADSTS70007", "This tenant serves response_mode query only."}
	case !slices.Contains(strings.Fields(a.Scope), "openid"):
		return &problem{"invalid_scope", "AADSTS70011", "The scope must contain openid."}
	case a.ChallengeMethod != "S256" || !challengeForm.MatchString(a.Challenge):
		return &problem{"invalid_request", "AADSTS9002325", "Proof Key for Code Exchange with S256 is required."}
	}
	return nil
}

// recent reports whether a session satisfies max_age: not more seconds have passed since the person was chosen. Zero
// asks for it anew, as prompt=login does (OpenID Connect Core section 3.1.2.1); what is no number asks for nothing.
func (a authorizeRequest) recent(s session, now time.Time) bool {
	seconds, err := strconv.Atoi(a.MaxAge)
	if err != nil || seconds < 0 {
		return true
	}
	return seconds > 0 && now.Sub(s.at) <= time.Duration(seconds)*time.Second
}

// authorize: GET /{tid}/oauth2/v2.0/authorize. A person who is signed in
// already and is not asked to choose goes straight back; all others see the page.
func (t *Tenant) authorize(w http.ResponseWriter, r *http.Request) {
	a, ok := t.accept(w, r, r.URL.Query())
	if !ok {
		return
	}
	s, signedIn := t.session(r)
	signedIn = signedIn && a.recent(s, t.now())
	if a.LoginHint != "" {
		p, known := t.named(a.LoginHint)
		signedIn = signedIn && known && p.ObjectID == s.person.ObjectID
	}
	switch {
	case a.Prompt == "none" && !signedIn:
		t.refuseRedirect(w, r, a,
			problem{"login_required", "AADSTS50058", "Nobody is signed in, and the request forbids to ask."})
	case signedIn && !s.person.Disabled && (a.Prompt == "" || a.Prompt == "none"):
		t.finish(w, r, a, s)
	default:
		s := t.signInFor(a)
		s.Query = r.URL.Query().Get("q")
		t.signInPage(w, r, http.StatusOK, s, t.sorted())
	}
}

// choose: POST /{tid}/oauth2/v2.0/authorize. The person pressed a button of the
// sign-in page.
func (t *Tenant) choose(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		t.errorPage(w, http.StatusBadRequest, errForm)
		return
	}
	a, ok := t.accept(w, r, r.PostForm)
	if !ok {
		return
	}
	if r.PostForm.Get("action") == "cancel" {
		t.refuseRedirect(w, r, a, problem{err: "access_denied", text: "cancel"})
		return
	}
	if number := r.PostForm.Get("number"); number != "" {
		wanted, _ := strconv.Atoi(number) // 0 is none of them either
		t.end(w, r, a, session{id: random()}, wanted)
		return
	}
	p, ok := t.person(r.PostForm.Get("person"))
	typed := strings.TrimSpace(r.PostForm.Get("account"))
	if !ok && typed != "" {
		p, ok = t.named(typed)
	}
	if !ok {
		s := t.signInFor(a)
		s.Typed, s.Error = typed, "Choose a person, or type an account name."
		if typed != "" {
			s.Error = "There is no account " + typed + " in " + t.config.TenantName + "."
		}
		t.signInPage(w, r, http.StatusUnprocessableEntity, s, t.sorted())
		return
	}
	if p.Disabled {
		t.end(w, r, a, session{}, 50057)
		return
	}
	s := session{person: p, id: random(), at: t.now()}
	t.remember(w, r, s)
	t.finish(w, r, a, s)
}

// accept reads and checks a request, and answers it itself when it is wrong.
func (t *Tenant) accept(w http.ResponseWriter, r *http.Request, v url.Values) (authorizeRequest, bool) {
	a := readAuthorize(v)
	if p := t.unsafe(a); p != nil {
		t.errorPage(w, http.StatusBadRequest, *p)
		return a, false
	}
	if p := wrong(a); p != nil {
		t.refuseRedirect(w, r, a, *p)
		return a, false
	}
	return a, true
}

// finish sends a signed-in person back with a code, if the application is theirs.
func (t *Tenant) finish(w http.ResponseWriter, r *http.Request, a authorizeRequest, s session) {
	switch {
	case s.person.NotAssigned:
		t.end(w, r, a, s, 50105)
	case s.person.Number != 0:
		t.end(w, r, a, s, s.person.Number)
	default:
		t.sendBack(w, r, a, url.Values{"code": {t.issueCode(a, s)}, "session_state": {s.id}})
	}
}

// end ends a sign-in with one of Numbers, where Microsoft shows that one.
func (t *Tenant) end(w http.ResponseWriter, r *http.Request, a authorizeRequest, s session, number int) {
	n, ok := numbered(number)
	p := problem{n.Error, "AADSTS" + strconv.Itoa(number), n.Text}
	switch {
	case !ok:
		t.errorPage(w, http.StatusBadRequest, problem{"invalid_request", "", "There is no such error here."})
	case n.Where == Shown:
		t.errorPage(w, http.StatusBadRequest, p)
	case n.Where == AtToken:
		t.sendBack(w, r, a, url.Values{"code": {t.issueUsedCode(a, s)}, "session_state": {s.id}})
	default:
		t.refuseRedirect(w, r, a, p)
	}
}
