package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/devtenant"
)

// tenant is the Microsoft 365 tenant of the test's environments.
const tenant = "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e"

// world is a folder with a database, and the commands in it.
type world struct {
	t       testing.TB
	dir     string
	environ []string

	tenants []*devtenant.Tenant // of Microsoft 365
	origin  string              // of Microsoft 365
	people  map[string]string   // display names by tenant ID and account name

	emails []pactius.MailID // that giveUp gave up
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
	person := pactius.Person{Identity: pactius.Identity{TenantID: tenant, ObjectID: objectID(username)},
		Username: username, Name: name, VouchedAt: time.Now()}
	return w.send(func(env pactius.EnvironmentID, _ *users.Rules) (pactius.Actor, error) {
		return pactius.Visitor(env, person, "192.0.2.1"), nil
	}, message, paths)
}

// askMore signs a user in, who requests more access.
func (w *world) askMore(username, message string, paths ...string) pactius.RequestID {
	w.t.Helper()
	return w.send(func(env pactius.EnvironmentID, rules *users.Rules) (pactius.Actor, error) {
		person := pactius.Person{Identity: pactius.Identity{TenantID: tenant, ObjectID: objectID(username)},
			Username: username}
		in, err := rules.SignIn(w.t.Context(), env, person, users.Visit{})
		return pactius.UserActor(env, in.Session.UserID, "192.0.2.1"), err
	}, message, paths)
}

// send sends the request of an actor.
func (w *world) send(actor func(pactius.EnvironmentID, *users.Rules) (pactius.Actor, error), message string,
	paths []string,
) pactius.RequestID {
	w.t.Helper()
	ctx := w.t.Context()
	core := w.core(ctx)
	defer core.Close()
	all, err := core.Environments.List(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	env := all[0].ID
	wish := users.Wish{Message: message}
	for _, path := range paths {
		u, err := core.Units.Find(ctx, pactius.SupportActor(env), path)
		if err != nil {
			w.t.Fatal(err)
		}
		wish.Units = append(wish.Units, u.ID)
	}
	by, err := actor(env, core.Users)
	if err != nil {
		w.t.Fatal(err)
	}
	q, err := core.Users.Ask(ctx, by, wish)
	if err != nil {
		w.t.Fatal(err)
	}
	return q.ID
}

// tenant adds a tenant with people, given as account names and display names, to Microsoft 365.
func (w *world) tenant(id string, people ...string) *devtenant.Tenant {
	w.t.Helper()
	if w.people == nil {
		w.people = map[string]string{}
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			devtenant.Handlers(w.tenants...).ServeHTTP(rw, r)
		}))
		w.t.Cleanup(server.Close)
		w.environ = append(w.environ, "PACTIUS_MICROSOFT_AUTHORITY="+server.URL, "PACTIUS_MICROSOFT_GRAPH="+server.URL,
			"PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret")
		w.origin = server.URL
	}
	d, err := devtenant.New(devtenant.Config{URL: w.origin, TenantID: id, TenantName: id, ClientID: "app",
		ClientSecret: "secret"})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(people); i += 2 {
		w.people[id+" "+people[i]] = people[i+1]
		p := devtenant.Person{ObjectID: objectID(id + people[i]), AccountName: people[i], Name: people[i+1]}
		if err := d.Put(p); err != nil {
			w.t.Fatal(err)
		}
	}
	w.tenants = append(w.tenants, d)
	return d
}

// enter lets a person of a tenant sign in and returns the outcome.
func (w *world) enter(tenant, account string) users.Outcome {
	w.t.Helper()
	core := w.core(w.t.Context())
	defer core.Close()
	all, err := core.Environments.List(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	person := pactius.Person{Identity: pactius.Identity{TenantID: tenant, ObjectID: objectID(tenant + account)},
		Username: account, Name: w.people[tenant+" "+account]}
	in, err := core.Users.SignIn(w.t.Context(), all[0].ID, person, users.Visit{})
	if err != nil {
		w.t.Fatal(err)
	}
	return in.Decision.Outcome
}

// giveUp gives up all emails that wait, as the server does after five days.
func (w *world) giveUp(why string) {
	w.t.Helper()
	ctx := w.t.Context()
	s, err := store.Open(ctx, strings.TrimPrefix(w.environ[0], "PACTIUS_DATABASE="), store.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Environments(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	w.emails = nil
	for _, e := range all {
		if err := s.Update(ctx, e.ID, func(tx *store.Tx) error {
			mails, err := tx.UnsentMails(pactius.MailWaiting, "", pactius.MaxPageSize)
			for _, m := range mails {
				_, gone := tx.MailDead(m, why)
				err, w.emails = errors.Join(err, gone), append(w.emails, m.ID)
			}
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	slices.Sort(w.emails) // as they were written
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
	aKey      = regexp.MustCompile(`(Signing key: +|"id":")[\w-]{43}`)
	aSecret   = regexp.MustCompile(`(Client secret: +|"client_secret":")[\w-]{43}`)
	aSize     = regexp.MustCompile(`\(\d+ kB\)|"bytes":\d+`)
)

// constant replaces values that differ from run to run.
func (w *world) constant(s string) string {
	s = strings.ReplaceAll(s, w.dir, "DIR")
	s = anID.ReplaceAllString(s, "ID")
	s = aLink.ReplaceAllString(s, "/connect/TOKEN")
	s = aKey.ReplaceAllString(s, "${1}KEY")
	s = aSecret.ReplaceAllString(s, "${1}SECRET")
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
