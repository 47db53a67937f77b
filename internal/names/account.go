package names

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pactius/pactius"
)

// The limits of account names in characters, from Microsoft's page "Password
// policies and account restrictions in Microsoft Entra ID", username policies.
const (
	MaxAccountName = 113 // in all
	MaxLocalPart   = 64  // before the "@"
	MaxDomain      = 48  // after the "@"
)

// GuestMark is in the account name of a guest, in lower case: between the person's
// own address with "_" for "@" and the inviting tenant's domain.
const GuestMark = "#ext#"

// asciiAllowed are the ASCII signs besides letters and digits that Microsoft
// allows before the "@" (same page as the limits).
const asciiAllowed = "'.-_!#^~"

// Username is an account name of a valid form.
type Username struct {
	Shown string // as typed, trimmed, normal form C
	Key   string // for comparing and the database's unique key, see Key
}

// String returns the account name for display.
func (u Username) String() string { return u.Shown }

// Key returns the key of any account name, also of one from Microsoft that
// ParseAccountName would refuse: trimmed, normal form C, lower case.
//
// It is lower case and not Unicode case folding, because folding also spells
// out: ß would become ss, and weiß@ and weiss@ can be two people's accounts.
// The mapping is the simple one, letter by letter and the same in every
// language: İ becomes i. The final sigma ς is a place-dependent form of σ with
// the same capital, so it becomes σ; otherwise a name in capitals would not
// equal itself. Key(Key(s)) is Key(s).
func Key(s string) string {
	s = strings.Map(lower, norm.NFC.String(strings.TrimSpace(s)))
	return strings.TrimSpace(norm.NFC.String(s))
}

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
		return pactius.T("An account name contains no spaces. Enter only the account name, for example " +
			"anna.hansen@company.com.")
	}
	local, domain, found := strings.Cut(s, "@")
	switch {
	case !found:
		return pactius.T("The account name lacks the part after the name. Enter it with @ and the domain, for " +
			"example anna.hansen@company.com.")
	case strings.Contains(domain, "@"):
		return pactius.T("The account name contains more than one @. Enter a single account name.")
	case local == "":
		return pactius.T("The part before the @ is missing. Enter the whole account name, for example " +
			"anna.hansen@company.com.")
	case domain == "":
		return pactius.T("The domain after the @ is missing. Enter the whole account name, for example " +
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

// lengthFault checks Microsoft's limits. A guest's local part contains a whole
// address of another company, so only the total is checked there.
func lengthFault(s, local, domain string) pactius.Text {
	guest := strings.Contains(strings.ToLower(local), GuestMark)
	switch {
	case utf8.RuneCountInString(s) > MaxAccountName:
		return pactius.T("The account name is too long: Microsoft 365 allows at most %d characters.", MaxAccountName)
	case !guest && utf8.RuneCountInString(local) > MaxLocalPart:
		return pactius.T("The part before the @ is too long: Microsoft 365 allows at most %d characters there.",
			MaxLocalPart)
	case utf8.RuneCountInString(domain) > MaxDomain:
		return pactius.T("The domain after the @ is too long: Microsoft 365 allows at most %d characters there.",
			MaxDomain)
	}
	return pactius.Text{}
}

// localFault checks the characters before the "@".
func localFault(local string) pactius.Text {
	for _, r := range local {
		if !localAllowed(r) {
			return pactius.T("Microsoft 365 account names cannot contain %s. Check the spelling of the account name.",
				string(r))
		}
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return pactius.T("The part before the @ has a dot at its start or end, or two dots in a row. " +
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
		return pactius.T("The domain after the @ is incomplete. Enter it whole, for example company.com.")
	}
	for label := range strings.SplitSeq(domain, ".") {
		if !validLabel(label) {
			return pactius.T("%s is not a valid domain. Check the spelling after the @.", domain)
		}
	}
	return pactius.Text{}
}

// maxLabel is the most characters between two dots of a domain (RFC 1035, section 2.3.4).
const maxLabel = 63

// validLabel checks one part of a domain.
func validLabel(label string) bool {
	if label == "" || utf8.RuneCountInString(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(label, func(r rune) bool {
		return r != '-' && !alphanumeric(r) && !unicode.IsMark(r)
	})
}
