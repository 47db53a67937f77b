package microsoft

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius"
)

// Number is one of Microsoft's error numbers, or one of Graph's error codes, in words for the helper: a local
// administrator, the customer's IT or Support. The words for the person are those of Failure.
type Number struct {
	Code   string       // "AADSTS50105", or Graph's "Authorization_RequestDenied"
	Reason Reason       // of a sign-in that fails with it
	Title  pactius.Text // the event in a few words
	Cause  pactius.Text
	Helper Helper       // the party that can mend it
	Next   pactius.Text // the next step of the helper
	Here   pactius.Text // Next for the customer's IT on the page of the connection; empty where it is nothing for them

	trouble pactius.Trouble // of a directory call that fails with it; "" is none of its own
}

// number returns a number by its code: "AADSTS" with digits, or Graph's.
func number(code string) (Number, bool) {
	n, ok := numbers()[code]
	return n, ok
}

// numbers is the table of error numbers, by code (Microsoft: "Microsoft Entra authentication and authorization error
// codes"; Microsoft Graph: "Error responses"). Microsoft changes them without notice: they decide only which words are
// shown, and an unknown one falls back to the OAuth error.
var numbers = sync.OnceValue(func() map[string]Number {
	all, here := map[string]Number{}, connecting()
	for _, g := range slices.Concat(personNumbers(), accountNumbers(), policyNumbers(), applicationNumbers(),
		secretNumbers(), serviceNumbers(), graphNumbers()) {
		first, _, _ := strings.Cut(g.codes, " ")
		for code := range strings.FieldsSeq(g.codes) {
			if unicode.IsDigit(rune(code[0])) {
				code = numberPrefix + code
			}
			all[code] = Number{code, g.reason, g.title, g.cause, g.helper, g.next, here[first], g.trouble}
		}
	}
	return all
})

// group is a set of error numbers with the same words, or an error code of Graph. Its fields are those of Number.
type group struct {
	codes              string // separated by spaces; numbers are without "AADSTS"
	reason             Reason
	helper             Helper
	trouble            pactius.Trouble
	title, cause, next pactius.Text
}

// Numbers returns the table sorted by code, for documentation and tests.
func Numbers() []Number {
	var all []Number
	for _, code := range slices.Sorted(maps.Keys(numbers())) {
		all = append(all, numbers()[code])
	}
	return all
}

const (
	numberPrefix = "AADSTS"

	// maxPasted bounds the part of a pasted text that is searched, in bytes: an error page has 5 to 100 KB of text, and
	// the number stands at its top.
	maxPasted = 128 << 10
)

var (
	// pastedNumber finds numbers in any letter case.
	pastedNumber = regexp.MustCompile(`(?i)\bAADSTS[ :#-]{0,2}(\d{4,7})\b`)

	// digits finds numbers without AADSTS, which count where the table has them.
	digits = regexp.MustCompile(`\d+`)

	// word finds possible codes of Graph.
	word = regexp.MustCompile(`[A-Za-z]+(?:_[A-Za-z]+)*`)
)

// LookUp finds the first known error number in a pasted text: a number, a sentence, the text of an error page, a JSON
// answer. An unknown number with AADSTS gets general words. False means that the text has no number.
func LookUp(pasted string) (Number, bool) {
	pasted = pasted[:min(len(pasted), maxPasted)]
	marked := pastedNumber.FindAllStringSubmatch(pasted, -1)
	for _, m := range marked {
		if n, ok := number(numberPrefix + m[1]); ok {
			return n, true
		}
	}
	if len(marked) > 0 {
		return unknownNumber(marked[0][1]), true
	}
	codes := graphNumbers()
	for _, w := range word.FindAllString(pasted, -1) {
		for _, g := range codes {
			if strings.EqualFold(w, g.codes) {
				return number(g.codes)
			}
		}
	}
	for _, at := range digits.FindAllStringIndex(pasted, -1) {
		if n, ok := number(numberPrefix + pasted[at[0]:at[1]]); ok && standsAlone(pasted[:at[0]], pasted[at[1]:]) {
			return n, true
		}
	}
	return Number{}, false
}

// standsAlone reports whether a number is not a part of an ID, of a version or of a second's fraction.
func standsAlone(before, after string) bool {
	b, _ := utf8.DecodeLastRuneInString(before)
	a, _ := utf8.DecodeRuneInString(after)
	joins := func(r rune) bool { return r == '-' || r == '_' || unicode.IsLetter(r) && r != utf8.RuneError }
	return !joins(b) && !joins(a) && b != '.'
}

// unknownNumber returns general words for a number that the table does not have.
func unknownNumber(digits string) Number {
	return Number{
		Code: numberPrefix + digits, Reason: ReasonRefused, Helper: HelperCustomerIT,
		Title: pactius.T("Microsoft refused with an error number that PACTIUS doesn't know"),
		Cause: pactius.T("Microsoft has several hundred error numbers and adds new ones. There's no explanation for " +
			"this one here."),
		Next: pactius.T("The company's IT can look it up at %s, and can find the sign-in in the Microsoft Entra "+
			"admin centre under Sign-in logs.", "https://login.microsoftonline.com/error?code="+digits),
	}
}

// Mender returns the helper for an incident: that of its number, or of its kind where it has none.
func Mender(i pactius.Incident) Helper {
	if n, known := LookUp(i.Code); known {
		return n.Helper
	}
	switch i.Kind {
	case pactius.IncidentSignIn:
		return (&Failure{Reason: Reason(i.Reason)}).Helper()
	case pactius.IncidentNoAccess:
		return HelperLocalAdministrator
	default:
		return HelperSupport
	}
}
