package main

import (
	"os"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/config"
)

// TestAnUmlautHostIsOneHost: however it is written, the environment is the one that browsers ask for.
func TestAnUmlautHostIsOneHost(t *testing.T) {
	t.Parallel()
	const ascii, written = "zugang.xn--mnchen-3ya.example", "zugang.münchen.example"
	w := newWorld(t)
	w.environ[1] = "PACTIUS_URL=https://" + written
	w.must("environment", "add", "--name", "München", "--tenant", tenant)
	w.must("environment", "add", "--name", "Tokyo", "--tenant", tenant, "--host", "Portal.日本。Example")
	shown := w.must("environment", "show", "--environment", written)
	for _, part := range []string{ascii + " (" + written + ")", "https://" + ascii + "/sign-in/callback"} {
		if !strings.Contains(shown, part) {
			t.Errorf("environment show lacks %q:\n%s", part, shown)
		}
	}
	if shown := w.must("environment", "show", "--environment", "portal.日本.example"); !strings.Contains(shown,
		"portal.xn--wgv71a.example") {
		t.Errorf("by --host:\n%s", shown)
	}
	core := w.core(t.Context())
	defer core.Close()
	for _, host := range []string{ascii, strings.ToUpper(ascii) + ":443", written, ascii + "."} {
		e, err := core.Environments.ByHost(t.Context(), host)
		if err != nil || e.Name != "München" {
			t.Errorf("the environment at %s: %q, %v", host, e.Name, err)
		}
		if u := core.Environments.BaseURL(e).String(); u != "https://"+ascii {
			t.Errorf("links begin with %s", u)
		}
	}
	for _, host := range []string{"https://a.example", "a.example/b", "a_b.example", "xn--a-0.example", ""} {
		if r := w.run("", "environment", "add", "--name", "Wrong", "--host", host); r.code == exitDone {
			t.Errorf("the host %q is taken", host)
		}
	}
}

// TestSecretsFromWindows: a client secret in a file of an editor or shell of Windows is stored as it is, or refused
// with the remedy.
func TestSecretsFromWindows(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	set := func(content string) result {
		return w.run("", "environment", "set", "--client-id", "2a7d3c55-90aa-4f3c-8e2d-5e6f7a8b9c0d",
			"--client-secret-file", w.file("secret", content))
	}
	if r := set("\ufeffgood~secret\r\n"); r.code != exitDone {
		t.Fatalf("with a byte order mark: %+v", r)
	}
	core := w.core(t.Context())
	defer core.Close()
	all, err := core.Environments.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c, err := core.Environments.Credentials(all[0]); err != nil || c.ClientSecret != "good~secret" {
		t.Errorf("stored: %q, %v", c.ClientSecret, err)
	}
	for content, want := range map[string]string{
		"\xff\xfes\x00": "is UTF-16; save it as UTF-8", "s\x00e\x00": "is UTF-16; save it as UTF-8",
		`"quoted~secret"`: "quotation marks", "“curly~secret”": "invisible characters",
		"zero\u200bwidth": "invisible characters", "hard\u00a0space": "invisible characters",
	} {
		if r := set(content); r.code != exitRefused || !strings.Contains(r.stderr, want) {
			t.Errorf("%q: %+v, want %q", content, r, want)
		}
	}
	if r := w.run("", "environment", "set", "--client-secret-file", w.dir); r.code != exitRefused ||
		!strings.Contains(r.stderr, "is a folder; name the file in it") {
		t.Errorf("a folder: %+v", r)
	}
	address := w.file("address", "\ufeffsqlite:"+w.dir+"/pactius.db\r\n")
	w.must("copy", "--from", "@"+address, "--to", "sqlite:"+w.dir+"/copied.db")
	if _, err := os.Stat(w.dir + "/copied.db"); err != nil {
		t.Error(err)
	}
	_, err = config.Load(config.Sources{Environ: []string{"PACTIUS_SMTP_URL_FILE=" + w.file("smtp",
		"\ufeffsmtp://mail.example\r\n"), "PACTIUS_MAIL_FROM=\ufeffa@b.dk"}})
	if err != nil {
		t.Error(err)
	}
}

// TestTheRedirectAddressToRegister is the callback host's for the shared app registration, and the environment's for an
// own one.
func TestTheRedirectAddressToRegister(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.environ = append(w.environ, "PACTIUS_MICROSOFT_CALLBACK_HOST=signin.localhost",
		"PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret")
	w.must("environment", "add", "--name", "Nordhavn", "--tenant", tenant, "--host", "nordhavn.example")
	redirect := func() string {
		_, shown, _ := strings.Cut(w.must("environment", "show", "--environment", "nordhavn.example"), "Redirect URI")
		shown, _, _ = strings.Cut(strings.TrimSpace(shown), "\n")
		return shown
	}
	if got := redirect(); !strings.HasSuffix(got, "signin.localhost:1/sign-in/callback") {
		t.Errorf("the shared registration needs %s", got)
	}
	w.must("environment", "set", "--client-id", "2a7d3c55-90aa-4f3c-8e2d-5e6f7a8b9c0d", "--client-secret-file",
		w.file("secret", "good~secret"))
	if got := redirect(); !strings.HasSuffix(got, "nordhavn.example:1/sign-in/callback") {
		t.Errorf("an own registration needs %s", got)
	}
	if r := w.run("", "environment", "set", "--host", "signin.localhost"); r.code == exitDone {
		t.Error("an environment takes the callback host")
	}
}
