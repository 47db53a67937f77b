package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/testbed/scripted"
)

// start runs a command until the test ends and returns what it has printed when
// a pattern is found in it.
func start(t *testing.T, pattern string, args ...string) []string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	printed, out := io.Pipe()
	var errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, out, &errs, args)
		out.Close()
	}()
	t.Cleanup(func() {
		stop()
		_, _ = io.Copy(io.Discard, printed)
		if code := <-ended; code != 0 {
			t.Errorf("pactius-demo %q ended with %d: %s", args, code, errs.String())
		}
	})
	text, wanted := "", regexp.MustCompile(pattern)
	for buffer := make([]byte, 4096); ; {
		n, err := printed.Read(buffer)
		text += string(buffer[:n])
		if found := wanted.FindStringSubmatch(text); found != nil {
			return found
		}
		if err != nil {
			t.Fatalf("pactius-demo %q ended without printing %s: %s", args, pattern, text)
		}
	}
}

func TestDemoTellsTheTour(t *testing.T) {
	t.Parallel()
	start(t, `(?s)PACTIUS +http://localhost:.* 6\. In Microsoft 365`, "--listen", "127.0.0.1:0", "--data", t.TempDir())
}

// The product signs people in with the tenant that runs alone, by the settings
// that it prints.
func TestAServerRehearsesWithTheTenant(t *testing.T) {
	t.Parallel()
	const public = "https://nordhavn.example"
	printed := start(t, `(?s)export (\S+) (\S+)\n +export (\S+) (\S+)\n.* --tenant (\S+) --administrator (\S+)\n.*Ctrl`,
		"tenant", "--listen", "127.0.0.1:0", "--redirect", public+environments.CallbackPath, "--redirect", public+"/")
	cfg, err := config.Load(config.Sources{Require: config.ForServe(), Environ: append(printed[1:5],
		"PACTIUS_URL="+public, "PACTIUS_DATABASE=sqlite:"+filepath.Join(t.TempDir(), "pactius.db"),
		"PACTIUS_SECRET=0123456789abcdef0123456789abcdef",
	)})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	core, err := server.Open(t.Context(), cfg, logger)
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	_, err = core.Environments.Add(t.Context(), pactius.SupportActor(""), environments.NewEnvironment{
		Name: company, Update: pactius.EnvironmentUpdate{TenantID: &printed[5]}, Administrator: printed[6],
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(core, cfg, logger)
	if err != nil {
		t.Fatal(err)
	}
	b := scripted.New(public, scripted.Serving(s.Handler()))
	page, err := b.SignIn(t.Context(), objectID(printed[6]))
	if err == nil {
		page, err = b.Travel(t.Context(), http.MethodGet, page.Next(), nil)
	}
	if err != nil || !strings.Contains(page.Text(), "Welcome, Ada") {
		t.Fatalf("%v: the sign-in ended at %+v", err, page)
	}
	// Signing out leads to Microsoft and back.
	out, err := b.Send(t.Context(), http.MethodPost, "/sign-out", url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	if back, err := b.Choose(t.Context(), out.Next(), nil); err != nil || back != public+"/" {
		t.Errorf("%v: signing out leads to %s", err, back)
	}
}

func TestWrongCommandLines(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"tenant"}, // without a redirect URL
		{"tenant", "--redirect", "http://localhost/", "--listen", "nowhere"},
		{"serve"},
		{"--listen", "nowhere"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), &out, &errs, args); code == 0 || errs.Len() == 0 || out.Len() > 0 {
			t.Errorf("pactius-demo %q: code %d, printed %q and %q", args, code, out.String(), errs.String())
		}
	}
}
