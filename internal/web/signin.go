package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// connection is the environment's Microsoft 365 connection, ready to use.
func (s *Site) connection(v *visit) (microsoft.Connection, error) {
	c, err := s.Environments.Credentials(v.env)
	return microsoft.Connection{Credentials: c, RedirectURL: s.Environments.RedirectURI(v.env)}, err
}

// door shows the sign-in page.
func (s *Site) door(v *visit, status int) {
	var notice view.Flash
	switch {
	case v.stale:
		notice = view.Flash{Message: pactius.T("Your session has ended. Sign in again to continue.")}
		s.dropSession(v)
	case v.flashed:
		notice, v.flash = *v.flash, nil
	}
	s.doorWith(v, status, localPath(v.r.URL.Query().Get("return")), notice)
}

// doorWith shows the sign-in page, which leads back to a local path, with a notice; a zero one is none. The browser
// gets its cookie with it.
func (s *Site) doorWith(v *visit, status int, back string, notice view.Flash) {
	s.meetBrowser(v)
	page := view.SignIn{Base: v.page(""), Return: back}
	if page.Help = signInHelp; !v.env.Connection.Connected() {
		page.Help = disconnectedHelp
	}
	if !notice.Message.IsZero() {
		page.Notice = &notice
	}
	s.show(v, status, page)
}

// signIn sends a person to Microsoft.
//
// POST /sign-in; anybody.
func (s *Site) signIn(v *visit) error {
	return s.begin(v, microsoft.NewAttempt(), v.form.text("return"), v.form.text("select") != "")
}

// begin begins a sign-in, which leads back to a local path.
func (s *Site) begin(v *visit, journey microsoft.Attempt, back string, choose bool) error {
	c, err := s.connection(v)
	if err != nil {
		return err
	}
	v.begun = v.begun || s.browser(v).ID != ""
	now := s.Now()
	o := microsoft.SignInOptions{SelectAccount: choose, Language: string(v.reader.Language)}
	back = s.askFor(v, localPath(back), now, &o)
	journey.State = s.Environments.State(v.env, journey.State)
	if v.again {
		journey.State += secondBegin
	}
	a := attempt{State: journey.State, Nonce: journey.Nonce, Verifier: journey.Verifier, Return: localPath(back),
		Begun: now, Login: o.Login, Expires: now.Add(attemptTime), Relayed: s.Environments.ByCallbackHost(v.env)}
	v.endTurn()
	to, err := s.Microsoft.SignInURL(v.r.Context(), c, journey, o)
	if err != nil {
		return s.failed(v, err, a.Return)
	}
	if err := s.keepAttempt(v, a); err != nil {
		return err
	}
	s.meetBrowser(v)
	return s.leave(v, to)
}

// beginAgain begins a sign-in once more for a browser that came back without the
// cookie of the first: it had been begun in another browser or app, or the
// cookie was lost. A browser that keeps no cookies comes back without the second
// too, and is told what to do.
func (s *Site) beginAgain(v *visit, state string) error {
	if strings.HasSuffix(state, secondBegin) {
		return s.failed(v, &microsoft.Failure{Reason: microsoft.ReasonNoCookie,
			Err: errors.New("the browser brought no cookie, twice")}, "")
	}
	s.Logger.LogAttrs(v.r.Context(), slog.LevelInfo, "sign-in begins again: the browser brought no cookie",
		slog.String("environment", string(v.env.ID)), slog.String("request", v.reference))
	v.again = true
	return s.begin(v, microsoft.NewAttempt(), "", false)
}

// leave sends the browser on to Microsoft, by a page and not by a redirect: the
// page's form-action policy applies to redirects after a form, and where a tenant
// sends people on to is unknown (docs/decisions/0007).
func (s *Site) leave(v *visit, to string) error {
	v.w.Header().Set("Refresh", "0; url="+to)
	page := view.Leaving{Base: v.page(""), To: to, Again: v.again}
	page.User, page.Visitor, page.Flash = nil, nil, nil // the page is the same for everyone
	s.answer(v, http.StatusOK, page)
	return nil
}

// goOn leads a browser that has sent a form to a page that leads on to an application: for the same reason as leave.
func (s *Site) goOn(v *visit, back string) error {
	v.w.Header().Set("Refresh", "0; url="+back)
	page := view.Onward{Base: v.page(""), To: back}
	page.User, page.Visitor, page.Flash = nil, nil, nil
	s.answer(v, http.StatusOK, page)
	return nil
}

// comeBack handles the return from Microsoft.
//
// GET /sign-in/callback; anybody.
func (s *Site) comeBack(v *visit) error {
	if s.Environments.IsForAnother(v.env, sealedState(v)) {
		return s.failed(v, &microsoft.Failure{Reason: microsoft.ReasonNotUnderWay,
			Err: errors.New("the sign-in is one of another environment")}, "")
	}
	if s.isConsent(v) {
		return s.comeBackFromConsent(v)
	}
	code, state, refused := microsoft.ParseCallback(v.r.URL.Query())
	a, how := s.takeAttempt(v, state)
	v.begun = how == foundAttempt || how == foundUsed
	switch {
	case how != foundAttempt && v.token != "":
		return redirect(v, "/") // an old address was opened again
	case how == foundUsed:
		return s.failed(v, &microsoft.Failure{Reason: microsoft.ReasonReplayed,
			Err: errors.New("this sign-in has come back to this browser before")}, a.Return)
	case refused != nil:
		return s.failed(v, asCallback(refused), a.Return)
	case how == foundNone:
		return s.beginAgain(v, state)
	case how == foundOthers:
		return s.failed(v, &microsoft.Failure{Reason: microsoft.ReasonNotUnderWay,
			Err: errors.New("this browser has other sign-ins only")}, "")
	case !s.Now().Before(a.Expires):
		return s.failed(v, &microsoft.Failure{Reason: microsoft.ReasonExpired,
			Err: errors.New("the sign-in took too long")},
			a.Return)
	}
	c, err := s.connection(v)
	if err != nil {
		return err
	}
	if c.RedirectURL = s.Environments.OwnRedirectURI(v.env); a.Relayed {
		c.RedirectURL = s.Environments.CallbackURL().String() + environments.CallbackPath
	}
	v.endTurn()
	claims, err := s.Microsoft.Exchange(v.r.Context(), c, a.journey(), code)
	if err != nil {
		return s.failed(v, err, a.Return)
	}
	v.vouched = s.described(v, s.person(v, claims))
	in, err := s.Users.SignIn(v.r.Context(), v.env.ID, v.vouched, users.Visit{
		Agent: agentWords(v.r.UserAgent()), Address: v.address, State: state, StateEnd: a.Expires.Add(attemptKept),
		AuthAt: a.authAt(claims.AuthTime, s.Now())})
	if errors.Is(err, users.ErrStateUsed) {
		return s.failed(v, &microsoft.Failure{Reason: microsoft.ReasonReplayed, Err: err}, a.Return)
	}
	if err != nil {
		return err
	}
	s.keepHint(v, in.Token, claims.LoginHint)
	return s.welcome(v, in, a.Return)
}

// person is the authenticated person. The language chosen in this browser takes
// precedence over the one that the user has saved.
func (s *Site) person(v *visit, c microsoft.Claims) pactius.Person {
	return pactius.Person{Identity: pactius.Identity{TenantID: c.TenantID, ObjectID: c.ObjectID},
		Username: c.AccountName, Name: c.Name, Email: c.Email, Language: string(chosenLanguage(v.r)), Guest: c.Guest}
}

// described asks the directory for the names of a person whose token has no account name. Where the directory cannot be
// asked, the person stands by the identity alone.
func (s *Site) described(v *visit, p pactius.Person) pactius.Person {
	if p.Username != "" {
		return p
	}
	a, err := s.Directory.Account(v.r.Context(), pactius.System(v.env.ID, "sign-in"), p.ObjectID)
	if err != nil || a.Identity != p.Identity {
		s.Logger.InfoContext(v.r.Context(), "a sign-in without an account name was not found in the directory",
			"error", err)
		return p
	}
	p.Username, p.Name, p.Email = a.Username, cmp.Or(p.Name, a.Name), cmp.Or(p.Email, a.MailAddress())
	return p
}

// welcome gives the browser the session of a recognised user or a visitor. The
// token is always new, and the browser's session before ends, so that a session
// cannot be fixed by another person.
func (s *Site) welcome(v *visit, in users.SignedIn, back string) error {
	ctx := v.r.Context()
	shut := in.Decision.Outcome == users.OutcomeForeign || in.Decision.Outcome == users.OutcomeUnconnected
	if v.token != "" && (shut || in.Token != v.token) {
		if err := s.Users.SignOut(ctx, v.env.ID, v.token, v.address); err != nil {
			return err
		}
		v.token = ""
	}
	switch in.Decision.Outcome {
	case users.OutcomeForeign:
		s.dropSession(v)
		return s.failed(v, &microsoft.Failure{Reason: microsoft.ReasonOtherTenant}, back)
	case users.OutcomeUnconnected:
		s.dropSession(v)
		return users.ErrNotConnected
	case users.OutcomeEnter, users.OutcomeLink:
		if err := s.adoptLanguage(v, in); err != nil {
			return err
		}
		s.setSession(v, in.Token)
		s.trustBrowser(v)
		if in.Decision.User.FirstSignInAt.IsZero() {
			s.greet(v, in)
		}
		if back == "" {
			back = "/"
		}
		if v.changes() && applicationOf(back) != "" {
			return s.goOn(v, back)
		}
		return redirect(v, back)
	default:
		if in.Decision.Outcome == users.OutcomeUnrecognised {
			s.count(OutcomeUnknown)
		} else {
			s.count(OutcomeBlocked)
		}
		s.noteNoAccess(v, in.Session.ID)
		s.setSession(v, in.Token)
		return redirect(v, view.AccessFor(applicationOf(back), destination(back)))
	}
}

// adoptLanguage stores the language chosen in this browser, which a visitor may have changed while they waited. A user
// without a language gets the browser's.
func (s *Site) adoptLanguage(v *visit, in users.SignedIn) error {
	code := string(chosenLanguage(v.r))
	if code == "" && in.Decision.User.Language == "" {
		code = string(v.reader.Language)
	}
	if code == "" || code == in.Session.Person.Language {
		return nil // as the sign-in has stored it
	}
	return s.Users.SetLanguage(v.r.Context(), pactius.UserActor(v.env.ID, in.Session.UserID, v.address), code)
}

// greet tells a new user what they have access to. Without business units the home page says what is missing.
func (s *Site) greet(v *visit, in users.SignedIn) {
	mine, err := s.Users.Home(v.r.Context(), pactius.UserActor(v.env.ID, in.Session.UserID, v.address))
	if err != nil {
		s.Logger.WarnContext(v.r.Context(), "a new user is not greeted", "error", err)
		return
	}
	if has := view.Explicit(mine.Tree, mine.Memberships).Text(v.reader); !has.IsZero() {
		s.say(v, done(pactius.T("You now have access: %s", has)))
	}
}

// signOutTime bounds the question to Microsoft where its sign-out is.
const signOutTime = 3 * time.Second

// signOut ends the session here, and then at Microsoft.
//
// POST /sign-out; anybody.
func (s *Site) signOut(v *visit) error {
	if v.token == "" {
		s.dropSession(v)
		return redirect(v, "/")
	}
	if err := s.Users.SignOut(v.r.Context(), v.env.ID, v.token, v.address); err != nil {
		return err
	}
	hint := s.hint(v)
	s.dropSession(v)
	s.partFromBrowser(v)
	s.say(v, done(pactius.T("You've signed out.")))
	c, err := s.connection(v)
	if err != nil {
		return redirect(v, "/")
	}
	v.endTurn()
	ctx, cancel := context.WithTimeout(v.r.Context(), signOutTime)
	defer cancel()
	to, err := s.Microsoft.SignOutURL(ctx, c, s.Environments.SignOutURI(v.env), s.Environments.State(v.env, ""), hint)
	if err != nil {
		return redirect(v, "/") // the session here has ended, which was the request
	}
	return s.leave(v, to)
}
