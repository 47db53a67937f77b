package language

import (
	"slices"

	"golang.org/x/text/language"
)

// Code names a language of PACTIUS, as written in an HTML lang attribute or a
// Content-Language header (RFC 5646).
type Code string

// The languages of PACTIUS. English is the fallback.
const (
	English Code = "en"
	Danish  Code = "da"
)

// maxPreference limits the length of a preference in bytes. Browsers send less than
// 200; a longer one is an attack and is skipped.
const maxPreference = 1000

// Supported returns every language, the fallback first.
func Supported() []Code {
	all := make([]Code, len(locales))
	for i, l := range locales {
		all[i] = l.code
	}
	return all
}

// Name returns the language's name in the language itself, for a menu. For an unknown
// language it returns the code.
func (c Code) Name() string {
	if !c.Valid() {
		return string(c)
	}
	return c.locale().name
}

// Valid reports whether PACTIUS has the language.
func (c Code) Valid() bool {
	return slices.ContainsFunc(locales, func(l *locale) bool { return l.code == c })
}

// Match returns the language for a person. The preferences are in order of
// importance: usually the saved choice, then the Accept-Language header (RFC 9110,
// section 12.5.4). Match skips those that are empty, unreadable or unknown, and
// returns English if none is left.
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
			return locales[index].code
		}
	}
	return English
}

// matcher knows from CLDR which languages a reader of another one understands: a
// person who asks for Faroese gets Danish.
var matcher = newMatcher()

func newMatcher() language.Matcher {
	tags := make([]language.Tag, len(locales))
	for i, l := range locales {
		tags[i] = l.tag
	}
	return language.NewMatcher(tags)
}
