package names

import (
	"strings"
	"testing"
	"unicode"
)

func TestFold(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"capitals", "Anna HANSEN", "anna hansen"},
		{"Danish letters", "Søren Ærø Åse", "soeren aeroe aase"},
		{"a decomposed å", "A\u030ase", "aase"},
		{"an å with a further accent", "\u01fb", "aa"},
		{"accents", "René Müller Ñandú", "rene muller nandu"},
		{"letters that do not come apart", "Groß Łukasz Đorđe Þór ışık", "gross lukasz dorde thor isik"},
		{"ligatures and wide letters", "ﬁ Ｗ", "fi w"},
		{"a final sigma", "Νίκος", "νικοσ"},
		{"white space", "  a \t\u00a0 b ", "a b"},
		{"invisible characters", "an\u200bna\u202e", "anna"},
		{"invalid bytes", "a\xffb", "ab"},
		{"nothing", "", ""},
		{"an account name", "Anna.Hansen@Nordhavn.example", "anna.hansen@nordhavn.example"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Fold(c.in); got != c.want {
				t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, want string }{
		{"first and last name", "Anna Hansen", "AH"},
		{"middle names do not count", "anna maria hansen", "AH"},
		{"one name", "Anna", "A"},
		{"family name first", "Hansen, Anna", "AH"},
		{"brackets do not count", "Anna Hansen (Ext) [DK]", "AH"},
		{"an account name", "anna.hansen@nordhavn.example", "AH"},
		{"a guest", "bo@partner.example", "B"},
		{"signs do not count", "- Anna \"Bo\" Hansen!", "AH"},
		{"letters outside ASCII", "Åse Ærø", "ÅÆ"},
		{"another script", "山田 太郎", "山太"},
		{"nothing", "", "?"},
		{"only signs", "!!!", "?"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Initials(c.in); got != c.want {
				t.Errorf("Initials(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Søren Ærø Åse", "İSTANBUL", "A\u0323\u030a", "ﷺ", "\u00a8", "ẞ", "\u1e9b\u0323"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if again := Fold(folded); again != folded {
			t.Errorf("Fold(%q) = %q, and again %q", s, folded, again)
		}
		if strings.ContainsFunc(folded, unicode.IsUpper) && strings.ContainsFunc(s, unicode.IsLetter) {
			for _, r := range folded {
				if unicode.IsUpper(r) && unicode.ToLower(r) != r {
					t.Errorf("Fold(%q) = %q holds the capital %q", s, folded, r)
				}
			}
		}
	})
}
