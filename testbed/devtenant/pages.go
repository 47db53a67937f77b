package devtenant

import (
	"bytes"
	"embed"
	"hash/fnv"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

const (
	maxShown = 200 // people on the sign-in page; the search finds the others
	maxQuery = 100 // bytes of a search that are looked at
	hues     = 8   // avatar colours in the style sheet
)

// base is what every page has.
type base struct {
	Tenant string // name, or nothing on a page of several tenants
	Title  string
}

// Asset is the address of a static file.
func (base) Asset(name string) string { return "/static/" + name + "?v=" + assetVersion() }

// Mark is the letter that stands for the tenant.
func (b base) Mark() string { return first(b.Tenant) }

func (t *Tenant) base(title string) base { return base{t.config.TenantName, title} }

// signInScreen is the page on which a person is chosen.
type signInScreen struct {
	base
	Action  string      // where the forms go
	Hidden  []parameter // parameters that travel with them
	Target  string      // address that is sent back to
	Hint    string      // account name that the application hinted at
	Host    string      // of the application, "pactius.example"
	Numbers []Number    // errors to come back with
	Query   string      // the search
	Typed   string      // the account name that was typed
	Error   string
	People  []entry
	Found   int // people that match the search
	More    int // of these, how many are not shown
	Total   int
}

// signInFor is the page for a request.
func (t *Tenant) signInFor(a authorizeRequest) signInScreen {
	return signInScreen{Action: "/" + t.id + "/oauth2/v2.0/authorize", Hidden: filled(a.parameters()),
		Target: a.RedirectURL, Hint: a.LoginHint, Numbers: Numbers()}
}

// errorScreen explains an error after which the browser cannot be sent back.
type errorScreen struct {
	base
	Code, Text string
}

// signedOutScreen says that the session here has ended.
type signedOutScreen struct {
	base
	Unregistered string // the address that was asked for and may not be led to
}

// entry is a person in a list.
type entry struct {
	Person
	SignedIn, Recent, Focus bool
}

// Initials are the first letters of the first and the last name.
func (e entry) Initials() string {
	words := strings.Fields(e.Name)
	if len(words) == 0 {
		return first(e.AccountName)
	}
	if len(words) == 1 {
		return first(words[0])
	}
	return first(words[0]) + first(words[len(words)-1])
}

// Hue numbers the avatar's colour; a person keeps theirs.
func (e entry) Hue() int {
	h := fnv.New32a()
	h.Write([]byte(e.ObjectID))
	return int(h.Sum32() % hues)
}

// first is the first letter of s as a capital.
func first(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError {
		return "?"
	}
	return string(unicode.ToUpper(r))
}

// signInPage shows the people to choose from: the one the application hinted at,
// the one who is signed in, recent ones, then all others by name.
func (t *Tenant) signInPage(w http.ResponseWriter, r *http.Request, status int, s signInScreen, people []Person) {
	s.base = t.base("Choose a person")
	if u, err := url.Parse(s.Target); err == nil {
		s.Host = u.Host
	}
	s.Query = strings.TrimSpace(strings.ToValidUTF8(s.Query[:min(len(s.Query), maxQuery)], ""))
	s.Total = len(people)
	s.People = t.arrange(r, s, people)
	s.Found = len(s.People)
	s.More = max(0, s.Found-maxShown)
	s.People = s.People[:s.Found-s.More]
	t.render(w, status, "signin.html", s)
}

// arrange picks the people that match the search and puts the likely ones first.
func (t *Tenant) arrange(r *http.Request, s signInScreen, people []Person) []entry {
	signedIn, _ := t.session(r)
	hinted, _ := t.named(s.Hint)
	recent := t.recent(r)
	rank := func(e entry) int {
		switch {
		case e.Focus:
			return -2
		case e.SignedIn:
			return -1
		case e.Recent:
			return slices.Index(recent, e.ObjectID)
		}
		return len(recent)
	}
	var list []entry
	for _, p := range people {
		if matches(p, s.Query) {
			list = append(
				list,
				entry{p, p.ObjectID == signedIn.person.ObjectID, slices.Contains(recent, p.ObjectID),
					p.ObjectID == hinted.ObjectID},
			)
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int { return rank(a) - rank(b) })
	return list
}

// matches reports whether every word of the search is found in a person.
func matches(p Person, query string) bool {
	text := strings.ToLower(strings.Join([]string{p.Name, p.AccountName, p.SignInName, p.JobTitle, p.Department}, " "))
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// errorPage answers a request whose sender cannot be trusted with an answer.
func (t *Tenant) errorPage(w http.ResponseWriter, status int, p problem) {
	t.render(w, status, "error.html", errorScreen{t.base("Sorry, we cannot sign you in"), p.number, p.text})
}

// render writes a page of this tenant. Its forms end at the application, so the
// policy allows that origin as well: browsers hold it against the redirect.
func (t *Tenant) render(w http.ResponseWriter, status int, name string, screen any) {
	targets := ""
	for _, r := range t.redirectURLs() {
		if u, err := url.Parse(r); err == nil && !strings.Contains(targets, " "+u.Scheme+"://"+u.Host) {
			targets += " " + u.Scheme + "://" + u.Host
		}
	}
	if err := writePage(w, status, targets, name, screen); err != nil {
		t.log.Error("rendering a page", "page", name, "error", err)
	}
}

// writePage renders into a buffer first, so that no half page is sent.
func writePage(w http.ResponseWriter, status int, formTargets, name string, screen any) error {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, screen); err != nil {
		http.Error(w, "The page could not be rendered.", http.StatusInternalServerError)
		return err
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; "+
		"img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"+formTargets)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader is gone when this fails
	return nil
}
