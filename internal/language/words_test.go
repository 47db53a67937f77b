package language

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// oddWords are words that readers of PACTIUS are spared, with the ones to use instead. CONTRIBUTING.md lists them for
// people.
var oddWords = []struct {
	words   *regexp.Regexp
	instead string
}{
	{odd(`mails?|e-mails?`), "email"},
	{odd(`ask(s|ed|ing)? for access|wish(es|ed)?`), "request"},
	{odd(`beneath`), "below, sub-unit"},
	{odd(`let(s|ting)? (\w+ )?in`), "give access, has access"},
	{odd(`bound`), "linked; limit"},
	{odd(`gone`), "left Microsoft 365; deleted"},
	{odd(`waits until`), "end date, expires"},
	{odd(`(leave|left) (\w+ )?empty`), "leave blank"},
	{odd(`deciders?|who decides`), "approver, who can approve"},
	{odd(`nobody|somebody|everybody|whoever|whom`), "no one, someone, everyone, anyone who"},
	{odd(`at once`), "immediately"},
	{odd(`by itself|by themselves`), "automatically"},
	{odd(`from then on|lives at|has one home|is said once`), "plain words"},
}

// odd matches words, but not parts of a path, a flag or an address.
func odd(words string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[^\w./@&-])(` + words + `)(?:$|[^\w/@_-])`)
}

var (
	// mailServers are words with "mail" that are right: a mail server, and a command of SMTP.
	mailServers = regexp.MustCompile(`\b([Mm]ail servers?|MAIL FROM)\b`)
	// quoted is code in Markdown.
	quoted = regexp.MustCompile("(?ms)```.*?```|`[^`\n]*`|^    .*?$")
	// generated are the parts of a page that a program writes, measured or from the catalogue.
	generated = regexp.MustCompile(`(?s)<!-- [\w:]+ -->.*?<!-- /[\w:]+ -->`)
)

// oddWord returns the first odd word of a text and what to say instead, "" if there is none.
func oddWord(text string) (word, instead string) {
	text = mailServers.ReplaceAllString(strings.Join(strings.Fields(text), " "), "server")
	for _, w := range oddWords {
		if m := w.words.FindStringSubmatch(text); m != nil {
			return m[1], w.instead
		}
	}
	return "", ""
}

func TestOddWordsAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"They get a mail, dear reader.":               "mail",
		"Some mails":                                  "mails",
		"An e-mail, dear reader":                      "e-mail",
		"The mail\nserver refused it.":                "",
		"We'll email you. Emails wait in the outbox.": "",
		"--mail-from and mail/plain.go":               "",
		"Ask for\naccess":                             "Ask for access",
		"Ask Support for help.":                       "",
		"Let them in":                                 "Let them in",
		"It lets people sign in.":                     "",
		"The boundary":                                "",
		"All beneath it":                              "beneath",
		"Gone, dear reader":                           "Gone",
		"No one, not nobody.":                         "nobody",
	} {
		if got, _ := oddWord(text); got != want {
			t.Errorf("oddWord(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestDocumentsSayItInPlainWords(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*/*.md", "internal/help/content/en/*.md",
		"cmd/pactius/help.txt"} {
		for _, file := range files(t, pattern) {
			text := readFile(t, file)
			text = quoted.ReplaceAllString(generated.ReplaceAllString(text, ""), "it")
			for paragraph := range strings.SplitSeq(text, "\n\n") {
				if word, instead := oddWord(paragraph); word != "" {
					t.Errorf("%s says %q instead of %s: %.120q", file, word, instead, paragraph)
				}
			}
		}
	}
}

// oddKeys are sentences of the catalogue with an odd word that stays, each with the reason.
var oddKeys = map[string]string{}

var (
	// whoSubject is a sentence whose subject is hidden in "Who ...".
	whoSubject = regexp.MustCompile(`^Who\b[^:?]*\.$`)
	// actionOrTag is what a template has beside its literal text.
	actionOrTag = regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>`)
)

func TestTheCatalogueSaysItInPlainWords(t *testing.T) {
	t.Parallel()
	keys := scanSource(t, repository).keys
	for key, where := range keys {
		word, instead := oddWord(key)
		switch {
		case oddKeys[key] != "":
		case word != "":
			t.Errorf("%s says %q instead of %s: %q", where, word, instead, key)
		case whoSubject.MatchString(key):
			t.Errorf("%s begins with Who instead of Anyone who or Users who: %q", where, key)
		case strings.EqualFold(key, "waiting"):
			t.Errorf("%s says %q instead of Pending", where, key)
		}
	}
	for key := range oddKeys {
		if keys[key] == "" {
			t.Errorf("nothing says %q any more", key)
		}
	}
}

func TestTemplatesSayItInPlainWords(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"internal/*/templates/*", "internal/web/view/templates/*",
		"internal/gateway/*.html", "testbed/*/templates/*", "examples/*/*/templates/*"} {
		for _, file := range files(t, pattern) {
			text := actionOrTag.ReplaceAllString(readFile(t, file), " ")
			if word, instead := oddWord(text); word != "" {
				t.Errorf("%s says %q instead of %s", file, word, instead)
			}
		}
	}
}

// oddSentences are sentences of programs with an odd word that stays, each with the reason.
var oddSentences = map[string]string{
	"mail is %s late": "the text of /readyz, which monitoring may read",
}

// TestProgramsSayItInPlainWords looks at the literals of the programs that are sentences: usages of flags, the answers
// of commands, the findings of doctor, the settings.
func TestProgramsSayItInPlainWords(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, pattern := range []string{"cmd/*/*.go", "internal/server/*.go", "internal/config/*.go"} {
		for _, file := range files(t, pattern) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, sentence := range literals(t, file) {
				if oddSentences[sentence] != "" {
					found[sentence] = true
				} else if word, instead := oddWord(sentence); word != "" {
					t.Errorf("%s says %q instead of %s: %q", file, word, instead, sentence)
				}
			}
		}
	}
	for sentence := range oddSentences {
		if !found[sentence] {
			t.Errorf("no program says %q any more", sentence)
		}
	}
}

// literals returns the string literals of a Go file that have several words.
func literals(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		s, ok := literal(e)
		if ok && strings.Contains(strings.TrimSpace(s), " ") {
			found = append(found, s)
		}
		return !ok
	})
	return found
}

// files returns the files of the repository that match a pattern; there must be some.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(repository, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(found), err)
	}
	return found
}

func readFile(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
