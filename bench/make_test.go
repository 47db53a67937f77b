package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checked are the targets that make check runs, or that only print or format.
var checked = []string{"test", "told", "test-watched", "test-others", "test-postgres", "check", "lint", "fmt", "help"}

// shortForms name, for every other target, the test that does the same in a short form.
var shortForms = map[string]string{
	"run":     "../cmd/pactius-demo: TestDemoTellsTheTour",
	"build":   "../e2e: TestMain",
	"e2e":     "../e2e: TestMain", // runs whole in make test
	"fuzz":    "../bench: TestFuzzFindsItsTargets",
	"torture": "../torture: TestPromisesAreKept",
	"bench":   "../bench: TestARunWritesTheDocument",
	"release": "../release: TestAReleaseIsReproducible",
	"docs":    "../internal/config: TestTheDocumentationIsInStep",
}

// target begins a rule of the Makefile.
var target = regexp.MustCompile(`(?m)^\.PHONY: ([a-z0-9-]+)$`)

// TestEveryTargetIsTried has make show what each target would do, and looks for the test of its short form.
func TestEveryTargetIsTried(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	all := target.FindAllStringSubmatch(string(text), -1)
	if len(all) < len(checked)+len(shortForms) {
		t.Errorf("%d targets are found, want at least %d", len(all), len(checked)+len(shortForms))
	}
	for _, m := range all {
		name := m[1]
		if commands := planned(t, name); strings.TrimSpace(commands) == "" {
			t.Errorf("make %s does nothing", name)
		}
		if !slices.Contains(checked, name) && !hasTest(t, shortForms[name]) {
			t.Errorf("make %s is tried by no test: %q", name, shortForms[name])
		}
	}
}

// planned is what a target would do.
func planned(t *testing.T, name string, variables ...string) string {
	t.Helper()
	command := makeCommand(t, append([]string{"-n", name}, variables...)...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("make -n %s: %v\n%s", name, err, out)
	}
	return string(out)
}

// makeCommand is make with the project's Makefile, whatever the make that may run this test was told.
func makeCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), "make", args...)
	command.Dir, command.Env = "..", append(os.Environ(), "MAKEFLAGS=", "MFLAGS=")
	return command
}

// hasTest reports whether there is a test, given as "folder: name".
func hasTest(t *testing.T, place string) bool {
	t.Helper()
	folder, name, _ := strings.Cut(place, ": ")
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil || name == "" {
		return false
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "func "+name+"(")
	})
}

// TestMakeBenchIsUnderstood parses the flags that make bench gives.
func TestMakeBenchIsUnderstood(t *testing.T) {
	t.Parallel()
	_, flags, found := strings.Cut(planned(t, "bench", "BENCH_SIZES=2000,1000", "BENCH_DATA=kept"), "run ./bench ")
	if !found {
		t.Fatal("make bench does not run ./bench")
	}
	o, err := parse(strings.Fields(flags))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.sizes, []int{1000, 2000}) || o.data != "kept" || o.document != "docs/performance.md" ||
		len(o.parts) != len(allParts) || len(o.engines) != len(allEngines) {
		t.Errorf("make bench measures %+v", o)
	}
}

// TestWrongFlagsAreRefused names parts, engines and sizes that do not exist.
func TestWrongFlagsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-parts", "page"}, {"-engines", "Oracle"}, {"-users", "many"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}

// TestFuzzFindsItsTargets runs make fuzz with a program in place of go that knows one package with one target: the
// seeds of every target run as tests anyway.
func TestFuzzFindsItsTargets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stub, ran := filepath.Join(dir, "go"), filepath.Join(dir, "ran")
	script := "#!/bin/sh\necho \"$@\" >> " + ran + `
case "$*" in
list*) echo example/package ;;
*-list*) printf 'FuzzIt\nok example/package\n' ;;
esac
`
	if err := os.WriteFile(stub, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	command := makeCommand(t, "fuzz", "GO="+stub, "FUZZTIME=1x")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("make fuzz: %v\n%s", err, out)
	}
	text, err := os.ReadFile(ran)
	if err != nil {
		t.Fatal(err)
	}
	if want := "test -run ^$ -fuzz ^FuzzIt$ -fuzztime 1x example/package\n"; !strings.Contains(string(text), want) {
		t.Errorf("make fuzz ran\n%s\nwant\n%s", text, want)
	}
}
