package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/server"
)

func TestFindings(t *testing.T) {
	t.Parallel()
	fine := server.Diagnosis{What: "database", OK: true, Detail: "it opens"}
	bad := server.Diagnosis{What: "mail server", Detail: "it says \x1b[2J", Remedy: "Check PACTIUS_SMTP_URL."}
	odd := server.Diagnosis{What: "outbox", OK: true, Warning: true, Detail: "2 were given up", Remedy: "Look."}
	lost := server.Diagnosis{What: "Microsoft", Detail: "it isn't responding", Cause: "no such host",
		Remedy: "Set DNS."}
	const badRecord = `{"check":"mail server","ok":false,"warning":false,"detail":"it says \u001b[2J",` +
		`"remedy":"Check PACTIUS_SMTP_URL.","cause":""}` + "\n"
	cases := []struct {
		name   string
		all    []server.Diagnosis
		asJSON bool
		want   string
		err    string
	}{
		{"all is well", []server.Diagnosis{fine}, false, "OK       ✓  database: it opens\n", ""},
		{"a problem has a remedy", []server.Diagnosis{fine, bad}, false,
			"OK       ✓  database: it opens\nPROBLEM  ✗  mail server: it says \\x1b[2J\n" +
				"            Check PACTIUS_SMTP_URL.\n", "found one problem"},
		{"a warning counts as well", []server.Diagnosis{odd}, false,
			"WARNING  !  outbox: 2 were given up\n            Look.\n", ""},
		{"Support is told the cause", []server.Diagnosis{lost}, false, "PROBLEM  ✗  Microsoft: it isn't responding\n" +
			"            Cause: no such host\n            Set DNS.\n", "found one problem"},
		{"all problems are told", []server.Diagnosis{bad, bad}, true,
			badRecord + badRecord, "found 2 problems"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			p := &printer{out: &out, zone: time.UTC, asJSON: c.asJSON}
			err := p.findings(t.Context(), slices.Values(c.all))
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.err {
				t.Errorf("error %q, want %q", got, c.err)
			}
		})
	}
}

// TestAnInterruptIsNoProblem: it has an exit code of its own, unless a problem was found before it.
func TestAnInterruptIsNoProblem(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs, environ: w.environ, zone: time.UTC}
	if code := run(ctx, a, []string{"doctor"}); code != exitPartial ||
		!bytes.Contains(out.Bytes(), []byte("not examined")) || bytes.Contains(out.Bytes(), []byte("PROBLEM")) {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
	p := &printer{out: &out, zone: time.UTC}
	problem := []server.Diagnosis{{What: "x", Detail: "y"}}
	if err := p.findings(ctx, slices.Values(problem)); errors.Is(err, errInterrupted) {
		t.Error("a problem that was found is forgotten")
	}
}

// TestTheCauseReachesSupport: what a firewall or a proxy did is said by "environment test" and by doctor.
func TestTheCauseReachesSupport(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	w.environ = append(w.environ, "PACTIUS_MICROSOFT_AUTHORITY=http://localhost:1", "PACTIUS_MICROSOFT_CLIENT_ID=app",
		"PACTIUS_MICROSOFT_CLIENT_SECRET=secret")
	for _, args := range [][]string{{"environment", "test"}, {"environment", "test", "--json"}, {"doctor"},
		{"doctor", "--json"}} {
		r := w.run("", args...)
		if r.code != exitRefused || !strings.Contains(r.stdout, "the connection was refused") ||
			!strings.Contains(r.stdout, "Nothing listens there") {
			t.Errorf("%q: exit code %d\n%s", args, r.code, r.stdout)
		}
	}
}
