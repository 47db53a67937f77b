package gateway

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/seal"
)

const (
	startCookie = "pactius-start" // the secret of a hand-over
	appCookie   = "pactius-app-"  // the token; the end of the application's ID follows

	// startKept is how long a hand-over may take, with a sign-in at Microsoft.
	startKept = time.Hour

	// maxStarts is how many times a browser starts within startsCounted before it is told that it goes in circles.
	maxStarts     = 10
	startsCounted = time.Minute

	// hostPrefix binds a cookie to its very host, to https and to the whole site (RFC 6265bis, section 4.1.3.2).
	hostPrefix = "__Host-"
)

// cookieNames are the names of an application's cookie, on https and on http. They differ between applications,
// because the ports of a host share cookies.
func cookieNames(id pactius.ApplicationID) (secure, plain string) {
	plain = appCookie + string(id[max(0, len(id)-8):])
	return hostPrefix + plain, plain
}

// startName is the name of the cookie of a hand-over.
func startName(secure bool) string {
	if secure {
		return hostPrefix + startCookie
	}
	return startCookie
}

// cookieOf returns the value of the first cookie with a name.
func cookieOf(h http.Header, name string) string {
	for _, line := range h["Cookie"] {
		for len(line) > 0 {
			var part string
			part, line, _ = strings.Cut(line, ";")
			part = strings.TrimLeft(part, " \t")
			if len(part) > len(name) && part[len(name)] == '=' && part[:len(name)] == name {
				return strings.TrimRight(part[len(name)+1:], " \t")
			}
		}
	}
	return ""
}

// isToken reports whether a text has the form of a token.
func isToken(s string) bool {
	if len(s) != seal.TokenLength {
		return false
	}
	for _, b := range []byte(s) {
		letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
		if !letter && !('0' <= b && b <= '9') && b != '-' && b != '_' {
			return false
		}
	}
	return true
}

// token returns the token that a request has for an application; "" without one.
func (f *front) token(h http.Header, secure bool) string {
	if t := cookieOf(h, f.cookie(secure)); isToken(t) {
		return t
	}
	return ""
}

// cookie is the name of the application's cookie.
func (f *front) cookie(secure bool) string {
	if secure {
		return f.secureCookie
	}
	return f.plainCookie
}

// started is a hand-over under way, as its cookie says.
type started struct {
	secret string    // its hash is known to the portal
	first  time.Time // when counting began
	count  int
}

// readStart reads the cookie of a hand-over; its secret is "" without one.
func readStart(value string) started {
	secret, rest, _ := strings.Cut(value, ".")
	if !isToken(secret) {
		return started{}
	}
	s := started{secret: secret}
	first, count, _ := strings.Cut(rest, ".")
	seconds, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return s
	}
	s.first = time.Unix(seconds, 0)
	if n, err := strconv.Atoi(count); err == nil && n > 0 {
		s.count = n
	}
	return s
}

// next counts one more start. The secret stays, so that several pages of an application that are opened at the same
// time all come back.
func (s started) next(now time.Time) started {
	if s.secret == "" {
		s.secret = seal.NewToken()
	}
	if age := now.Sub(s.first); age < 0 || age >= startsCounted {
		s.first, s.count = now, 0
	}
	s.count = min(s.count, maxStarts) + 1
	return s
}

func (s started) String() string {
	return s.secret + "." + strconv.FormatInt(s.first.Unix(), 10) + "." + strconv.Itoa(s.count)
}

// setCookie sets a cookie that no script reads. SameSite is Lax: with Strict a person who follows a link from an email
// would look signed out.
func setCookie(w http.ResponseWriter, name, value string, maxAge time.Duration) {
	seconds := int(maxAge.Seconds())
	if value == "" {
		seconds = -1
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true,
		Secure: strings.HasPrefix(name, hostPrefix), SameSite: http.SameSiteLaxMode})
}
