package devtenant

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The browser remembers who is signed in and who was lately. The tenant asks for
// no password, so these cookies prove nothing and are not protected: forging one is
// no more than pressing the button.
const (
	sessionCookie = "tenant_session" // "oid.sid.seconds"
	recentCookie  = "tenant_recent"  // object IDs, the latest first, separated by dots
	recentCount   = 5
	recentFor     = 90 * 24 * time.Hour
)

// session is a person signed in in one browser.
type session struct {
	person Person
	id     string    // the sid claim
	at     time.Time // the person was chosen: the auth_time claim
}

// session finds who is signed in; a removed person is not.
func (t *Tenant) session(r *http.Request) (session, bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}, false
	}
	oid, rest, _ := strings.Cut(c.Value, ".")
	sid, at, _ := strings.Cut(rest, ".")
	seconds, err := strconv.ParseInt(at, 10, 64)
	p, known := t.person(oid)
	return session{p, sid, time.Unix(seconds, 0)}, err == nil && known && sid != ""
}

// remember signs a person in and puts them first among the recent ones.
func (t *Tenant) remember(w http.ResponseWriter, r *http.Request, s session) {
	recent := slices.DeleteFunc(t.recent(r), func(oid string) bool { return oid == s.person.ObjectID })
	recent = append([]string{s.person.ObjectID}, recent...)
	t.setCookie(w, sessionCookie, s.person.ObjectID+"."+s.id+"."+strconv.FormatInt(s.at.Unix(), 10), 0)
	t.setCookie(w, recentCookie, strings.Join(recent[:min(len(recent), recentCount)], "."), int(recentFor.Seconds()))
}

// recent lists the object IDs used lately in this browser.
func (t *Tenant) recent(r *http.Request) []string {
	c, err := r.Cookie(recentCookie)
	if err != nil {
		return nil
	}
	list := strings.Split(c.Value, ".")
	return list[:min(len(list), recentCount)]
}

// setCookie writes a cookie of this tenant; maxAge is in seconds, negative
// deletes, zero lasts as long as the browser runs.
func (t *Tenant) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, MaxAge: maxAge, Path: "/" + t.id + "/", HttpOnly: true,
		Secure: strings.HasPrefix(t.origin, "https:"), SameSite: http.SameSiteLaxMode})
}

// logout: GET /{tid}/oauth2/v2.0/logout ends the session and leads to
// post_logout_redirect_uri if that is registered (Microsoft: "Send a sign-out
// request"). Otherwise the person stays on a page that says they are signed out.
func (t *Tenant) logout(w http.ResponseWriter, r *http.Request) {
	t.setCookie(w, sessionCookie, "", -1)
	target := r.URL.Query().Get("post_logout_redirect_uri")
	if slices.Contains(t.redirectURLs(), target) {
		if state := r.URL.Query().Get("state"); state != "" {
			t.sendBack(w, r, authorizeRequest{RedirectURL: target, State: state}, map[string][]string{})
			return
		}
		http.Redirect(w, r, target, http.StatusFound)
		return
	}
	if target != "" {
		t.log.WarnContext(r.Context(), "the sign-out address is not registered", "post_logout_redirect_uri", target)
	}
	t.render(w, http.StatusOK, "signedout.html", signedOutScreen{t.base("Signed out"), target})
}
