package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// visit is one request with everything known about its sender.
type visit struct {
	site      *Site
	w         http.ResponseWriter
	r         *http.Request
	env       pactius.Environment // zero: no environment has this host name
	contact   string              // of Support
	base      *url.URL            // the environment's public address
	token     string              // of a valid session; "" is none
	signed    users.Signed        // the owner of the session
	stale     bool                // the browser holds the token of a session that is over
	actor     pactius.Actor
	address   string // of the client
	reader    language.Reader
	begun     bool               // the sign-in or round trip to Microsoft began in this browser
	again     bool               // the program has begun this sign-in, after one without its cookie
	flash     *view.Flash        // for the page that is about to be shown
	flashed   bool               // the browser has kept a message, which the page shows
	reference string             // finds this request in the log
	vouched   pactius.Person     // authenticated by Microsoft; zero is none
	form      form               // of a POST
	file      []byte             // that the form brought; nil is none
	unsent    *pactius.Unsent    // emails that a POST did not send
	endTurn   func()             // before waiting for anything but the database
	notes     []pactius.Incident // to be kept
	menuRead  *users.Menu        // decides the menu; nil: not read yet
	gets      func(path string) bool
}

// stranger makes a visit without environment and session.
func (s *Site) stranger(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{site: s, w: w, r: r, address: s.ClientAddress(r), reference: s.RequestID(r), gets: s.gets,
		endTurn: func() {}}
	v.reader = language.Reader{Now: s.Now()}
	s.readPreferences(v)
	return v
}

// arrive finds the environment that a request is for and the session that it
// shows, and calls then, all in one snapshot. It begins again, with the visit as it
// was, where the database undid the first attempt. The visit is usable also with an
// error. What brings no session, or only looks for it, does not wait for pages.
func (s *Site) arrive(v *visit, reads bool, then func() error) error {
	found, before := false, *v
	snapshot := s.Environments.Page
	if !reads || s.sessionToken(v.r) == "" {
		snapshot = s.Environments.Glance
	}
	err := snapshot(v.r.Context(), v.r.Host, func(ctx context.Context, env pactius.Environment) error {
		found, *v = true, before
		v.r = v.r.WithContext(ctx)
		s.settle(v, env)
		if err := s.readSession(v); err != nil {
			return err
		}
		s.readPreferences(v)
		s.readFlash(v)
		return then()
	})
	v.r = before.r // the snapshot has ended
	if !found && pactius.KindOf(err) == pactius.KindNotFound {
		return errMisdirected
	}
	return err
}

// readSession finds the session whose token the browser shows.
func (s *Site) readSession(v *visit) error {
	token := s.sessionToken(v.r)
	if token == "" {
		return nil
	}
	signed, err := s.Users.Session(v.r.Context(), v.env.ID, token)
	if pactius.KindOf(err) == pactius.KindNotSignedIn {
		v.stale = true
		return nil
	}
	if err != nil {
		return err
	}
	v.token, v.signed, v.vouched = token, signed, signed.Session.Person
	if v.isUser() {
		v.actor = pactius.UserActor(v.env.ID, signed.User.ID, v.address)
	} else {
		v.actor = pactius.Visitor(v.env.ID, signed.Session.Person, v.address)
	}
	return nil
}

// settle places the visit in an environment.
func (s *Site) settle(v *visit, env pactius.Environment) {
	v.env, v.contact, v.base = env, s.Environments.Contact(env), s.Environments.BaseURL(env)
	s.readPreferences(v)
}

func (v *visit) isUser() bool    { return v.token != "" && !v.signed.Session.IsVisitor() }
func (v *visit) isVisitor() bool { return v.token != "" && v.signed.Session.IsVisitor() }

// checkAccess demands what a route demands before its handler runs.
func (v *visit) checkAccess(a access) error {
	switch {
	case a == anyone:
		return nil
	case v.token == "":
		return errNotSignedIn
	case a == visitor || v.isUser():
		return nil
	case v.changes():
		return errNoAccessYet
	}
	return errToAccess
}

// changes reports whether the request is one that changes something.
func (v *visit) changes() bool { return v.r.Method != http.MethodGet && v.r.Method != http.MethodHead }

// page makes the base of a page; at is its entry in the menu.
func (v *visit) page(at view.Item) view.Base {
	b := view.Base{Reader: v.reader, Environment: v.env, SupportContact: v.contact, Flash: v.flash, Path: v.here(),
		Help: helpOf(v.r.Pattern)}
	switch {
	case v.isUser():
		u := v.signed.User
		b.User = &u
		m := v.menu()
		b.Menu = view.Menu{Administrator: m.Administrator, RootAdministrator: m.RootAdministrator, Waiting: m.Waiting,
			Current: at}
	case v.isVisitor():
		p := v.signed.Session.Person
		b.Visitor = &p
	}
	return b
}

// menu is what the menu depends on, read once. What cannot be read is logged, and
// the menu has no more than every user's.
func (v *visit) menu() users.Menu {
	if v.menuRead == nil {
		m, err := v.site.Users.Menu(v.r.Context(), v.actor)
		if err != nil && !v.gone() {
			v.site.Logger.WarnContext(v.r.Context(), "the menu was not read", "error", err)
		}
		v.menuRead = &m
	}
	return *v.menuRead
}

// here is the page a person is on, to come back to; "/" where the request is
// none that can be opened.
func (v *visit) here() string {
	path := v.r.URL.RequestURI()
	switch {
	case v.changes():
		path = v.r.URL.EscapedPath()
	case v.r.URL.Path == clients.AuthorizePath:
		path = askedPath(v.r.URL.Query())
	}
	if !v.gets(v.r.URL.Path) {
		return "/"
	}
	if path = localPath(path); path == "" {
		return "/"
	}
	return path
}

// back is the page that a person is on, to come back to after another sign-in; "" where that leads there anyway.
func (v *visit) back() string { return destination(v.here()) }

// destination is a local path to come back to, "" for home and the pages of visitors, to which a sign-in leads anyway.
func destination(path string) string {
	at, _, _ := strings.Cut(path, "?")
	switch at {
	case "/", accessPath, statePath, view.WishPath, withdrawPath:
		return ""
	}
	return path
}

// person is the owner of the session.
func (v *visit) person() pactius.Person {
	if u := v.signed.User; v.isUser() {
		return pactius.Person{Name: u.Name, Username: u.Username}
	}
	return v.signed.Session.Person
}

// navigates reports whether a person opens the page, and not a script a part of it, the browser ahead of them, or
// another page in a frame.
func (v *visit) navigates() bool {
	mode, place := v.r.Header.Get("Sec-Fetch-Mode"), v.r.Header.Get("Sec-Fetch-Dest")
	return v.r.Method == http.MethodGet && (mode == "" || mode == "navigate") && (place == "" || place == "document") &&
		!ahead(v.r)
}

// gets reports whether a path can be opened.
func (s *Site) gets(path string) bool {
	_, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
	return pattern != "/" && strings.HasPrefix(pattern, http.MethodGet)
}

// pathID is the identifier in the path. A malformed one is not found.
func pathID[ID ~string](v *visit) (ID, error) { return pathPart[ID](v, "id") }

// pathPart is pathID of another part of the path.
func pathPart[ID ~string](v *visit, name string) (ID, error) {
	s := v.r.PathValue(name)
	if !id.Valid(s) {
		return "", errNoSuchThing
	}
	return ID(s), nil
}

// maxReturn bounds a path to come back to, in bytes: it travels in a cookie, of which browsers keep 4096 bytes (RFC
// 6265, section 6.1). It may be that of an application within one of ours.
const maxReturn = 2600

// localPath returns s where it is a path of these pages, else "". It must not
// lead anywhere else in any browser: those read "\" as "/", "//" as another
// host, and skip control characters. It does not lead back into a sign-in.
func localPath(s string) string {
	if len(s) == 0 || len(s) > maxReturn || s[0] != '/' || strings.HasPrefix(s, "//") {
		return ""
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '\\' {
			return ""
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.Contains(u.Path, "\\") ||
		strings.Contains(u.Path, "//") {
		return ""
	}
	if strings.HasPrefix(u.Path, "/sign-in") || strings.HasPrefix(u.Path, "/sign-out") {
		return ""
	}
	return s
}

// redirect leads on to a path of these pages, or to Microsoft, with a GET.
func redirect(v *visit, to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}
