package microsoft

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
)

// Limits of claims, in bytes unless noted otherwise.
const (
	maxAccountName = 320  // in runes: 64 before the @, 255 after it; a userPrincipalName has at most 113 and 48
	maxText        = 256  // in runes, of other texts about a person
	maxLoginHint   = 2048 // opaque; real ones have about 100
)

// languageForm is the form of a language tag in xms_pl (BCP 47).
var languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// Claims holds the verified claims of an ID token. Only TenantID and ObjectID together identify the person; the
// tenant's administrator can change all others, which are shown and prefill forms.
//
// AccountName is usually the account's userPrincipalName, with two exceptions (Microsoft: "ID token claims reference",
// preferred_username):
//
//   - With an alternate login ID (Microsoft: "Sign in with email as an alternate login ID") it is the e-mail address
//     the person typed, while the directory has the userPrincipalName.
//   - A guest's is the account name in the home tenant, anna@partner.example; the directory of the inviting tenant has
//     the same account as anna_partner.example#EXT#@customer.onmicrosoft.com.
//
// A person who was added under the directory's name can therefore sign in with another one. Accounts chosen in the
// directory are linked by identity; the others are found as near misses. The name is never repaired here.
type Claims struct {
	TenantID    string // tid, lower case; always the connection's tenant
	ObjectID    string // oid, lower case; immutable and never reused within the tenant
	AccountName string // preferred_username as it is; empty when Microsoft sent none, or no text
	Name        string // for display; empty when Microsoft sent none
	Email       string // unproven; empty for most members
	Language    string // xms_pl, for example "da" or "en-US"; empty unless the optional claim is configured
	LoginHint   string // for SignOutURL; empty unless the optional claim is configured
	Guest       bool   // an account of another tenant that was invited into this one

	// AuthTime is when the person last entered credentials, by Microsoft's clock, to the second (Microsoft: "Optional
	// claims reference", auth_time). It is zero unless the optional claim is configured.
	AuthTime time.Time
}

// LogValue returns the identity only: personal data stays out of logs.
func (c Claims) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tid", c.TenantID), slog.String("oid", c.ObjectID), slog.Bool("guest", c.Guest))
}

// claims validates and cleans the claims of a verified token. tenant is its verified tid.
func (p payload) claims(tenant string, now time.Time) (Claims, error) {
	oid := strings.ToLower(p.ObjectID)
	if !id.Valid(oid) {
		return Claims{}, failure(ReasonBadResponse, "the ID token's oid %q is not a GUID", shorten(p.ObjectID))
	}
	c := Claims{
		TenantID:    tenant,
		ObjectID:    oid,
		AccountName: accountName(p.AccountName),
		Name:        names.CleanName(p.Name),
		Email:       cleanAddress(p.Email),
		Guest:       p.guest(tenant),
		AuthTime:    p.authTime(now),
	}
	if languageForm.MatchString(p.Language) {
		c.Language = p.Language
	}
	if len(p.LoginHint) <= maxLoginHint && p.LoginHint == printable(p.LoginHint) {
		c.LoginHint = p.LoginHint
	}
	return c, nil
}

// maxAuthAge bounds the age of an authentication. Microsoft ends sessions that were not used for 90 days (Microsoft:
// "Refresh tokens in the Microsoft identity platform"), but used ones last; what is older is no time of a sign-in.
const maxAuthAge = 10 * 365 * 24 * time.Hour

// authTime returns the time of the authentication, zero where the token does not say it. Within the leeway
// a time in the future is now: our clock is behind.
func (p payload) authTime(now time.Time) time.Time {
	var seconds float64
	if json.Unmarshal(p.AuthTime, &seconds) != nil {
		return time.Time{} // absent, or no number
	}
	if seconds <= 0 || seconds > float64(now.Add(clockLeeway).Unix()) {
		return time.Time{}
	}
	at := time.Unix(int64(seconds), 0).UTC()
	switch {
	case now.Sub(at) > maxAuthAge:
		return time.Time{}
	case at.After(now):
		return now.Truncate(time.Second)
	}
	return at
}

// accountName returns an account name that Microsoft or its directory vouches for, as it is. One that is no text or
// overlong is dropped: it is compared with typed ones, and repaired it could be another person's.
func accountName(s string) string {
	if len(s) > maxAccountName*utf8.UTFMax || utf8.RuneCountInString(s) > maxAccountName {
		return ""
	}
	return names.Vouched(s).Shown
}

// guest reports whether the account belongs to another tenant. acct and #EXT# say so where they are present; idp names
// another provider than the tenant itself, which it also does for external accounts that became members (Microsoft: "ID
// token claims reference", "Optional claims reference").
func (p payload) guest(tenant string) bool {
	var provider string
	_ = json.Unmarshal(p.Provider, &provider) // in any other form it says nothing
	return strings.Trim(string(p.Account), `"`) == "1" || strings.Contains(strings.ToUpper(p.AccountName), "#EXT#") ||
		provider != "" && !strings.Contains(strings.ToLower(provider), tenant)
}

// printable drops control characters and those that reorder or hide text (Unicode categories Cc and Cf), which could
// disguise a name.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// truncate returns at most n runes of s.
func truncate(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

// maxQuoted bounds foreign text in an error, in runes.
const maxQuoted = 120

// shorten returns foreign text in a form that is safe in an error.
func shorten(s string) string { return truncate(printable(s), maxQuoted) }
