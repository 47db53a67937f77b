package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// A page that answers a form that can't be shown again gives back what was typed, and no secret.
func TestNothingTypedIsLostWhereTheFormIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(walt, w.north))
	text := url.Values{"note": {"A note of\r\nseveral lines"}, "message": {strings.Repeat("x", pactius.MaxMessage)},
		"name": {"Nora <b>Ny</b>"}, "username": {"nora@nordhavn.example"}, "client_secret": {"a-secret"}}
	shows := []string{"What you typed", "Nora <b>Ny</b>", text.Get("message"), "several lines"}
	for path, b := range map[string]*browser{
		q + "/approve": w.as(rikke), // never had the right
		userPath(w.users[ada.username]) + "/edit":           w.as(lone), // not hers
		unitPath(w.it) + "/rename":                          w.as(lone),
		view.RequestsPath + "/" + string(w.it) + "/decline": w.as(ada), // it is gone
		view.ConnectionPath:                                 w.as(lone),
		view.MorePath:                                       w.browser(nordHost), // signed out
		addPath:                                             w.as(vera),          // a visitor
	} {
		p := b.post(path, text).shows(shows...).lacks("a-secret", "<b>Ny")
		if p.StatusCode < http.StatusBadRequest || p.StatusCode == http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", path, p.StatusCode)
		}
	}
	w.as(rikke).post(q+"/approve", nil).status(http.StatusForbidden).lacks("What you typed")
}

// A page of an error repeats no more of a field than the rules would accept.
func TestWhatWasTypedIsRepeatedUpToABound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("ø", maxTyped)
	w.as(rikke).post(requestPath(w.request(walt, w.north))+"/approve", url.Values{"note": {long}}).
		status(http.StatusForbidden).shows("What you typed", strings.Repeat("ø", pactius.MaxNote), "ø …").
		lacks(strings.Repeat("ø", maxTyped))
}
