package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

const (
	// languageKept is how long a browser remembers the chosen language.
	languageKept = 365 * 24 * time.Hour

	// maxZone bounds the name of a time zone in bytes; the longest has 32.
	maxZone = 64
)

// readPreferences finds the reader's language and time zone. The language is the
// user's, else the one chosen in this browser, the one it asks for, or the
// environment's.
func (s *Site) readPreferences(v *visit) {
	saved := ""
	if v.isUser() {
		saved = v.signed.User.Language
	}
	v.reader.Language = language.Match(saved, string(chosenLanguage(v.r)), v.r.Header.Get("Accept-Language"),
		v.env.Language)
	v.reader.Zone = zoneOf(v.r)
	if v.reader.Zone == nil {
		v.reader.Zone = v.env.Zone()
	}
}

// chosenLanguage is the language chosen in this browser, "" for none.
func chosenLanguage(r *http.Request) language.Code {
	c, err := r.Cookie(languageCookie)
	if err != nil || !language.Code(c.Value).Valid() {
		return ""
	}
	return language.Code(c.Value)
}

// zoneOf is the time zone that the browser sends, nil if it is unknown.
func zoneOf(r *http.Request) *time.Location {
	c, err := r.Cookie(zoneCookie)
	if err != nil || c.Value == "" || len(c.Value) > maxZone || !zoneName(c.Value) {
		return nil
	}
	zone, err := pactius.LoadZone(c.Value)
	if err != nil {
		return nil
	}
	return zone
}

// zoneName reports whether s can be the name of a zone: it becomes a file name
// further down, so nothing but letters, digits and the signs in IANA's names.
func zoneName(s string) bool {
	if s == "Local" || s[0] == '/' || strings.Contains(s, "..") {
		return false
	}
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == ""
}

// chooseLanguage keeps the reader's choice of language.
//
// POST /language; anybody.
func (s *Site) chooseLanguage(v *visit) error {
	back := localPath(v.form.text("return"))
	if back == "" {
		back = "/"
	}
	code := language.Code(v.form.text("language"))
	if !code.Valid() {
		return errMalformed
	}
	if v.token != "" {
		if err := s.Users.SetLanguage(v.r.Context(), v.actor, string(code)); err != nil {
			return err
		}
	}
	// Neither secret nor bound to a host: the plain name is the one documented.
	http.SetCookie(v.w, s.cookie(languageCookie, string(code), int(languageKept.Seconds())))
	return redirect(v, back)
}
