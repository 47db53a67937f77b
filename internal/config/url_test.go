package config

import (
	"strings"
	"testing"
)

// TestThePublicURLIsAsBrowsersSendIt: cookies, redirects and the Host of a request are compared with it.
func TestThePublicURLIsAsBrowsersSendIt(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://zugang.münchen.example":        "https://zugang.xn--mnchen-3ya.example",
		"https://Zugang.MÜNCHEN.example:8443/":  "https://zugang.xn--mnchen-3ya.example:8443",
		"https://zugang.mu\u0308nchen.example":  "https://zugang.xn--mnchen-3ya.example",
		"https://zugang。münchen．example":        "https://zugang.xn--mnchen-3ya.example",
		"https://zugang.m%C3%BCnchen.example":   "https://zugang.xn--mnchen-3ya.example",
		"https://zugang.XN--mnchen-3ya.example": "https://zugang.xn--mnchen-3ya.example",
		"https://straße.example":                "https://xn--strae-oqa.example",
		"https://Access.Company.com.":           "https://access.company.com",
		"https://access.company.com:443":        "https://access.company.com",
		"https://access.company.com:":           "https://access.company.com",
		"https://[2001:DB8:0::1]:444":           "https://[2001:db8::1]:444",
		"http://localhost.":                     "http://localhost",
		"http://LOCALHOST:80":                   "http://localhost",
		"http://ｌｏｃａｌｈｏｓｔ:8080":                 "http://localhost:8080",
		"http://nordhavn.localhost:8080":        "http://nordhavn.localhost:8080",
		"http://127.0.0.1:8080":                 "http://127.0.0.1:8080",
		"http://127.1.2.3":                      "http://127.1.2.3",
		"http://[::1]:8080":                     "http://[::1]:8080",
		"http://[::ffff:127.0.0.1]":             "http://[::ffff:127.0.0.1]",
	} {
		c, err := Load(Sources{Environ: []string{"PACTIUS_URL=" + given}})
		if err != nil || c.URL.String() != want {
			t.Errorf("%s: got %v, %v, want %s", given, c.URL, err, want)
		}
	}
}

// TestOnlyThisMachineMayDoWithoutTLS: the name decides, because what it resolves to can change.
func TestOnlyThisMachineMayDoWithoutTLS(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"access.company.com", "127.0.0.1.nip.io", "localhost.company.com", "lvh.me",
		"localhost.localdomain", "10.0.0.1", "192.168.1.5", "172.16.0.1", "169.254.1.1", "0.0.0.0", "[::]", "[fe80::1]",
		"[fd00::1]", "127.1", "2130706433", "0x7f.0.0.1", "xlocalhost", "löcalhost"} {
		for _, setting := range []string{"PACTIUS_URL", "PACTIUS_MICROSOFT_AUTHORITY", "PACTIUS_MICROSOFT_GRAPH"} {
			_, err := Load(Sources{Environ: []string{setting + "=http://" + host}})
			if err == nil || !strings.Contains(err.Error(), "would cross the network unencrypted") &&
				!strings.Contains(err.Error(), "has no valid host name") { // another spelling of an IP address
				t.Errorf("%s=http://%s: %v", setting, host, err)
			}
		}
	}
}
