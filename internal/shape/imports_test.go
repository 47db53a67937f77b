package shape

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	module   = "github.com/pactius/pactius"
	anything = "*" // a package that may import all of the module's packages
)

// Groups of packages that many may import.
var (
	leaves = []string{"internal/id", "internal/names", "internal/nearmiss", "internal/seal", "internal/language",
		"internal/brand", "internal/clock"}
	rules = []string{
		"internal/users", "internal/units", "internal/environments", "internal/directory", "internal/incidents",
		"internal/leavers", "internal/audit", "internal/applications", "internal/clients",
		"internal/profiles", "internal/retention",
	}
	// base is the ground of rules: the unit of work, the statements, the messages.
	base = []string{"internal/change", "internal/mail", "internal/store"}
)

// allowed lists, for every package, the packages of the module that its code (not
// its tests) may import. The root package, the words, is open to all. The direction is
//
//	cmd -> server -> surfaces -> rules -> change -> {store, mail} -> database -> leaves -> the words
//
// Surfaces import neither each other nor the store: they translate, rules decide.
func allowed() map[string][]string {
	surface := slices.Concat(rules, leaves, []string{"internal/edge", "internal/microsoft"})
	rule := slices.Concat(base, leaves)
	with := func(some []string, more ...string) []string { return slices.Concat(some, more) }
	return map[string][]string{
		"": {},
		"cmd/pactius": with(rules, "internal/config", "internal/server", "internal/dbtool",
			"internal/brand", "internal/doorcheck", "internal/id", "internal/microsoft",
			"internal/names", "internal/language"), // of Microsoft: the error numbers in words
		"cmd/pactius-demo": with(rules, "internal/config", "internal/server", "internal/edge", "internal/names",
			"examples/contracts/register", "testbed/devtenant", "testbed/mailbox"),

		"internal/server": {anything},
		"internal/web":    with(surface, "internal/web/view", "internal/help"),
		"internal/web/view": with(rules, "internal/brand", "internal/help", "internal/language", "internal/markup",
			"internal/microsoft",
			"internal/names"),
		"internal/rest":    surface,
		"internal/scim":    surface,
		"internal/gateway": surface,
		"internal/jobs": {
			"internal/users", "internal/environments", "internal/leavers", "internal/applications", "internal/outbox",
			"internal/profiles", "internal/clients", "internal/crew", "internal/store", "internal/clock",
			"internal/retention",
		},
		// a user's page shows their history; a visitor is shown the units to request
		"internal/users":        with(rule, "internal/audit", "internal/units"),
		"internal/units":        rule,
		"internal/environments": with(rule, "internal/users", "internal/units"), // the first of both
		"internal/incidents":    rule,
		"internal/directory":    rule,
		"internal/leavers":      with(rule, "internal/users", "internal/crew"), // changes users
		"internal/profiles":     with(rule, "internal/crew"),
		"internal/audit":        rule,
		"internal/retention":    with(rule, "internal/audit", "internal/database"), // names; durable files
		"internal/applications": rule,
		"internal/clients":      with(rule, "internal/applications", "internal/crew", "internal/outbound"),
		"internal/outbox":       with(rule, "internal/crew"),

		"internal/change":          with(base, "internal/clock", "internal/id"),
		"internal/crew":            {},
		"internal/mail":            leaves,
		"internal/microsoft":       leaves,
		"internal/database":        {"internal/id"},
		"internal/store":           {"internal/database", "internal/id", "internal/names", "internal/nearmiss"},
		"internal/store/storetest": {"internal/change", "internal/store", "internal/id", "internal/names"},
		"internal/dbtool":          {"internal/database", "internal/store", "internal/names", "internal/nearmiss"},
		"internal/config": {
			"internal/id", "internal/mail", "internal/microsoft", "internal/names", "internal/nearmiss",
			"internal/seal"},
		"internal/doorcheck":       {},
		"internal/outbound":        {},
		"internal/edge":            {},
		"internal/metrics":         {},
		"internal/shape":           {},
		"internal/brand":           {},
		"internal/clock":           {},
		"internal/id":              {},
		"internal/names":           {},
		"internal/nearmiss":        {"internal/names"},
		"internal/nearmiss/corpus": {"internal/nearmiss"},
		"internal/seal":            {},
		"internal/language":        {},
		"internal/help":            {"internal/language", "internal/names"},
		"internal/markup":          {},

		"testbed":            {},
		"testbed/devtenant":  {"internal/id"},
		"testbed/mailbox":    {"internal/language", "testbed/mailserver"},
		"testbed/mailserver": {},
		"testbed/process":    {},
		"testbed/scripted":   {},
		"bench":              {anything},
		"bench/invent":       {"internal/database", "internal/store", "internal/names", "internal/nearmiss/corpus"},
		"e2e":                {},
		"release":            {}, // it builds the product and is no part of it
		"torture":            {},

		// an example is what an outside engineer would write, so it imports nothing of PACTIUS
		"examples/contracts":          {"examples/contracts/register"},
		"examples/contracts/register": {},
	}
}

// rehearse are the packages whose code, not only their tests, may import the
// testbed. The product is none of them.
var rehearse = []string{"cmd/pactius-demo", "bench"}

// only lists imports from outside the module that a few packages have for
// themselves, so that what they do is done in one place.
func only() map[string][]string {
	return map[string][]string{
		"database/sql": {"internal/database", "internal/dbtool", "internal/store/storetest",
			"examples/contracts/register"},

		"modernc.org/sqlite":             {"internal/database", "examples/contracts/register"},
		"github.com/jackc/pgx/v5":        {"internal/database", "internal/dbtool"},
		"github.com/jackc/pgx/v5/stdlib": {"internal/database", "internal/dbtool", "internal/store/storetest"},

		"github.com/prometheus/client_golang/prometheus":            {"internal/metrics", "internal/server"},
		"github.com/prometheus/client_golang/prometheus/collectors": {"internal/metrics"},
		"github.com/prometheus/client_golang/prometheus/promauto":   {}, // it uses the global registry
		"github.com/prometheus/client_golang/prometheus/promhttp":   {"internal/metrics", "internal/server"},

		"html/template": {"internal/web/view", "internal/markup", "internal/mail", "internal/gateway",
			"testbed/mailbox", "testbed/devtenant", "examples/contracts/register"},

		"github.com/coreos/go-oidc/v3/oidc": {"internal/microsoft"},
		"github.com/danielgtaylor/huma/v2":  {"internal/rest"},
		"github.com/emersion/go-smtp":       {"testbed/mailserver"},
		"github.com/google/uuid":            {"internal/id", "testbed/devtenant"},
		"github.com/spf13/cobra":            {"cmd/pactius", "cmd/pactius-demo"},
		"github.com/wneessen/go-mail":       {"internal/mail"},
		"golang.org/x/image/draw":           {"internal/brand"},

		"golang.org/x/crypto/x509roots/fallback/bundle": {"release"},
		"github.com/yuin/goldmark":                      {"internal/help"},
	}
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath, Dir, Doc string
	Imports, GoFiles     []string
}

// short returns the package's path within the module, "" for the root.
func (p listed) short() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// packages returns all packages of the module.
func packages(t *testing.T) []listed {
	t.Helper()
	fields := "-json=ImportPath,Dir,Doc,Imports,GoFiles"
	command := exec.CommandContext(t.Context(), "go", "list", "-e", fields, module+"/...")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestTheProductHoldsNoTestbed keeps the fake Microsoft 365 out of the product:
// nothing in its binary signs anyone in without Microsoft.
func TestTheProductHoldsNoTestbed(t *testing.T) {
	t.Parallel()
	const testbed = module + "/testbed"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+"/cmd/pactius").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	linked := strings.Fields(string(out))
	if !slices.Contains(linked, module+"/internal/server") {
		t.Fatalf("the product's packages are not listed: %q", linked)
	}
	for _, path := range linked {
		if strings.HasPrefix(path, testbed) || path == "github.com/emersion/go-smtp" {
			t.Errorf("the product's binary contains %s", path)
		}
	}
	for _, p := range packages(t) {
		if slices.Contains(rehearse, p.short()) || strings.HasPrefix(p.ImportPath, testbed) {
			continue
		}
		for _, path := range p.Imports {
			if strings.HasPrefix(path, testbed) {
				t.Errorf("%s imports %s; only its tests may", p.short(), path)
			}
		}
	}
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	table, reserved := allowed(), only()
	for _, p := range packages(t) {
		may, known := table[p.short()]
		if !known {
			t.Errorf("package %s has no line in the table of this test: where does it stand?", p.short())
			continue
		}
		for _, path := range p.Imports {
			if owners, ok := reserved[path]; ok && !slices.Contains(owners, p.short()) {
				t.Errorf("%s imports %s, which is kept for %v", p.short(), path, owners)
			}
			inside, ok := strings.CutPrefix(path, module+"/")
			if ok && !slices.Contains(may, inside) && !slices.Contains(may, anything) {
				t.Errorf("%s imports %s; it may import only %v", p.short(), inside, may)
			}
			if p.short() == "" && strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
				t.Errorf("the root package imports %s; it may import the standard library only", path)
			}
		}
	}
}
