package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/testbed/devtenant"
)

func TestProbablyHereAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user(human{"", "wilhelmina.kjeldsen@nordhavn.example", "Wilhelmina Kjeldsen"})
	theodor := human{"0f3b6c1e-6666-4c5b-b112-00000000000c", "theodor.vestergaard@nordhavn.example",
		"Theodor Vestergaard"}
	w.employ(theodor.account())
	w.request(theodor)
	b := w.as(ada)
	before := w.db.Dump(t)

	similar := b.get(addPath).submit(addPath, "username", "wilhelmina.kjelsen@nordhavn.example", "name",
		"Wilhelmina Kjeldsen")
	similar.status(http.StatusConflict).shows("This looks like someone who's already here:", "Wilhelmina Kjeldsen",
		"Open this user", "Add anyway")
	b.get(addPath + "/check?name=Wilhelmina+Kjeldsen&username=wilhelmina.kjelsen%40nordhavn.example").
		shows("This looks like someone who's already here:")
	asked := b.get(addPath).submit(addPath, "username", "theodor.vestergard@nordhavn.example", "name",
		"Theodor Vestergaard")
	asked.status(http.StatusUnprocessableEntity).shows("Did you mean:", "Same person: approve the request")
	same(t, before, w.db.Dump(t))

	// The same person: the request is approved under its own account name, bound to its identity.
	fields := asked.fields(addPath)
	q := w.pending(theodor)
	fields.Set("same", string(q))
	_, err := w.site.Users.Withdraw(w.Context(), pactius.Visitor(w.nord.ID, w.person(theodor), ""))
	w.must(err)
	before = w.db.Dump(t)
	// A pop-up shows the message on the page below it.
	seen := func(message string) {
		t.Helper()
		b.post(addPath, fields).status(http.StatusSeeOther)
		page := b.get("/settings/users").shows(message, "See the request")
		if !strings.Contains(page.Body, requestPath(q)) {
			t.Errorf("no link leads to the request: %s", page.Body)
		}
		same(t, before, w.db.Dump(t))
	}
	seen("Your decision wasn't applied") // it was withdrawn meanwhile
	w.request(theodor)
	q = w.pending(theodor)
	fields.Set("same", string(q))
	w.tenant().SetTrouble(devtenant.Trouble{Down: true})
	before = w.db.Dump(t)
	seen("Microsoft 365 didn't confirm the account in the request, so no one was added.")
	w.tenant().SetTrouble(devtenant.Trouble{})
	w.db.Clock.Advance(time.Minute) // the pause after the failure
	b.post(addPath, fields).status(http.StatusSeeOther)
	if u := w.added(theodor.username); u.Identity.ObjectID != theodor.oid {
		t.Errorf("stored %+v", u)
	}
	b.post(addPath, url.Values{"same": {"nobody's"}}).status(http.StatusNotFound)

	similar.submit(addPath).status(http.StatusSeeOther)
	if u := w.added("wilhelmina.kjelsen@nordhavn.example"); u.Name != "Wilhelmina Kjeldsen" {
		t.Errorf("stored %+v", u)
	}
}

// pending is the request that somebody has waiting.
func (w *world) pending(h human) pactius.RequestID {
	w.Helper()
	list, err := w.site.Users.Requests(w.Context(), pactius.SupportActor(w.nord.ID),
		pactius.RequestFilter{State: pactius.StatePending})
	w.must(err)
	for _, q := range list.Requests {
		if q.Person.ObjectID == h.oid {
			return q.ID
		}
	}
	w.Fatalf("%s has no request", h.name)
	return ""
}

// A name links no one later: the directory cannot be asked, or the person waits
// under a name that was another's before.
func TestARequestUnderATypedNameWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.request(walt)
	b := w.as(ada)
	w.tenant().SetTrouble(devtenant.Trouble{Down: true})
	post := func(p *page, pairs ...string) *page { return p.submit(addPath, pairs...) }
	asked := post(b.get(addPath), "username", walt.username, "name", walt.name).status(http.StatusConflict).
		shows("See the request", "Add anyway")
	post(asked).status(http.StatusSeeOther)
	b.get("/settings/users").shows(
		"has been added. Microsoft 365 can't be reached, so names aren't being checked right now.")
	if u := w.added(walt.username); !u.Identity.IsZero() {
		t.Errorf("stored %+v", u)
	}
	w.pending(walt)
	w.as(walt).get("/").shows("Welcome")
	b.get(requestPath(q)).shows("Approved")
}
