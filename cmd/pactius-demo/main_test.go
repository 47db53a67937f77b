package main

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"testing"
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
	start(t, `(?s)PACTIUS +http://localhost:.* 5\. In Microsoft 365`, "--listen", "127.0.0.1:0", "--data", t.TempDir())
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
