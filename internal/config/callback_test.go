package config

import (
	"strings"
	"testing"
)

func TestTheCallbackHostStandsAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, host, is, want string }{
		{"https://access.company.com:8443", "Signin.Company.com.", "signin.company.com", ""},
		{"https://access.company.com", "anmeldung.münchen.example", "anmeldung.xn--mnchen-3ya.example", ""},
		{"http://localhost:8080", "signin.localhost", "signin.localhost", ""},
		{"https://access.company.com", "ACCESS.company.com", "", "is the host of PACTIUS_URL"},
		{"http://localhost:8080", "signin.company.com", "", "a name of this machine"},
	} {
		cfg, err := Load(Sources{Environ: []string{"PACTIUS_URL=" + c.url, "PACTIUS_MICROSOFT_CALLBACK_HOST=" + c.host,
			"PACTIUS_MICROSOFT_CLIENT_ID=abc", "PACTIUS_MICROSOFT_CLIENT_SECRET=def"}})
		switch {
		case c.want == "" && (err != nil || cfg.CallbackHost != c.is):
			t.Errorf("%s: %q, %v", c.host, cfg.CallbackHost, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.host, err, c.want)
		}
	}
}
