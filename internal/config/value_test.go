package config

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMarksOfEditorsAreLeftOut gives each setting a value with what Windows adds, by every way to give it.
func TestMarksOfEditorsAreLeftOut(t *testing.T) {
	t.Parallel()
	const bom = "\ufeff"
	values := map[string]string{
		"listen": ":1", "url": "https://a.example", "database": "sqlite:p.db", "secret": goodSecret,
		"old-secrets": goodSecret + "2", "smtp-url": "smtp://u@m.example", "mail-from": "a@b.dk",
		"mail-tenant-id": "0f3b6c1e-1111-4c5b-b112-000000000001", "mail-client-id": "id", "mail-client-secret": "s",
		"mail-connections": "3", "mail-rate": "30",
		"support-contact": "a@b.dk", "microsoft-authority": "https://l.example",
		"microsoft-graph": "https://g.example", "microsoft-client-id": "id", "microsoft-client-secret": "s",
		"directory-sweep": "1h0m0s", "trusted-proxies": "10.0.0.1", "allowed-networks": "10.0.0.2",
		"metrics-listen": ":2", "shutdown-delay": "1s", "microsoft-secret-ends": "2027-06-30",
		"microsoft-callback-host": "signin.example",
		"log-level":               "warn", "log-format": "json",
		"keep-events": "400", "events-archive": "/a", "keep-requests": "90", "keep-references": "7",
		"keep-sent-emails": "14",
	}
	var variables, byFile, lines []string
	texts := map[string]string{}
	for _, s := range settings() {
		if s.name == "microsoft-certificate" {
			continue // excludes the secret: see TestTheSharedRegistrationHasASecretOrACertificate
		}
		text, ok := values[s.name]
		if !ok {
			t.Fatalf("the test lacks a value of %s", s.name)
		}
		variables = append(variables, s.env()+"="+bom+text+"\r\n")
		byFile = append(byFile, s.env()+"_FILE=/"+s.name)
		texts["/"+s.name] = bom + text + "\r\n"
		lines = append(lines, s.key()+" = \""+bom+text+" \"\r")
	}
	texts["/toml"] = bom + strings.Join(lines, "\n") + "\n"
	for name, environ := range map[string][]string{
		"variables": variables, "files": byFile, "TOML": {"PACTIUS_CONFIG=" + bom + "/toml"},
	} {
		c, err := Load(Sources{Environ: environ, ReadFile: files(texts), Require: ForServe()})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := map[string]string{}
		for setting, v := range c.values {
			got[setting] = v.text
		}
		if diff := cmp.Diff(got, values); diff != "" {
			t.Errorf("%s: got - want +:\n%s", name, diff)
		}
		if w := c.Warnings(); len(w) > 0 {
			t.Errorf("%s: warnings %q, want none", name, w)
		}
	}
}

// TestABlemishOfASecretIsAWarning: what has encrypted something cannot be refused.
func TestABlemishOfASecretIsAWarning(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"\u200b" + goodSecret, `"` + goodSecret + `"`, "“" + goodSecret + "”"} {
		c, err := Load(Sources{Environ: []string{"PACTIUS_SECRET=" + secret, "PACTIUS_OLD_SECRETS=" + secret}})
		if err != nil || string(c.Secrets[0]) != secret {
			t.Errorf("%q: got %q, %v; want it as it is", secret, c.SecretTexts(), err)
		}
		all := strings.Join(c.Warnings(), "\n")
		if strings.Count(all, "counts as part of the secret") != 2 || strings.Contains(all, goodSecret) {
			t.Errorf("%q: warnings\n%s", secret, all)
		}
	}
}

// TestNothingIsReplacedInSilence: each of these is valid and means less, or more, than it seems to.
func TestNothingIsReplacedInSilence(t *testing.T) {
	t.Parallel()
	read := files(map[string]string{"/l": ":2", "/c": "listen = \":1\"\nlisten_file = \"/l\""})
	for name, test := range map[string]struct {
		environ []string
		want    string
	}{
		"a network that is wider than it looks": {[]string{"PACTIUS_TRUSTED_PROXIES=10.1.2.3/8"},
			"10.1.2.3/8 stands for the whole network 10.0.0.0/8"},
		"an allowed network that is wider than it looks": {[]string{"PACTIUS_ALLOWED_NETWORKS=10.1.2.3/8"},
			"10.1.2.3/8 stands for the whole network 10.0.0.0/8. For one host"},
		"an allowed network that is wider than private ones": {[]string{"PACTIUS_ALLOWED_NETWORKS=10.0.0.0/7"},
			"10.0.0.0/7 is wider than any private network"},
		"half of IPv6 allowed": {[]string{"PACTIUS_ALLOWED_NETWORKS=8000::/1"}, "8000::/1 is wider than any private"},
		"a variable beside its file": {[]string{"PACTIUS_LISTEN=:1", "PACTIUS_LISTEN_FILE=/l"},
			"PACTIUS_LISTEN_FILE has no effect, because PACTIUS_LISTEN is set too"},
		"a key beside its file": {[]string{"PACTIUS_CONFIG=/c"}, "listen_file in /c has no effect"},
	} {
		c, err := Load(Sources{Environ: test.environ, ReadFile: read})
		if all := strings.Join(c.Warnings(), "\n"); err != nil || !strings.Contains(all, test.want) {
			t.Errorf("%s: %v, warnings\n%s\nwant %q", name, err, all, test.want)
		}
	}
}

// TestPathsThatNameNoFile: the error says what the path names. A pipe is read, an endless device is not.
func TestPathsThatNameNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	closed := filepath.Join(dir, "closed")
	if err := os.WriteFile(closed, []byte(goodSecret), 0); err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, path, want string }{
		{"a folder", dir, "is a folder; name the file in it"},
		{"an endless device", "/dev/zero", "is a device; name a file"},
		{"the null device", os.DevNull, "names an empty file"},
		{"a relative path", "no/such/file", "the path is relative to the working directory"},
		{"a path through a file", closed + "/secret", "cannot be read"},
	}
	if os.Getuid() != 0 {
		cases = append(cases, struct{ name, path, want string }{"a file of another user", closed,
			"let the user that runs PACTIUS read it"})
	}
	for _, c := range cases {
		_, err := Load(Sources{Environ: []string{"PACTIUS_SECRET_FILE=" + c.path}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Load(Sources{Environ: []string{"PACTIUS_CONFIG=" + dir}}); err == nil ||
		!strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder as the configuration file: %v", err)
	}
}

func TestAPipeIsRead(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	writer := exec.Command("sh", "-c", `printf %s "$0" >"$1"`, goodSecret, pipe)
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Sources{Environ: []string{"PACTIUS_SECRET_FILE=" + pipe}})
	if err != nil || string(c.Secrets[0]) != goodSecret {
		t.Errorf("got %q, %v", c.SecretTexts(), err)
	}
	if err := writer.Wait(); err != nil {
		t.Error(err)
	}
}
