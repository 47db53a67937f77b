package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
)

// FuzzParseForm makes sure that whatever is posted is refused or read, and
// never turned into access that was not written there.
func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"", "a=b", "unit=1&unit=2&access.1=read", "unit=%00", "%zz", "a=1&a=2", "=&&=",
		"access.=administer&unit=", "version=99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		parsed, err := parseForm(raw)
		if err != nil {
			return
		}
		for _, g := range parsed.grants() {
			if g.Access != wrongAccess && parsed.text("access."+string(g.Unit)) != g.Access.String() {
				t.Errorf("%q gives %v", raw, g)
			}
		}
		if v := parsed.version(); v == 0 {
			t.Errorf("%q has version 0, which asks for nothing", raw)
		}
	})
}

// FuzzLocalPath makes sure that no path leads to another host.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "//evil", `/\evil`, "/a?b#c", "https://evil", "/%2e%2e//evil", "/.//evil",
		"/a/..//evil"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://nordhavn.example/x")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := localPath(s)
		if got == "" {
			return
		}
		to, err := base.Parse(got)
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme {
			t.Errorf("localPath(%q) leads to %v", s, to)
		}
		rec := httptest.NewRecorder()
		http.Redirect(rec, httptest.NewRequest(http.MethodPost, "https://nordhavn.example/sign-in", nil), got,
			http.StatusSeeOther)
		if l := rec.Header().Get("Location"); !strings.HasPrefix(l, "/") || strings.HasPrefix(l, "//") ||
			strings.Contains(l, "\\") {
			t.Errorf("localPath(%q) is sent as %q", s, l)
		}
	})
}

// FuzzCallback makes sure that no address of the callback opens a session or
// breaks the page.
func FuzzCallback(f *testing.F) {
	for _, seed := range []string{"", "code=1&state=2", "error=access_denied&state=2",
		"error=x&error_description=AADSTS50105", "state=%00", "code=a;state=b"} {
		f.Add(seed)
	}
	site := newWorld(f).site // for all inputs: none of them changes anything
	f.Fuzz(func(t *testing.T, raw string) {
		r := httptest.NewRequest(http.MethodGet, "https://"+nordHost+"/sign-in/callback", nil)
		r.URL.RawQuery = raw
		rec := httptest.NewRecorder()
		site.ServeHTTP(rec, r)
		begun := rec.Code == http.StatusOK && strings.Contains(rec.Body.String(), "Taking you to Microsoft")
		if !begun && (rec.Code < 400 || rec.Code >= 500) {
			t.Errorf("%q: status %d", raw, rec.Code)
		}
		for _, c := range rec.Result().Cookies() {
			if c.Name == "__Host-pactius" && c.Value != "" {
				t.Errorf("%q opened a session", raw)
			}
		}
	})
}

// FuzzCookies makes sure that no cookie signs anybody in or breaks the page.
func FuzzCookies(f *testing.F) {
	for _, seed := range []string{"", "__Host-pactius=" + strings.Repeat("A", 43),
		"__Host-pactius-flash=v1.x; language=da; tz=Europe/Paris", "tz=/etc/passwd", "tz=..", "tz=.", "tz=/",
		"__Host-pactius-in-x=v1.", "=;=;"} {
		f.Add(seed)
	}
	site := newWorld(f).site // for all inputs: none of them changes anything
	f.Fuzz(func(t *testing.T, raw string) {
		r := httptest.NewRequest(http.MethodGet, "https://"+nordHost+"/", nil)
		r.Header.Set("Cookie", raw)
		rec := httptest.NewRecorder()
		site.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), `action="/sign-in"`) {
			t.Errorf("%q: status %d", raw, rec.Code)
		}
	})
}

func TestTheVersionOfBusinessUnits(t *testing.T) {
	t.Parallel()
	a := []pactius.Membership{{UnitID: "1", Access: pactius.AccessRead}, {UnitID: "2", Access: pactius.AccessWrite}}
	b := []pactius.Membership{a[1], a[0]}
	var u pactius.User
	if pactius.AccessVersion(u, a) != pactius.AccessVersion(u, b) {
		t.Error("the order counts")
	}
	seen := map[int]bool{pactius.AccessVersion(u, nil): true, pactius.AccessVersion(u, a): true,
		pactius.AccessVersion(u, a[:1]): true, pactius.AccessVersion(pactius.User{Username: "b@x.example"}, a): true,
		pactius.AccessVersion(pactius.User{Email: "b@x.example"}, a):                                    true,
		pactius.AccessVersion(u, []pactius.Membership{{UnitID: "1", Access: pactius.AccessAdminister}}): true}
	if len(seen) != 6 {
		t.Error("different access, or access of another name, has the same version")
	}
	for v := range seen {
		if v <= 0 {
			t.Errorf("version %d means nothing", v)
		}
	}
}
