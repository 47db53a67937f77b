package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// afterwards checks that bad input has changed nothing and broken nothing.
func (c *company) afterwards(users, requests int) {
	c.t.Helper()
	if got := c.users(); len(got) != users {
		c.t.Errorf("there are %d users, want %d: %+v", len(got), users, got)
	}
	if got := c.requests(); len(got) != requests {
		c.t.Errorf("there are %d requests, want %d: %+v", len(got), requests, got)
	}
	if strings.Contains(c.Log(), "panic") {
		c.t.Errorf("the server panicked:\n%s", c.Log())
	}
	newWire(c.t, c.URL).get("/").wants(c.t, "the door afterwards", http.StatusOK, "Sign in to Nordhavn")
}

func TestTypedNonsenseIsRefusedFieldByField(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	w := c.signedIn(ada())
	const add = "/settings/users/add"
	for _, test := range []struct {
		name     string
		username string
		person   string
		email    string
		says     string
	}{
		{"an account name without a domain", "gu.berg", "Gu", "", "anna.hansen@company.com"},
		{"an account name with spaces", "gu berg@nordhavn.example", "Gu", "", "Please correct"},
		{"an account name with a NUL", "gu\x00@nordhavn.example", "Gu", "", "Please correct"},
		{"an account name with two @", "gu@berg@nordhavn.example", "Gu", "", "Please correct"},
		{"no account name", "", "Gu", "", "Please correct"},
		{"a name with a NUL", "gu@nordhavn.example", "Gu\x00Berg", "", "Please correct"},
		{"a name that turns the text around", "gu@nordhavn.example", "Gu \u202egreB", "", "Please correct"},
		{"a name that is none", "gu@nordhavn.example", " \u200b ", "", "Please correct"},
		{"a name without end", "gu@nordhavn.example", strings.Repeat("Gu ", 2000), "", "Please correct"},
		{"a name that is no UTF-8", "gu@nordhavn.example", "Gu \xff\xfe", "", ""},
		{
			"an address with a header", "gu@nordhavn.example", "Gu", "gu@nordhavn.example\r\nBcc: all@nordhavn.example",
			"Please correct",
		},
		{"an address that is none", "gu@nordhavn.example", "Gu", "gu at home", "Please correct"},
	} {
		got := w.submit(add, add, url.Values{"username": {test.username}, "name": {test.person}, "email": {test.email}})
		if got.StatusCode != http.StatusUnprocessableEntity &&
			(test.says != "" || got.StatusCode != http.StatusBadRequest) {
			t.Errorf("%s: status %d, want 422: %s", test.name, got.StatusCode, got.Text())
			continue
		}
		if !strings.Contains(got.Text(), test.says) {
			t.Errorf("%s: the page does not say %q: %s", test.name, test.says, got.Text())
		}
	}
	// Both fields at once, and what was typed is still there.
	got := w.submit(add, add, url.Values{"username": {"nobody"}, "name": {""}, "email": {"somebody@nordhavn.example"}})
	got.wants(t, "two wrong fields", http.StatusUnprocessableEntity, "Please correct the highlighted entries.")
	if !strings.Contains(got.Body, `value="nobody"`) ||
		!strings.Contains(got.Body, `value="somebody@nordhavn.example"`) {
		t.Errorf("what was typed is gone: %s", got.Body)
	}
	// A line break in a name is white space, and nothing more.
	w.submit(
		add, add,
		url.Values{"username": {gu().Username}, "name": {"Gu\r\nBcc: all@nordhavn.example"}, "welcome": {"1"}},
	)
	if got := c.only(c.users(), gu()).Name; got != "Gu Bcc: all@nordhavn.example" {
		t.Errorf("the name is %q", got)
	}
	if got := c.Mail(gu().Username, "Welcome"); len(got.To) != 1 || got.Headers["bcc"] != "" {
		t.Errorf("the mail went to %+v, with %+v", got.To, got.Headers)
	}
	c.afterwards(2, 0)
}

func TestForgedFormsAreRefused(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu(), dagny())
	c.Must(
		"user", "add", "--username", dagny().Username, "--name", "Dagny Moe", "--unit", "Sales / North", "--access",
		"administer",
	)
	c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg", "--unit", "Operations")
	units := map[string]string{}
	for _, u := range c.list("unit", "list") {
		units[u.Name] = u.ID
	}
	w := c.signedIn(dagny())
	const add = "/settings/users/add"
	field := func(name string) string { // of the select of a unit's access
		for key := range w.get(add).form(t, add) {
			if strings.HasSuffix(key, units[name]) {
				return key
			}
		}
		return "access-" + units[name]
	}
	forged := url.Values{"username": {"friend@nordhavn.example"}, "name": {"Friend"}, "unit": {units["Nordhavn"]}}
	forged.Set(strings.Replace(field("North"), units["North"], units["Nordhavn"], 1), "administer")
	if got := w.submit(add, add, forged); got.StatusCode != http.StatusUnprocessableEntity &&
		got.StatusCode != http.StatusForbidden {
		t.Errorf("giving what is not hers to give: status %d, %s", got.StatusCode, got.Text())
	}
	guPage := "/settings/users/" + c.only(c.users(), gu()).ID
	if got := w.get(guPage); got.StatusCode != http.StatusForbidden && got.StatusCode != http.StatusNotFound {
		t.Errorf("a user who is not hers: status %d, %s", got.StatusCode, got.Text())
	}
	if got := w.post(guPage+"/deactivate", url.Values{"version": {"1"}}); got.StatusCode != http.StatusForbidden &&
		got.StatusCode != http.StatusNotFound {
		t.Errorf("deactivating a user who is not hers: status %d, %s", got.StatusCode, got.Text())
	}
	for _, id := range []string{
		"1", "../../etc", strings.Repeat("a", 5000), "00000000-0000-0000-0000-000000000000", "%00", "' OR 1=1 --",
	} {
		if got := w.get("/settings/users/" + url.PathEscape(id)); got.StatusCode != http.StatusNotFound &&
			got.StatusCode != http.StatusBadRequest {
			t.Errorf("the user %q: status %d, %s", id, got.StatusCode, got.Text())
		}
	}

	// A form on another website.
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"same-site"}},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL+"/sign-out", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		got, err := w.do(req)
		if err != nil {
			t.Fatal(err)
		}
		got.wants(
			t, fmt.Sprint("a form with ", header), http.StatusForbidden,
			"This form was sent from another website, so nothing was changed.",
		)
	}
	w.get("/").wants(t, "still signed in", http.StatusOK, "Welcome, Dagny")
	c.afterwards(3, 0)
}

func TestTheSameButtonTwice(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu(), eva())
	w := c.signedIn(ada())
	const add = "/settings/users/add"
	form := w.get(add).form(t, add)
	form.Set("username", gu().Username)
	form.Set("name", "Gu Berg")
	form.Set("welcome", "1")
	twice := func(who *wire, path string, form url.Values) (first, second answer) {
		Together(t, func() { first = who.post(path, form) }, func() { second = who.post(path, form) })
		return first, second
	}
	for _, got := range both(twice(w, add, form)) {
		if got.StatusCode != http.StatusSeeOther {
			t.Errorf("adding twice: status %d, %s", got.StatusCode, got.Text())
		}
	}
	asking := c.signedIn(eva())
	wish := asking.get("/access").form(t, "/access")
	for _, got := range both(twice(asking, "/access", wish)) {
		if got.StatusCode != http.StatusSeeOther {
			t.Errorf("asking twice: status %d, %s", got.StatusCode, got.Text())
		}
	}
	id := c.only(c.requests(), eva()).ID
	approve := "/settings/requests/" + id + "/approve"
	for _, got := range both(twice(w, approve, w.get("/settings/requests/"+id).form(t, approve))) {
		if got.StatusCode != http.StatusSeeOther {
			t.Errorf("approving twice: status %d, %s", got.StatusCode, got.Text())
		}
	}
	for _, got := range both(twice(asking, "/access/enter", nil)) {
		if got.StatusCode != http.StatusSeeOther {
			t.Errorf("going in twice: status %d, %s", got.StatusCode, got.Text())
		}
	}
	c.only(c.users(), gu())
	c.only(c.users(), eva())
	c.Mail(gu().Username, "Welcome")
	c.Mail(eva().Username, "You now have access")
	for _, a := range []Account{gu(), eva()} {
		if got := c.Mails(a.Username); len(got) != 1 {
			t.Errorf("%s has %d mails, want 1", a.Name, len(got))
		}
	}
	if got := c.Mails(ada().Username); len(got) != 2 { // the first: the environment is connected
		t.Errorf("Ada has %d mails, want 2", len(got))
	}
	c.afterwards(3, 1)
}

func both(a, b answer) []answer { return []answer{a, b} }

func TestTooMuch(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	w := c.signedIn(ada())
	const add = "/settings/users/add"
	large := bytes.NewReader([]byte("username=a&name=" + strings.Repeat("x", 10<<20)))
	if got, err := w.try(http.MethodPost, add, "application/x-www-form-urlencoded", large); err == nil {
		got.wants(t, "10 MB", http.StatusRequestEntityTooLarge, "That was too large")
	} // the server may close the line while it is still being sent
	endless := io.LimitReader(zeros{}, 10<<20) // without a length
	if got, err := w.try(http.MethodPost, add, "application/x-www-form-urlencoded", endless); err == nil {
		got.wants(t, "10 MB without a length", http.StatusRequestEntityTooLarge, "That was too large")
	}
	many := "username=a" + strings.Repeat("&unit=1", 100_000)
	if got := w.send(http.MethodPost, add, "application/x-www-form-urlencoded",
		strings.NewReader(many)); got.StatusCode/100 != 4 {
		t.Errorf("100,000 fields: status %d", got.StatusCode)
	}
	for _, kind := range []string{
		"application/json", "multipart/form-data; boundary=x", "text/plain", "no kind at all",
	} {
		if got := w.send(http.MethodPost, add, kind,
			strings.NewReader(`{"username":"a@b.c"}`)); got.StatusCode/100 != 4 {
			t.Errorf("a form as %s: status %d, %s", kind, got.StatusCode, got.Text())
		}
	}
	for _, cookie := range []string{strings.Repeat("c", 20<<10), strings.Repeat("a=b; ", 3000)} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Cookie", cookie)
		if got, err := newWire(t, c.URL).do(req); err != nil || got.StatusCode >= http.StatusInternalServerError {
			t.Errorf("a cookie of %d bytes: status %d, %v", len(cookie), got.StatusCode, err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", strings.Repeat("c", 1<<20))
	if got, err := newWire(t, c.URL).do(req); err == nil && got.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a megabyte of cookie: status %d, want 431", got.StatusCode)
	}
	c.afterwards(1, 0)
}

// zeros reads as a form without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestWrongAddresses(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	w := c.signedIn(ada())
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, "BREW"} {
		got := w.send(method, "/settings/users", "", nil)
		got.wants(t, method, http.StatusMethodNotAllowed, "That doesn't work here")
		if allow := got.Header.Get("Allow"); !strings.Contains(allow, http.MethodGet) {
			t.Errorf("%s: Allow is %q", method, allow)
		}
	}
	got := w.post("/settings/users", nil)
	got.wants(t, "POST to a list", http.StatusMethodNotAllowed, "That doesn't work here")
	for _, path := range []string{
		"/nothing", "/settings/", "/static/../pactius.db", "/.env", "/settings/users/" + strings.Repeat("a/", 500),
	} {
		if got := w.get(path); got.StatusCode != http.StatusNotFound && got.StatusCode/100 != 3 {
			t.Errorf("GET %s: status %d", path[:min(len(path), 40)], got.StatusCode)
		}
	}
	for _, query := range []string{
		"?q=%00", "?q=" + url.QueryEscape(strings.Repeat("%_'\"", 1000)), "?after=%ff%fe", "?status=owner",
		"?unit=nothing", "?q=%", "?sort=name;drop",
	} {
		if got := w.get("/settings/users" + query); got.StatusCode != http.StatusOK && got.StatusCode/100 != 4 {
			t.Errorf("GET /settings/users%s: status %d, %s", query[:min(len(query), 40)], got.StatusCode, got.Text())
		}
	}
	for _, query := range []string{
		"", "?state=x", "?code=x", "?code=x&state=x", "?error=%00&state=y", "?code=a&code=b&state=x",
		"?state=" + strings.Repeat("s", 9000),
	} {
		w := newWire(t, c.URL)
		got := w.get("/sign-in/callback" + query)
		if got.StatusCode == http.StatusOK {
			got.wants(t, "a callback without the cookie", http.StatusOK, "without the cookie for this sign-in")
			got = w.get("/sign-in/callback" + query) // begins again once only
		}
		if got.StatusCode/100 != 4 || !strings.Contains(got.Text(), "support@pactius.example") {
			t.Errorf("the callback %s: status %d, %s", query[:min(len(query), 40)], got.StatusCode, got.Text())
		}
	}
	// Whatever a sign-in is to return to, it stays here.
	for _, back := range []string{
		"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-out",
	} {
		stranger := newWire(t, c.URL)
		stranger.signInReturning(ada(), back)
	}
	for _, host := range []string{"evil.example", "", "localhost.evil.example", strings.Repeat("a", 300)} {
		status := rawStatus(t, c.Server, "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
		if status != "421" && status != "400" {
			t.Errorf("the host %.30q: status %s, want 421 or 400", host, status)
		}
	}
	if status := rawStatus(t, c.Server, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"); status != "400" {
		t.Errorf("no host: status %s, want 400", status)
	}
	c.afterwards(1, 0)
}

// signInReturning signs in with an address to return to, and checks that the
// way ends here.
func (w *wire) signInReturning(a Account, back string) {
	w.t.Helper()
	leave := w.post("/sign-in", url.Values{"return": {back}})
	page := w.travel(http.MethodGet, leave.link(w.t, "/authorize", "/auth"), nil)
	pick := url.Values{"account": {page.account(w.t, a.Username)}}
	in := w.travel(http.MethodPost, page.at(), pick)
	if !strings.HasPrefix(in.at(), w.Origin+"/") || in.StatusCode >= http.StatusInternalServerError {
		w.t.Errorf("a sign-in that is to return to %s ended at %s (status %d)", back, in.at(), in.StatusCode)
	}
	w.get("/").wants(w.t, "signed in", http.StatusOK, "Welcome, ")
}

// rawStatus sends a request as written and returns the status of the answer.
func rawStatus(t testing.TB, sv *Server, request string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", sv.listen)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(Patience))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatalf("no answer to %.60q: %v", request, err)
	}
	fields := strings.Fields(line)
	if len(fields) < 2 {
		t.Fatalf("the answer begins with %q", line)
	}
	return fields[1]
}
