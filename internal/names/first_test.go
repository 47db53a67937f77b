package names

import (
	"strings"
	"testing"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, want string }{
		{"Ada Lund", "Ada"},
		{"  Ada   Lund ", "Ada"},
		{"Anna Maria Hansen", "Anna"},
		{"Anne-Marie Lund", "Anne-Marie"},
		{"Øystein Ås", "Øystein"},
		{"ADA LUND", "ADA"},
		{"Lund, Ada", "Ada"},
		{"Lund, Ada Marie", "Ada"},
		{"van der Berg, Ada", "Ada"},
		{"Lund, Dr. Ada", "Ada"},
		{"Lund, Ada, PhD", "Ada"},
		{"Ada Lund, PhD", "Ada"},
		{"Ada Lund (External)", "Ada"},
		{"[EXT] Ada Lund", "Ada"},
		{"Dr. Ada Lund", "Ada"},
		{"Prof. Dr. med. Ada Lund", "Ada"},
		{"Dipl.-Ing. Bo Holm", "Bo"},
		{"Ada Lund Jr.", "Ada"},

		{"", ""},
		{"Ada", "Ada"},
		{"Dr. Lund", "Dr. Lund"},
		{"Ada Lund, Sales", "Ada Lund, Sales"},
		{"A. Lund", "A. Lund"},
		{"A Lund", "A Lund"},
		{"J.R.R. Tolkien", "J.R.R. Tolkien"},
		{"Lund, A.", "Lund, A."},
		{"AJ Lund", "AJ Lund"},
		{"LUND Ada", "LUND Ada"},
		{"von Lund", "von Lund"},
		{"ada@nordhavn.example", "ada@nordhavn.example"},
		{"Ada Lund <ada@nordhavn.example>", "Ada Lund <ada@nordhavn.example>"},
		{"Crew 7", "Crew 7"},
		{"山田 太郎", "山田 太郎"},
		{"김 민준", "김 민준"},
		{"Иван Петров", "Иван Петров"},
		{"ليلى حسن", "ليلى حسن"},
		{"Ada 山田", "Ada 山田"},
		{"(External)", "(External)"},
		{", Ada", ", Ada"},
		{"Lund,", "Lund,"},
	} {
		if got := First(test.name); got != test.want {
			t.Errorf("First(%q) = %q, want %q", test.name, got, test.want)
		}
	}
}

func FuzzFirst(f *testing.F) {
	f.Add("Lund, Dr. Ada")
	f.Fuzz(func(t *testing.T, name string) {
		if got := First(name); !strings.Contains(name, got) || got == "" && strings.TrimSpace(name) != "" {
			t.Errorf("First(%q) = %q, which isn't a part of the name", name, got)
		}
	})
}
