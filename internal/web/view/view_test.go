package view

import (
	"bytes"
	"flag"
	"html/template"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

var storybook = flag.String("storybook", "", "write every story as a page into this folder, with an index")

func newRenderer(tb testing.TB) *Renderer {
	tb.Helper()
	r, err := New()
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func show(tb testing.TB, r *Renderer, page Page) string {
	tb.Helper()
	var b bytes.Buffer
	if err := r.Render(&b, page); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func TestEveryTemplateFitsItsPage(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for code, templates := range r.templates {
		for _, page := range []Page{
			SignIn{}, Leaving{}, SignInFailed{}, Stranded{}, Blocked{}, RequestAccess{}, MoreAccess{},
			Home{}, Users{}, AddUser{}, AddCheck{},
			AddPeople{}, OneUser{}, EditUser{}, ManageUnits{}, MergeUser{}, Sessions{},
			Requests{}, OneRequest{}, SamePerson{}, DeclineRequest{}, Units{}, OneUnit{}, AddUnit{}, RenameUnit{},
			MoveUnit{}, ArchiveUnit{}, AddMember{}, MemberPeople{}, UnitPart{}, ChooseFilter{},
			MayNotOpen{}, Applications{}, AddApplication{}, OneApplication{}, ReplaceKeys{},
			ReplaceSecret{}, NewSecret{},
			BadClient{}, ClientSignOut{}, SignedOut{}, Onward{},
			Leavers{}, Activity{}, Explain{}, EnvironmentSettings{}, Connection{}, ConnectionTest{},
			ConnectionMade{}, ConnectionDead{}, Search{}, SearchPart{}, Confirm{}, ErrorPage{}, Help{}, HelpTopic{},
		} {
			if err := templates.Check(page.template(), reflect.TypeOf(page)); err != nil {
				t.Errorf("%s in %s: %v", page.template(), code, err)
			}
		}
	}
}

// TestStorybook renders every screen in every state and looks at its
// structure. With -storybook DIR it writes them, for people and for the browser of e2e to look at:
//
//	go test ./internal/web/view -run Storybook -storybook DIR
func TestStorybook(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	seen := map[string]bool{}
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			if seen[s.name] {
				t.Fatalf("there are two stories %q", s.name)
			}
			seen[s.name] = true
			markup := show(t, r, s.page)
			examine(t, markup, string(s.page.base().Lang()))
			if strings.Contains(markup, "<script>alert") || strings.Contains(markup, "ZgotmplZ") {
				t.Error("something typed was not escaped, or an address was refused")
			}
		})
	}
	if *storybook != "" {
		writeStorybook(t, r, *storybook)
	}
}

// wide is the length of the names in the stories with the widest names.
const wide = 200

// widest puts long texts without a space to break at in place of some words of the stories.
var widest = strings.NewReplacer(
	"Nordhavn Logistics", strings.Repeat("W", wide), "Anna Hansen", strings.Repeat("W", wide),
	"Ada Holm", strings.Repeat("👩\u200d👩\u200d👧", wide/5), "Bo Berg", strings.Repeat("شخص", wide/3),
	"Sales", strings.Repeat("W", wide), "Harbour dock", strings.Repeat("M", wide),
	"I start in", strings.Repeat("x", pactius.MaxMessage), "Welcome! Ask me for the rest.",
	strings.Repeat("y", pactius.MaxNote),
	"anna.hansen@", strings.Repeat("w", 64)+"@"+strings.Repeat("m", 60)+".", "support@",
	strings.Repeat("s", wide/2)+"@", "Regional manager for", strings.Repeat("R", wide),
)

// writeStorybook writes the stories: each as NAME.html, in each language as LANGUAGE/NAME.html,
// and as wide/NAME.html with the widest names.
func writeStorybook(t *testing.T, r *Renderer, dir string) {
	t.Helper()
	write := func(name string, content []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, s := range stories() {
		write(s.name+".html", []byte(show(t, r, s.page)))
		for _, code := range language.Supported() {
			write(string(code)+"/"+s.name+".html", []byte(show(t, r, inLanguage(s.page, code))))
		}
		write("wide/"+s.name+".html", []byte(widest.Replace(show(t, r, s.page))))
		names = append(names, s.name)
	}
	for name, content := range r.assets.files {
		write("static/"+r.assets.hash+"/"+name, content)
	}
	index := template.Must(template.New("").Parse(
		`<!doctype html><html lang="en"><title>Storybook</title><ul>` +
			`{{range .}}<li><a href="{{.}}.html">{{.}}</a></li>{{end}}</ul></html>`))
	var b bytes.Buffer
	if err := index.Execute(&b, names); err != nil {
		t.Fatal(err)
	}
	write("index.html", b.Bytes())
}

// examine looks at the structure of a page.
func examine(t *testing.T, markup, lang string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		t.Fatal(err)
	}
	e := examination{T: t, count: map[string]int{}, ids: map[string]int{}, labels: map[string]bool{}}
	e.walk(doc, nil)
	for what, want := range map[string]int{"h1": 1, "main": 1, "title": 1, "footer": 1, "header": 1} {
		if got := e.count[what]; got != want {
			t.Errorf("%d %s, want %d", got, what, want)
		}
	}
	if e.lang != lang {
		t.Errorf("lang = %q, want %q", e.lang, lang)
	}
	for id, n := range e.ids {
		if n > 1 {
			t.Errorf("the id %q is there %d times", id, n)
		}
	}
	for _, control := range e.controls {
		if !labelled(control, e.labels) {
			t.Errorf("no label for %s", tag(control))
		}
	}
	for _, reference := range e.references {
		if e.ids[reference] == 0 {
			t.Errorf("nothing has the id %q, which is referred to", reference)
		}
	}
}

type examination struct {
	*testing.T
	count      map[string]int
	ids        map[string]int
	labels     map[string]bool // ids labels are for
	controls   []*html.Node
	references []string
	lang       string
	level      int
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func tag(n *html.Node) string {
	var b strings.Builder
	_ = html.Render(&b, &html.Node{Type: n.Type, Data: n.Data, DataAtom: n.DataAtom, Attr: n.Attr})
	return b.String()
}

func (e *examination) walk(n *html.Node, within []string) {
	if n.Type == html.ElementNode {
		e.element(n, within)
		if n.Data == "template" {
			return // its content is no part of the page until a script takes it
		}
		within = append(within, n.Data)
	}
	for c := range n.ChildNodes() {
		e.walk(c, within)
	}
}

func (e *examination) element(n *html.Node, within []string) {
	e.count[n.Data]++
	for _, a := range n.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
			e.Errorf("inline code in %s", tag(n))
		case a.Key == "id":
			e.ids[a.Val]++
		case a.Key == "aria-describedby" || a.Key == "aria-labelledby":
			e.references = append(e.references, strings.Fields(a.Val)...)
		case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
			e.references = append(e.references, a.Val[1:])
		case a.Key == "href" && strings.HasPrefix(a.Val, "javascript"):
			e.Errorf("a script as an address: %s", tag(n))
		}
	}
	switch n.Data {
	case "html":
		e.lang, _ = attr(n, "lang")
	case "style":
		e.Errorf("an inline style sheet")
	case "script":
		if _, ok := attr(n, "src"); !ok {
			e.Errorf("an inline script")
		}
	case "form":
		if _, ok := attr(n, "method"); !ok {
			e.Errorf("a form without a method: %s", tag(n))
		}
	case "label":
		if id, ok := attr(n, "for"); ok {
			e.labels[id] = true
		}
	case "input", "select", "textarea":
		if kind, _ := attr(n, "type"); kind != "hidden" {
			e.controls = append(e.controls, n)
		}
	case "h1", "h2", "h3":
		level := int(n.Data[1] - '0')
		if level > e.level+1 {
			e.Errorf("a heading of level %d after one of level %d", level, e.level)
		}
		e.level = level
	case "button", "a":
		shown := strings.Join(strings.Fields(text(n)), " ")
		if shown == "" {
			e.Errorf("nothing names %s", tag(n))
		}
		// People who speak to their computer say what they see (WCAG 2.2, 2.5.3).
		if name, ok := attr(n, "aria-label"); ok && !strings.Contains(name, shown) {
			e.Errorf("the name of %s lacks its text %q", tag(n), shown)
		}
	}
	inline := n.Data == "div" || n.Data == "ul" || n.Data == "p" || n.Data == "form"
	if inline && len(within) > 0 && (within[len(within)-1] == "p" || within[len(within)-1] == "span") {
		e.Errorf("%s within %s", n.Data, within[len(within)-1])
	}
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func labelled(n *html.Node, labels map[string]bool) bool {
	if name, ok := attr(n, "aria-label"); ok && name != "" {
		return true
	}
	if id, ok := attr(n, "id"); ok && labels[id] {
		return true
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "label" {
			return strings.TrimSpace(text(p)) != ""
		}
	}
	return false
}

// TestTheFirstPageIsLight holds the promise of less than 30 KB for whatever
// page a person may see first, with all it loads, compressed as it is served: style,
// icons, and the modules app.js finds a use for. Later pages add only their own markup.
func TestTheFirstPageIsLight(t *testing.T) {
	t.Parallel()
	const most = 30_000
	r := newRenderer(t)
	behaviour := regexp.MustCompile(`(?m)^  '(.*)': '([a-z]+\.js)',$`)
	attribute := regexp.MustCompile(`data-[a-z]+|template#`)
	for _, s := range stories() {
		first := slices.ContainsFunc([]string{"signin", "access", "blocked", "home"},
			func(p string) bool { return strings.HasPrefix(s.name, p) })
		if !first || strings.Contains(s.name, "200") {
			continue // 200 rows are as long as they are
		}
		markup := show(t, r, s.page)
		size := served(t, []byte(markup))
		if strings.Contains(markup, "applications.svg") {
			size += served(t, r.assets.files["applications.svg"])
		}
		for _, name := range []string{styleSheet, "icons.svg", "icon.svg", "app.js"} {
			size += served(t, r.assets.files[name])
		}
		for _, match := range behaviour.FindAllSubmatch(r.assets.files["app.js"], -1) {
			for _, wanted := range attribute.FindAllString(string(match[1]), -1) {
				if wanted == "template#" {
					wanted = `id="menu"`
				}
				if strings.Contains(markup, wanted) {
					size += served(t, r.assets.files[string(match[2])])
					break
				}
			}
		}
		if s.name == "signin" || s.name == "home" {
			t.Logf("%s: %d bytes in all", s.name, size)
		}
		if size >= most {
			t.Errorf("%s with all it loads: %d bytes, want less than %d", s.name, size, most)
		}
	}
}

// TestAfterADecisionThePageGoesInSoon: the page that waits for a decision asks so often, and the page after it goes in
// so soon, that both take less than five seconds. The tests in the browser go in by it, without a clock.
func TestAfterADecisionThePageGoesInSoon(t *testing.T) {
	t.Parallel()
	const promised, often = 5_000, 3_000 // milliseconds
	r := newRenderer(t)
	constant := func(file, name string) int {
		found := regexp.MustCompile(`\b` + name + ` = ([\d_]+)`).FindSubmatch(r.assets.files[file])
		if found == nil {
			t.Fatalf("%s has no constant %s", file, name)
		}
		n, err := strconv.Atoi(strings.ReplaceAll(string(found[1]), "_", ""))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	asks, goes := constant("poll.js", "often"), constant("go.js", "moment")
	if asks > often || asks+goes >= promised {
		t.Errorf("a decision is seen after %d ms, want at most %d, and %d ms later the page goes in", asks, often, goes)
	}
}

func TestAPageThatCannotBeShownWritesNothing(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	var b bytes.Buffer
	if err := r.Render(&b, broken{}); err == nil || b.Len() > 0 {
		t.Errorf("got error %v and %d bytes, want an error and nothing written", err, b.Len())
	}
}

type broken struct{ Base }

func (broken) template() string { return "there is no such template" }

func TestTemplatesHoldNoCode(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil || len(names) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, name := range names {
		content, err := templateFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "style=") {
			t.Errorf("%s has a style attribute", name)
		}
	}
}

// TestFormsPostAVersionWhereItIsChecked lists the forms that post the version
// they were made from: those whose handler passes it to a rule. Confirm pages
// post one where they were given one.
func TestFormsPostAVersionWhereItIsChecked(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	pages := append(stories(), story{"confirm", Confirm{Action: "/settings/units/x/archive", Form: Form{}.At(1)}})
	id := regexp.MustCompile(`^(/settings/[a-z]+)/(?:[^/]+/|[0-9a-f-]{36}$)`)
	member := regexp.MustCompile(`/members/[0-9a-f-]{36}(/|$)`)
	posts := map[bool]map[string]bool{true: {}, false: {}}
	for _, s := range pages {
		doc, err := html.Parse(strings.NewReader(show(t, r, s.page)))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Data != "form" {
				continue
			}
			action, _ := attr(n, "action")
			versioned := false
			for field := range n.Descendants() {
				name, _ := attr(field, "name")
				versioned = versioned || name == "version"
			}
			action = member.ReplaceAllString(id.ReplaceAllString(action, "$1/ID/"), "/members/ID$1")
			posts[versioned][action] = true
		}
	}
	want := []string{"/settings/applications/ID/", "/settings/applications/ID/secret",
		"/settings/environment", BrandingPath, ConnectionPath,
		"/settings/units/ID/archive", "/settings/units/ID/delete",
		"/settings/units/ID/members/ID", "/settings/units/ID/members/ID/remove", "/settings/units/ID/move",
		"/settings/units/ID/rename", "/settings/users/ID/edit", "/settings/users/ID/units"}
	if got := slices.Sorted(maps.Keys(posts[true])); !slices.Equal(got, want) {
		t.Errorf("a version is posted to %v, want %v", got, want)
	}
	for _, action := range want {
		if posts[false][action] {
			t.Errorf("%s is posted to without a version", action)
		}
	}
}
