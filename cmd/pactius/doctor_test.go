package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/server"
)

func TestFindings(t *testing.T) {
	t.Parallel()
	fine := server.Diagnosis{What: "database", OK: true, Detail: "it opens"}
	bad := server.Diagnosis{What: "mail server", Detail: "it says \x1b[2J", Remedy: "Check PACTIUS_SMTP_URL."}
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
		{"all problems are told", []server.Diagnosis{bad, bad}, true,
			`{"check":"mail server","ok":false,"detail":"it says \u001b[2J","remedy":"Check PACTIUS_SMTP_URL."}` +
				"\n" +
				`{"check":"mail server","ok":false,"detail":"it says \u001b[2J","remedy":"Check PACTIUS_SMTP_URL."}` +
				"\n", "found 2 problems"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			p := &printer{out: &out, zone: time.UTC, asJSON: c.asJSON}
			err := p.findings(c.all)
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
