package web

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/help"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/web/view"
)

// parts are the routes that answer with a part of a page, a picture or a word, or that lead on.
var parts = []string{"GET /settings/users/add/check", "GET /settings/users/add/people", "GET /settings/users/add/photo",
	"GET " + view.LikePath, "GET /settings/users/{id}/photo", "GET /settings/requests/{id}/photo",
	"GET " + view.PartPath,
	"GET /settings/units/{id}/members/people", "GET " + statePath, "GET " + view.WishPath, "GET " + view.MoreUnitsPath,
	"GET /brand/{file}", "GET /settings/environment/branding/preview.css"}

// helpItself are the pages of the help, whose help is the list of topics.
var helpItself = []string{"GET " + help.Path, "GET " + help.Path + "/{topic}"}

// helpLink is the link to the help in the frame of a page.
var helpLink = regexp.MustCompile(`href="(/help[^"]*)" title="Help with this page" data-help`)

// checkTopic looks for a topic and its anchor in both languages.
func checkTopic(t *testing.T, of, to string) {
	t.Helper()
	slug, anchor, _ := strings.Cut(to, "#")
	for _, code := range language.Supported() {
		topic, ok := help.Get(code, slug)
		if !ok || (anchor != "" && !slices.Contains(topic.Anchors, anchor)) {
			t.Errorf("the help of %s is %q, which is not there in %s", of, to, code)
		}
	}
}

func TestEveryScreenLeadsToItsHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	targets := w.targets()
	known, opened := map[string]bool{}, map[string]bool{}
	browsers := []*browser{w.inRole(0), w.inRole(1), w.inRole(2), w.inRole(5)}
	for _, rt := range routes() {
		method, path, _ := strings.Cut(rt.pattern, " ")
		known[path] = true
		if method != http.MethodGet || slices.Contains(helpItself, rt.pattern) {
			continue
		}
		part := slices.Contains(parts, rt.pattern)
		if want := helpOf(rt.pattern); (want == "") != part {
			t.Errorf("%s has the help %q; a screen needs a line in screenHelp, other routes one in this test",
				rt.pattern, want)
		} else if !part {
			checkTopic(t, rt.pattern, want)
		}
		_, address := targets.address(rt.pattern)
		for _, b := range browsers {
			page := b.send(method, address, "")
			whole := strings.Contains(string(page.Body), "<html")
			if part && whole && page.StatusCode == http.StatusOK {
				t.Errorf("%s is a screen", rt.pattern)
			}
			if !whole || part {
				continue
			}
			m := helpLink.FindStringSubmatch(string(page.Body))
			if m == nil {
				t.Errorf("%s, status %d, has no link to its help", rt.pattern, page.StatusCode)
				continue
			}
			own := help.Path + "/" + helpOf(rt.pattern)
			if page.StatusCode == http.StatusOK && rt.pattern != "GET /{$}" && m[1] != own {
				t.Errorf("%s leads to %s, want its own help", rt.pattern, m[1])
			}
			if to, _, _ := strings.Cut(m[1], "#"); !opened[to] {
				opened[to] = true
				if got := b.send(http.MethodGet, to, ""); got.StatusCode != http.StatusOK {
					t.Errorf("%s leads to %s, status %d", rt.pattern, to, got.StatusCode)
				}
			}
		}
	}
	for path := range screenHelp {
		if !known[path] {
			t.Errorf("screenHelp has %s, which is no route", path)
		}
	}
	if len(opened) < len(help.Topics(language.English))/2 {
		t.Errorf("only %d topics were opened from screens", len(opened))
	}
}

func TestEveryErrorLeadsToItsHelp(t *testing.T) {
	t.Parallel()
	unknown := view.ErrorPage{}.Title()
	for status := http.StatusBadRequest; status < 600; status++ {
		title := view.ErrorPage{Status: status}.Title()
		named := title.Key != unknown.Key || status == http.StatusInternalServerError
		switch to, ok := statusHelp[status]; {
		case status == http.StatusMisdirectedRequest: // an unknown host has no help
		case named != ok:
			t.Errorf("status %d has words: %t, has help: %t", status, named, ok)
		case ok:
			checkTopic(t, title.Key, to)
		}
	}
	for _, reason := range microsoft.Reasons() {
		to := helpOfFailure(&microsoft.Failure{Reason: reason})
		if to == "" {
			t.Errorf("a sign-in that failed because of %q has no help", reason)
			continue
		}
		checkTopic(t, string(reason), to)
	}
	for number, to := range numberHelp {
		if _, ok := microsoft.LookUp(number); !ok {
			t.Errorf("%s is no number of Microsoft that has words", number)
		}
		checkTopic(t, number, to)
	}
	for _, to := range []string{signInHelp, disconnectedHelp, blockedHelp, mergedHelp} {
		checkTopic(t, "a page of several routes", to)
	}
}

func TestErrorPagesShowTheLinkToTheirHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		browser    *browser
		path, want string
	}{
		"not found":    {w.inRole(5), "/nowhere", "/help/errors#not-found"},
		"no access":    {w.inRole(2), "/settings/users", "/help/errors#no-access"},
		"cancelled":    {w.inRole(0), "/sign-in/callback?state=x&error=access_denied", "/help/sign-in#cancelled"},
		"disconnected": {w.browser(looseHost), "/", "/help/sign-in#not-set-up"},
	} {
		got := string(test.browser.send(http.MethodGet, test.path, "").Body)
		if !strings.Contains(got, `<a href="`+test.want+`">Read what you can do about this</a>`) {
			t.Errorf("%s: no link to %s in\n%s", name, test.want, got)
		}
	}
}

func TestTheHelpIsReadWithoutASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.inRole(0)
	get := func(path string, status int, wants ...string) {
		t.Helper()
		got := b.send(http.MethodGet, path, "")
		if got.StatusCode != status {
			t.Errorf("%s: status %d, want %d", path, got.StatusCode, status)
		}
		for _, want := range wants {
			if !strings.Contains(string(got.Body), want) {
				t.Errorf("%s does not say %q:\n%s", path, want, got.text())
			}
		}
	}
	get("/help", http.StatusOK, "For everyone", "For local administrators", `href="/help/create-a-user"`)
	get("/help?q=onboarding", http.StatusOK, "1 topic found", `href="/help/create-a-user"`)
	get("/help?q=zebra", http.StatusOK, "No topics found")
	get("/help?q="+strings.Repeat("%C3%A5", 5000), http.StatusOK, "No topics found")
	get("/help?q=%3Cscript%3E", http.StatusOK, `value="&lt;script&gt;"`)
	get("/help/nothing", http.StatusNotFound, "There&#39;s no help page at this address.", `href="/help/create-a-user"`)
	get("/help/..%2Fsupport", http.StatusNotFound)
	get("/help/errors", http.StatusOK, `contact Support (<a href="mailto:support@pactius.example">`)
	b.Header.Set("Accept-Language", "da")
	get("/help?q=opret", http.StatusOK, `<a href="/help/create-a-user">Opret en bruger</a>`)
}
