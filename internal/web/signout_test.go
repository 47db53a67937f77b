package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestSigningOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(rikke)
	token := b.token()
	answer := b.get("/").submit("/sign-out")
	if got, want := query(answer.onward(), "post_logout_redirect_uri"), "https://"+nordHost+"/"; got != want {
		t.Errorf("comes back to %q, want %q", got, want)
	}
	if got := query(answer.onward(), "logout_hint"); !strings.HasPrefix(got, "O.") {
		t.Errorf("the hint at Microsoft is %q, so it asks which account to sign out", got)
	}
	if b.Cookie("__Host-"+hintCookie) != "" {
		t.Error("the browser keeps the hint after the session")
	}
	b.get("/").status(http.StatusOK).shows("You've signed out.")
	b.get("/").lacks("You've signed out.")
	b.setCookie("__Host-pactius", token)
	b.get("/settings/users").to("/?return=%2Fsettings%2Fusers").shows("Your session has ended")
}

// The hint of a sign-in tells nothing, serves its own session only, and goes with it.
func TestTheHintOfASignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.as(rikke), w.as(nils)
	hint := b.Cookie("__Host-" + hintCookie)
	if hint == "" || strings.Contains(hint, "O.") {
		t.Fatalf("the browser got the hint %q", hint)
	}
	other.setCookie("__Host-"+hintCookie, hint)
	if got := query(other.get("/").submit("/sign-out").onward(), "logout_hint"); got != "" {
		t.Errorf("another session signs %q out", got)
	}
	w.must(w.site.Users.SignOut(t.Context(), w.nord.ID, b.token(), "192.0.2.1"))
	b.get("/")
	if b.Cookie("__Host-"+hintCookie) != "" {
		t.Error("the browser keeps the hint of a session that has ended")
	}
}
