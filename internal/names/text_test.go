package names

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pactius/pactius"
)

// said returns the sentence about a refused field.
func said(t testing.TB, err error, field string) string {
	t.Helper()
	e, ok := errors.AsType[*pactius.Error](err)
	if !ok || e.Kind != pactius.KindInvalid || len(e.Fields) != 1 || e.Fields[0].Field != field {
		t.Fatalf("error %v, want an Invalid one for the field %q", err, field)
	}
	return e.Fields[0].Message.String()
}

func TestParseName(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in, want, refusal string
	}{
		{"a name stays", "Anna Hansen", "Anna Hansen", ""},
		{"white space is collapsed", "  Anna \t\n Hansen\u00a0", "Anna Hansen", ""},
		{"letters of any script", "Søren Ærø 山田太郎 محمد", "Søren Ærø 山田太郎 محمد", ""},
		{"accents are composed", "Rene\u0301", "Ren\u00e9", ""},
		{"a joiner in a script that needs it", "می\u200cخواهم", "می\u200cخواهم", ""},
		{"a heart", "Anna ❤\ufe0f", "Anna ❤\ufe0f", ""},
		{"an emoji of several parts", "Anna 👩\u200d💻", "Anna 👩\u200d💻", ""},
		{"256 characters fit", strings.Repeat("å", 256), strings.Repeat("å", 256), ""},
		{"257 characters do not", strings.Repeat("å", 257), "", "at most 256 characters. This one has 257"},
		{"nothing", "", "", "Enter a name."},
		{"only white space", " \t\n ", "", "Enter a name."},
		{"a NUL", "Anna\x00", "", "invisible"},
		{"an escape character", "\x1b[31mAnna", "", "invisible"},
		{"a right-to-left override", "Anna \u202eHansen", "", "invisible"},
		{"a zero-width space", "Anna\u200bHansen", "", "invisible"},
		{"a joiner between Latin letters", "An\u200dna", "", "invisible"},
		{"only a Hangul filler", "\u3164", "", "invisible"},
		{"a tag character", "Anna\U000e0041", "", "invisible"},
		{"invalid UTF-8", "Anna\xff", "", "invisible"},
		{"a megabyte", strings.Repeat("a", 1<<20), "", "too long"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseName("name", c.in)
			if c.refusal != "" {
				if sentence := said(t, err, "name"); !strings.Contains(sentence, c.refusal) {
					t.Errorf("ParseName says %q, want %q in it", sentence, c.refusal)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("ParseName(%q) = %q, %v, want %q", c.in, got, err, c.want)
			}
		})
	}
}

func TestCleanNameKeepsWhatIsGood(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"a name stays", "Anna Hansen", "Anna Hansen"},
		{"emoji of several parts stay", "Anna ❤\ufe0f 👩\u200d💻", "Anna ❤\ufe0f 👩\u200d💻"},
		{"hidden characters go", "\u202eAnna\x00 \u200b Hansen", "Anna Hansen"},
		{"invalid bytes go", "Anna\xff", "Anna"},
		{"only hidden characters leave nothing", "\u200b\u3164", ""},
		{"a long name is cut", strings.Repeat("x", 500), strings.Repeat("x", MaxName)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := CleanName(c.in); got != c.want {
				t.Errorf("CleanName(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestParseEmail(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, in, want string
		ok             bool
	}{
		{"nothing is fine", "", "", true},
		{"spaces are nothing", "  ", "", true},
		{"an address", " anna.hansen@nordhavn.example ", "anna.hansen@nordhavn.example", true},
		{"an address with a tag", "anna+news@nordhavn.example", "anna+news@nordhavn.example", true},
		{"with a display name", "Anna <anna@n.example>", "", false},
		{"in angle brackets", "<anna@n.example>", "", false},
		{"a header after it", "anna@n.example\r\nBcc: x@y.example", "", false},
		{"two addresses", "anna@n.example,bo@n.example", "", false},
		{"a quoted local part", `"anna hansen"@n.example`, "", false},
		{"an address literal", "anna@[127.0.0.1]", "", false},
		{"a domain without a dot", "anna@localhost", "", false},
		{"no @", "anna", "", false},
		{"a zero-width space", "an\u200bna@n.example", "", false},
		{"65 bytes before the @", strings.Repeat("a", 65) + "@n.example", "", false},
		{"255 bytes", strings.Repeat("a", 61) + "@" + strings.Repeat("n.", 93) + "example", "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseEmail("email", c.in)
			if (err == nil) != c.ok || got != c.want {
				t.Fatalf("ParseEmail(%q) = %q, %v, want %q, accepted %v", c.in, got, err, c.want, c.ok)
			}
			if err != nil {
				said(t, err, "email")
			}
		})
	}
}

func TestParseText(t *testing.T) {
	t.Parallel()
	const limit = 20
	cases := []struct {
		name, in, want, refusal string
	}{
		{"nothing is fine", "", "", ""},
		{"every line break becomes one", "a\r\nb\rc\u2028d\ne", "a\nb\nc\nd\ne", ""},
		{"white space at line ends goes", "  a \t\n\nb  \n\n", "a\n\nb", ""},
		{"emoji of several parts stay", "👩\u200d💻 ❤\ufe0f", "👩\u200d💻 ❤\ufe0f", ""},
		{"a NUL", "a\x00", "", "invisible"},
		{"a right-to-left override", "a\u202eb", "", "invisible"},
		{"a joiner between Latin letters", "a\u200db", "", "invisible"},
		{"invalid UTF-8", "\xfe", "", "invisible"},
		{"as much as fits", strings.Repeat("å", limit), strings.Repeat("å", limit), ""},
		{"one more", strings.Repeat("å", limit+1), "", "at most 20 characters. This one has 21"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseText("message", c.in, limit)
			if c.refusal != "" {
				if sentence := said(t, err, "message"); !strings.Contains(sentence, c.refusal) {
					t.Errorf("ParseText says %q, want %q in it", sentence, c.refusal)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("ParseText(%q) = %q, %v, want %q", c.in, got, err, c.want)
			}
		})
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"Anna Hansen", "\u202e", "a\u200db", "می\u200cخواهم", "\xff", "👩\u200d💻", " \u0301",
		"\u0344\u200b\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := CleanName(s)
		if again := CleanName(clean); again != clean {
			t.Errorf("CleanName(%q) = %q, and again %q", s, clean, again)
		}
		if clean != "" {
			if _, err := ParseName("name", clean); err != nil {
				t.Errorf("CleanName(%q) = %q, which ParseName refuses: %v", s, clean, err)
			}
		}
		if name, err := ParseName("name", s); err == nil {
			if again, err := ParseName("name", name); err != nil || again != name {
				t.Errorf("ParseName(%q) = %q, and again %q, %v", s, name, again, err)
			}
		}
		if text, err := ParseText("message", s, 100); err == nil {
			if again, err := ParseText("message", text, 100); err != nil || again != text {
				t.Errorf("ParseText(%q) = %q, and again %q, %v", s, text, again, err)
			}
		}
		if email, err := ParseEmail("email", s); err == nil && strings.ContainsAny(email, "\r\n\x00 <>,") {
			t.Errorf("ParseEmail(%q) = %q", s, email)
		}
		if n := utf8.RuneCountInString(Initials(s)); n < 1 || n > 2 {
			t.Errorf("Initials(%q) = %q", s, Initials(s))
		}
	})
}
