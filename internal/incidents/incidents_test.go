package incidents_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/incidents"
	"github.com/pactius/pactius/internal/store/storetest"
)

// reference returns valid references.
func reference(n int) string {
	digits := strings.NewReplacer("0", "A", "1", "B", "8", "C", "9", "D")
	return digits.Replace(fmt.Sprintf("REFERENCE%017d", n))
}

func TestAReferenceIsFound(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	g, other := db.Ground(t, "nordhavn.example"), db.Ground(t, "sydhavn.example")
	rules := incidents.New(db.Work())
	person := storetest.Person("anna@nordhavn.example", "Anna")
	want := pactius.Incident{Reference: reference(1), Kind: pactius.IncidentSignIn,
		Reason: "not assigned", Code: "AADSTS50105",
		Identity: person.Identity, Username: person.Username, Route: "GET /sign-in/callback"}
	if err := rules.Record(t.Context(), g.Env, want, incidents.Sender{}); err != nil {
		t.Fatal(err)
	}
	want.At, want.Source = db.Clock.Now(), pactius.FromVisitor
	admin := g.Actor(g.User(t, "local@nordhavn.example", "Lone",
		pactius.Grant{Unit: g.Unit(t, g.Root, "Sales"), Access: pactius.AccessAdminister}))
	reader := g.Actor(g.User(t, "reader@nordhavn.example", "Rikke",
		pactius.Grant{Unit: g.Root, Access: pactius.AccessWrite}))
	stranger := other.Actor(other.User(t, "sara@sydhavn.example", "Sara",
		pactius.Grant{Unit: other.Root, Access: pactius.AccessAdminister}))
	cases := []struct {
		name, pasted string
		actor        pactius.Actor
		want         pactius.Kind // Internal: found
	}{
		{"a local administrator", want.Reference, admin, pactius.KindInternal},
		{"Support", want.Reference, pactius.SupportActor(g.Env), pactius.KindInternal},
		{"typed in small letters with spaces around", "  " + strings.ToLower(want.Reference) + "\n", admin,
			pactius.KindInternal},
		{"a copied summary", "Nordhavn · AADSTS50105\nReference: " + want.Reference + "\n2026", admin,
			pactius.KindInternal},
		{"after others that nobody knows", reference(8) + " " + reference(9) + " " + want.Reference, admin,
			pactius.KindInternal},
		{"one letter short", want.Reference[1:], admin, pactius.KindNotFound},
		{"one letter more", want.Reference + "A", admin, pactius.KindNotFound},
		{"behind more than is looked at", strings.Repeat("x ", 20_000) + want.Reference, admin, pactius.KindNotFound},
		{"nothing", "", admin, pactius.KindNotFound},
		{"an administrator of another environment", want.Reference, stranger, pactius.KindNotFound},
		{"Support in another environment", want.Reference, pactius.SupportActor(other.Env), pactius.KindNotFound},
		{"a user who administers nothing", want.Reference, reader, pactius.KindForbidden},
		{"a visitor", want.Reference, pactius.Visitor(g.Env, person, ""), pactius.KindNotSignedIn},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := rules.LookUp(t.Context(), c.actor, c.pasted)
			if c.want != pactius.KindInternal {
				if pactius.KindOf(err) != c.want || got.Reference != "" {
					t.Errorf("found %q, error %v, want kind %v", got.Reference, err, c.want)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("the incident differs (-want +got):\n%s%v", diff, err)
			}
		})
	}
}

func TestAnAccountNameNobodyVouchedForIsNotKept(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	g := db.Ground(t, "nordhavn.example")
	rules := incidents.New(db.Work())
	if err := rules.Record(t.Context(), g.Env,
		pactius.Incident{Reference: reference(1), Kind: pactius.IncidentSignIn,
			Username: "typed@nordhavn.example"}, incidents.Sender{}); err != nil {
		t.Fatal(err)
	}
	got, err := rules.LookUp(t.Context(), pactius.SupportActor(g.Env), reference(1))
	if got.Username != "" || err != nil {
		t.Errorf("kept %q: %v", got.Username, err)
	}
}

// stranger and knownBrowser are browsers at one address.
func stranger(name string) incidents.Sender {
	return incidents.Sender{Address: "192.0.2.1", Browser: name}
}

func knownBrowser(name string) incidents.Sender {
	return incidents.Sender{Address: "192.0.2.1", Browser: "known " + name, Known: true}
}

// TestAFloodIsBounded records more than fits, from every source in turn: each has
// bounds and room of its own, and what the others were shown is still found.
func TestAFloodIsBounded(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	g, other := db.Ground(t, "nordhavn.example"), db.Ground(t, "sydhavn.example")
	rules := incidents.New(db.Work())
	n := 0
	record := func(env pactius.EnvironmentID, source pactius.IncidentSource, who pactius.Identity,
		by incidents.Sender) string {
		t.Helper()
		n++
		i := pactius.Incident{Reference: reference(n), Kind: pactius.IncidentFault, Identity: who, Source: source}
		if err := rules.Record(t.Context(), env, i, by); err != nil {
			t.Fatal(err)
		}
		return i.Reference
	}
	kept := func(reference string) bool {
		_, err := rules.LookUp(t.Context(), pactius.SupportActor(g.Env), reference)
		return err == nil
	}
	identity := func(name string) pactius.Identity { return storetest.Person(name+"@nordhavn.example", name).Identity }
	user := identity("user")
	sources := []struct {
		name        string
		who, victim pactius.Identity
		from, at    incidents.Sender // of the flood and of the victim
		source      pactius.IncidentSource
		most        int
	}{
		{"a stranger", pactius.Identity{}, pactius.Identity{}, stranger("flood"), stranger("victim"),
			pactius.FromStranger, pactius.IncidentsOfBrowser},
		{"a known browser", pactius.Identity{}, pactius.Identity{}, knownBrowser("flood"), knownBrowser("victim"),
			pactius.FromKnownBrowser, pactius.IncidentsADay},
		{"a visitor", identity("visitor"), identity("newcomer"), incidents.Sender{}, incidents.Sender{},
			pactius.FromVisitor, pactius.IncidentsADay},
		{"a user", user, user, incidents.Sender{}, incidents.Sender{}, pactius.FromUser, pactius.IncidentsADay},
	}
	mine := map[string]string{} // a reference of each source
	for _, s := range sources {
		mine[s.name] = record(g.Env, s.source, s.victim, s.at)
	}
	for _, s := range sources {
		before := db.Count(t, `SELECT COUNT(*) FROM incidents WHERE source = $1`, s.source)
		for range pactius.IncidentsADay + 20 {
			record(g.Env, s.source, s.who, s.from)
		}
		grown := db.Count(t, `SELECT COUNT(*) FROM incidents WHERE source = $1`, s.source) - before
		if own := s.source == pactius.FromUser; grown != s.most && !own || grown > s.most {
			t.Errorf("after a flood of %s %d are kept, want %d", s.name, grown, s.most)
		}
		if s.source != pactius.FromUser {
			if !kept(record(g.Env, s.source, s.victim, s.at)) {
				t.Errorf("after a flood of %s another of them is not kept", s.name)
			}
		}
	}
	record(other.Env, pactius.FromStranger, pactius.Identity{}, stranger("flood"))
	if db.Count(t, `SELECT COUNT(*) FROM incidents WHERE environment_id = $1`, other.Env) != 1 {
		t.Error("a flood in one environment is counted in another")
	}
	db.Clock.Advance(24 * time.Hour)
	if !kept(record(g.Env, pactius.FromStranger, pactius.Identity{}, stranger("flood"))) {
		t.Error("a day later nothing more is kept")
	}
	// A machine that makes browsers of them fills a part of the strangers' room, and not that of its colleagues.
	for n := range pactius.IncidentsOfAddress + 20 {
		record(g.Env, pactius.FromStranger, pactius.Identity{}, stranger(fmt.Sprint("made up ", n)))
	}
	if kept(record(g.Env, pactius.FromStranger, pactius.Identity{}, stranger("one more"))) {
		t.Error("one address has no bound")
	}
	if !kept(record(g.Env, pactius.FromStranger, pactius.Identity{}, knownBrowser("colleague"))) {
		t.Error("a known browser at the address of a flood is refused")
	}
	// Strangers and visitors with many addresses and names fill their own room only.
	for _, source := range []pactius.IncidentSource{pactius.FromStranger, pactius.FromVisitor} {
		db.Exec(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
			INSERT INTO incidents (environment_id, reference, at, kind, source)
			SELECT $1, $2 || CAST(i AS TEXT), CAST($3 AS BIGINT) + i, 'fault', $4 FROM n`,
			g.Env, fmt.Sprintf("flood %d ", source), database.Micros(db.Clock.Now()), source)
	}
	db.Clock.Advance(time.Hour)
	for source, who := range []pactius.Identity{{}, identity("last")} {
		if !kept(record(g.Env, pactius.IncidentSource(source), who, incidents.Sender{Address: "203.0.113.9"})) {
			t.Error("the newest is gone")
		}
	}
	for source, most := range map[pactius.IncidentSource]int{pactius.FromStranger: pactius.MaxIncidents,
		pactius.FromVisitor: pactius.MaxIncidents} {
		if got := db.Count(t, `SELECT COUNT(*) FROM incidents WHERE source = $1 AND environment_id = $2`, source,
			g.Env); got != most {
			t.Errorf("%d of source %d are kept, want %d", got, source, most)
		}
	}
	if !kept(mine["a user"]) || !kept(mine["a known browser"]) {
		t.Error("a flood of strangers and visitors displaced what a known person was shown")
	}
}
