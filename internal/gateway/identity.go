package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// Names of the headers that say who a request is from. Each is in every answer that lets a request pass, so that a
// proxy has nothing of the client's to pass on.
var headers = [...]string{"Pactius-User", "Pactius-Account", "Pactius-Name", "Pactius-Email", "Pactius-Language",
	"Pactius-Access", "Pactius-Units", "Pactius-Units-Url", "Pactius-Token"}

// Places in headers.
const (
	headerUser = iota
	headerAccount
	headerName
	headerEmail
	headerLanguage
	headerAccess
	headerUnits
	headerUnitsURL
	headerToken
	headerCount
)

const (
	// maxHeaders bounds names and values of the headers together: nginx has 4 kB for an answer.
	maxHeaders = 3500

	// maxValue bounds the encoded name, account name and email each; the token has them whole.
	maxValue = 255

	// tokenRenewed is the age at which a token is replaced, so that an application always gets one that is good for a
	// while.
	tokenRenewed = pactius.DoorTokenLife / 2
)

// identity is what the headers are made of, for one session.
type identity struct {
	applications.Identity
	values    [headerCount][]string // ready to be put into an answer; without the token
	withUnits bool                  // the token names the memberships
	shortened bool                  // the token has only the beginning of the name

	minting sync.Mutex
	minted  atomic.Pointer[minted]
}

// minted is a signed token.
type minted struct {
	value        []string
	renew, until time.Time
}

// minter signs tokens.
type minter interface {
	Sign(context.Context, pactius.EnvironmentID, applications.Claims) (string, error)
}

// prepare makes the headers and the first token. What does not fit is left out, the least needed first: memberships,
// which the application can look up; the end of the name; then what only the token needs to have.
func (i *identity) prepare(ctx context.Context, sign minter, now time.Time) error {
	i.fill()
	i.withUnits = len(i.Memberships) <= pactius.MaxDoorUnits
	for _, spare := range []func(){
		func() { i.withUnits, i.values[headerUnits] = false, empty },
		func() { i.shortened = true },
		func() { i.values[headerName], i.values[headerAccount], i.values[headerEmail] = empty, empty, empty },
	} {
		m, err := i.mint(ctx, sign, now)
		if err != nil {
			return err
		}
		if i.size(m) <= maxHeaders {
			break
		}
		spare()
		i.minted.Store(nil)
	}
	if !i.withUnits {
		i.values[headerUnits], i.Memberships = empty, nil
	}
	return nil
}

// fill makes the headers but the token.
func (i *identity) fill() {
	var all strings.Builder
	for n, m := range i.Memberships[:min(len(i.Memberships), pactius.MaxDoorUnits)] {
		if n > 0 {
			all.WriteByte(',')
		}
		all.WriteString(string(m.UnitID) + "=" + m.Access.String())
	}
	for n, value := range [headerCount]string{
		headerUser: encode(string(i.User.ID)), headerAccount: whole(i.User.Username),
		headerName: beginning(i.User.Name), headerEmail: whole(i.User.MailAddress()),
		headerLanguage: encode(i.User.Language),
		headerAccess:   i.Access.String(), headerUnits: encode(all.String()),
		headerUnitsURL: encode(i.Issuer + applications.UnitsPath),
	} {
		i.values[n] = []string{value}
	}
}

// size is that of all headers.
func (i *identity) size(m *minted) int {
	n := len(m.value[0])
	for at, header := range headers {
		n += len(header)
		if at != headerToken {
			n += len(i.values[at][0])
		}
	}
	return n
}

// token returns a token that is good for a while. A new one is signed by one request; others go on with the one before.
func (i *identity) token(ctx context.Context, sign minter, now time.Time) (*minted, error) {
	m := i.minted.Load()
	if m != nil && now.Before(m.renew) {
		return m, nil
	}
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	if m == nil || !now.Before(m.until) {
		i.minting.Lock()
	} else if !i.minting.TryLock() {
		return m, nil
	}
	defer i.minting.Unlock()
	if m = i.minted.Load(); m != nil && now.Before(m.renew) {
		return m, nil
	}
	return i.mint(ctx, sign, now)
}

func (i *identity) mint(ctx context.Context, sign minter, now time.Time) (*minted, error) {
	claims := i.Claims(now, i.withUnits)
	if i.shortened {
		claims.Name = cut(claims.Name, maxValue)
	}
	signed, err := sign.Sign(ctx, i.Environment, claims)
	if err != nil {
		return nil, err
	}
	m := &minted{value: []string{signed}, renew: now.Add(tokenRenewed),
		until: now.Add(pactius.DoorTokenLife - 10*time.Second)}
	i.minted.Store(m)
	return m, nil
}

// empty is the value of a header without one. Values are shared by answers and must not be changed.
var empty = []string{""}

// write puts the headers into an answer.
func (i *identity) write(h http.Header, m *minted) {
	for n, header := range headers {
		h[header] = i.values[n]
	}
	h[headers[headerToken]] = m.value
}

// writeNobody puts empty headers into an answer.
func writeNobody(h http.Header) {
	for _, header := range headers {
		h[header] = empty
	}
}

// encode percent-encodes a text for a header (RFC 3986, section 2.1): all but letters, digits and signs that mean
// nothing to proxies and logs. So a value is ASCII, has no line break, and reads the same in every language.
func encode(s string) string {
	n := 0
	for _, b := range []byte(s) {
		if !isPlain(b) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	out := make([]byte, 0, len(s)+2*n)
	for _, b := range []byte(s) {
		if isPlain(b) {
			out = append(out, b)
		} else {
			out = append(out, '%', "0123456789ABCDEF"[b>>4], "0123456789ABCDEF"[b&15])
		}
	}
	return string(out)
}

func isPlain(b byte) bool {
	switch {
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		return true
	}
	return strings.IndexByte("-._~@:,=/", b) >= 0
}

// whole encodes a text that means nothing in part: if it is too long there is none.
func whole(s string) string {
	if e := encode(s); len(e) <= maxValue {
		return e
	}
	return ""
}

// beginning encodes as many characters of a text as fit.
func beginning(s string) string {
	e := encode(s)
	for len(e) > maxValue {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
		e = encode(s)
	}
	return e
}

// cut returns the beginning of a text that has at most so many bytes, without half a character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
