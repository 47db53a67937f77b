package shape

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// root is the checkout, seen from this package.
const root = "../.."

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	image    = regexp.MustCompile(`<img[^>]+src="([^"]+)"`)
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	// ourPath is what looks like a path of this project.
	ourPath = regexp.MustCompile(
		`^(\.ci|bench|cmd|deploy|docs|e2e|examples|internal|release|testbed|torture)(/[\w.-]+)*/?$`)
	// testFunction declares a test, and testName is one in a code span.
	testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	testName     = regexp.MustCompile("`(Test[A-Z]\\w+)`")

	// givenAnchor and stepAnchor are the anchors that a heading or a step of the help names.
	givenAnchor = regexp.MustCompile(`^#.*\{#([a-z0-9-]+)\}`)
	stepAnchor  = regexp.MustCompile(`^\d+\. \{#([a-z0-9-]+)\}`)

	fence = regexp.MustCompile("(?ms)^```.*?^```")
)

// TestMarkdownPointsAtWhatExists checks links, pictures and the paths in code
// spans of every Markdown file.
func TestMarkdownPointsAtWhatExists(t *testing.T) {
	t.Parallel()
	for _, path := range markdownFiles(t) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := fence.ReplaceAllString(string(b), "")
		for _, m := range slices.Concat(link.FindAllStringSubmatch(text, -1), image.FindAllStringSubmatch(text, -1)) {
			checkLink(t, path, m[1])
		}
		for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
			if ourPath.MatchString(m[1]) && !exists(filepath.Join(root, m[1])) {
				t.Errorf("%s names `%s`, which does not exist", path, m[1])
			}
		}
	}
}

// TestEveryDecisionIsListed compares the folder of decisions with its table, whose
// titles are those of the pages.
func TestEveryDecisionIsListed(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "docs", "decisions")
	index, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(folder, "0*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d decisions, %v", len(pages), err)
	}
	for _, page := range pages {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		heading, _, _ := strings.Cut(strings.TrimPrefix(string(b), "# "), "\n")
		number, title, _ := strings.Cut(heading, " ")
		line := "| [" + number + "](" + filepath.Base(page) + ") | " + title + " |"
		if !strings.Contains(string(index), line) {
			t.Errorf("docs/decisions/README.md lacks the line\n%s", line)
		}
	}
}

// TestEveryPromiseNamesItsTests looks for tests in every row of docs/security.md, and for every test that any Markdown
// file names.
func TestEveryPromiseNamesItsTests(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range testFunction.FindAllStringSubmatch(string(b), -1) {
			known[m[1]] = true
		}
		return err
	})
	if err != nil || len(known) == 0 {
		t.Fatalf("%d tests, %v", len(known), err)
	}
	for _, path := range markdownFiles(t) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testName.FindAllStringSubmatch(string(b), -1) {
			if !known[m[1]] {
				t.Errorf("%s names %s, which is no test", path, m[1])
			}
		}
		if filepath.Base(path) != "security.md" {
			continue
		}
		for line := range strings.SplitSeq(string(b), "\n") {
			promise := strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| promise") &&
				!strings.HasPrefix(line, "| ---")
			if promise && !testName.MatchString(line[strings.LastIndex(strings.TrimSuffix(line, " |"), " | "):]) {
				t.Errorf("%s: no test is named for: %s", path, line)
			}
		}
	}
}

// TestTheDocumentedProxiesAreTheShippedFiles compares the blocks of docs/applications.md with the files that the
// end-to-end tests run.
func TestTheDocumentedProxiesAreTheShippedFiles(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(root, "docs", "applications.md"))
	if err != nil {
		t.Fatal(err)
	}
	for language, file := range map[string]string{"nginx": "nginx.conf", "caddyfile": "Caddyfile"} {
		shipped, err := os.ReadFile(filepath.Join(root, "deploy", "applications", file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), "```"+language+"\n"+string(shipped)+"```\n") {
			t.Errorf("the %s block of docs/applications.md is not deploy/applications/%s", language, file)
		}
	}
}

// TestTheHouseIsDrawnWhole looks for every package in the drawing of docs/architecture.md.
func TestTheHouseIsDrawnWhole(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	drawing := fence.FindString(string(b))
	for _, p := range packages(t) {
		path := strings.TrimPrefix(p.short(), "internal/")
		if path == "" || strings.HasPrefix(path, "store/") || strings.HasPrefix(path, "testbed/") {
			continue // the words themselves, and parts that their package's comment tells of
		}
		if name := path[strings.LastIndex(path, "/")+1:]; !strings.Contains(drawing, name+"/") {
			t.Errorf("the drawing in docs/architecture.md lacks %s", p.short())
		}
	}
}

// markdownFiles returns the project's own Markdown files.
func markdownFiles(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata"}, d.Name()):
			return filepath.SkipDir
		case strings.HasSuffix(d.Name(), ".md"):
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// checkLink checks a link within the project; others are not ours.
func checkLink(t *testing.T, from, target string) {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Errorf("%s links to %q: %v", from, target, err)
		return
	}
	if u.Scheme != "" || u.Host != "" {
		return
	}
	path := from
	if u.Path != "" {
		path = filepath.Join(filepath.Dir(from), u.Path)
	}
	if !exists(path) {
		t.Errorf("%s links to %s, which does not exist", from, target)
		return
	}
	if u.Fragment != "" && strings.HasSuffix(path, ".md") && !slices.Contains(anchors(t, path), u.Fragment) {
		t.Errorf("%s links to %s, but there is no such heading", from, target)
	}
}

// anchors returns the fragments that the headings of a Markdown file have when
// it is shown: lower case, hyphens for spaces, without other signs.
func anchors(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(fence.ReplaceAllString(string(b), "")) {
		if m := stepAnchor.FindStringSubmatch(line); m != nil {
			found = append(found, m[1])
		}
		if !strings.HasPrefix(line, "#") {
			continue
		}
		if m := givenAnchor.FindStringSubmatch(line); m != nil {
			found = append(found, m[1])
			continue
		}
		heading := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		found = append(found, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return r
			}
			return -1
		}, heading))
	}
	return found
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
