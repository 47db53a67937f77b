package shape

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// exceptions are lines that break a rule for a good reason, as "file: the line".
var exceptions = []string{}

// widths are the most columns of a line, by the ending of the file's name.
var widths = map[string]int{".go": 120, ".html": 140, ".css": 100, ".js": 100, ".mjs": 100}

// tabWidth is how many columns a tab advances to.
const tabWidth = 4

var (
	// pronoun is the beginning of a comment that hides its subject.
	pronoun = regexp.MustCompile(`(?i)^(who|whoever|whom|whose|what|nobody|somebody)\b`)
	// stilted are words that plain technical English replaces: no user, of which, anyone who.
	stilted = regexp.MustCompile(`(?i)\b(nobody|whom|whoever)\b`)
	// foreignComment is a comment of a template, a style sheet or a script.
	foreignComment = regexp.MustCompile(`(?ms)/\*.*?\*/|^[ \t]*//[^\n]*(\n[ \t]*//[^\n]*)*`)
)

func TestCommentsArePlainEnglish(t *testing.T) {
	t.Parallel()
	for path, text := range sources(t) {
		for line, comment := range comments(t, path, text) {
			if fault, at := commentFault(comment); fault != "" {
				refuse(t, path, text, line+at, fault)
			}
		}
	}
}

func TestLinesAreNotTooWide(t *testing.T) {
	t.Parallel()
	for path, text := range sources(t) {
		most, line := widths[filepath.Ext(path)], 0
		for l := range strings.Lines(text) {
			line++
			if n := columns(strings.TrimRight(l, "\r\n")); n > most {
				refuse(t, path, text, line, fmt.Sprintf("%d columns, at most %d", n, most))
			}
		}
	}
}

// TestFaultsAreFound proves that the rules above see what they are for.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]bool{
		"// Who is found is returned.":        true,
		"// what was tried":                   true,
		"/* Nobody calls it. */":              true,
		"//\n// Whose turn it is.":            true,
		"// find returns nobody for a draft.": true,
		"// Whatever was tried is kept.":      false,
		"// find returns the user who asked.": false,
		"//go:embed templates":                false,
	} {
		if got, _ := commentFault(comment); (got != "") != want {
			t.Errorf("%q: got fault %q", comment, got)
		}
	}
	script := "// one\n// two\nlet a = 1; /* three\n four */\n"
	want := map[int]string{1: "// one\n// two", 3: "/* three\n four */"}
	if got := maps.Collect(comments(t, "a.js", script)); !maps.Equal(got, want) {
		t.Errorf("got comments %v, want %v", got, want)
	}
	if got := columns("\tæ\tb"); got != 9 {
		t.Errorf("got %d columns, want 9", got)
	}
}

// refuse reports a fault of a line that is not among the exceptions.
func refuse(t *testing.T, path, text string, line int, fault string) {
	t.Helper()
	content := strings.TrimSpace(strings.Split(text, "\n")[line-1])
	if !slices.Contains(exceptions, path+": "+content) {
		t.Errorf("%s:%d: %s: %.80s", path, line, fault, content)
	}
}

// commentFault returns why a comment is not plain English, "" where it is, and how
// many lines below its first the fault is.
func commentFault(comment string) (fault string, at int) {
	words := strings.TrimLeft(comment, "/* \t\n")
	if word := pronoun.FindString(words); word != "" {
		return "begin with the subject, not with " + word, 0
	}
	if i := stilted.FindStringIndex(comment); i != nil {
		return "say it without " + comment[i[0]:i[1]], strings.Count(comment[:i[0]], "\n")
	}
	return "", 0
}

// columns is the width of a line.
func columns(line string) int {
	n := 0
	for _, r := range line {
		if r == '\t' {
			n += tabWidth - n%tabWidth
		} else {
			n++
		}
	}
	return n
}

// comments yields the comments of a file with the line that each begins on.
func comments(t *testing.T, path, text string) func(func(int, string) bool) {
	t.Helper()
	return func(yield func(int, string) bool) {
		if filepath.Ext(path) != ".go" {
			for _, at := range foreignComment.FindAllStringIndex(text, -1) {
				if !yield(1+strings.Count(text[:at[0]], "\n"), text[at[0]:at[1]]) {
					return
				}
			}
			return
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		for _, group := range file.Comments {
			if !yield(files.Position(group.Pos()).Line, groupText(group)) {
				return
			}
		}
	}
}

// groupText returns the source of the comments of a group.
func groupText(group *ast.CommentGroup) string {
	var lines []string
	for _, c := range group.List {
		lines = append(lines, c.Text)
	}
	return strings.Join(lines, "\n")
}

// sources reads the project's own files that have a limit of width, by path.
func sources(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		short := strings.TrimPrefix(path, root+"/")
		switch {
		case d.IsDir() && slices.Contains([]string{".git", "node_modules", "testdata"}, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || widths[filepath.Ext(path)] == 0:
			return nil
		}
		text, err := os.ReadFile(path)
		found[short] = string(text)
		return err
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("%d files, %v", len(found), err)
	}
	return found
}
