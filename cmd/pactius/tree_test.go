package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commands lists all commands but those cobra brings along.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{}
	for _, sub := range c.Commands() {
		if sub.Name() != "completion" && sub.Name() != "help" {
			all = append(append(all, sub), commands(sub)...)
		}
	}
	return all
}

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	all := commands(newRootCommand(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}))
	if n := strings.Count(helpText, "\n\n= "); n != len(all)+1 {
		t.Errorf("help.txt has %d sections for %d commands and the program", n, len(all))
	}
	for _, c := range all {
		path := c.CommandPath()
		if c.Short == "" || strings.HasSuffix(c.Short, ".") || len(c.Short) > 90 {
			t.Errorf("%s has the short help %q; want one line without a full stop", path, c.Short)
		}
		for line := range strings.Lines(c.Long) {
			if len(line) > 125 {
				t.Errorf("%s has a line of %d characters in its help: %s", path, len(line), line)
			}
		}
		if c.HasSubCommands() {
			continue
		}
		if c.Long == "" || c.Example == "" {
			t.Errorf("%s lacks a long help or an example", path)
		}
		if c.Flags().Lookup("json") != nil &&
			!strings.Contains(strings.Join(strings.Fields(c.Long), " "), "With --json it prints one JSON object") {
			t.Errorf("%s has --json and does not tell the fields", path)
		}
	}
}

func TestExamplesAreRight(t *testing.T) {
	t.Parallel()
	root := newRootCommand(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard})
	for _, c := range commands(root) {
		for example := range strings.SplitSeq(strings.ReplaceAll(c.Example, "\\\n", " "), "\n") {
			_, line, found := strings.Cut(example, "pactius ")
			if example == "" {
				continue
			}
			line, _, _ = strings.Cut(strings.Split(line, " > ")[0], " < ")
			words := (&world{}).words(line)
			target, rest, err := root.Find(words)
			if !found || err != nil || target != c {
				t.Errorf("%s has an example of something else: %s", c.CommandPath(), example)
				continue
			}
			if err := target.ParseFlags(rest); err != nil {
				t.Errorf("%s has an example with wrong flags: %v", c.CommandPath(), err)
			} else if err := target.ValidateArgs(target.Flags().Args()); err != nil {
				t.Errorf("%s has an example with wrong arguments: %v", c.CommandPath(), err)
			}
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	w := &world{t: t}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if r := w.run("", "completion", shell); r.code != exitDone || len(r.stdout) < 1000 {
			t.Errorf("completion %s ends with %d after %d bytes", shell, r.code, len(r.stdout))
		}
	}
	cases := []struct {
		name, want string
		words      []string
	}{
		{"subcommands", "take-back", []string{"request", ""}},
		{"access", "administer", []string{"user", "add", "--access", ""}},
		{"states", "withdrawn", []string{"request", "list", "--state", ""}},
		{"statuses", "deactivated", []string{"user", "list", "--status", ""}},
		{"languages", "da", []string{"environment", "set", "--language", ""}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := (&world{t: t}).run("", append([]string{"__complete"}, c.words...)...)
			if r.code != exitDone || !strings.Contains(r.stdout, c.want) {
				t.Errorf("completing %v gives %q, want %q in it", c.words, r.stdout, c.want)
			}
		})
	}
}

// A command works beside a running server on the same file.
func TestCommandsBesideAServer(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	log, errs := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx,
			&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: errs,
				environ: append(w.environ, "PACTIUS_LISTEN=127.0.0.1:0")}, []string{"serve"})
		errs.Close()
	}()
	lines := bufio.NewScanner(log)
	waitFor(t, lines, "PACTIUS is ready")
	go func() { _, _ = io.Copy(io.Discard, log) }()
	w.must("user", "add", "--username", "bo@nordhavn.example", "--name", "Bo Lund", "--unit", "Sales / North",
		"--welcome")
	if got := w.must("user", "list", "--search", "bo"); !strings.Contains(got, "Bo Lund") {
		t.Errorf("the user is not listed: %s", got)
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("the server ended with %d", code)
	}
}

// waitFor reads lines until one says what is expected.
func waitFor(t *testing.T, lines *bufio.Scanner, text string) {
	t.Helper()
	var seen []string
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return
		}
		seen = append(seen, lines.Text())
	}
	t.Fatalf("it ended without saying %q:\n%s", text, strings.Join(seen, "\n"))
}

func TestServeNamesAllProblems(t *testing.T) {
	t.Parallel()
	r := (&world{t: t, environ: []string{"PACTIUS_LISTEN=nowhere"}}).run("", "serve", "--url", "ftp://x")
	if r.code != exitRefused || !strings.Contains(r.stderr, "4 problems") {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
}
