package server

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

// tenantAt starts the sample tenant of a demo whose things are kept in a folder.
func tenantAt(t *testing.T, folder string) *demo {
	t.Helper()
	origin := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	d := &demo{options: DemoOptions{Data: folder}, data: folder, public: origin, tenantURL: origin}
	if err := d.startTenant(); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheSampleTenantIsKept(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := tenantAt(t, folder)
	people := d.microsoft.People()
	ada := slices.IndexFunc(people, func(p devtenant.Person) bool { return p.Admin })
	if len(people) != len(demoPeople) || ada < 0 || people[ada].Name != "Ada Lund" {
		t.Fatalf("%d people, administered by the one at %d", len(people), ada)
	}
	// One is renamed, and one deleted whose account name somebody else gets.
	renamed, gone := people[3], people[4]
	for _, err := range []error{
		d.microsoft.Rename(renamed.ObjectID, "new.name@"+demoDomain, ""),
		d.microsoft.Delete(gone.ObjectID),
		d.microsoft.Put(devtenant.Person{ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000a", AccountName: gone.AccountName, Name: "Somebody New"}),
		d.keepTenant(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	again := tenantAt(t, folder)
	if diff := cmp.Diff(again.microsoft.People(), d.microsoft.People()); diff != "" {
		t.Errorf("people (-got +want)\n%s", diff)
	}
	if diff := cmp.Diff(again.microsoft.Deleted(), []devtenant.Person{gone}); diff != "" {
		t.Errorf("deleted (-got +want)\n%s", diff)
	}
	if err := os.WriteFile(filepath.Join(folder, tenantFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := again.startTenant(); err == nil {
		t.Error("a torn file was read")
	}
}

// Everybody's account name is their own, and who was added differently has a
// name of their own as well.
func TestTheSampleCompanyFits(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, p := range demoPeople {
		for _, name := range []string{p.username(), p.added + "@" + demoDomain} {
			if name != "@"+demoDomain && seen[name] != "" {
				t.Errorf("%s and %s are both %s", p.name, seen[name], name)
			}
			seen[name] = p.name
		}
		if (p.stage == mistyped) != (p.added != "") {
			t.Errorf("%s is at stage %d and was added as %q", p.name, p.stage, p.added)
		}
	}
}
