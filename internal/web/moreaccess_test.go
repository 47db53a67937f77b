package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// TestAUserRequestsMoreAccess walks from Home to the approval, without scripts.
func TestAUserRequestsMoreAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, a := w.as(rikke), w.as(ada)
	r.get("/").shows("Request more access")
	a.get("/").lacks("Request more access")
	form := r.get(view.MorePath+"?unit="+string(w.it)).status(http.StatusOK).
		shows("Request more access", "Your current access", "Sales")
	if got := form.fields(view.MorePath)["unit"]; len(got) != 1 || got[0] != string(w.it) {
		t.Errorf("the unit of the address is not chosen: %v", got)
	}
	form.submit(view.MorePath, view.FieldFind, "North", "message", "typed").status(http.StatusOK).shows("typed")
	form.submit(view.MorePath, "message", "I have a <new> task.").to(view.MorePath).
		shows("Your request is pending", "IT", "Ada Root", "I have a <new> task.").
		lacks("Send request")

	a.get(view.RequestsPath).shows("Rikke Reader", "already a user")
	q := requestPath(w.pending(rikke))
	a.get(userPath(w.users[rikke.username])).shows("Rikke Reader has requested more access.")
	page := a.get(q).shows("Rikke Reader is already a user.", "Current access", "Sales").
		lacks("Why was", "No, create a new user", "without business units")
	if got := page.fields(q + "/approve").Get("access." + string(w.it)); got != "read" {
		t.Errorf("the preset access is %q", got)
	}
	a.post(q+"/approve", url.Values{"note": {"x"}}).status(http.StatusUnprocessableEntity).
		shows("or decline the request.")
	page.submit(q + "/approve").to(view.RequestsPath).shows("Rikke Reader now also has access: IT (read).")
	page.submit(q + "/approve").to(view.RequestsPath).shows("Rikke Reader now also has access: IT (read).")
	a.get(q).shows("Ada Root approved this request", "Was already a user", "You can undo the approval for another")
	a.get("/settings/activity").shows("Rikke Reader requested more access")
	r.get("/").shows("Sales", "IT")
	r.get(view.MorePath).shows("Your last request was approved.", "Send request")

	a.get(q + "/take-back").submit(q + "/take-back").to(q)
	r.get("/").lacks("IT")
	r.get(view.MorePath + "/withdraw").submit(view.MorePath + "/withdraw").to(view.MorePath).
		shows("Your last request was withdrawn.")
	r.post(view.MorePath+"/withdraw", nil).to(view.MorePath)
}

// TestMoreAccessIsPreset: for a unit that the user reads already, the approver's preset is to write.
func TestMoreAccessIsPreset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, l := w.as(rikke), w.as(lone)
	r.post(view.MorePath, url.Values{"unit": {string(w.north)}}).to(view.MorePath)
	q := requestPath(w.pending(rikke))
	page := l.get(q)
	if got := page.fields(q + "/approve").Get("access." + string(w.north)); got != "write" {
		t.Errorf("the preset access is %q", got)
	}
	l.get(q+"/decline").submit(q+"/decline", "note", "Not yet.").to(view.RequestsPath)
	r.get(view.MorePath).shows("Your request was declined", "Not yet.", "You can send a new request:").
		lacks("Send request")
	r.post(view.MorePath, url.Values{"message": {"Please."}}).status(http.StatusTooManyRequests)
}

// TestMoreAccessThatCannotBeRequested keeps what was typed, and leaves out a unit that does not exist.
func TestMoreAccessThatCannotBeRequested(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.as(lone)
	l.get(view.MorePath + "?unit=" + string(w.users[lone.username])).status(http.StatusOK).shows("Send request")
	l.get(view.MorePath + "?unit=%00").status(http.StatusOK)
	form := l.get(view.MorePath)
	form.submit(view.MorePath).status(http.StatusUnprocessableEntity).shows("Choose the business units you need, or")
	form.submit(view.MorePath, "unit", string(w.north), "message", "typed").status(http.StatusUnprocessableEntity).
		shows("You already administer North.", "typed")
	w.as(ada).get(view.MorePath).shows("You administer the whole company").lacks("Send request")
	w.as(vera).get(view.MorePath).to("/access?return=%2Faccess%2Fmore")
	w.as(nils).get("/").shows("Request access")
	if n := w.db.Count(t, `SELECT COUNT(*) FROM access_requests WHERE state = $1`, pactius.StatePending); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}
