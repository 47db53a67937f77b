package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// guideCommand is a command line in a guide of internal/help.
var guideCommand = regexp.MustCompile("(?m)^    (pactius .*)$|`(pactius [^`]*)`")

// TestTheGuidesNameCommandsThatExist parses every command line of the guides as the program does, without running it.
func TestTheGuidesNameCommandsThatExist(t *testing.T) {
	t.Parallel()
	guides, err := filepath.Glob("../../internal/help/content/*/*.md")
	if err != nil || len(guides) == 0 {
		t.Fatalf("%d guides, %v", len(guides), err)
	}
	parsed := 0
	for _, guide := range guides {
		b, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range guideCommand.FindAllStringSubmatch(string(b), -1) {
			line := m[1] + m[2]
			if err := parses(words(line)[1:]); err != nil {
				t.Errorf("%s: %s: %v", guide, line, err)
			}
			parsed++
		}
	}
	if parsed < 10 {
		t.Errorf("only %d command lines were found", parsed)
	}
	for _, wrong := range []string{"pactius nothing", "pactius user merge one", "pactius check --nothing"} {
		if parses(words(wrong)[1:]) == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}

// parses reads a command line with its flags and arguments.
func parses(args []string) error {
	root := newRootCommand(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard})
	command, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := command.ParseFlags(rest); err != nil {
		return err
	}
	return command.ValidateArgs(command.Flags().Args())
}

// words splits a command line at spaces outside of quotes.
func words(line string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		all = append(all, m[1]+m[2])
	}
	return all
}
