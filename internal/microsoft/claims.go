package microsoft

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius/internal/id"
)

// Limits of what is taken from a token, in bytes unless told otherwise.
const (
	maxAccountName = 320  // 64 before the @, 255 after it (Microsoft: userPrincipalName has at most 113 and 48)
	maxName        = 256  // in runes, as Microsoft's displayName
	maxLoginHint   = 2048 // opaque; real ones have about 100
)

// languageForm is a language tag as far as xms_pl carries one (BCP 47).
var languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// Claims is what Microsoft vouches for. TenantID and ObjectID together are the
// person's identity and the only thing to decide by; everything else can be
// changed by the tenant's administrator and serves to show and to prefill.
//
// AccountName is mostly the account's userPrincipalName, and twice it is not
// (Microsoft: "ID token claims reference", preferred_username):
//
//   - With an alternate login ID (Microsoft: "Sign in with email as an alternate
//     login ID") it is what the person typed, an address of theirs, while the
//     directory goes on under the userPrincipalName.
//   - A guest's is the account name at home, anna@partner.example; the directory
//     of the inviting tenant calls the same account
//     anna_partner.example#EXT#@customer.onmicrosoft.com.
//
// So somebody who was added under the directory's name can come with another one.
// Whoever was chosen in the directory is bound by identity and does not notice;
// for the others there is the comparison of near misses. The name is never
// repaired here.
type Claims struct {
	TenantID    string // tid, lower case; always the connection's tenant
	ObjectID    string // oid, lower case; immutable and never reused within the tenant
	AccountName string // preferred_username; empty when Microsoft sent none
	Name        string // for display; empty when Microsoft sent none
	Email       string // unproven; empty for most members
	Language    string // xms_pl, for example "da" or "en-US"; empty unless the optional claim is configured
	LoginHint   string // for SignOutURL; empty unless the optional claim is configured
	Guest       bool   // the account lives in another tenant and was invited into this one
}

// LogValue logs the identity; personal data stays out of logs.
func (c Claims) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tid", c.TenantID), slog.String("oid", c.ObjectID), slog.Bool("guest", c.Guest))
}

// claims checks and cleans what a verified token says. tenant is its proven tid.
func (p payload) claims(tenant string) (Claims, error) {
	oid := strings.ToLower(p.ObjectID)
	if !id.Valid(oid) {
		return Claims{}, failure(ReasonBadResponse, fmt.Errorf("the ID token's oid %q is not a GUID; the scope profile brings it", shorten(p.ObjectID)))
	}
	// An account name is compared with what people typed, so a strange one is
	// refused rather than repaired into somebody else's.
	if len(p.AccountName) > maxAccountName || p.AccountName != printable(p.AccountName) {
		return Claims{}, failure(ReasonBadResponse, errors.New("the ID token's preferred_username is overlong or holds invisible characters"))
	}
	c := Claims{
		TenantID:    tenant,
		ObjectID:    oid,
		AccountName: strings.TrimSpace(p.AccountName),
		Name:        truncate(strings.TrimSpace(printable(p.Name)), maxName),
		Guest:       p.guest(tenant),
	}
	if e := strings.TrimSpace(p.Email); len(e) <= maxAccountName && e == printable(e) {
		c.Email = e
	}
	if languageForm.MatchString(p.Language) {
		c.Language = p.Language
	}
	if len(p.LoginHint) <= maxLoginHint && p.LoginHint == printable(p.LoginHint) {
		c.LoginHint = p.LoginHint
	}
	return c, nil
}

// guest reports whether the account lives elsewhere: acct and #EXT# say so where
// they are there, and idp names another provider than the tenant itself, which it
// also does for accounts of elsewhere that were made members (Microsoft: "ID token
// claims reference", "Optional claims reference").
func (p payload) guest(tenant string) bool {
	var provider string
	_ = json.Unmarshal(p.Provider, &provider) // in any other form it says nothing
	return strings.Trim(string(p.Account), `"`) == "1" || strings.Contains(strings.ToUpper(p.AccountName), "#EXT#") ||
		provider != "" && !strings.Contains(strings.ToLower(provider), tenant)
}

// visible drops control characters and those that reorder or hide text (Unicode
// categories Cc and Cf), which have no place in names but could disguise one.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// first returns at most n runes of s.
func truncate(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

// maxQuoted bounds foreign text repeated in an error, in runes.
const maxQuoted = 120

// shorten makes foreign text fit for an error.
func shorten(s string) string { return truncate(printable(s), maxQuoted) }
