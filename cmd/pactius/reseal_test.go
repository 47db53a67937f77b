package main

import (
	"slices"
	"strings"
	"testing"
)

// TestResealFromTheCommandLine: what it prints is what may be done with PACTIUS_OLD_SECRETS, and the exit code follows
// what can't be read.
func TestResealFromTheCommandLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.file("client-secret", "the-client-secret")
	for _, host := range []string{"a.example", "b.example"} {
		w.must("environment", "add", "--name", "Nordhavn", "--host", host, "--tenant", tenant, "--client-id",
			"5b1f0c2e-7d64-4b0a-8a35-2f9f6d1f7c11", "--client-secret-file", secret)
	}
	w.must("application", "add", "Contracts", "--environment", "a.example", "--origin", "https://contracts.example",
		"--unit", "/", "--access", "read")
	with := func(secret, old string) {
		w.environ = append(slices.DeleteFunc(w.environ, func(s string) bool { return strings.Contains(s, "SECRET") }),
			"PACTIUS_SECRET="+secret, "PACTIUS_OLD_SECRETS="+old)
	}
	const before, after = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
	for _, c := range []struct {
		name        string
		secret, old string
		args        string
		code        int
		says        string // each of these, separated by |
	}{
		{"without the secret", "", "", "", exitRefused, "PACTIUS_SECRET is missing"},
		{"an unknown host", after, before, "--environment c.example", exitRefused,
			"there is no environment at c.example"},
		{"the old one is forgotten", after, "", "", exitRefused,
			"client secret, signing key |3 stored secrets can't be read. Add the value"},
		{"a dry run", after, before, "--dry-run", exitDone,
			"TO ENCRYPT ANEW|3 stored secrets would be|Keep PACTIUS_OLD_SECRETS"},
		{"one environment", after, before, "--environment B.example", exitDone, "b.example  1  |Others may"},
		{"all", after, before, "--json", exitDone,
			`{"environment":"a.example","resealed":2,"current":0,"unreadable":[],"dry_run":false}|` +
				`{"environment":"b.example","resealed":0,"current":1,"unreadable":[],"dry_run":false}`},
		{"again", after, before, "", exitDone, "a.example  0               2        none|No stored secret needs"},
		{"without the old one", after, "", "", exitDone, "No stored secret needs PACTIUS_OLD_SECRETS. Remove it"},
		{"back to the old one alone", before, "", "--json", exitRefused,
			`"resealed":0,"current":0,"unreadable":["client secret","signing key |` +
				`{"environment":"b.example","resealed":0,"current":0,"unreadable":["client secret"]`},
	} {
		with(c.secret, c.old)
		r := w.run("", append([]string{"environment", "reseal"}, strings.Fields(c.args)...)...)
		all := strings.Join(strings.Fields(r.stdout+r.stderr), " ")
		for says := range strings.SplitSeq(c.says, "|") {
			if r.code != c.code || !strings.Contains(all, strings.Join(strings.Fields(says), " ")) {
				t.Errorf("%s: exit code %d, want %d and %q:\n%s%s", c.name, r.code, c.code, says, r.stdout, r.stderr)
			}
		}
	}
}
