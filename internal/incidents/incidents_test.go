package incidents_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
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
	if err := rules.Record(t.Context(), g.Env, want); err != nil {
		t.Fatal(err)
	}
	want.At = db.Clock.Now()
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
			Username: "typed@nordhavn.example"}); err != nil {
		t.Fatal(err)
	}
	got, err := rules.LookUp(t.Context(), pactius.SupportActor(g.Env), reference(1))
	if got.Username != "" || err != nil {
		t.Errorf("kept %q: %v", got.Username, err)
	}
}

// A person who is not signed in can neither fill the disk nor displace the
// incidents of authenticated people.
func TestAFloodIsBounded(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	g, other := db.Ground(t, "nordhavn.example"), db.Ground(t, "sydhavn.example")
	rules := incidents.New(db.Work())
	n := 0
	record := func(env pactius.EnvironmentID, i pactius.Incident) {
		t.Helper()
		n++
		i.Reference = reference(n)
		if err := rules.Record(t.Context(), env, i); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() [2]int {
		return [2]int{db.Count(t, `SELECT COUNT(*) FROM incidents WHERE oid = ''`),
			db.Count(t, `SELECT COUNT(*) FROM incidents WHERE oid <> ''`)}
	}
	vouched := pactius.Incident{Identity: storetest.Person("a@nordhavn.example", "A").Identity}
	for range pactius.IncidentsPerMinute + 20 {
		record(g.Env, pactius.Incident{})
	}
	if got := kept(); got != [2]int{pactius.IncidentsPerMinute, 0} {
		t.Errorf("after a flood %v are kept", got)
	}
	for range pactius.IncidentsPerMinute + 1 {
		record(g.Env, vouched)
	}
	record(other.Env, pactius.Incident{})
	if got := kept(); got != [2]int{pactius.IncidentsPerMinute + 1, pactius.IncidentsPerMinute} {
		t.Errorf("after what people met and another environment %v are kept", got)
	}
	db.Clock.Advance(time.Minute)
	record(g.Env, pactius.Incident{})
	if got := kept(); got[0] != pactius.IncidentsPerMinute+2 {
		t.Errorf("a minute later %v are kept", got)
	}
	db.Exec(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
		INSERT INTO incidents (environment_id, reference, at, kind)
		SELECT '`+string(g.Env)+`', CAST(i AS TEXT), i, 'fault' FROM n`)
	record(g.Env, pactius.Incident{})
	count := `SELECT COUNT(*) FROM incidents WHERE environment_id = $1`
	if got := db.Count(t, count, g.Env); got != pactius.MaxIncidents {
		t.Errorf("%d are kept in all, want %d", got, pactius.MaxIncidents)
	}
	if _, err := rules.LookUp(t.Context(), pactius.SupportActor(g.Env), reference(n)); err != nil {
		t.Errorf("the newest is gone: %v", err)
	}
}
