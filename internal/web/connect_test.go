package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/web/view"
	"github.com/pactius/pactius/testbed/devtenant"
)

const (
	ownApp    = "0f3b6c1e-2222-4c5b-b112-000000000009"
	ownSecret = "the-first-secret"
	newSecret = "the-second-secret"
)

var (
	// chief administers Nordhavn's Microsoft 365, and nothing here.
	chief = devtenant.Person{ObjectID: "0f3b6c1e-3333-4c5b-b112-0000000000aa", AccountName: "chief@nordhavn.example",
		Name: "Chief", Admin: true}
	first = human{"0f3b6c1e-3333-4c5b-b112-0000000000ab", "first@nordhavn.example", "First One"}
)

// callback is where Microsoft sends people back to a host.
func callback(host string) string { return "https://" + host + environments.CallbackPath }

// ownApplication registers an application of Nordhavn's own, for two hosts.
func (w *world) ownApplication() {
	w.Helper()
	w.must(w.tenants[nordHost].PutApp(devtenant.App{ClientID: ownApp, Secrets: []devtenant.Secret{{Value: ownSecret},
		{Value: newSecret}},
		RedirectURLs: []string{callback(nordHost), callback(looseHost)}, Granted: []string{devtenant.ReadAll}}))
}

// connectOwn lets Support store the application of Nordhavn's own.
func (w *world) connectOwn() {
	w.Helper()
	w.ownApplication()
	_, err := w.site.Environments.Update(w.Context(), pactius.SupportActor(w.nord.ID), 0,
		pactius.EnvironmentUpdate{ClientID: new(ownApp), ClientSecret: new(ownSecret),
			SecretEndsOn: new(pactius.Date("2026-04-01"))})
	w.must(err)
}

func TestRenewingASecretInterruptsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connectOwn()
	a := w.as(ada)
	a.get("/").shows("30 days left until the Microsoft 365 client secret expires on 1 April 2026")
	a.get(view.EnvironmentPath).shows("until 1 April 2026", "Test connection", "Renew secret", "Change connection").
		lacks(ownSecret)
	form := a.get(view.ConnectionPath).status(http.StatusOK).shows(callback(nordHost), nordTenant,
		"Only Support can change the tenant").lacks(ownSecret)

	before := w.db.Dump(t)
	p := form.submit(view.ConnectionPath, "client_secret", "wrong-secret", "secret_ends_on", "2028-03-01").
		status(http.StatusUnprocessableEntity).
		shows("The test failed, so nothing was saved", "AADSTS7000215").lacks("wrong-secret")
	if got := p.fields(view.ConnectionPath); got.Get("secret_ends_on") != "2028-03-01" ||
		got.Get("client_secret") != "" {
		t.Errorf("came back as %v: all but the secret is to be there", got)
	}
	same(t, before, w.db.Dump(t))
	w.as(rikke) // people sign in meanwhile

	p.submit(view.ConnectionPath, "client_secret", newSecret).to(view.EnvironmentPath).
		shows("The connection has been tested and saved.", "until 1 March 2028")
	w.must(w.tenants[nordHost].PutApp(devtenant.App{ClientID: ownApp, Secrets: []devtenant.Secret{{Value: newSecret}},
		RedirectURLs: []string{callback(nordHost)}, Granted: []string{devtenant.ReadAll}}))
	w.as(rikke).get("/").shows("Welcome, Rikke", "Rikke Reader")
	a.get("/").lacks("days left until")
	a.get("/settings/activity").shows("Ada Root changed the settings of this environment", "Changed: Client secret",
		"Changed: Secret expiry date").lacks(newSecret)

	form.submit(view.ConnectionPath, "client_secret", ownSecret).status(http.StatusConflict).
		shows("Someone has changed this since you opened it.")
	w.refuses(t, a, "another tenant", http.StatusForbidden, "The Microsoft 365 tenant can't be changed here",
		"tenant", sydTenant)
}

// refuses posts the connection's form with changes and expects a refusal that
// changes nothing.
func (w *world) refuses(t *testing.T, a *browser, name string, status int, says string, pairs ...string) {
	t.Helper()
	before := w.db.Dump(t)
	f := a.get(view.ConnectionPath).fields(view.ConnectionPath)
	f.Set("proof", "secret")
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	p := a.post(view.ConnectionPath, f)
	if p.StatusCode != status || !strings.Contains(p.text(), says) {
		w.Errorf("%s: status %d, want %d that says %q:\n%s", name, p.StatusCode, status, says, p.text())
	}
	same(t, before, w.db.Dump(t))
}

func TestABadConnectionChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connectOwn()
	a := w.as(ada)
	marked := http.StatusUnprocessableEntity
	for _, c := range []struct {
		name, says string
		pairs      []string
	}{
		{"a secret of 10 kB", "This is too long for a client secret.", []string{"client_secret", strings.Repeat("s",
			10_000)}},
		{"a secret with an emoji", "no line breaks, accents or invisible characters", []string{"client_secret",
			"secret😀"}},
		{"a client ID with quotes", "Copy the ID from the Microsoft Entra admin centre", []string{"client_id",
			`"'\&<b>`}},
		{"a client ID of 10,000 characters", "Copy the ID", []string{"client_id", strings.Repeat("é", 10_000)}},
		{"another application with the stored secret", "Enter the value of a client secret.", []string{"client_id",
			application}},
		{"an application Microsoft does not know", "AADSTS700016", []string{"client_id",
			"0f3b6c1e-2222-4c5b-b112-0000000000ff", "client_secret", "x"}},
		{"an end that is no date", "Enter the date as year-month-day", []string{"client_secret", newSecret,
			"secret_ends_on", "soon"}},
		{"an end that is over", "This date is in the past.", []string{"client_secret", newSecret, "secret_ends_on",
			"2026-03-01"}},
		{"no certificate", "Paste the certificate and its private key.", []string{"proof", "certificate"}},
		{"garbage for a certificate", "certificate", []string{"proof", "certificate", "certificate",
			"-----BEGIN nothing\x00"}},
		{"a certificate of 100 kB", "This is too long for a certificate and its private key.", []string{"proof",
			"certificate", "certificate", strings.Repeat("A", 100_000)}},
		{"both fields wrong at once", "Please correct " +
			"the highlighted entries.", []string{"client_id", "x", "client_secret",
			newSecret, "secret_ends_on", "x"}},
	} {
		w.refuses(t, a, c.name, marked, c.says, c.pairs...)
	}
	w.refuses(t, a, "no version", http.StatusConflict, "Someone has changed this", "version", "")
	w.microsoft.Close()
	w.refuses(t, a, "while Microsoft is away", marked, "Microsoft isn't responding.", "client_secret", newSecret)
}

func TestTheTestSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	test := func() *page { return a.post(view.ConnectionPath+"/test", nil).status(http.StatusOK) }
	w.must(w.tenants[nordHost].Grant(application, devtenant.ReadAll))
	before := w.db.Dump(t)
	test().shows("Everything works.").lacks(appSecret)
	w.must(w.tenants[nordHost].Grant(application))
	w.tenants[nordHost].EndTokens()
	test().shows("People can sign in, but something is missing.", "User.Read.All", "Grant admin consent",
		"Grant permissions in Microsoft 365")
	app, _ := w.tenants[nordHost].App(application)
	app.Secrets = []devtenant.Secret{{Value: "another"}}
	w.must(w.tenants[nordHost].PutApp(app))
	test().shows("People can't sign in with this connection.", "AADSTS7000215").lacks(appSecret)
	same(t, before, w.db.Dump(t))
}

// grant goes on to Microsoft and answers its consent page as somebody; it
// returns the path of the callback.
func (p *page) grant(person, decision string) string {
	p.b.Helper()
	return p.microsoft(url.Values{"person": {person}, "decision": {decision}})
}

func TestGrantingPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.tenants[nordHost].Put(chief))
	w.must(w.tenants[nordHost].Grant(application))
	a := w.as(ada)
	begin := func(b *browser) *page {
		return b.post(view.ConnectionPath+"/consent", url.Values{"registration": {"shared"}}).status(http.StatusOK)
	}
	if back := begin(a).grant(chief.ObjectID, "cancel"); true {
		a.get(back).status(http.StatusConflict).shows("The permissions weren't granted, so nothing has changed.")
	}
	back := begin(a).grant(chief.ObjectID, "accept")
	stolen, other := w.browser(nordHost), w.as(lone)
	stolen.get(back).status(http.StatusConflict).shows("wasn't requested in this browser")
	for _, c := range a.Client.Jar.Cookies(a.url("/")) {
		if strings.Contains(c.Name, "consent") {
			other.setCookie(c.Name, c.Value)
			stolen.setCookie(c.Name, c.Value)
		}
	}
	// the cookie is another administrator's
	other.get(back).status(http.StatusConflict).shows("wasn't requested in this browser")
	stolen.get(back).status(http.StatusConflict)
	cookies := a.Client.Jar.Cookies(a.url("/"))
	a.get(back).status(http.StatusOK).shows("Everything works.")
	a.get(back).status(http.StatusConflict).shows("has already been used")
	for _, c := range cookies {
		if strings.Contains(c.Name, "consent") {
			a.setCookie(c.Name, c.Value)
		}
	}
	a.get(back).status(http.StatusConflict).shows("has already been used") // with the cookie of before, too

	// Another customer's administrator has said yes for their own tenant.
	path := begin(a).onward()
	state, err := url.Parse(path)
	w.must(err)
	forged := environments.CallbackPath + "?" + url.Values{"admin_consent": {"True"}, "tenant": {sydTenant},
		"state": {state.Query().Get("state")}}.Encode()
	a.get(forged).status(http.StatusConflict).shows("The permission was granted in another tenant ("+sydTenant+")",
		nordTenant)
	a.get(environments.CallbackPath + "?admin_consent=True&tenant=" + nordTenant + "&state=x").
		status(http.StatusConflict)
	begun := begin(a).onward()
	w.db.Clock.Advance(consentTime)
	u, err := url.Parse(begun)
	w.must(err)
	a.signIn(ada).get(environments.CallbackPath + "?" + url.Values{"admin_consent": {"True"}, "tenant": {nordTenant},
		"state": {u.Query().Get("state")}}.Encode()).
		status(http.StatusConflict)
}

func TestTheSharedRegistrationIsTriedBeforeItIsChosen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.tenants[nordHost].Put(chief))
	w.connectOwn()
	a := w.as(ada)
	back := a.post(view.ConnectionPath+"/consent", url.Values{"registration": {"shared"}}).grant(chief.ObjectID,
		"accept")
	p := a.get(back).status(http.StatusOK).shows("The permissions are granted and work.")
	p.submit(view.ConnectionPath, "registration", "shared").to(view.EnvironmentPath).
		shows("The connection has been tested and saved.", "shared across this deployment")
	e, err := w.site.Environments.ByHost(t.Context(), nordHost)
	w.must(err)
	if c := e.Connection; c.ClientID != "" || c.SealedSecret != "" || c.SecretEndsOn != "" {
		t.Errorf("something of the own registration is left: %+v", c)
	}
	w.as(rikke).get("/").shows("Welcome")
}

// connectLink makes a link for the environment that is not connected, and
// returns its path.
func (w *world) connectLink(administrator string) string {
	w.Helper()
	e, err := w.site.Environments.ByHost(w.Context(), looseHost)
	w.must(err)
	u, _, err := w.site.Environments.NewLink(w.Context(), pactius.SupportActor(e.ID), administrator)
	w.must(err)
	return u.Path
}

func TestTheFirstConnectionByALink(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ownApplication()
	w.must(w.tenants[nordHost].Put(first.account()))
	old := w.connectLink("")
	path := w.connectLink(first.username)
	b := w.browser(looseHost)
	// a new link ends those before
	b.get(old).status(http.StatusNotFound).shows("This link doesn't work", "support@pactius.example")
	before := w.db.Dump(t)
	form := b.get(path).status(http.StatusOK).shows("Connect Loose to Microsoft 365", callback(looseHost))
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow",
		"Cache-Control": "no-store"} {
		if got := form.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	own := []string{"registration", "own", "tenant", nordTenant, "client_id", ownApp, "client_secret", ownSecret,
		"secret_ends_on", "2027-03-01"}
	p := form.submit(path, append(own, "client_secret", "wrong")...).status(http.StatusUnprocessableEntity).
		shows("AADSTS7000215").lacks("wrong\"")
	if got := p.fields(path); got.Get("tenant") != nordTenant || got.Get("client_id") != ownApp ||
		got.Get("client_secret") != "" {
		t.Errorf("came back as %v", got)
	}
	form.submit(path, "registration", "own", "tenant", "nonsense").status(http.StatusUnprocessableEntity).
		shows("Enter your company's domain, such as nordhavn.example", "Enter the application (client) ID")
	w.browser(nordHost).get(path).status(http.StatusNotFound) // another environment
	b.get(path + "x").status(http.StatusNotFound)
	b.get("/connect/" + strings.Repeat("é", 3000)).status(http.StatusNotFound)
	same(t, before, w.db.Dump(t))

	p.submit(path, own...).status(http.StatusOK).shows("Loose is connected to Microsoft 365",
		"The first administrator is first@nordhavn.example")
	b.get(path).status(http.StatusNotFound).shows("Loose is already connected to Microsoft 365.")
	form.submit(path, own...).status(http.StatusNotFound)
	w.browser(looseHost).signIn(first).get(view.EnvironmentPath).shows("until 1 March 2027", "Renew secret")
	w.browser(looseHost).signIn(first).get("/settings/activity").
		shows("This environment was connected to Microsoft 365 with a link created by Support",
			"PACTIUS Support created a link")
}

func TestTheFirstConnectionWithTheSharedRegistration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.tenants[nordHost].Put(chief))
	app, _ := w.tenants[nordHost].App(application)
	app.RedirectURLs, app.Stranger = append(app.RedirectURLs, callback(looseHost)), true
	w.must(w.tenants[nordHost].PutApp(app))
	path := w.connectLink("")
	b := w.browser(looseHost)
	form := b.get(path)
	form.submit(path, "registration", "shared", "tenant", nordTenant).status(http.StatusUnprocessableEntity).
		shows("AADSTS700016", "Grant permissions in Microsoft 365")
	b.post(path+"/consent", url.Values{"tenant": {"nonsense"}}).status(http.StatusUnprocessableEntity).
		shows("Enter your company's domain, such as nordhavn.example")
	b.post(path+"/consent", nil).status(http.StatusUnprocessableEntity).shows("Enter your company's domain, or")

	trip := b.post(path+"/consent", url.Values{"tenant": {nordTenant}, "registration": {"shared"}})
	b.get(trip.grant(chief.ObjectID, "cancel")).status(http.StatusConflict).shows("The permissions weren't granted",
		"Connect Loose to Microsoft 365")
	trip = b.post(path+"/consent", url.Values{"tenant": {nordTenant}, "registration": {"shared"}})
	u, err := url.Parse(trip.onward())
	w.must(err)
	b.get(environments.CallbackPath + "?" + url.Values{"admin_consent": {"True"}, "tenant": {sydTenant},
		"state": {u.Query().Get("state")}}.Encode()).
		status(http.StatusConflict).shows("The permission was granted in another tenant")

	trip = b.post(path+"/consent", url.Values{"tenant": {nordTenant}, "registration": {"shared"}})
	back := b.get(trip.grant(chief.ObjectID, "accept")).status(http.StatusOK).
		shows("The permissions are granted and work.", "Is this your company's tenant? "+nordTenant)
	e, err := w.site.Environments.ByHost(t.Context(), looseHost)
	w.must(err)
	if e.Connection.Connected() {
		t.Error("connected before the tenant was confirmed")
	}
	// Without the confirmation, and with that of another tenant, it is asked for again.
	b.post(path, url.Values{"registration": {"shared"}, "tenant": {nordTenant},
		"confirmed": {sydTenant}}).status(http.StatusOK).shows("Is this your company's tenant?")
	if !strings.Contains(back.Body, `name="confirmed"`) {
		t.Fatal("nothing confirms the tenant")
	}
	b.post(path, url.Values{"registration": {"shared"}, "tenant": {nordTenant}, "confirmed": {nordTenant}}).
		status(http.StatusOK).
		shows("Loose is connected to Microsoft 365", "Support will now add the first administrator")
}

func TestALinkEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ownApplication()
	path := w.connectLink("")
	b := w.browser(looseHost)
	form := b.get(path).status(http.StatusOK)
	w.db.Clock.Advance(environments.LinkTime)
	b.get(path).status(http.StatusNotFound).shows("is more than a week old")
	form.submit(path, "registration", "own", "tenant", nordTenant, "client_id", ownApp, "client_secret", ownSecret).
		status(http.StatusNotFound)
	b.post(path+"/consent", url.Values{"tenant": {nordTenant}}).status(http.StatusNotFound)
	w.must(w.db.Sweep(t.Context(), w.db.Clock.Now()))
	if n := w.db.Count(t, `SELECT COUNT(*) FROM connect_links`); n != 0 {
		t.Errorf("%d links are left after their end", n)
	}
}

func TestRulesForLeaversAreSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	form := a.get(view.EnvironmentPath)
	if got := form.fields(view.EnvironmentPath).Get("leaver_bound"); got != "10" {
		t.Errorf("the default bound is %q, want 10", got)
	}
	for _, wrong := range []string{"0", "101", "-1", "many", "", strings.Repeat("9", 10_000)} {
		p := form.submit(view.EnvironmentPath, "leaver_rule", "mark", "leaver_bound", wrong).
			status(http.StatusUnprocessableEntity).shows("Enter a whole number from 1 to 100.")
		if got := p.fields(view.EnvironmentPath).Get("leaver_bound"); got != wrong {
			t.Errorf("the bound came back as %.20q", got)
		}
	}
	form.submit(view.EnvironmentPath, "leaver_rule", "perhaps", "leaver_bound", "25").
		status(http.StatusUnprocessableEntity).shows("Choose what happens to users who have left Microsoft 365")
	form.submit(view.EnvironmentPath, "leaver_rule", "mark", "leaver_bound", "25 %").to(view.EnvironmentPath)
	e, err := w.site.Environments.ByHost(t.Context(), nordHost)
	w.must(err)
	if e.LeaverRule != pactius.LeaversMarked || e.LeaverBound != 25 {
		t.Errorf("stored %q and %d", e.LeaverRule, e.LeaverBound)
	}
}
