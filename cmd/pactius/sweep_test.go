package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/devtenant"
)

// TestSweepFindsWhoHasLeft asks a tenant that answers as Microsoft 365 does.
func TestSweepFindsWhoHasLeft(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	d, microsoft := w.microsoft()
	people := make([]devtenant.Person, 4)
	for i, name := range []string{"anna", "bo", "carl", "dora"} {
		people[i] = devtenant.Person{ObjectID: objectID(name), AccountName: name + "@nordhavn.example", Name: name}
		if err := d.Put(people[i]); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			w.must("user", "add", "--username", people[i].AccountName, "--name", name)
		}
	}
	w.signIn(people)
	if got := w.must("sweep"); !strings.Contains(got, "reported 4 accounts; 0 users are affected.") {
		t.Errorf("the first time:\n%s", got)
	}
	if err := errors.Join(d.Disable(people[1].ObjectID), d.Delete(people[2].ObjectID)); err != nil {
		t.Fatal(err)
	}
	var r sweepRecord
	if err := json.Unmarshal([]byte(w.must("sweep", "--json")), &r); err != nil {
		t.Fatal(err)
	}
	r.Accounts = 0 // Microsoft may repeat itself
	if diff := cmp.Diff(sweepRecord{Outcome: "finished", Asked: 1, Found: 2, Done: map[string]int{"deactivated": 2}},
		r); diff != "" {
		t.Errorf("after two have left (-want +got):\n%s", diff)
	}
	if got := w.must("user", "show", "bo@nordhavn.example"); !strings.Contains(got, "deactivated") {
		t.Errorf("bo is\n%s", got)
	}
	microsoft.Close()
	if r := w.run("", "sweep", "--json"); r.code != exitRefused || !strings.Contains(r.stdout, `"trouble":"away"`) ||
		!strings.Contains(r.stderr, "leavers aren't being detected") {
		t.Errorf("without Microsoft: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// microsoft starts a tenant that answers as Microsoft 365 does.
func (w *world) microsoft(redirects ...string) (*devtenant.Tenant, *httptest.Server) {
	w.t.Helper()
	s := httptest.NewUnstartedServer(nil)
	origin := "http://" + s.Listener.Addr().String()
	d, err := devtenant.New(devtenant.Config{URL: origin, TenantID: tenant, TenantName: "Nordhavn", ClientID: "app",
		ClientSecret: "secret", RedirectURLs: redirects})
	if err != nil {
		w.t.Fatal(err)
	}
	s.Config.Handler = devtenant.Handlers(d)
	s.Start()
	w.t.Cleanup(s.Close)
	w.environ = append(w.environ, "PACTIUS_MICROSOFT_AUTHORITY="+origin, "PACTIUS_MICROSOFT_GRAPH="+origin,
		"PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret")
	return d, s
}

// signIn lets people sign in for the first time.
func (w *world) signIn(people []devtenant.Person) {
	w.t.Helper()
	core := w.core(w.t.Context())
	defer core.Close()
	all, err := core.Environments.List(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for i, p := range people {
		person := pactius.Person{Identity: pactius.Identity{TenantID: tenant, ObjectID: p.ObjectID},
			Username: p.AccountName, Name: p.Name}
		visit := users.Visit{State: fmt.Sprint(i), StateEnd: time.Now().Add(time.Hour)}
		if _, err := core.Users.SignIn(w.t.Context(), all[0].ID, person, visit); err != nil {
			w.t.Fatal(err)
		}
	}
}
