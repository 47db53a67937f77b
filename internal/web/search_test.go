package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pactius/pactius"
)

func TestSearchFindsEveryKindOfThing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.unit(w.sales, "Norwegian lake")
	w.request(human{"0f3b6c1e-5555-4c5b-b112-000000000001", "nora@nordhavn.example", "Nora New"}, w.north)
	w.contracts()
	p := w.as(ada).get("/search?q=no").status(http.StatusOK)
	p.shows("Users", "Nils Nothing", "Access requests", "Nora New", "Business units", "Norwegian lake",
		"North", "Sales")
	at := 0
	for _, heading := range []string{`id="find-users"`, `id="find-requests"`, `id="find-units"`} {
		next := strings.Index(p.Body, heading)
		if next < at {
			t.Errorf("%s is not where it should be", heading)
		}
		at = next
	}
	w.as(ada).get("/search?q=contr").shows("Applications", "Contracts").lacks(`id="find-users"`)
	w.as(ada).get("/search?q=zzz").shows("No results. Check the spelling.")
	w.as(ada).get("/search").shows("Pages", "Users", "Microsoft 365 connection").lacks("More access")
}

func TestAnEmployeeFindsPagesAndApplicationsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.contracts()
	r := w.as(rikke)
	r.get("/search").shows("Pages", "Home", "Request more access", "Active sessions").
		lacks(`"/settings/users"`, `"/settings/environment"`)
	r.get("/search?q=lone").lacks("Lone Local", "North")
	r.get("/search?q=north").lacks(`id="find-units"`)
	r.get("/search?q=contracts").lacks(contractsOrigin)
	writer := human{"0f3b6c1e-3333-4c5b-b112-0000000000b0", "writer@nordhavn.example", "Wim Writer"}
	w.must(w.tenants[nordHost].Put(writer.account()))
	w.user(writer, pactius.Grant{Unit: w.sales, Access: pactius.AccessWrite})
	w.as(writer).get("/search?q=contracts").shows("Applications").has(contractsOrigin)
	l := w.as(lone)
	l.get("/search?q=connection").lacks("Microsoft 365 connection")
	l.get("/search?q=lone").shows("Lone Local")
}

// The part that a script fetches is the results alone: no frame, and not the message that the next page is to show.
func TestAScriptFetchesResultsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := w.as(ada).get("/search?part=1&q=nils").status(http.StatusOK).shows("Nils Nothing", "1 result")
	part.lacks("<html", "<nav", "</form>")
	if n := len(part.Body); n > 4000 {
		t.Errorf("the part has %d bytes", n)
	}
	many := w.as(ada)
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		w.user(human{"", "many" + name + "@nordhavn.example", "Many " + name})
	}
	many.get("/search?q=many").shows("See all 6 in Users").has(`href="/settings/users?q=many"`)
	many.get("/search?q=Ada@Nordhavn.example").shows("Ada Root")
	out := w.browser(nordHost)
	out.Header.Set("Sec-Fetch-Site", "same-origin")
	out.get("/search?part=1&q=nils").status(http.StatusSeeOther)
}

func (p *page) has(all ...string) *page {
	p.b.Helper()
	for _, want := range all {
		if !strings.Contains(p.Body, want) {
			p.b.Errorf("the page's source lacks %q:\n%s", want, p.Body)
		}
	}
	return p
}
