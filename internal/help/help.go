package help

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/names"
)

// Group is the readers of a topic. All topics are open to everyone.
type Group string

// The groups, in the order of the list.
const (
	Everyone       Group = "everyone"
	Administrators Group = "administrators" // local administrators
	Setup          Group = "setup"          // administrators of the whole environment, the company's IT and Support
)

// Groups returns the groups in their order.
func Groups() []Group { return []Group{Everyone, Administrators, Setup} }

// order lists the topics as they are shown.
var order = []struct {
	group Group
	slugs []string
}{
	{Everyone, []string{"get-access", "sign-in", "wrong-account", "home", "more-access", "sessions", "keyboard",
		"language", "errors"}},
	{Administrators, []string{"create-a-user", "access-requests", "near-misses", "users", "same-person", "leaving",
		"units-and-access", "manage-units", "archive-units", "activity", "sign-in-help"}},
	{Setup, []string{"environment", "connect", "applications", "openid-connect", "support"}},
}

// Topic is one guide in one language.
type Topic struct {
	Slug    string // "create-a-user", the same in every language
	Group   Group
	Title   string
	Summary string // one paragraph without markup
	Body    []Part
	Anchors []string // of the headings and steps, in their order

	words, text string // for the search
}

// Part is a piece of a topic: HTML and what follows it.
type Part struct {
	HTML    string // safe: rendered from our own text, without raw HTML
	Picture *Picture
	Contact bool // the support contact follows, where the environment has one
}

// Picture is a picture of a screen.
type Picture struct {
	Light, Dark   string // file names, for Pictures
	Alt           string
	Width, Height int // in CSS pixels
}

//go:embed content pictures
var files embed.FS

// guides are the topics by language, rendered once.
var guides = sync.OnceValues(load)

// Load renders all topics. It fails only if an embedded file is broken; then the other functions find nothing.
func Load() error {
	_, err := guides()
	return err
}

// Topics returns all topics in their order.
func Topics(code language.Code) []Topic {
	all, _ := guides()
	if !code.Valid() {
		code = language.English
	}
	return all[code]
}

// Get returns the topic with a slug.
func Get(code language.Code, slug string) (Topic, bool) {
	topics := Topics(code)
	i := slices.IndexFunc(topics, func(t Topic) bool { return t.Slug == slug })
	if i < 0 {
		return Topic{}, false
	}
	return topics[i], true
}

// The limits of a search.
const (
	MaxQuery = 200 // bytes of a query; the rest is not read
	maxWords = 8   // words of a query
)

// Find returns the topics that have every word of a query, or the beginning of it, at most n. Those with more of the
// words in the title come first, then those with more in the words for the search.
func Find(code language.Code, query string, n int) []Topic {
	wanted := strings.Fields(spaced(cut(query, MaxQuery)))
	wanted = wanted[:min(len(wanted), maxWords)]
	if len(wanted) == 0 {
		return nil
	}
	type hit struct {
		topic Topic
		rank  int
	}
	var hits []hit
	if !code.Valid() {
		code = language.English
	}
	for _, e := range index()[code] {
		if rank := e.rank(wanted); rank > 0 {
			hits = append(hits, hit{e.topic, rank})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.rank, a.rank) })
	hits = hits[:min(len(hits), max(n, 0))]
	found := make([]Topic, len(hits))
	for i, h := range hits {
		found[i] = h.topic
	}
	return found
}

// entry is a topic with its texts folded, each word with a space before it.
type entry struct {
	topic              Topic
	title, words, text string
}

// index is what searches look through, by language. It is made by the first search, because folding takes longer than
// rendering.
var index = sync.OnceValue(func() map[language.Code][]entry {
	all := make(map[language.Code][]entry)
	for _, code := range language.Supported() {
		for _, t := range Topics(code) {
			all[code] = append(all[code], entry{t, spaced(t.Title), spaced(t.words), spaced(t.Summary + " " + t.text)})
		}
	}
	return all
})

// rank says how well a topic matches; 0 is not at all.
func (t entry) rank(wanted []string) int {
	const inTitle, inWords, inText = 100, 10, 1
	rank := 0
	for _, word := range wanted {
		switch begins := " " + word; {
		case strings.Contains(t.title, begins):
			rank += inTitle
		case strings.Contains(t.words, begins):
			rank += inWords
		case strings.Contains(t.text, begins):
			rank += inText
		default:
			return 0
		}
	}
	return rank
}

// spaced folds a text and keeps its letters and digits, with a space before each word.
func spaced(text string) string {
	sign := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return " " + strings.Join(strings.FieldsFunc(names.Fold(text), sign), " ")
}

// cut returns at most n bytes of a text, whole letters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// load reads and renders all topics.
func load() (map[language.Code][]Topic, error) {
	all := make(map[language.Code][]Topic)
	for _, code := range language.Supported() {
		for _, g := range order {
			for _, slug := range g.slugs {
				source, err := files.ReadFile(file(code, slug))
				if err != nil {
					return nil, fmt.Errorf("reading the help: %w", err)
				}
				t, err := render(code, slug, source)
				if err != nil {
					return nil, fmt.Errorf("rendering %s: %w", file(code, slug), err)
				}
				t.Slug, t.Group = slug, g.group
				all[code] = append(all[code], t)
			}
		}
	}
	return all, nil
}

// file is the file of a topic.
func file(code language.Code, slug string) string {
	return "content/" + string(code) + "/" + slug + ".md"
}

// split takes the beginning of a topic's file apart.
func split(source []byte) (words, title, summary string, body []byte, err error) {
	head, rest, ok := bytes.Cut(source, []byte("\n"))
	words, ok1 := strings.CutPrefix(string(head), "<!-- words: ")
	words, ok2 := strings.CutSuffix(words, " -->")
	heading, rest, ok3 := bytes.Cut(bytes.TrimLeft(rest, "\n"), []byte("\n\n"))
	title, ok4 := strings.CutPrefix(string(heading), "# ")
	paragraph, body, ok5 := bytes.Cut(rest, []byte("\n\n"))
	if !ok || !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return "", "", "", nil, fmt.Errorf("a topic begins with its words, its title and its summary")
	}
	return words, title, strings.Join(strings.Fields(string(paragraph)), " "), body, nil
}
