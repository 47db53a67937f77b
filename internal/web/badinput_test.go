package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/id"
)

func TestWhatIsWrongComesBackWithEverythingTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	before := w.db.Dump(t)
	for _, c := range []struct {
		name   string
		fields url.Values
		status int
		says   []string
	}{
		{"an account name with a space and no domain, no name, a wrong date", url.Values{"username": {"anna hansen"},
			"name": {""}, "ends_on": {""}, "email": {"nonsense"}},
			422, []string{"Please correct the highlighted entries.", "This isn't an email address."}},
		{"a wrong date", url.Values{"username": {"x@nordhavn.example"}, "name": {"X"}, "ends_on": {"31.3.2027"}}, 422,
			[]string{"Enter the date as year-month-day"}},
		{"a day that is over", url.Values{"username": {"x@nordhavn.example"}, "name": {"X"}, "ends_on": {"2020-01-01"}},
			422, []string{"This date is in the past."}},
		{"NUL in the name", url.Values{"username": {"x@nordhavn.example"}, "name": {"A\x00B"}}, 422,
			[]string{"invisible or control character"}},
		{"text that runs backwards in the name", url.Values{"username": {"x@nordhavn.example"}, "name": {"A\u202eB"}},
			422, []string{"invisible or control character"}},
		{"a user who is there", url.Values{"username": {"RIKKE@nordhavn.example"}, "name": {"Other"}}, 422,
			[]string{"There's already a user with the account name", "Open this user"}},
		{"a unit that does not exist", url.Values{"username": {"x@nordhavn.example"}, "name": {"X"},
			"unit": {id.New()}}, 422, []string{"Choose read, write or administer"}},
		{"an access that does not exist", url.Values{"username": {"x@nordhavn.example"}, "name": {"X"},
			"unit": {string(w.it)}, "access." + string(w.it): {"own"}}, 422,
			[]string{"Choose read, write or administer"}},
		{"a unit that is no identifier", url.Values{"username": {"x@nordhavn.example"}, "name": {"X"},
			"unit": {"' OR 1=1"}, "access.' OR 1=1": {"read"}}, 422, []string{"Choose read, write or administer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := a.post("/settings/users/add", c.fields).status(c.status).shows(c.says...)
			form := p.fields("/settings/users/add")
			for _, name := range []string{"username", "name", "email", "ends_on"} {
				want := strings.ReplaceAll(c.fields.Get(name), "\x00", "\ufffd") // which HTML cannot say
				if got := form.Get(name); got != want {
					t.Errorf("%s came back as %q, want %q", name, got, want)
				}
			}
			same(t, before, w.db.Dump(t))
		})
	}
}

func TestStaleForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.as(ada), w.as(ada)
	user := userPath(w.users[rikke.username])
	t.Run("master data", func(t *testing.T) {
		open := a.get(user + "/edit")
		b.get(user+"/edit").submit(user+"/edit", "name", "Rikke Faster").to(user).shows("Rikke Faster")
		again := open.submit(user+"/edit", "name", "Rikke Slower").status(http.StatusConflict).
			shows("Someone has changed this since you opened it.")
		if got := again.fields(user + "/edit").Get("name"); got != "Rikke Slower" {
			t.Errorf("typed name came back as %q", got)
		}
		again.submit(user + "/edit").to(user).shows("Rikke Slower")
		a.post(user+"/edit", url.Values{"name": {"No version"}}).status(http.StatusConflict)
	})
	t.Run("business units", func(t *testing.T) {
		open := a.get(user + "/units")
		b.get(user+"/units").submit(user+"/units", "unit", string(w.it)).to(user)
		again := open.submit(user+"/units", "access."+string(w.north), "write").status(http.StatusConflict).
			shows("The business units, the account name or the email address have changed")
		if got := again.fields(user + "/units"); got.Get("access."+string(w.north)) != "write" ||
			len(got["unit"]) != 1 {
			t.Errorf("the choice came back as %v", got)
		}
	})
	t.Run("a business unit", func(t *testing.T) {
		unit := unitPath(w.it)
		open := a.get(unit + "/rename")
		b.get(unit+"/rename").submit(unit+"/rename", "name", "Informatics").to(unit).shows("Informatics")
		open.submit(unit+"/rename", "name", "Computers").status(http.StatusConflict).shows("Someone has changed this")
	})
	t.Run("the environment", func(t *testing.T) {
		open := a.get("/settings/environment")
		b.get("/settings/environment").submit("/settings/environment", "name", "Nordhavn One").
			to("/settings/environment").shows("The settings have been saved.", "Nordhavn One")
		open.submit("/settings/environment", "name", "Nordhavn Two").status(http.StatusConflict).
			shows("Someone has changed this")
		a.get("/settings/environment").submit("/settings/environment", "time_zone", "Mars/Base").
			status(http.StatusUnprocessableEntity).shows("There's no time zone Mars/Base.")
	})
}

// A user without units is shown to every local administrator, who may assign units.
// The person is changed by the administrator who brought them in, and from above.
func TestAUserOfOthersIsOnlyLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const says = "Only the administrator who added or approved this user"
	l, path := w.as(lone), userPath(w.users[nils.username])
	refused := func() {
		t.Helper()
		l.get(path).status(http.StatusOK).shows(says).lacks("Edit details", "<h2>Active sessions")
		before := w.db.Dump(t)
		for _, page := range []string{"/edit", "/deactivate", "/reactivate", "/sign-out-everywhere"} {
			l.get(path + page).status(http.StatusForbidden).shows(says)
			l.post(path+page, url.Values{"name": {"Accomplice"}}).status(http.StatusForbidden).shows(says)
		}
		same(t, before, w.db.Dump(t))
	}
	refused()
	l.get(path+"/units").submit(path+"/units", "unit", string(w.north), "access."+string(w.north), "read").to(path)
	refused()
	w.as(ada).get(path+"/edit").submit(path+"/edit", "name", "Nils Named").to(path)
	l.get(addPath).submit(addPath, "username", "own@nordhavn.example", "name", "Olga Own").status(http.StatusSeeOther)
	own := userPath(w.added("own@nordhavn.example").ID)
	l.get(own).shows("Olga Own", "Edit details").lacks(says)
	l.get(own+"/edit").submit(own+"/edit", "name", "Olga Named").to(own)
}

func TestUnitsOutOfReachStayAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	both := w.user(human{"", "both@nordhavn.example", "Both Units"},
		pactius.Grant{Unit: w.north, Access: pactius.AccessRead},
		pactius.Grant{Unit: w.it, Access: pactius.AccessWrite})
	l := w.as(lone)
	path := userPath(both) + "/units"
	l.get(userPath(both)).status(http.StatusOK).shows("You can view this user.")
	l.post(userPath(both)+"/deactivate", nil).status(http.StatusForbidden)
	l.get(userPath(both) + "/edit").status(http.StatusForbidden)
	form := l.get(path).fields(path)
	if got := form["unit"]; len(got) != 1 || got[0] != string(w.north) {
		t.Fatalf("a browser posts %v, want only the unit in reach", got)
	}
	form.Del("unit")
	l.post(path, form).status(http.StatusSeeOther)
	o, err := w.site.Users.User(t.Context(), pactius.SupportActor(w.nord.ID), both)
	w.must(err)
	if len(o.Memberships) != 1 || o.Memberships[0].UnitID != w.it {
		t.Errorf("memberships %v, want only IT", o.Memberships)
	}
	forged := url.Values{"version": form["version"], "unit": {string(w.root)},
		"access." + string(w.root): {"administer"}}
	outside := w.user(human{"", "out@nordhavn.example", "Out Side"})
	before := w.db.Dump(t)
	l.get(userPath(both)).status(http.StatusForbidden)
	l.post(path, forged).status(http.StatusForbidden)
	mine := userPath(outside) + "/units"
	forged.Set("version", l.get(mine).fields(mine).Get("version"))
	l.post(mine, forged).status(http.StatusUnprocessableEntity).shows("outside the business units you administer")
	same(t, before, w.db.Dump(t))
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	me := userPath(w.users[ada.username])
	a.post(me+"/deactivate", nil).status(http.StatusConflict).
		shows("This is the last administrator of the whole company.")
	form := a.get(me + "/units").fields(me + "/units")
	form.Del("unit")
	a.post(me+"/units", form).status(http.StatusConflict).shows("This is the last administrator of the whole company.")
}

func TestBodiesThatNoFormSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	before := w.db.Dump(t)
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"a megabyte too much", "name=" + strings.Repeat("a", edge.MaxBody), http.StatusRequestEntityTooLarge},
		{"more fields than a page has", strings.Repeat("unit=a&", maxFields+1), http.StatusRequestEntityTooLarge},
		{"a field twice", "username=a%40b.example&username=c%40d.example&name=X", http.StatusBadRequest},
		{"broken escapes", "username=%zz", http.StatusBadRequest},
		{"text that is not UTF-8", "name=%ff%fe", http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			a.send(http.MethodPost, "/settings/users/add", c.body).status(c.status)
			same(t, before, w.db.Dump(t))
		})
	}
	t.Run("a file", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, "https://"+nordHost+"/settings/users/add", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.AddCookie(&http.Cookie{Name: "__Host-pactius", Value: a.token()})
		rec := httptest.NewRecorder()
		w.site.ServeHTTP(rec, r)
		if rec.Code != http.StatusBadRequest {
			t.Errorf("status %d, want 400", rec.Code)
		}
	})
}

func TestWhatDoesNotExistAndWhatIsNotAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	for path, status := range map[string]int{
		"/nothing": 404, "/settings": 404, "/settings/users/" + id.New(): 404, "/settings/users/x": 404,
		"/settings/users/%00":            404,
		"/settings/requests/" + id.New(): 404, "/settings/units/" + id.New(): 404, "/settings/units/" + string(w.it) +
			"/explode": 404,
		"/sign-out": 405, "/settings/requests/" + id.New() + "/approve": 405, "/access/enter": 405,
		"/settings/users?after=damaged": 422, "/settings/requests?after=%21": 422, "/settings/activity?after=x": 422,
		"/settings/users?status=nonsense&unit=x&sort=%00&q=%ff%00": 200, "/settings/requests?state=nonsense": 200,
		"/settings/activity?from=yesterday": 422, "/settings/activity?from=2026-03-02&to=2026-03-01": 422,
		"/settings/activity?kind=nonsense": 422, "/static/nothing": 404,
	} {
		p := a.get(path)
		if p.StatusCode != status {
			t.Errorf("GET %s: status %d, want %d", path, p.StatusCode, status)
		}
	}
	a.post("/settings/users/"+id.New(), nil).status(http.StatusMethodNotAllowed)
	a.get("/settings/users?after=damaged").shows("This link to a page of the list doesn't work.", "Open the list")
	a.get("/settings/activity?from=31.12.").shows("Enter the date as year-month-day")
	if got := a.send(http.MethodPut, "/settings/users", "").StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("PUT: status %d, want 405", got)
	}
	if got := a.send(http.MethodHead, "/settings/users", "").StatusCode; got != http.StatusOK {
		t.Errorf("HEAD: status %d, want 200", got)
	}
}

func TestAPostWithoutASessionSaysThatNothingWasChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := userPath(w.users[rikke.username]) + "/edit"
	p := w.browser(nordHost).post(path, url.Values{"name": {"X"}}).status(http.StatusUnauthorized).
		shows("so nothing was changed", "Sign in with Microsoft")
	if got := p.fields("/sign-in").Get("return"); got != path {
		t.Errorf("leads to %q, want %q", got, path)
	}
}

func TestAMessageIsShownOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	unit := a.post("/settings/units/add",
		url.Values{"name": {"Legal"}, "parent": {string(w.root)}}).status(http.StatusSeeOther)
	a.Header.Set("X-Purpose", "prefetch")
	a.get("/settings/units").lacks("Legal has been added.")
	a.Header.Del("X-Purpose")
	a.get(unit.Header.Get("Location")).shows("Legal has been added.")
	a.get("/settings/units").lacks("Legal has been added.")
	a.post("/settings/units/add", url.Values{"name": {"legal"}, "parent": {string(w.root)}}).
		status(http.StatusUnprocessableEntity).
		shows("There's already a unit called legal in this place.")
	a.post("/settings/units/add", url.Values{"name": {"X"}, "parent": {"nowhere"}}).status(http.StatusNotFound)
}

func TestActivityOfOnePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	w.as(rikke)
	a.get("/settings/activity").shows("Rikke Reader signed in", "Ada Root signed in")
	a.get("/settings/activity?q=rikke").shows("What Rikke Reader did").lacks("Ada Root signed in")
	a.get("/settings/activity?q=nordhavn").shows("Several people match.")
	a.get("/settings/activity?q=nobody").shows("Nothing found")
	a.get("/settings/activity?user=" + string(w.users[rikke.username]) + "&kind=user.&from=2026-03-02&to=2026-03-02").
		shows("Rikke Reader signed in")
	a.get("/settings/activity?from=2026-03-03").shows("Nothing found")
	l := w.as(lone)
	l.get("/settings/activity").lacks("Ada Root signed in")
}

func TestRefusalAndBrokenNeedNoSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		h      http.Handler
		status int
		host   string
	}{
		{w.site.Refusal(edge.TooLarge()), http.StatusRequestEntityTooLarge, nordHost},
		{w.site.Refusal(pactius.Refuse(pactius.KindTooMany, pactius.Text{})), http.StatusTooManyRequests,
			nordHost},
		{w.site.Refusal(pactius.Refuse(pactius.KindForbidden, pactius.Text{})), http.StatusMisdirectedRequest,
			"unknown.example"},
		{w.site.Broken(), http.StatusInternalServerError, nordHost},
	} {
		rec := httptest.NewRecorder()
		c.h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "https://"+c.host+"/settings/users", nil))
		if rec.Code != c.status || !strings.Contains(rec.Body.String(), "<h1>") {
			t.Errorf("status %d, want %d with a page", rec.Code, c.status)
		}
	}
}

func TestADatabaseThatIsAwayIsSaidSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	w.db.Exec(t, `ALTER TABLE events RENAME TO events_gone`)
	a.get("/settings/activity").status(http.StatusInternalServerError).shows("Something went wrong on our side",
		"REFERENCE").lacks("events")
	a.post("/settings/units/add", url.Values{"name": {"Half"}, "parent": {string(w.root)}}).
		status(http.StatusInternalServerError)
	w.db.Exec(t, `ALTER TABLE events_gone RENAME TO events`)
	a.get("/settings/units").lacks("Half")
}

func TestBrowsersInAFewWords(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 " +
			"Safari/537.36 Edg/131.0.0.0": "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 " +
			"Safari/605.1.15": "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 " +
			"Mobile Safari/604.1": "Chrome on iPhone",
		"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 " +
			"Firefox/133.0": "Firefox on Linux",
		"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 " +
			"Chrome/125.0 Mobile Safari": "Samsung Internet on Android",
		"curl/8.5.0": "", "": "", strings.Repeat("x", 5000) + "Firefox/": "",
	} {
		if got := agentWords(header); got != want {
			t.Errorf("agentWords(%q) = %q, want %q", header, got, want)
		}
	}
}
