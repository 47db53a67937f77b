package server

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/store/storetest"
)

const (
	secretBefore = "rQ0Wb8yfP2nVq5KzJ1xTgD7mEo4CsHua"
	secretAfter  = "Zk3LxN9cGt6RwYb1VfQ8pJm5UeDh2SoA"
)

// resealing opens a database with some values of PACTIUS_SECRET, the present one first.
func resealing(t *testing.T, db *storetest.DB, secrets ...string) *Core {
	t.Helper()
	cfg, err := config.Load(config.Sources{Environ: []string{"PACTIUS_URL=" + publicURL, "PACTIUS_DATABASE=" + db.URL,
		"PACTIUS_SECRET=" + secrets[0], "PACTIUS_OLD_SECRETS=" + strings.Join(secrets[1:], ",")}})
	if err != nil {
		t.Fatal(err)
	}
	core, err := OpenMeasured(t.Context(), cfg, discard(), Probe{Now: db.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = core.Close() })
	return core
}

// sealedColumns returns the values of all columns of the schema that are named sealed_, by table and column.
func sealedColumns(t *testing.T, db *storetest.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range db.Tables(t) {
		for _, column := range db.Rows(t, `SELECT name FROM pragma_table_info($1) WHERE substr(name, 1, 7) = 'sealed_'`,
			table) {
			column = strings.TrimSuffix(column, "|")
			all[table+"."+column] = db.Rows(t, `SELECT `+column+` FROM `+table+` WHERE `+column+` <> ''`)
		}
	}
	return all
}

// TestResealForgetsNothing walks the schema: a column named sealed_ that a reseal forgets, or that this test does not
// fill, fails it. Everything still works with the new secret alone.
func TestResealForgetsNothing(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "sqlite")
	core := resealing(t, db, secretBefore)
	var actors []pactius.Actor
	for host, up := range map[string]pactius.EnvironmentUpdate{
		"secret.example":      {ClientID: new(mailClient), ClientSecret: new("the-first")},
		"certificate.example": {ClientID: new(mailClient), Certificate: new(sharedCertificate().pem)},
	} {
		g := db.Ground(t, host)
		actor := pactius.SupportActor(g.Env)
		actors = append(actors, actor)
		if _, err := core.Environments.Update(t.Context(), actor, 0, up); err != nil {
			t.Fatal(err)
		}
		_, err := core.Applications.Add(t.Context(), actor, pactius.ApplicationUpdate{Name: new("Contracts"),
			Unit: new(g.Root), Access: new(pactius.AccessRead), Origins: new([]string{"https://contracts." + host})})
		if err != nil {
			t.Fatal(err)
		}
		if host == "secret.example" { // now it has one before it
			up = pactius.EnvironmentUpdate{ClientSecret: new("the-second")}
			if _, err := core.Environments.Update(t.Context(), actor, 0, up); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := sealedColumns(t, db)
	if len(before) == 0 {
		t.Fatal("the schema has no column named sealed_")
	}
	for column, values := range before {
		if len(values) == 0 {
			t.Errorf("fill %s in this test, and seal it anew in environments.Rules.Reseal", column)
		}
	}

	after := resealing(t, db, secretAfter, secretBefore)
	whole := db.Dump(t)
	for _, actor := range actors {
		found, err := after.Environments.Reseal(t.Context(), actor, true)
		if err != nil || found.Old != 2 || found.Current != 0 || found.Lost != nil {
			t.Errorf("a dry run: %d old, %d current, lost %q, %v", found.Old, found.Current, found.Lost, err)
		}
	}
	if diff := cmp.Diff(whole, db.Dump(t)); diff != "" {
		t.Errorf("a dry run has changed something:\n%s", diff)
	}
	for _, want := range []int{2, 0, 0} { // and it can be repeated
		for _, actor := range actors {
			if found, err := after.Environments.Reseal(t.Context(), actor, false); err != nil || found.Old != want {
				t.Errorf("%d are sealed anew, want %d; %v", found.Old, want, err)
			}
		}
	}
	if n := db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, pactius.SecretsResealed); n != len(actors) {
		t.Errorf("%d events, want %d", n, len(actors))
	}
	for column, values := range sealedColumns(t, db) {
		for _, v := range values {
			if slices.Contains(before[column], v) {
				t.Errorf("a reseal forgets %s", column)
			}
		}
	}

	alone := resealing(t, db, secretAfter)
	envs, err := alone.Environments.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range envs {
		c, err := alone.Environments.Credentials(e)
		switch {
		case err != nil:
			t.Error(err)
		case e.Host == "secret.example" && (c.ClientSecret != "the-second" || c.FormerSecret != "the-first"):
			t.Errorf("the secret is %q after %q", c.ClientSecret, c.FormerSecret)
		case e.Host == "certificate.example" && string(c.Certificate) != strings.TrimSpace(sharedCertificate().pem):
			t.Error("the certificate has changed")
		}
		if _, err := alone.Applications.Keys(t.Context(), e.ID); err != nil {
			t.Errorf("%s: the keys: %v", e.Host, err)
		}
		if found := (&doctor{core: alone}).sealed(t.Context(), e); len(found) > 0 {
			t.Errorf("%s: doctor finds %+v", e.Host, found)
		}
	}
	lost := resealing(t, db, secretBefore)
	for _, actor := range actors {
		if found, err := lost.Environments.Reseal(t.Context(), actor, false); err != nil || len(found.Lost) != 2 {
			t.Errorf("with another secret: lost %q, %v", found.Lost, err)
		}
	}
}
