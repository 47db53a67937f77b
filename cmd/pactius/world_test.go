package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/users"
)

// tenant is the Microsoft 365 tenant of the test's environments.
const tenant = "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e"

// world is a folder with a database, and the commands in it.
type world struct {
	t       testing.TB
	dir     string
	environ []string
}

// newWorld makes a world without a database.
func newWorld(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	return &world{t: t, dir: dir, environ: []string{
		"PACTIUS_DATABASE=sqlite:" + filepath.Join(dir, "pactius.db"), "PACTIUS_URL=http://localhost:1",
		"PACTIUS_SECRET=0123456789abcdef0123456789abcdef",
	}}
}

// newCompany makes a world with an environment that anna administers, and the
// business units Sales and Sales / North.
func newCompany(t testing.TB) *world {
	t.Helper()
	w := newWorld(t)
	w.must("environment", "add", "--name", "Nordhavn", "--tenant", tenant, "--administrator", "anna@nordhavn.example")
	w.must("unit", "add", "--parents", "Sales / North")
	return w
}

// result is how a command ended.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command with something on its standard input.
func (w *world) run(stdin string, args ...string) result {
	w.t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, environ: w.environ, zone: time.UTC}
	code := run(w.t.Context(), a, args)
	return result{code, out.String(), errs.String()}
}

// must runs a command that has to be done and returns what it prints.
func (w *world) must(args ...string) string {
	w.t.Helper()
	r := w.run("", args...)
	if r.code != exitDone {
		w.t.Fatalf("pactius %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// core opens the database as the server does.
func (w *world) core(ctx context.Context) *server.Core {
	w.t.Helper()
	cfg, err := config.Load(config.Sources{Environ: w.environ})
	if err != nil {
		w.t.Fatal(err)
	}
	core, err := server.Open(ctx, cfg, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return core
}

// ask sends an access request of an authenticated person.
func (w *world) ask(username, name, message string, paths ...string) pactius.RequestID {
	w.t.Helper()
	ctx := w.t.Context()
	core := w.core(ctx)
	defer core.Close()
	all, err := core.Environments.List(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	env := all[0].ID
	var units []pactius.UnitID
	for _, path := range paths {
		u, err := core.Units.Find(ctx, pactius.SupportActor(env), path)
		if err != nil {
			w.t.Fatal(err)
		}
		units = append(units, u.ID)
	}
	person := pactius.Person{Identity: pactius.Identity{TenantID: tenant, ObjectID: objectID(username)},
		Username: username, Name: name}
	q, err := core.Users.Ask(ctx, pactius.Visitor(env, person, "192.0.2.1"), users.Wish{Message: message, Units: units})
	if err != nil {
		w.t.Fatal(err)
	}
	return q.ID
}

// objectID makes a GUID of a name, the same for the same.
func objectID(name string) string {
	sum := 0
	for _, b := range []byte(name) {
		sum = sum*31%1_000_003 + int(b)
	}
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", sum)
}

// Values that differ from run to run, with their placeholders.
var (
	anID      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	aMoment   = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d \+00:00`)
	aUTCTime  = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z"`)
	aReplaced = regexp.MustCompile(`replaced-\d{8}T\d{6}`)
	aLink     = regexp.MustCompile(`/connect/[\w-]{43}`)
	aSize     = regexp.MustCompile(`\(\d+ kB\)|"bytes":\d+`)
)

// constant replaces values that differ from run to run.
func (w *world) constant(s string) string {
	s = strings.ReplaceAll(s, w.dir, "DIR")
	s = anID.ReplaceAllString(s, "ID")
	s = aLink.ReplaceAllString(s, "/connect/TOKEN")
	s = aMoment.ReplaceAllString(s, "TIME")
	s = aUTCTime.ReplaceAllString(s, `"TIME"`)
	s = aReplaced.ReplaceAllString(s, "replaced-TIME")
	return aSize.ReplaceAllString(s, "SIZE")
}

// file writes a file into the world's folder.
func (w *world) file(name, content string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}
