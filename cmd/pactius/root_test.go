package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
)

// command runs a command line in process.
func command(t testing.TB, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), &app{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, environ: environ}, args)
	return code, out.String(), errs.String()
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	complete := []string{"PACTIUS_URL=https://a.example", "PACTIUS_DATABASE=sqlite:p.db",
		"PACTIUS_SECRET=0123456789abcdef0123456789abcdef"}
	cases := []struct {
		name           string
		environ, args  []string
		code           int
		stdout, stderr string // parts
	}{
		{"help is no error", nil, []string{"--help"}, 0, "Available Commands:", ""},
		{"no command is wrong use", nil, nil, 2, "", "a command is missing"},
		{"a misspelt command is wrong use", nil, []string{"verison"}, 2, "", `did you mean "version"?`},
		{"a misspelt subcommand is wrong use", nil, []string{"config", "chekc"}, 2, "", `did you mean "check"?`},
		{"an unknown flag is wrong use", nil, []string{"version", "--loud"}, 2, "", "unknown flag: --loud"},
		{"an argument too many is wrong use", nil, []string{"version", "please"}, 2, "", `"please"`},
		{"a group without command is wrong use", nil, []string{"config"}, 2, "", "a command is missing"},
		{"completion without shell is wrong use", nil, []string{"completion", "cobol"}, 2, "", "cobol"},
		{"a completion script", nil, []string{"completion", "bash"}, 0, "bash completion", ""},
		{"the version", nil, []string{"version"}, 0, "pactius ", ""},
		{"a complete configuration", complete, []string{"config", "check"}, 0, "complete and correct",
			"PACTIUS_SMTP_URL is not set"},
		{"a shared secret that has expired", append(complete[:len(complete):len(complete)],
			"PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=s",
			"PACTIUS_MICROSOFT_SECRET_ENDS=2020-01-01"), []string{"config", "check"}, 0, "complete and correct",
			"Warning: PACTIUS_MICROSOFT_CLIENT_SECRET expired on 2020-01-01: no one can sign in"},
		{"a certificate that can't be read", append(complete[:len(complete):len(complete)],
			"PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CERTIFICATE=-----BEGIN"),
			[]string{"config", "check"}, 1, "", "CERTIFICATE cannot be used. This isn't a certificate"},
		{"an incomplete configuration is refused", complete[:1], []string{"config", "check"}, 1, "", "2 problems"},
		{"a flag beats the environment", complete, []string{"config", "show", "--listen", ":1234"}, 0, ":1234", ""},
		{"a secret is hidden", complete, []string{"config", "show"}, 0, "(hidden)", ""},
		{"the documentation", nil, []string{"config", "docs"}, 0, "PACTIUS_LISTEN", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, c.environ, c.args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(stdout, c.stdout) {
				t.Errorf("stdout %q, want %q in it", stdout, c.stdout)
			}
			if !strings.Contains(stderr, c.stderr) {
				t.Errorf("stderr %q, want %q in it", stderr, c.stderr)
			}
			if strings.Contains(stdout+stderr, "0123456789abcdef") {
				t.Error("the secret is shown")
			}
		})
	}
}

func TestVersionAsJSON(t *testing.T) {
	t.Parallel()
	_, stdout, _ := command(t, nil, "version", "--json")
	var b build
	if err := json.Unmarshal([]byte(stdout), &b); err != nil || b.Version == "" || b.Go == "" {
		t.Errorf("version --json prints %q: %v", stdout, err)
	}
}

func TestReason(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  error
		want string
	}{
		{"a refusal is its sentence", pactius.Refuse(pactius.KindConflict,
			pactius.T("Bo decided it.")), "Bo decided it."},
		{"a wrong field says which", pactius.RefuseField("name", pactius.T("Enter a name.")), "name: Enter a name."},
		{"wrong fields stand below each other",
			pactius.Fields{{Field: "name", Message: pactius.T("Enter a name.")},
				{Message: pactius.T("Please check what you entered.")}}.Err(),
			"there are several problems:\n  name: Enter a name.\n  Please check what you entered."},
		{"a fault of ours is said whole", &pactius.Error{Err: errors.New("disk full")}, ": disk full"},
		{"all problems of the configuration", config.Problems{{Setting: "--url", Message: "is wrong"}},
			"the configuration has a problem:\n  --url is wrong"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := reason(c.err); got != c.want {
				t.Errorf("reason = %q, want %q", got, c.want)
			}
		})
	}
}
