package names

import (
	"errors"
	"strings"
	"testing"
	"unicode"
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
		{"exactly 255 characters after the @", "a@" + strings.Repeat("n.", 124) + "example",
			"a@" + strings.Repeat("n.", 124) + "example", "a@" + strings.Repeat("n.", 124) + "example"},
		{"signs of addresses", "r&d+x=1/2?{a}|b%c*$`@n.example", "r&d+x=1/2?{a}|b%c*$`@n.example",
			"r&d+x=1/2?{a}|b%c*$`@n.example"},
		{"a dot before the @", "taro.@docomo.example", "taro.@docomo.example", "taro.@docomo.example"},
		{"a domain with an umlaut", "Ida@MÜNCHEN.example", "Ida@MÜNCHEN.example", "ida@xn--mnchen-3ya.example"},
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
		{"a space inside", "anna hansen@n.example", "can't contain spaces"},
		{"a pasted address with a name", "Anna Hansen <anna@n.example>", "can't contain spaces"},
		{"a line break inside", "anna@n.example\nBcc: x@y.example", "invisible"},
		{"no @", "anna.hansen", "Enter it in full, including @"},
		{"two @", "anna@b@n.example", "more than one @"},
		{"nothing before the @", "@n.example", "before the @ is missing"},
		{"nothing after the @", "anna@", "after the @ is missing"},
		{"no dot in the domain", "anna@nordhavn", "incomplete"},
		{"a dot only at the domain's end", "anna@nordhavn.", "incomplete"},
		{"two dots in the domain", "anna@n..example", "isn't a valid domain"},
		{"a domain that starts with a hyphen", "anna@-n.example", "isn't a valid domain"},
		{"an underscore in the domain", "anna@n_x.example", "isn't a valid domain"},
		{"65 characters before the @", strings.Repeat("a", 65) + "@n.example", "before the @ is too long"},
		{"256 characters after the @", "a@" + strings.Repeat("n.", 124) + "example1", "after the @ is too long"},
		{"a label of 64 characters", "a@" + strings.Repeat("n", 64) + ".example", "isn't a valid domain"},
		{"a label whose A-label has more than 63", "a@" + strings.Repeat("ü", 60) + ".example", "isn't a valid domain"},
		{"a megabyte", strings.Repeat("a", 1<<20) + "@n.example", "at most 320"},
		{"a semicolon", "anna;b@n.example", "can't contain ;"},
		{"a backslash", "company\\anna@n.example", "can't contain \\"},
		{"a dot before the name", ".anna@n.example", "starts with a dot"},
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
		{"a domain in both spellings", "ida@münchen.example", "ida@xn--mnchen-3ya.example", true},
		{"in capitals", "IDA@MÜNCHEN.EXAMPLE", "ida@XN--MNCHEN-3YA.example", true},
		{"with a decomposed accent", "ida@mu\u0308nchen.example", "ida@xn--mnchen-3ya.example", true},
		{"with full-width letters and dots", "ida@ｍünchen。example", "ida@xn--mnchen-3ya.example", true},
		{"with a final sigma", "ida@βόλος.example", "ida@xn--nxasmm1c.example", true},
		{"and that in capitals", "ida@ΒΌΛΟΣ.example", "ida@βόλος.example", true},
		{"ß and ss are two domains", "ida@straße.example", "ida@strasse.example", false},
		{"ß and its A-label are one", "ida@STRAẞE.example", "ida@xn--strae-oqa.example", true},
		{"one label of a domain that the DNS does not have", "ida@münchen._x.example",
			"ida@xn--mnchen-3ya._x.example", true},
		{"an umlaut before the @ is no domain", "münchen@n.example", "xn--mnchen-3ya@n.example", false},
		{"something that only looks like an A-label", "ida@xn--ü.example", "ida@xn--u.example", false},
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

func TestKeyOfEveryLetter(t *testing.T) {
	t.Parallel()
	const last = 0x1ffff // no letters follow but ideographs
	for r := range rune(last) {
		s := "a@x" + string(r) + "y.example"
		key := Key(s)
		for _, other := range []string{key, strings.ToLower(s), norm.NFD.String(s), readableDomain(key)} {
			if got := Key(other); got != key && utf8.ValidRune(r) {
				t.Errorf("%U: Key(%q) = %q, and Key(%q) = %q", r, s, key, other, got)
			}
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"Anna@N.example", "İ", "ß", "ΣΑΣ", "a\u030a", "\xff", "K\u0323\u0307", " x\u00a0",
		"a@MÜNCHEN.example", "a@xn--mnchen-3ya", "a@ΒΌΛΟΣ", "a@\u1e9e", "a@𝛓.", "a@xn--", "a@b@ü", "a@ﷺ", "a@\u0131İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := Key(s)
		same := map[string]string{
			"and again": key, "in lower case": strings.Map(unicode.ToLower, s), "decomposed": norm.NFD.String(s),
			"with readable domain": readableDomain(s), "with the spelling's key": Keys(s)[len(Keys(s))-1],
		}
		for how, s2 := range same {
			if again := Key(s2); again != key && utf8.ValidString(s) {
				t.Errorf("Key(%q) = %q, %s of %q %q", s, key, how, s2, again)
			}
		}
		if u := Vouched(s); u.Shown != "" && (u.Key != key || Vouched(u.Shown) != u) {
			t.Errorf("Vouched(%q) = %+v, and again %+v", s, u, Vouched(u.Shown))
		}
		if readable := Readable(s); Readable(readable) != readable {
			t.Errorf("Readable(%q) = %q, and again %q", s, readable, Readable(readable))
		}
	})
}

// readableDomain is an account name with a readable domain.
func readableDomain(s string) string {
	at := strings.LastIndexByte(s, '@')
	return s[:at+1] + Readable(s[at+1:])
}

func TestReadable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "anna@n.example": "anna@n.example", "Ida@XN--MNCHEN-3YA.Example (x)": "Ida@münchen.Example (x)",
		"ida_xn--mnchen-3ya.example#EXT#@a.example": "ida_münchen.example#EXT#@a.example", "xn--": "xn--",
		"xn--a-": "xn--a-", "ø xn--strae-oqa": "ø straße", "\xffxn--mnchen-3ya\xff": "\xffmünchen\xff",
	} {
		if got := Readable(in); got != want {
			t.Errorf("Readable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWhatMicrosoftVouchedForIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("l", 300) + "@" + strings.Repeat("n", 66) + ".example"
	for in, want := range map[string]string{
		"gerd+x@n.example": "gerd+x@n.example", "r&d=1/2@n.example": "r&d=1/2@n.example", "+4512345678": "+4512345678",
		" .a..b.@n ": ".a..b.@n", "a@b@c": "a@b@c", long: long, "anna hansen@n.example": "anna hansen@n.example",
		"": "", "an\u200bna@n.example": "", "anna\u202e@n.example": "", "anna\xff@n.example": "", "a\x00@n": "",
	} {
		if got := Vouched(in); got.Shown != want || got.Key != Key(want) {
			t.Errorf("Vouched(%q) = %+v, want %q", in, got, want)
		}
	}
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
