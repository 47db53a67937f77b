package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the walks anew")

// TestWalks runs the commands of testdata/*.walk and compares what they print.
// A walk is a transcript:
//
//	# a comment
//	$ user list --search "Bo Lund"     a command, without "pactius"
//	< {"username": ...}                a line on its standard input
//	its output
//	! its output on standard error
//	[1]                                its exit code, unless 0
//	% ask ACCOUNT_NAME NAME MESSAGE [PATH ...]   a person requests access
//	% more ACCOUNT_NAME MESSAGE [PATH ...]       a user requests more access
//	% tenant ID [ACCOUNT_NAME NAME ...]          Microsoft 365 has a tenant with these people
//	% sign-in ID ACCOUNT_NAME                    one of them signs in; the outcome is printed
//	% give-up REASON                             the server gives up all emails that wait
//	                                             commands name them EMAIL1, EMAIL2 and so on, in the order written
//
// IDs, times, sizes and the folder are replaced by ID, TIME, SIZE and DIR. With
// -update the transcripts are written anew; read the difference then.
func TestWalks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.walk")
	if err != nil || len(files) == 0 {
		t.Fatalf("no walks: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := walk(newWorld(t), string(b))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(b), got); diff != "" {
				t.Errorf("the transcript differs (-want +got); -update writes it anew\n%s", diff)
			}
		})
	}
}

// walk runs a transcript and returns it with what was printed now.
func walk(w *world, script string) string {
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(script, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "#") || line == "":
			fmt.Fprintln(&out, line)
		case strings.HasPrefix(line, "% ask "):
			fmt.Fprintln(&out, line)
			words := w.words(line)[2:]
			w.ask(words[0], words[1], words[2], words[3:]...)
		case strings.HasPrefix(line, "% more "):
			fmt.Fprintln(&out, line)
			words := w.words(line)[2:]
			w.askMore(words[0], words[1], words[2:]...)
		case strings.HasPrefix(line, "% tenant "):
			fmt.Fprintln(&out, line)
			words := w.words(line)[2:]
			w.tenant(words[0], words[1:]...)
		case strings.HasPrefix(line, "% sign-in "):
			fmt.Fprintln(&out, line)
			words := w.words(line)[2:]
			fmt.Fprintln(&out, " ", w.enter(words[0], words[1]))
		case strings.HasPrefix(line, "% give-up "):
			fmt.Fprintln(&out, line)
			w.giveUp(w.words(line)[2])
		case strings.HasPrefix(line, "$ "):
			fmt.Fprintln(&out, line)
			var stdin strings.Builder
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "< ") {
				i++
				fmt.Fprintln(&out, lines[i])
				fmt.Fprintln(&stdin, strings.TrimPrefix(lines[i], "< "))
			}
			w.print(&out, w.run(stdin.String(), w.words(line)[1:]...))
		}
	}
	return out.String()
}

// print writes a result into a transcript.
func (w *world) print(out *strings.Builder, r result) {
	for line := range strings.Lines(w.constant(r.stdout)) {
		line = strings.TrimRight(line, " \n")
		if line == "" {
			line = "."
		}
		fmt.Fprintln(out, " ", line)
	}
	for line := range strings.Lines(w.constant(r.stderr)) {
		fmt.Fprintln(out, "!", strings.TrimRight(line, "\n"))
	}
	if r.code != exitDone {
		fmt.Fprintf(out, "[%d]\n", r.code)
	}
}

// words splits a line as a shell does, with double quotes only.
func (w *world) words(line string) []string {
	var words []string
	line = strings.ReplaceAll(line, "DIR", w.dir)
	for i, id := range w.emails {
		line = strings.ReplaceAll(line, fmt.Sprintf("EMAIL%d", i+1), string(id))
	}
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}
