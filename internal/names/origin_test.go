package names_test

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

func TestOriginsHaveOneForm(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]pactius.Origin{
		"https://contracts.nordhavn.example":       "https://contracts.nordhavn.example",
		" HTTPS://Contracts.Nordhavn.Example:443/": "https://contracts.nordhavn.example",
		"https://contracts.nordhavn.example:08443": "https://contracts.nordhavn.example:8443",
		"https://aftaler.nørrebro.example":         "https://aftaler.xn--nrrebro-q1a.example",
		"http://contracts.localhost:8090":          "http://contracts.localhost:8090",
		"http://localhost:80":                      "http://localhost",
		"http://127.0.0.1:8090":                    "http://127.0.0.1:8090",
		"https://[2001:DB8::1]:8443":               "https://[2001:db8::1]:8443",
	} {
		if got, err := names.ParseOrigin("origin", typed); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", typed, got, err, want)
		}
	}
	for _, typed := range []string{
		"", "contracts.nordhavn.example", "ftp://contracts.nordhavn.example", "https://", "https://*.nordhavn.example",
		"https://*", "https://a.example/path", "https://a.example/?q", "https://a.example#x", "https://u@a.example",
		"http://a.example", "http://10.0.0.1", "http://localhost.example", "https://a.example:0", "https://a.example:",
		"https://a.example:70000", "https://a..example", "https://a_b.example", "javascript:alert(1)",
		"https://a b.example", "https://2130706433", "https://0x7f.1", "https://127.1", "https://portal.example.0x",
		"https://portal.example.7",
		"https://[fe80::1%25eth0]", "https:/a.example", "https://a.example?", "https://a.example\\@b.example",
	} {
		if got, err := names.ParseOrigin("origin", typed); pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("%q became %q, %v", typed, got, err)
		}
	}
}
