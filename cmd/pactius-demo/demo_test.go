package main

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/testbed/devtenant"
)

// sample returns the people of the sample company.
func sample(t *testing.T) []person {
	t.Helper()
	people, err := samplePeople()
	if err != nil {
		t.Fatal(err)
	}
	return people
}

// tenantAt starts the sample tenant of a demo that keeps its state in a folder.
func tenantAt(t *testing.T, folder string) *demo {
	t.Helper()
	origin := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	d := &demo{keep: folder, data: folder, people: sample(t), public: origin, tenantURL: origin}
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
	if len(people) != len(d.people) || ada < 0 || people[ada].Name != "Ada Lund" {
		t.Fatalf("%d people, administered by the one at %d", len(people), ada)
	}
	// One is renamed, and one deleted whose account name someone else gets.
	renamed, gone := people[3], people[4]
	for _, err := range []error{
		d.microsoft.Rename(renamed.ObjectID, "new.name@"+domain, ""),
		d.microsoft.Delete(gone.ObjectID),
		d.microsoft.Put(devtenant.Person{
			ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000a", AccountName: gone.AccountName, Name: "Somebody New",
		}),
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

// Account names are unique, also those that were mistyped, and the words of the
// file are known.
func TestTheSampleCompanyFits(t *testing.T) {
	t.Parallel()
	stages := []stage{
		stageUnknown, stageActive, stageInvited, stageMistyped, stageAsking, stageDeclined, stageLeft,
	}
	seen := map[string]string{}
	for _, p := range sample(t) {
		for _, name := range []string{p.AccountName, p.AddedAs} {
			if name != "" && seen[name] != "" {
				t.Errorf("%s and %s are both %s", p.Name, seen[name], name)
			}
			seen[name] = p.Name
		}
		if (p.Stage == stageMistyped) != (p.AddedAs != "") {
			t.Errorf("%s is at stage %q and was added as %q", p.Name, p.Stage, p.AddedAs)
		}
		if !slices.Contains(stages, p.Stage) {
			t.Errorf("%s is at an unknown stage: %q", p.Name, p.Stage)
		}
		if p.Unit != "" && p.Unit != "/" && !slices.Contains(unitPaths, p.Unit) {
			t.Errorf("%s is in an unknown unit: %q", p.Name, p.Unit)
		}
	}
}
