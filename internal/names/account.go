package names

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pactius/pactius"
)

// The limits of account names that are typed, in characters: those of addresses (RFC
// 5321, section 4.5.3.1). Microsoft allows 113 in all and 48 after the "@" for new
// accounts; but guests sign in with their address at home, which may be longer.
const (
	MaxAccountName = MaxLocalPart + 1 + MaxDomain
	MaxLocalPart   = 64  // before the "@"
	MaxDomain      = 255 // after the "@"
)

// GuestMark is in the account name of a guest, in lower case: between the person's
// own address with "_" for "@" and the inviting tenant's domain.
const GuestMark = "#ext#"

// asciiAllowed are the ASCII signs besides letters and digits that addresses have
// before the "@" (RFC 5322, section 3.2.3). Microsoft allows fewer for new accounts,
// but guests and synchronised directories have the others.
const asciiAllowed = ".!#$%&'*+-/=?^_`{|}~"

// Username is an account name, typed or vouched for.
type Username struct {
	Shown string // as typed, trimmed, normal form C
	Key   string // for comparing and the database's unique key, see Key
}

// String returns the account name for display.
func (u Username) String() string { return u.Shown }

// Vouched returns an account name that Microsoft or its directory vouched for. It is
// taken as it is: only what a person types is checked for its form. Of a name that is
// no text it returns the zero Username: repaired, it could be another person's.
func Vouched(s string) Username {
	shown := norm.NFC.String(strings.TrimSpace(s))
	if !utf8.ValidString(shown) || strings.ContainsFunc(shown, unseen) {
		return Username{}
	}
	return Username{Shown: shown, Key: Key(shown)}
}

// Key returns the key of any account name, also of one from Microsoft that
// ParseAccountName would refuse: trimmed, normal form C, lower case, the domain as
// A-label, so that both spellings of a domain are one.
//
// It is lower case and not Unicode case folding, because folding also spells
// out: ß would become ss, and weiß@ and weiss@ can be two people's accounts.
// The mapping is the simple one, letter by letter and the same in every
// language: İ becomes i. The final sigma ς is a place-dependent form of σ with
// the same capital, so it becomes σ; otherwise a name in capitals would not
// equal itself. Key(Key(s)) is Key(s).
func Key(s string) string {
	s = spellingKey(s)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	return strings.TrimSpace(s[:at+1] + domainKey(s[at+1:]))
}

// Keys returns the keys under which a user with an account name can be stored: Key
// first, and the key of each spelling of the domain, which is the key of a user who
// was added before spellings counted as one, and of one of two such users for good.
func Keys(s string) []string {
	all := []string{Key(s)}
	if plain(strings.ToLower(s)) {
		return all
	}
	for _, other := range []string{spellingKey(s), spellingKey(Readable(all[0]))} {
		if !slices.Contains(all, other) {
			all = append(all, other)
		}
	}
	return all
}

// SameSpelling reports whether two account names differ in case and form at most.
func SameSpelling(a, b string) bool { return spellingKey(a) == spellingKey(b) }

// spellingKey is Key without regard to how a domain is spelled.
func spellingKey(s string) string { return strings.TrimSpace(lowerCase(strings.TrimSpace(s))) }

// lower maps one letter to lower case, see Key.
func lower(r rune) rune {
	if r == 'ς' {
		return 'σ'
	}
	return unicode.ToLower(r)
}

// ParseAccountName parses a typed account name. The error is an Invalid
// *pactius.Error for the field "username" with a sentence for every fault.
// Guests' names with #EXT# are valid. Letters of every script are accepted before
// the "@": Microsoft documents A-Z only, but directories with others exist, and
// nothing could be done about a refusal here.
func ParseAccountName(s string) (Username, error) {
	shown := norm.NFC.String(strings.TrimSpace(s))
	if fault := accountNameFault(shown); !fault.IsZero() {
		return Username{}, pactius.RefuseField("username", fault)
	}
	return Username{Shown: shown, Key: Key(shown)}, nil
}

// accountNameFault returns the sentence for the first fault of an account name,
// the zero Text for none.
func accountNameFault(s string) pactius.Text {
	if s == "" {
		return pactius.T("Enter the person's Microsoft 365 account name, for example anna.hansen@company.com.")
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unseen) {
		return pactius.T("The account name contains an invisible or control character. " +
			"Delete it and type the account name by hand.")
	}
	if strings.ContainsFunc(s, unicode.IsSpace) {
		return pactius.T("An account name can't contain spaces. Enter only the account name, for example " +
			"anna.hansen@company.com.")
	}
	local, domain, found := strings.Cut(s, "@")
	switch {
	case !found:
		return pactius.T("The account name is incomplete. Enter it in full, including @ and the domain, for example " +
			"anna.hansen@company.com.")
	case strings.Contains(domain, "@"):
		return pactius.T("The account name contains more than one @. Enter a single account name.")
	case local == "":
		return pactius.T("The part before the @ is missing. Enter the full account name, for example " +
			"anna.hansen@company.com.")
	case domain == "":
		return pactius.T("The domain after the @ is missing. Enter the full account name, for example " +
			"anna.hansen@company.com.")
	}
	if fault := lengthFault(s, local, domain); !fault.IsZero() {
		return fault
	}
	if fault := localFault(local); !fault.IsZero() {
		return fault
	}
	return domainFault(domain)
}

// lengthFault checks the limits. A guest's local part contains a whole address of
// another company, so only the total is checked there.
func lengthFault(s, local, domain string) pactius.Text {
	guest := strings.Contains(strings.ToLower(local), GuestMark)
	switch {
	case utf8.RuneCountInString(s) > MaxAccountName:
		return pactius.T("The account name is too long: Microsoft 365 allows at most %d characters.", MaxAccountName)
	case !guest && utf8.RuneCountInString(local) > MaxLocalPart:
		return pactius.T("The part before the @ is too long: Microsoft 365 allows at most %d characters there.",
			MaxLocalPart)
	case utf8.RuneCountInString(domainKey(lowerCase(domain))) > MaxDomain:
		return pactius.T("The domain after the @ is too long: Microsoft 365 allows at most %d characters there.",
			MaxDomain)
	}
	return pactius.Text{}
}

// localFault checks the characters before the "@". A dot may stand at the end, as
// providers in Japan gave such addresses to people who are guests now.
func localFault(local string) pactius.Text {
	for _, r := range local {
		if !localAllowed(r) {
			return pactius.T("Microsoft 365 account names can't contain %s. Check the spelling of the account name.",
				string(r))
		}
	}
	if strings.HasPrefix(local, ".") || strings.Contains(local, "..") {
		return pactius.T("The part before the @ starts with a dot or has two dots in a row. " +
			"Check the spelling of the account name.")
	}
	return pactius.Text{}
}

// localAllowed reports whether r is allowed before the "@".
func localAllowed(r rune) bool {
	if r < utf8.RuneSelf {
		return alphanumeric(r) || strings.ContainsRune(asciiAllowed, r)
	}
	return alphanumeric(r) || unicode.IsMark(r)
}

// domainFault checks the form of a domain (RFC 1035, section 2.3.1, and letters
// of every script for internationalised names).
func domainFault(domain string) pactius.Text {
	if !strings.Contains(strings.Trim(domain, "."), ".") {
		return pactius.T("The domain after the @ is incomplete. Enter it in full, for example company.com.")
	}
	for label := range strings.SplitSeq(domain, ".") {
		if !validLabel(label) {
			return pactius.T("%s isn't a valid domain. Check the spelling after the @.", domain)
		}
	}
	return pactius.Text{}
}

// maxLabel is the most characters between two dots of a domain, as A-label (RFC 1035, section 2.3.4).
const maxLabel = 63

// validLabel checks one part of a domain.
func validLabel(label string) bool {
	if label == "" || utf8.RuneCountInString(labelKey(lowerCase(label))) > maxLabel ||
		label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(label, func(r rune) bool {
		return r != '-' && !alphanumeric(r) && !unicode.IsMark(r)
	})
}
