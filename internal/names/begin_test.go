package names

import "testing"

func TestAWordOfATextBeginsWithWhatIsTyped(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, typed string
		want        bool
	}{
		{"Access requests", "requ", true},
		{"Access requests", "acc req", true},
		{"Access requests", "quests", false},
		{"Access requests", "access users", false},
		{"Sørens regnskab", "soer", true},
		{"Årsregnskab", "arsr", true},
		{"Order-Book", "book", true},
		{"Home", "", false},
		{"Home", "%", false},
	} {
		if got := Begin(c.text, c.typed); got != c.want {
			t.Errorf("Begin(%q, %q) = %t", c.text, c.typed, got)
		}
	}
}
