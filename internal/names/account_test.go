package names

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/pactius/pactius"
)

func TestParseAccountNameAccepts(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in, shown, key string
	}{
		{"a plain account name", "anna.hansen@nordhavn.example", "anna.hansen@nordhavn.example",
			"anna.hansen@nordhavn.example"},
		{"capitals are shown and ignored", "Anna.Hansen@NordHavn.example", "Anna.Hansen@NordHavn.example",
			"anna.hansen@nordhavn.example"},
		{"spaces around are trimmed", " \t anna@n.example\r\n", "anna@n.example", "anna@n.example"},
		{"a guest", "anna_partner.example#EXT#@nordhavn.onmicrosoft.com",
			"anna_partner.example#EXT#@nordhavn.onmicrosoft.com", "anna_partner.example#ext#@nordhavn.onmicrosoft.com"},
		{"a guest whose own address is long", strings.Repeat("a", 70) + "#EXT#@n.example",
			strings.Repeat("a", 70) + "#EXT#@n.example", strings.Repeat("a", 70) + "#ext#@n.example"},
		{"all signs that Microsoft allows", "a'b.c-d_e!f#g^h~i@n.example", "a'b.c-d_e!f#g^h~i@n.example",
			"a'b.c-d_e!f#g^h~i@n.example"},
		{"letters with decomposed accents are composed", "rene\u0301@n.example", "ren\u00e9@n.example",
			"ren\u00e9@n.example"},
		{"exactly 64 characters before the @", strings.Repeat("a", 64) + "@n.example", strings.Repeat("a", 64) +
			"@n.example", strings.Repeat("a", 64) + "@n.example"},
		{"exactly 48 characters after the @", "a@" + strings.Repeat("n", 40) + ".example",
			"a@" + strings.Repeat("n", 40) + ".example", "a@" + strings.Repeat("n", 40) + ".example"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseAccountName(c.in)
			if err != nil {
				t.Fatalf("ParseAccountName(%q): %v", c.in, err)
			}
			if want := (Username{Shown: c.shown, Key: c.key}); got != want {
				t.Errorf("ParseAccountName(%q) = %+v, want %+v", c.in, got, want)
			}
		})
	}
}

func TestParseAccountNameSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in, part string // part of the sentence
	}{
		{"nothing", "", "Enter the person's"},
		{"only spaces", "  \t", "Enter the person's"},
		{"a space inside", "anna hansen@n.example", "no spaces"},
		{"a pasted address with a name", "Anna Hansen <anna@n.example>", "no spaces"},
		{"a line break inside", "anna@n.example\nBcc: x@y.example", "invisible"},
		{"no @", "anna.hansen", "Enter it with @"},
		{"two @", "anna@b@n.example", "more than one @"},
		{"nothing before the @", "@n.example", "before the @ is missing"},
		{"nothing after the @", "anna@", "after the @ is missing"},
		{"no dot in the domain", "anna@nordhavn", "incomplete"},
		{"a dot only at the domain's end", "anna@nordhavn.", "incomplete"},
		{"two dots in the domain", "anna@n..example", "not a valid domain"},
		{"a domain that starts with a hyphen", "anna@-n.example", "not a valid domain"},
		{"an underscore in the domain", "anna@n_x.example", "not a valid domain"},
		{"65 characters before the @", strings.Repeat("a", 65) + "@n.example", "before the @ is too long"},
		{"49 characters after the @", "a@" + strings.Repeat("n", 41) + ".example", "after the @ is too long"},
		{"a megabyte", strings.Repeat("a", 1<<20) + "@n.example", "at most 113"},
		{"a plus sign", "anna+pactius@n.example", "cannot contain +"},
		{"a semicolon", "anna;b@n.example", "cannot contain ;"},
		{"a dot before the @", "anna.@n.example", "dot at its start or end"},
		{"two dots before the @", "anna..hansen@n.example", "two dots in a row"},
		{"a NUL", "anna\x00@n.example", "invisible"},
		{"a zero-width space", "an\u200bna@n.example", "invisible"},
		{"a zero-width joiner", "an\u200dna@n.example", "invisible"},
		{"a right-to-left override", "anna\u202e@n.example", "invisible"},
		{"a Hangul filler", "anna\u3164@n.example", "invisible"},
		{"invalid UTF-8", "anna\xff@n.example", "invisible"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseAccountName(c.in)
			e, ok := errors.AsType[*pactius.Error](err)
			if !ok || len(e.Fields) != 1 || e.Fields[0].Field != "username" {
				t.Fatalf("ParseAccountName(%.50q) = %+v, %v, want one fault of the field username", c.in, got, err)
			}
			if sentence := e.Fields[0].Message.String(); !strings.Contains(sentence, c.part) {
				t.Errorf("ParseAccountName(%.50q) says %q, want %q in it", c.in, sentence, c.part)
			}
		})
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, a, b string
		same       bool
	}{
		{"capitals do not matter", "ANNA@N.EXAMPLE", "anna@n.example", true},
		{"composition does not matter", "a\u030asa@n.example", "\u00c5SA@n.example", true},
		{"ß and ss are two names", "weiß@n.example", "weiss@n.example", false},
		{"ß equals its capital", "weiß@n.example", "WEIẞ@n.example", true},
		{"a dotted capital İ is an i", "İbrahim@n.example", "ibrahim@n.example", true},
		{"a dotless ı is its own letter", "ışık@n.example", "isik@n.example", false},
		{"a final sigma is a sigma", "νικος@n.example", "ΝΙΚΟΣ@n.example", true},
		{"the Kelvin sign is a K", "\u212aim@n.example", "kim@n.example", true},
		{"å and aa are two names", "åse@n.example", "aase@n.example", false},
		{"trimming happens here as well", " anna@n.example\n", "anna@n.example", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Key(c.a) == Key(c.b); got != c.same {
				t.Errorf("Key(%q) = %q, Key(%q) = %q, want same %v", c.a, Key(c.a), c.b, Key(c.b), c.same)
			}
		})
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"Anna@N.example", "İ", "ß", "ΣΑΣ", "a\u030a", "\xff", "K\u0323\u0307", " x\u00a0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := Key(s)
		if again := Key(key); again != key {
			t.Errorf("Key(%q) = %q, and again %q", s, key, again)
		}
	})
}

func FuzzParseAccountName(f *testing.F) {
	for _, s := range []string{"anna@n.example", "a_b.c#EXT#@n.example", "@", "a@@b", "İ@ß.example", "a@b.c\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseAccountName(s)
		if err != nil {
			if pactius.KindOf(err) != pactius.KindInvalid {
				t.Errorf("ParseAccountName(%q): kind %v", s, pactius.KindOf(err))
			}
			return
		}
		if again, err := ParseAccountName(u.Shown); err != nil || again != u {
			t.Errorf("ParseAccountName(%q) = %+v, but reading that again gives %+v, %v", s, u, again, err)
		}
		if !utf8.ValidString(u.Key) || !norm.NFC.IsNormalString(u.Shown) || strings.ContainsAny(u.Shown, " \r\n\x00") {
			t.Errorf("ParseAccountName(%q) = %+v", s, u)
		}
		if _, err := ParseAccountName(u.Key); err != nil {
			t.Errorf("the key %q of %q is not an account name: %v", u.Key, s, err)
		}
	})
}
