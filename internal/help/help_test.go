package help

import (
	"encoding/json"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pactius/pactius/internal/language"
)

var (
	bold     = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	linkTo   = regexp.MustCompile(`href="([^"]*)"`)
	heading  = regexp.MustCompile(`(?m)^#+ `)
	command  = regexp.MustCompile("(?m)^    pactius .*$|`pactius [^`]*`")
	pictured = regexp.MustCompile(`!\[([^\]]*)\]\(\.\./\.\./pictures/(\w+)/([a-z-]+)-light\.webp\)`)
)

// source reads the file of a topic.
func source(t *testing.T, code language.Code, slug string) string {
	t.Helper()
	b, err := files.ReadFile(file(code, slug))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// slugs lists all topics.
func slugs() []string {
	var all []string
	for _, g := range order {
		all = append(all, g.slugs...)
	}
	return all
}

func TestEveryFileIsATopic(t *testing.T) {
	t.Parallel()
	if err := Load(); err != nil {
		t.Fatal(err)
	}
	for _, code := range language.Supported() {
		var found []string
		entries, err := fs.ReadDir(files, "content/"+string(code))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			found = append(found, strings.TrimSuffix(e.Name(), ".md"))
		}
		if diff := cmp.Diff(found, slugs(), cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("the files of %s and the order of topics (-files +order): %s", code, diff)
		}
	}
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../language/da.json")
	if err != nil {
		t.Fatal(err)
	}
	var danish map[string]string
	if err := json.Unmarshal(b, &danish); err != nil {
		t.Fatal(err)
	}
	texts := func(code language.Code, slug string) []string {
		var all []string
		for _, m := range bold.FindAllStringSubmatch(source(t, code, slug), -1) {
			all = append(all, strings.Join(strings.Fields(m[1]), " "))
		}
		return all
	}
	sorted := cmpopts.SortSlices(strings.Compare)
	for _, slug := range slugs() {
		en, _ := Get(language.English, slug)
		da, _ := Get(language.Danish, slug)
		if diff := cmp.Diff(en.Anchors, da.Anchors); diff != "" {
			t.Errorf("the headings and steps of %s (-English +Danish): %s", slug, diff)
		}
		if n, m := len(heading.FindAllString(source(t, language.English, slug), -1)),
			len(heading.FindAllString(source(t, language.Danish, slug), -1)); n != m {
			t.Errorf("%s has %d headings in English and %d in Danish", slug, n, m)
		}
		var want []string
		for _, text := range texts(language.English, slug) {
			if danish[text] == "" {
				t.Errorf("%s names %q in bold, which is no text of the screen", slug, text)
			}
			want = append(want, danish[text])
		}
		if diff := cmp.Diff(texts(language.Danish, slug), want, sorted); diff != "" {
			t.Errorf("the texts of the screen in %s (-Danish +translated): %s", slug, diff)
		}
		commands := func(code language.Code) []string { return command.FindAllString(source(t, code, slug), -1) }
		if diff := cmp.Diff(commands(language.English), commands(language.Danish)); diff != "" {
			t.Errorf("the commands of %s (-English +Danish): %s", slug, diff)
		}
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for _, code := range language.Supported() {
		for _, topic := range Topics(code) {
			for _, part := range topic.Body {
				for _, m := range linkTo.FindAllStringSubmatch(part.HTML, -1) {
					if !leads(topic, code, m[1]) {
						t.Errorf("%s in %s links to %s, which is nothing", topic.Slug, code, m[1])
					}
				}
			}
		}
	}
}

// leads reports whether a link of a topic leads to a topic, and to an anchor that is there.
func leads(from Topic, code language.Code, to string) bool {
	path, fragment, _ := strings.Cut(to, "#")
	ok := true
	if path != "" {
		slug, found := strings.CutPrefix(path, Path+"/")
		if !found {
			return false
		}
		from, ok = Get(code, slug)
	}
	return ok && (fragment == "" || slices.Contains(from.Anchors, fragment))
}

func TestTopicsAreWrittenInOneWay(t *testing.T) {
	t.Parallel()
	const mostSummary = 220 // characters
	for _, code := range language.Supported() {
		seen := map[string]string{}
		for _, topic := range Topics(code) {
			if other := seen[topic.Title]; other != "" {
				t.Errorf("%s and %s have the same title in %s", topic.Slug, other, code)
			}
			seen[topic.Title] = topic.Slug
			if n := len([]rune(topic.Summary)); n > mostSummary || strings.ContainsAny(topic.Summary, "*_[`") {
				t.Errorf("the summary of %s in %s has markup or %d characters: %s", topic.Slug, code, n, topic.Summary)
			}
			anchors := slices.Sorted(slices.Values(topic.Anchors))
			if len(slices.Compact(anchors)) != len(topic.Anchors) {
				t.Errorf("%s in %s has an anchor twice", topic.Slug, code)
			}
			if strings.Contains(source(t, code, topic.Slug), "](http") {
				t.Errorf("%s in %s leads out of PACTIUS", topic.Slug, code)
			}
		}
	}
}

func TestRawHTMLIsRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a tag":                       "Text <script>alert(1)</script>",
		"a block":                     "<div>\nText\n</div>",
		"a link to a script":          "[x](javascript:alert)",
		"a link elsewhere":            "[x](/settings/users)",
		"a heading without an anchor": "## Heading",
	} {
		_, err := render(language.English, "x", []byte("<!-- words: x -->\n# X\n\nSummary.\n\n"+body+"\n"))
		if err == nil {
			t.Errorf("%s is rendered", name)
		}
	}
	got, err := render(language.English, "x", []byte("<!-- words: x -->\n# X\n\nSummary.\n\n"+
		"1. {#step} **A & B** \"c\"\n\n[contact Support](support:), then.\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Part{{Contact: true, HTML: "" +
		"<ol>\n<li id=\"step\"><strong>A &amp; B</strong> &quot;c&quot;</li>\n</ol>\n" +
		"<p>contact Support"}, {HTML: ", then.</p>\n"}}
	if diff := cmp.Diff(got.Body, want); diff != "" {
		t.Errorf("(-got +want): %s", diff)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		code  language.Code
		query string
		first string // "" is none
	}{
		{"a word of a title", language.English, "create", "create-a-user"},
		{"the beginning of words", language.English, "CREA us", "create-a-user"},
		{"a word for the search", language.English, "onboarding", "create-a-user"},
		{"a number of Microsoft", language.English, "AADSTS50105", "sign-in"},
		{"another language", language.Danish, "opret bruger", "create-a-user"},
		{"without the letters of a language", language.Danish, "naesten", "near-misses"},
		{"a word that is nowhere", language.English, "zebra", ""},
		{"one word too many", language.English, "create zebra", ""},
		{"nothing", language.English, "  ", ""},
		{"only signs", language.English, "?!*%", ""},
		{"an unknown language", "xx", "create", "create-a-user"},
		{"very much", language.English, strings.Repeat("create ", 10_000), "create-a-user"},
		{"one very long word", language.English, strings.Repeat("å", 10_000), ""},
	} {
		first := ""
		if found := Find(test.code, test.query, 3); len(found) > 0 {
			first = found[0].Slug
		}
		if first != test.first {
			t.Errorf("%s: %q is first, want %q", test.name, first, test.first)
		}
	}
	if got := len(Find(language.English, "user", 3)); got != 3 {
		t.Errorf("%d topics found, want at most 3", got)
	}
	if got := Find(language.English, "user", -1); len(got) != 0 {
		t.Errorf("%d topics found, want none", len(got))
	}
}

func TestEveryPictureIsThereAndSmall(t *testing.T) {
	t.Parallel()
	const most = 40_000 // bytes
	all, err := Pictures()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, code := range language.Supported() {
		for _, slug := range slugs() {
			want := pictured.FindAllStringSubmatch(source(t, code, slug), -1)
			topic, _ := Get(code, slug)
			var got []Picture
			for _, part := range topic.Body {
				if part.Picture != nil {
					got = append(got, *part.Picture)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s in %s shows %d pictures, want %d: go test ./e2e -run CreateAUser -update takes them", slug,
					code, len(got), len(want))
			}
			for _, p := range got {
				used[p.Light], used[p.Dark] = true, true
				if p.Alt == "" || p.Width < 100 || p.Height < 50 {
					t.Errorf("%s in %s shows %+v", slug, code, p)
				}
			}
			for _, m := range want {
				if m[2] != string(code) {
					t.Errorf("%s in %s shows a picture in %s", slug, code, m[2])
				}
			}
		}
	}
	for name, b := range all {
		if !used[name] {
			t.Errorf("no topic shows %s", name)
		}
		if len(b) > most {
			t.Errorf("%s has %d bytes, want at most %d", name, len(b), most)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := load(); err != nil {
			b.Fatal(err)
		}
	}
}
