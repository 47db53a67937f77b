package web

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/scripted"
)

// referring gives every request a reference of its own, as package edge does.
func referring(w *world) *world {
	w.site.RequestID = func(*http.Request) string { return rand.Text() }
	return w
}

var aReference = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)

// reference is the one that the page shows.
func (p *page) reference() string {
	p.b.Helper()
	r := aReference.FindString(p.ticket())
	if r == "" {
		p.b.Fatalf("the page shows no reference:\n%s", p.text())
	}
	return r
}

// ticket is what the page offers to copy.
func (p *page) ticket() string {
	p.b.Helper()
	for n := range p.Tree().Descendants() {
		if _, ok := scripted.Attribute(n, "data-copy-text"); ok {
			var b strings.Builder
			for c := range n.Descendants() {
				if c.Type == html.TextNode {
					b.WriteString(c.Data)
				}
			}
			return b.String()
		}
	}
	return ""
}

// explained is the page that explains an account name.
func (b *browser) explained(username string) *page {
	b.Helper()
	return b.get(view.ExplainPath + "?" + url.Values{"username": {username}}.Encode()).status(http.StatusOK)
}

// pasted is the page that a pasted text leads to.
func (b *browser) pasted(text string) *page {
	b.Helper()
	p := b.post(view.ExplainPath, url.Values{"pasted": {text}}).status(http.StatusSeeOther)
	return b.get(p.Header.Get("Location")).status(http.StatusOK)
}

// situation is a user and somebody who signs in.
type situation struct {
	name  string
	user  func(w *world, h human) pactius.UserID // makes the user; nil makes none
	other bool                                   // another account has the user's account name by now
	says  string                                 // of the explanation
	meets string                                 // of the page after the sign-in
}

func situations() []situation {
	invite := func(w *world, h human) pactius.UserID {
		return w.user(h, pactius.Grant{Unit: w.it, Access: pactius.AccessRead})
	}
	bound := func(w *world, h human) pactius.UserID {
		id := invite(w, h)
		w.as(h)
		return id
	}
	off := func(make func(*world, human) pactius.UserID) func(*world, human) pactius.UserID {
		return func(w *world, h human) pactius.UserID {
			id := make(w, h)
			_, err := w.site.Users.Deactivate(w.Context(), pactius.SupportActor(w.nord.ID), id)
			w.must(err)
			return id
		}
	}
	ended := func(make func(*world, human) pactius.UserID) func(*world, human) pactius.UserID {
		return func(w *world, h human) pactius.UserID {
			id := make(w, h)
			v, err := w.site.Users.User(w.Context(), pactius.SupportActor(w.nord.ID), id)
			w.must(err)
			last := w.nord.Today(w.db.Clock.Now())
			_, err = w.site.Users.Edit(w.Context(), pactius.SupportActor(w.nord.ID), id, v.User.Version,
				pactius.UserUpdate{EndsOn: &last})
			w.must(err)
			return id
		}
	}
	const in, out, blocked, unknown = "can sign in", "Welcome", "is a user, but can't sign in", "isn't recognised"
	return []situation{
		{"nobody", nil, false, unknown, "Request access"},
		{"an invited user", invite, false, in, out},
		{"a user who has signed in", bound, false, in, out},
		{"a user whose account name belongs to another account by now", bound, true, unknown, "Request access"},
		{"an invited user who is deactivated", off(invite), false, blocked, "Your access is deactivated"},
		{"a user who is deactivated", off(bound), false, blocked, "Your access is deactivated"},
		{"an invited user past the last day", ended(invite), false, blocked, "Your access has ended"},
		{"a user past the last day", ended(bound), false, blocked, "Your access has ended"},
	}
}

// The explanation and the sign-in cannot disagree: what an administrator reads
// is what the person then meets, and again when the reference is looked up.
func TestTheExplanationIsWhatTheSignInMeets(t *testing.T) {
	t.Parallel()
	w := referring(newWorld(t))
	all := situations()
	humans := make([]human, len(all))
	for i, s := range all {
		humans[i] = human{fmt.Sprintf("0f3b6c1e-7777-4c5b-b112-0000000000%02d", i),
			fmt.Sprintf("person%d@nordhavn.example", i), fmt.Sprintf("Person %c", 'A'+i)}
		w.must(w.tenants[nordHost].Put(humans[i].account()))
		if s.user != nil {
			s.user(w, humans[i])
		}
		if s.other {
			renamed := humans[i]
			renamed.username = "renamed@nordhavn.example"
			w.must(w.tenants[nordHost].Put(renamed.account()))
			humans[i].oid = strings.Replace(humans[i].oid, "7777", "8888", 1)
			w.must(w.tenants[nordHost].Put(humans[i].account()))
		}
	}
	w.db.Clock.Advance(48 * time.Hour)
	admin := w.as(ada)
	for i, s := range all {
		t.Run(s.name, func(t *testing.T) {
			h := humans[i]
			admin.explained(h.username).shows(s.says)
			b := w.browser(nordHost)
			met := b.get(b.callback(h)).status(http.StatusSeeOther)
			landed := b.get(met.Header.Get("Location")).shows(s.meets)
			if met.Header.Get("Location") == "/" {
				return
			}
			looked := admin.pasted(landed.ticket()).shows(s.says, "Signed in with Microsoft, but wasn't given access",
				h.username)
			if got, want := looked.ticket(), landed.reference(); !strings.Contains(got, want) {
				t.Errorf("the answer is about another reference: %s", got)
			}
			// Looking again is no new incident.
			if again := b.get("/access").reference(); again != landed.reference() {
				t.Errorf("the reference changed from %s to %s", landed.reference(), again)
			}
		})
	}
}

func TestTheExplanationLeadsToTheRemedy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as(ada)
	off := w.user(human{"", "off@nordhavn.example", "Otto Off"},
		pactius.Grant{Unit: w.north, Access: pactius.AccessRead})
	_, err := w.site.Users.Deactivate(w.Context(), pactius.SupportActor(w.nord.ID), off)
	w.must(err)
	admin.explained("off@nordhavn.example").leads(userPath(off)+"/reactivate", userPath(off))
	admin.explained(nils.username).leads(userPath(w.users[nils.username]) + "/units")
	add := view.UsersPath + "/add?email=new%40x.example&name=Nina+New&username=new%40nordhavn.example"
	admin.get(view.ExplainPath + "?username=new%40nordhavn.example&name=Nina+New&email=new%40x.example").leads(add)
	form := admin.get(add).fields("/settings/users/add")
	if form.Get("username") != "new@nordhavn.example" || form.Get("name") != "Nina New" ||
		form.Get("email") != "new@x.example" {
		t.Errorf("the form is filled in with %v", form)
	}
	q := w.request(vera, w.north)
	admin.explained(vera.username).leads(requestPath(q))
	admin.get(requestPath(q)).shows("Why wasn't Vera Visitor recognised?",
		"No user has the account name vera@nordhavn.example.")
	admin.get(userPath(off)).shows("Why can't Otto Off get in?", "The user is deactivated.")
	admin.get(userPath(w.users[rikke.username])).shows("What happens when Rikke Reader signs in?",
		"Look up in Microsoft 365").lacks("can sign in")
	// The explanation of a user that another administrator manages leads nowhere.
	it := w.user(human{"", "it@nordhavn.example", "Ib It"}, pactius.Grant{Unit: w.it, Access: pactius.AccessRead})
	account := human{"0f3b6c1e-7777-4c5b-b112-0000000000aa", "it@nordhavn.example", "Ib It"}.account()
	w.must(w.tenants[nordHost].Put(account))
	w.as(lone).explained("it@nordhavn.example").shows("can sign in").lacks(userPath(it) + `"`)
}

// leads checks that the page has links to these paths.
func (p *page) leads(paths ...string) {
	p.b.Helper()
	links := map[string]bool{}
	for n := range p.Tree().Descendants() {
		if href, ok := scripted.Attribute(n, "href"); ok {
			links[href] = true
		}
	}
	for _, path := range paths {
		if !links[path] {
			p.b.Errorf("nothing leads to %s:\n%s", path, p.text())
		}
	}
}

func TestACorrectionComesFilledIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as(ada)
	id := w.user(human{"", "vara@nordhavn.example", "Vera Mistyped"})
	correction := "/edit?" + url.Values{"username": {vera.username}}.Encode()
	edit := userPath(id) + correction
	admin.get(edit).shows("Edit Vera Mistyped").submit(userPath(id) + "/edit").to(userPath(id)).shows(vera.username)
	// a user who has signed in keeps the name that Microsoft says
	admin.get(userPath(w.users[ada.username]) + correction).lacks(vera.username + `"`)
}

func TestReferencesOfFailuresAndFaultsAreFound(t *testing.T) {
	t.Parallel()
	w := referring(newWorld(t))
	outside := human{"0f3b6c1e-6666-4c5b-b112-00000000000a", "bo@nordhavn.example", "Bo Unassigned"}
	account := outside.account()
	account.NotAssigned = true
	w.must(w.tenants[nordHost].Put(account))
	admin, local, reader := w.as(ada), w.as(lone), w.as(rikke)
	b := w.browser(nordHost)
	failed := b.get(b.callback(outside)).status(http.StatusForbidden)
	if got := failed.ticket(); !strings.Contains(got, "AADSTS50105") || !strings.Contains(got, "UTC") ||
		strings.Contains(got, outside.username) {
		t.Errorf("the details are %q", got)
	}
	admin.pasted(failed.ticket()).shows("AADSTS50105", "Who can fix it: the IT department").lacks(outside.username)
	local.pasted(failed.reference()).shows("AADSTS50105")

	w.db.Break(t, "UPDATE", "users", w.nord.ID)
	fault := reader.post("/language", url.Values{"language": {"da"}, "return": {"/?secret=typed"}}).
		status(http.StatusInternalServerError)
	if got := fault.ticket(); !strings.Contains(got, rikke.username) || !strings.Contains(got, rikke.oid) ||
		!strings.Contains(got, nordTenant) {
		t.Errorf("the details are %q", got)
	}
	admin.pasted(fault.reference()).shows("Something went wrong on our side", "POST /language",
		"Who can fix it: Support", rikke.username).lacks("secret=")
	for _, row := range w.db.Rows(t, `SELECT reference, kind, reason, code, tid, oid, username, route FROM incidents`) {
		for _, secret := range []string{reader.token(), "code=", "state=", "secret="} {
			if strings.Contains(row, secret) {
				t.Errorf("the incident %s holds %s", row, secret)
			}
		}
	}
	// One of another environment is as unknown as one that never was.
	w.as(sara).post(view.ExplainPath, url.Values{"pasted": {fault.reference()}}).status(http.StatusUnprocessableEntity)
	w.as(sara).get(view.ExplainPath + "?reference=" + fault.reference()).status(http.StatusNotFound)
	w.as(sara).pasted("AADSTS50105 " + fault.reference()).shows("AADSTS50105").lacks(rikke.username)
	reader.get(view.ExplainPath + "?reference=" + fault.reference()).status(http.StatusForbidden)
}

// A fault that comes from the database is answered as well, and no note of it
// is a fault of its own.
func TestAFaultOfTheNotebookIsNoOtherFault(t *testing.T) {
	t.Parallel()
	w := referring(newWorld(t))
	w.db.Break(t, "INSERT", "incidents", "")
	b := w.browser(nordHost)
	b.get("/sign-in/callback").status(http.StatusBadRequest).shows("Details for Support")
	w.as(vera).get("/access").status(http.StatusOK).shows("Request access")
}

func TestHostileTextIsLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as(ada)
	for name, text := range map[string]string{
		"nothing": "", "blanks": " \n ", "HTML": `<script>alert(1)</script><img src=x onerror=alert(1)>`,
		"10,000 characters":   strings.Repeat("å", 10_000),
		"letters without end": strings.Repeat("A", 10_000), "a reference nobody knows": rand.Text(),
		"emoji and controls":            "😀\x00\x1b[2J\u202e",
		"half of a letter at the limit": strings.Repeat("x", 20_000-1) + "å", "SQL": `' OR 1=1 --`,
	} {
		t.Run(name, func(t *testing.T) {
			p := admin.post(view.ExplainPath, url.Values{"pasted": {text}}).status(http.StatusUnprocessableEntity).
				lacks("<script>alert", "<img")
			if got := p.fields(view.ExplainPath).Get("pasted"); strings.TrimSpace(got) != strings.TrimSpace(
				strings.ReplaceAll(text, "\x00", "\ufffd")) {
				t.Errorf("came back as %.100q", got)
			}
		})
	}
	admin.post(view.ExplainPath, url.Values{"pasted": {strings.Repeat("é", 3_000) + "<b>AADSTS53003</b>"}}).
		to(view.ExplainPath + "?number=AADSTS53003")
	for _, query := range []string{"username=" + strings.Repeat("x", 600), "username=%00%1b%e2%80%ae", "username=%ff",
		"username=a%27%22%3Cb%3E&name=%3Cscript%3Ealert(1)", "number=x", "number=99999999"} {
		admin.get(view.ExplainPath + "?" + query).status(http.StatusOK).lacks("<script>alert")
	}
	admin.get(view.ExplainPath + "?reference=x").status(http.StatusNotFound)
}

// The explanation is the decision of the sign-in: every outcome has words
// and a tone.
func TestEveryOutcomeHasItsWords(t *testing.T) {
	t.Parallel()
	said := map[string]users.Outcome{}
	for _, o := range []users.Outcome{users.OutcomeEnter, users.OutcomeLink, users.OutcomeBlocked,
		users.OutcomeUnrecognised,
		users.OutcomeForeign, users.OutcomeUnconnected} {
		w := view.WhyOf(users.Decision{Outcome: o}, view.Person{Name: "Anna"}, "")
		if says := w.Verdict().String(); strings.Contains(says, "can sign in") {
			t.Errorf("%s is said as %q, and the account was not looked up", o, says)
		}
		w.Standing.State = pactius.StandingEnabled
		words := w.Verdict().String()
		if before, twice := said[words]; twice || words == "" {
			t.Errorf("%s and %s are both said as %q", before, o, words)
		}
		said[words] = o
		if in := o == users.OutcomeEnter || o == users.OutcomeLink; in != (w.Tone() == view.ToneGood) {
			t.Errorf("the tone of %s is %s", o, w.Tone())
		}
	}
}

// A panic can be looked up by its reference too. At an unknown host there is no
// environment to look it up in.
func TestAPanicIsNoted(t *testing.T) {
	t.Parallel()
	w := referring(newWorld(t))
	broken := func(host string) *page {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/settings/users", nil)
		r.Host = host
		rec := httptest.NewRecorder()
		w.site.Broken().ServeHTTP(rec, r)
		return (&page{&scripted.Page{Response: rec.Result(), Body: rec.Body.String()},
			w.browser(nordHost)}).status(http.StatusInternalServerError)
	}
	w.as(ada).pasted(broken(nordHost).reference()).shows("Something went wrong on our side")
	unknown := broken("nobody.example").reference()
	if n := w.db.Count(t, `SELECT COUNT(*) FROM incidents WHERE reference = $1`, unknown); n != 0 {
		t.Errorf("%d incidents of nobody's host", n)
	}
}

// The page of Sign-in help, a user's page and a request's page say what was looked up in Microsoft 365 and no more.
func TestPagesSayWhatWasLookedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.as(ada)
	tenant := w.tenants[nordHost]
	q := w.request(vera, w.north)
	id := w.users[rikke.username]
	look := view.ExplainUser(id)
	admin.get(userPath(id)).shows("The account hasn't been looked up in Microsoft 365.", "Look up in Microsoft 365",
		"Conditional Access").lacks("can sign in").leads(look)
	admin.get(look).shows("Rikke Reader can sign in for the first time.", "Conditional Access").
		lacks("hasn't been looked up")
	admin.get(requestPath(q)).shows("The account hasn't been looked up").leads(view.ExplainRequest(q))
	admin.get(view.ExplainRequest(q)).shows("Vera Visitor isn't recognised", "is enabled").lacks("Add a user")
	w.must(tenant.Disable(rikke.oid))
	w.must(tenant.Disable(vera.oid))
	w.db.Clock.Advance(time.Minute)
	admin.get(look).shows("Rikke Reader is a user, but can't sign in.", "The account is disabled in Microsoft 365.",
		"needs to enable the account").lacks("can sign in")
	admin.get(view.ExplainRequest(q)).shows("The account is disabled in Microsoft 365.",
		"enable the account in Microsoft 365 first")
	w.must(tenant.Disable(walt.oid))
	unknown := admin.explained(walt.username).shows("enable the account in Microsoft 365 first", "Add a user")
	if strings.Contains(unknown.Body, `class="button primary"`) {
		t.Error("adding is the first action for an account that is disabled")
	}
	admin.explained(rikke.username).shows("is disabled in Microsoft 365").lacks("can sign in")

	tenant.SetTrouble(devtenant.Trouble{Down: true})
	w.db.Clock.Advance(time.Minute)
	admin.get(look).status(http.StatusOK).shows("The account couldn't be looked up.", "has been added").
		lacks("can sign in")
	admin.explained("Anna Hansen").shows("Who do you mean?", "The account couldn't be looked up.")
}

// A name instead of an account name lists users and accounts, each of which leads to its explanation.
func TestANameIsUnderstood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := human{"0f3b6c1e-7777-4c5b-b112-0000000000ab", "reader.r@nordhavn.example", "Reader Rasmussen"}.account()
	w.must(w.tenants[nordHost].Put(account))
	to := func(username string) string {
		return view.ExplainPath + "?" + url.Values{"username": {username}}.Encode()
	}
	w.as(ada).explained("Reader").shows("Who do you mean?", "Rikke Reader", "Reader Rasmussen").
		leads(to(rikke.username), to("reader.r@nordhavn.example"))
	w.as(ada).explained("rikk@nordhavn.example").
		shows("No account in Microsoft 365 has the name", "rikk@nordhavn.example").leads(to(rikke.username))
	// One person is no choice.
	w.as(ada).get(view.ExplainPath + "?q=Reader+Rasmussen").to(to("reader.r@nordhavn.example")).
		shows("Reader Rasmussen isn't recognised")
	it := w.user(human{"", "it@nordhavn.example", "Ib Hidden"}, pactius.Grant{Unit: w.it, Access: pactius.AccessRead})
	w.as(lone).explained("Hidden").lacks("Ib Hidden", "it@nordhavn.example", string(it))
}

// The page of an invited user looks the account up. It leads to the form with the account name as it should be, only
// for administrators who may correct it, and not once the account is known.
func TestAMisspeltUserIsCorrectedFromTheirPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := pactius.Grant{Unit: w.north, Access: pactius.AccessRead}
	off := w.user(human{"", "vera.@nordhavn.example", "Vera Visitor"}, read)
	correct := userPath(off) + "/edit?username=vera%40nordhavn.example"
	if page := w.as(ada).get(userPath(off)); !strings.Contains(page.Body, `<details class="because" open>`) {
		t.Error("the account of an invited user is not looked up")
	}
	w.as(ada).get(view.ExplainUser(off)).shows("Correct the account name to vera@nordhavn.example").leads(correct)
	w.as(lone).get(view.ExplainUser(off)).lacks("Correct the account name")
	w.as(ada).get(correct).submit(userPath(off) + "/edit").to(userPath(off))
	w.as(ada).get(view.ExplainUser(off)).lacks("Correct the account name")
	if page := w.as(ada).get(userPath(off)); strings.Contains(page.Body, `<details class="because" open>`) {
		t.Error("the account of a linked user is looked up")
	}
}

// The user or the request of another administrator is refused here as on its own page.
func TestExplainingByIDIsRefusedLikeThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	it := w.user(human{"", "it@nordhavn.example", "Ib It"}, pactius.Grant{Unit: w.it, Access: pactius.AccessRead})
	q := w.request(vera, w.it)
	local := w.as(lone)
	local.get(view.ExplainUser(it)).status(http.StatusForbidden).lacks("Ib It")
	local.get(view.ExplainRequest(q)).status(http.StatusForbidden).lacks("Vera")
	local.get(view.ExplainPath + "?user=nobody").status(http.StatusNotFound)
	w.as(rikke).get(view.ExplainUser(it)).status(http.StatusForbidden)
}

// The page begins at the question; an answer is read before the next one.
func TestSignInHelpBeginsAtTheQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	if !strings.Contains(a.get("/settings/explain").Body, " autofocus") {
		t.Error("the question doesn't get the focus")
	}
	if strings.Contains(a.get("/settings/explain?username=rikke%40nordhavn.example").Body, " autofocus") {
		t.Error("the next question takes the focus from the answer")
	}
}
