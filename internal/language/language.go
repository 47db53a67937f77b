package language

import (
	"slices"

	"golang.org/x/text/language"
)

// Code names a language PACTIUS speaks, as it is written in an HTML lang
// attribute or a Content-Language header (RFC 5646).
type Code string

// The languages there are. English is the fallback.
const (
	English Code = "en"
	Danish  Code = "da"
)

// maxPreference bounds a preference that is looked at, in bytes. Browsers send
// less than 200; what is longer is somebody trying something and is skipped.
const maxPreference = 1000

// Supported lists every language, the fallback first.
func Supported() []Code { return []Code{English, Danish} }

// Name is the language's name in that language, for a menu to choose from. It
// is the code itself for a language PACTIUS does not speak.
func (c Code) Name() string {
	switch c {
	case English:
		return "English"
	case Danish:
		return "Dansk"
	}
	return string(c)
}

// Valid reports whether PACTIUS speaks the language.
func (c Code) Valid() bool { return slices.Contains(Supported(), c) }

// Match chooses the language for a person. The preferences come in order of
// importance: usually the saved choice, then the Accept-Language header
// (RFC 9110 section 12.5.4). Empty, unreadable and unknown ones are skipped;
// English is the answer when none fits.
func Match(preferences ...string) Code {
	for _, preference := range preferences {
		if preference == "" || len(preference) > maxPreference {
			continue
		}
		wanted, _, err := language.ParseAcceptLanguage(preference)
		if err != nil || len(wanted) == 0 {
			continue
		}
		if _, index, confidence := matcher.Match(wanted...); confidence > language.No {
			return Supported()[index]
		}
	}
	return English
}

// matcher knows from CLDR which languages a reader of another one understands:
// somebody who asks for Faroese is served in Danish.
var matcher = language.NewMatcher([]language.Tag{language.English, language.Danish})
