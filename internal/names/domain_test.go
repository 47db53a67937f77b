package names

import (
	"strings"
	"testing"
)

func TestAddressesOnTheWireHaveTheirDomainAsALabels(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		address, want string // "" is refused
		utf8          bool
	}{
		{"anna@nordhavn.example", "anna@nordhavn.example", false},
		{"Anna@Nordhavn.example", "Anna@Nordhavn.example", false},
		{"anna@münchen.example", "anna@xn--mnchen-3ya.example", false},
		{"anna@MÜNCHEN。example", "anna@xn--mnchen-3ya.example", false},
		{"anna@xn--mnchen-3ya.example", "anna@xn--mnchen-3ya.example", false},
		{"anna@straße.example", "anna@xn--strae-oqa.example", false},
		{"anna@βόλος.example", "anna@xn--nxasmm1c.example", false}, // the final sigma is a letter of its own
		{"søren@nordhavn.example", "søren@nordhavn.example", true},
		{"søren@münchen.example", "søren@xn--mnchen-3ya.example", true},
		{"anna@" + strings.Repeat("ø", 64) + ".example", "", false},
		{"anna@-ø-.example", "", false},
	} {
		got, ok := WireAddress(test.address)
		if ok != (test.want != "") || ok && got != test.want {
			t.Errorf("WireAddress(%s) = %s, %t, want %s", test.address, got, ok, test.want)
		}
		if needs := NeedsSMTPUTF8(test.address); needs != test.utf8 {
			t.Errorf("NeedsSMTPUTF8(%s) = %t", test.address, needs)
		}
	}
}
