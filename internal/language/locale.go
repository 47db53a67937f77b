package language

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// locale holds everything that differs between languages. To add a language, add a
// Code, a locale and a JSON file of sentences.
type locale struct {
	code      Code
	name      string // in the language itself
	tag       language.Tag
	sentences func() map[string]string // by English sentence; nil for English

	months, shortMonths [12]string // as written within a sentence
	weekdays            [7]string  // from Sunday, as time.Weekday counts
	afterDay            string     // stands between the day and the month: ". "
	clock               string     // layout of the time of day
	clockLead           string     // precedes the time of day within a sentence

	// printer formats numbers and verbs. It does not translate: its catalogue is
	// empty.
	printer *message.Printer
}

// locales is the table of languages, the fallback first.
var locales = []*locale{
	{
		code: English, name: "English", tag: language.English, printer: newPrinter(language.English),
		months: [12]string{"January", "February", "March", "April", "May", "June",
			"July", "August", "September", "October", "November", "December"},
		shortMonths: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
			"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		afterDay: " ", clock: "15:04",
	},
	{
		code: Danish, name: "Dansk", tag: language.Danish, printer: newPrinter(language.Danish),
		sentences: sync.OnceValue(func() map[string]string { return parseSentences(danishJSON) }),
		months: [12]string{"januar", "februar", "marts", "april", "maj", "juni",
			"juli", "august", "september", "oktober", "november", "december"},
		shortMonths: [12]string{"jan.", "feb.", "marts", "april", "maj", "juni",
			"juli", "aug.", "sept.", "okt.", "nov.", "dec."},
		weekdays: [7]string{"søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"},
		afterDay: ". ", clock: "15.04", clockLead: "kl. ",
	},
}

func newPrinter(tag language.Tag) *message.Printer {
	return message.NewPrinter(tag, message.Catalog(catalog.NewBuilder()))
}

// danishJSON is a flat object from English sentence to Danish sentence.
//
//go:embed da.json
var danishJSON []byte

// parseSentences reads an embedded file of sentences. It panics if the file is not
// JSON, which a test would have found.
func parseSentences(file []byte) map[string]string {
	var sentences map[string]string
	if err := json.Unmarshal(file, &sentences); err != nil {
		panic(fmt.Sprintf("language: reading sentences: %v", err))
	}
	return sentences
}

// locale returns the locale of the code, or that of English for an unknown code.
func (c Code) locale() *locale {
	for _, l := range locales {
		if l.code == c {
			return l
		}
	}
	return locales[0]
}

// sentence returns the translation of an English sentence, or the sentence itself if
// there is none.
func (l *locale) sentence(key string) string {
	if l.sentences != nil {
		if s := l.sentences()[key]; s != "" {
			return s
		}
	}
	return key
}
