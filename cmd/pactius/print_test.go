package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"plain words stay", "Anna Hansen", "Anna Hansen"},
		{"letters of every script stay", "Søren 张伟 אבג", "Søren 张伟 אבג"},
		{"quotes and backslashes stay", `Niall "O'Neil" \`, `Niall "O'Neil" \`},
		{"escape sequences are spelled out", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"so are those of one character", "a\u009b31m", `a\u009b31m`},
		{"line breaks and tabs", "a\nb\tc\r", `a\nb\tc\r`},
		{"what reorders text", "invoice\u202egpj.exe", `invoice\u202egpj.exe`},
		{"what cannot be seen", "a\u200bb\ufeff", `a\u200bb\ufeff`},
		{"bytes that are no text", "a\xffb", "a\ufffdb"},
		{"delete and NUL", "\x7f\x00", `\x7f\x00`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := printable(c.text); got != c.want {
				t.Errorf("printable(%q) = %q, want %q", c.text, got, c.want)
			}
		})
	}
}

// A printed command is copied into a shell, and the account name in it comes from another organisation.
func TestPrintedCommandsNameUsersSafely(t *testing.T) {
	t.Parallel()
	for username, want := range map[string]string{
		"anna.hansen@nordhavn.example": "anna.hansen@nordhavn.example", "gerd+x@n.example": "gerd+x@n.example",
		"": "ID", "r&d@n.example": "ID", "$(reboot)@n.example": "ID", "a;b@n.example": "ID", "-x@n.example": "ID",
		"a`b`@n.example": "ID", "o'brien@n.example": "ID", "a b@n.example": "ID", "+45 12345678": "ID",
		"anna_n.example#EXT#@nordhavn.example": "ID", "ida@münchen.example": "ID", "anna@n.example\n": "ID",
	} {
		if got := argument(username, "ID"); got != want {
			t.Errorf("argument(%q) = %q, want %q", username, got, want)
		}
	}
	if called("") != "no account name" || called("anna@n.example") != "anna@n.example" {
		t.Errorf("called %q and %q", called(""), called("anna@n.example"))
	}
}

// Whatever stands in the database, a terminal gets only what can be seen, and
// JSON means what was stored.
func FuzzOutputIsHarmless(f *testing.F) {
	f.Add("\x1b]0;title\a", "a\u202eb")
	f.Add("tab\there", "line\nbreak")
	f.Add("\xff", "0") // once a tabwriter's escape
	f.Add("\U000e0041\xff", "</script>&")
	f.Fuzz(func(t *testing.T, a, b string) {
		var people, programs bytes.Buffer
		p := &printer{out: &people, zone: time.UTC}
		table := p.table("A", "B")
		if err := table.row(a, b); err != nil {
			t.Fatal(err)
		}
		if err := table.end(); err != nil {
			t.Fatal(err)
		}
		if err := p.say("%s and %s", a, b); err != nil {
			t.Fatal(err)
		}
		p.out = &programs
		if err := p.object([]string{a, b}); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{people.String(), programs.String()} {
			if strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
				t.Errorf("%q and %q are printed as %q", a, b, out)
			}
		}
		if n := strings.Count(people.String(), "\n"); n != 3 {
			t.Errorf("%d lines for people, want 3: %q", n, people.String())
		}
		var got []string
		if err := json.Unmarshal(programs.Bytes(), &got); err != nil {
			t.Fatalf("%q is no JSON: %v", programs.String(), err)
		}
		want := []string{string([]rune(a)), string([]rune(b))} // each bad byte is one replacement character
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("JSON differs (-want +got):\n%s", diff)
		}
	})
}

func TestErrorsAreHarmless(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	for _, args := range [][]string{{"explain", "a\x1b[2Jb@nordhavn.example"}, {"user", "show", "\x1b[2J"},
		{"user", "list", "--status", "\x1b[2J"}, {"\x1b[2J"}} {
		r := w.run("", args...)
		if strings.Contains(r.stdout+r.stderr, "\x1b") {
			t.Errorf("%q steers the terminal: %q %q", args, r.stdout, r.stderr)
		}
	}
}

func TestTimesOfPeople(t *testing.T) {
	t.Parallel()
	p := &printer{zone: time.FixedZone("", 2*60*60)}
	at := time.Date(2026, 5, 3, 22, 30, 15, 0, time.UTC)
	if got, want := p.time(at, "never"), "2026-05-04 00:30 +02:00"; got != want {
		t.Errorf("time = %q, want %q", got, want)
	}
	if got := p.time(time.Time{}, "never"); got != "never" {
		t.Errorf("no time = %q, want never", got)
	}
}
