package directory

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestBeginnings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		typed string
		want  []string
	}{
		"two words": {"anna.hanson@nordhavn.example", []string{"anna.hanson@nordhavn.example", "anna.ha", "hanson",
			"hans", "anna"}},
		"one word": {"ahansen@nordhavn.example", []string{"ahansen@nordhavn.example", "ahans", "ahansen", "ahan",
			"hansen"}},
		"a short name": {"bo@nordhavn.example", []string{"bo@nordhavn.example"}},
		"only digits":  {"u12345@nordhavn.example", []string{"u12345@nordhavn.example", "u123"}},
		"other letters": {"øjvind.åse@nordhavn.example", []string{"øjvind.åse@nordhavn.example", "øjvind", "åse",
			"øjvi"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, beginnings(test.typed)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzBeginnings(f *testing.F) {
	for _, typed := range []string{"anna.hansen@nordhavn.example", "@", "", "a@b", "é́́@x.example", "\xff\xfe@x",
		strings.Repeat("å.", 5000) + "@x.example"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		all := beginnings(typed)
		if len(all) > maxBeginnings {
			t.Errorf("%d searches for one name", len(all))
		}
		for _, b := range all {
			if utf8.RuneCountInString(b) < leastBeginning || len(b) > len(typed) && utf8.ValidString(typed) {
				t.Errorf("%q is searched for because of %q", b, typed)
			}
		}
	})
}
