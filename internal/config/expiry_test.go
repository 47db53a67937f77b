package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// certificate returns a certificate for the year 2026 and its key, in PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "PACTIUS"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}))
}

// TestTheSharedRegistrationHasASecretOrACertificate, exactly one of them, and one that can be used.
func TestTheSharedRegistrationHasASecretOrACertificate(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	another, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(another)
	if err != nil {
		t.Fatal(err)
	}
	otherKey := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	const id, secret, text, file, ends = "PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=hunter2",
		"PACTIUS_MICROSOFT_CERTIFICATE=", "PACTIUS_MICROSOFT_CERTIFICATE_FILE=", "PACTIUS_MICROSOFT_SECRET_ENDS="
	read := files(map[string]string{"/good": "\ufeff" + strings.ReplaceAll(cert+key, "\n", "\r\n"), "/cert": cert,
		"/huge": strings.Repeat(cert, 100), "/garbage": "-----BEGIN", "/toml": "microsoft_client_id = 'app'\n" +
			"microsoft_certificate = '''\n" + key + cert + "'''", "/toml-file": "microsoft_certificate_file = '/good'"})
	for name, c := range map[string]struct {
		environ []string
		says    string // "" works
	}{
		"a secret":                      {[]string{id, secret}, ""},
		"a secret with its last day":    {[]string{id, secret, ends + "2027-06-30"}, ""},
		"a certificate":                 {[]string{id, text + cert + key}, ""},
		"in a file of Windows":          {[]string{id, file + "/good"}, ""},
		"in TOML, the key first":        {[]string{"PACTIUS_CONFIG=/toml"}, ""},
		"named in TOML":                 {[]string{id, "PACTIUS_CONFIG=/toml-file"}, ""},
		"nothing":                       {nil, ""},
		"the ID alone":                  {[]string{id}, "set the ID and one of them, or none"},
		"a certificate alone":           {[]string{text + cert + key}, "set the ID and one of them, or none"},
		"both":                          {[]string{id, secret, text + cert + key}, "exclude each other"},
		"both, from different places":   {[]string{id, secret, "PACTIUS_CONFIG=/toml-file"}, "exclude each other"},
		"without its key":               {[]string{id, file + "/cert"}, "cannot be used. There's no private key"},
		"the key alone":                 {[]string{id, text + key}, "There's no certificate in this text"},
		"another key":                   {[]string{id, text + cert + otherKey}, "This key isn't an RSA key"},
		"garbage":                       {[]string{id, file + "/garbage"}, "isn't a certificate in PEM format"},
		"a huge file":                   {[]string{id, file + "/huge"}, "too long for a certificate"},
		"a file that isn't there":       {[]string{id, file + "/none"}, "cannot be read"},
		"the last day of a certificate": {[]string{id, text + cert + key, ends + "2027-06-30"}, "contains its own end"},
		"the last day of nothing":       {[]string{ends + "2027-06-30"}, "which is not set"},
		"a last day that is none":       {[]string{id, secret, ends + "30.6.2027"}, "must be a day such as 2027-06-30"},
	} {
		got, err := Load(Sources{Environ: c.environ, ReadFile: read})
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
		for _, text := range []string{got.Dump(), got.Effective().String()} {
			if strings.Contains(text, "BEGIN") || strings.Contains(text, "hunter2") {
				t.Errorf("%s: a secret is shown: %s", name, text)
			}
		}
	}
}

func TestWhatIsSaidOfTheSharedRegistration(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateTime, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		proof, at, says string
		urgent          bool
	}{
		{"CERTIFICATE=" + cert + key, "2025-12-31 12:00:00", "isn't valid before 2026-01-01T00:00:00Z", true},
		{"CERTIFICATE=" + cert + key, "2026-12-01 00:00:00", "expires on 2026-12-31, in 30 days", false},
		{"CERTIFICATE=" + cert + key, "2026-11-30 23:59:59", "", false},
		{"CERTIFICATE=" + cert + key, "2026-12-28 00:00:00", "in 3 days", true},
		{"CERTIFICATE=" + cert + key, "2026-12-30 23:00:00", "tomorrow", true},
		{"CERTIFICATE=" + cert + key, "2027-01-01 00:00:00", "CERTIFICATE expired on 2026-12-31", true},
		{"SECRET_ENDS=2026-12-31", "2026-12-31 23:59:59", "SECRET expires on 2026-12-31, today", true},
		{"SECRET_ENDS=2026-12-31", "2027-01-01 00:00:00", "SECRET expired on 2026-12-31", true},
		{"GRAPH=", "2027-01-01 00:00:00", "", false}, // the end is unknown
	} {
		environ := []string{"PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_" + c.proof}
		if !strings.HasPrefix(c.proof, "CERTIFICATE") {
			environ = append(environ, "PACTIUS_MICROSOFT_CLIENT_SECRET=secret")
		}
		cfg, err := Load(Sources{Environ: environ})
		if err != nil {
			t.Fatal(err)
		}
		got := cfg.MicrosoftWarning(day(c.at))
		if !strings.Contains(got.Says, c.says) || (got.Says == "") != (c.says == "") || got.Urgent != c.urgent ||
			(got.Remedy == "") != (c.says == "") {
			t.Errorf("%.12s at %s: %+v, want %q", c.proof, c.at, got, c.says)
		}
	}
}
