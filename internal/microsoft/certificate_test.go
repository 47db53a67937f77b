package microsoft_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

// moment is the time on the clocks of these tests.
var moment = (&clock{}).now()

// certify returns a self-signed certificate for a key.
func certify(tb testing.TB, key crypto.Signer, from, until time.Time) *x509.Certificate {
	tb.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "PACTIUS at Nordhavn"},
		NotBefore: from, NotAfter: until}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// encode returns a PEM block.
func encode(kind string, raw []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
}

// keyPEM returns a private key as PKCS #8.
func keyPEM(tb testing.TB, key crypto.Signer) string {
	tb.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return encode("PRIVATE KEY", raw)
}

// rsaKey returns an RSA key of a number of bits.
func rsaKey(tb testing.TB, bits int) *rsa.PrivateKey {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// immense returns an RSA key of 16,384 bits, PKCS #1, made of numbers that are not verified to be primes.
func immense(tb testing.TB) []byte {
	tb.Helper()
	one, e := big.NewInt(1), big.NewInt(65537)
	number := func() *big.Int {
		n, err := rand.Int(rand.Reader, new(big.Int).Lsh(one, 8192))
		if err != nil {
			tb.Fatal(err)
		}
		for _, set := range []int{0, 8190, 8191} {
			n.SetBit(n, set, 1)
		}
		return n
	}
	for {
		p, q := number(), number()
		p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
		d, inverse := new(big.Int).ModInverse(e, new(big.Int).Mul(p1, q1)), new(big.Int).ModInverse(q, p)
		if d == nil || inverse == nil {
			continue
		}
		raw, err := asn1.Marshal([]*big.Int{new(big.Int), new(big.Int).Mul(p, q), e, d, p, q, new(big.Int).Mod(d, p1),
			new(big.Int).Mod(d, q1), inverse})
		if err != nil {
			tb.Fatal(err)
		}
		return raw
	}
}

func TestParseCertificate(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0") // one of the keys is too short on purpose
	key, other, weak := rsaKey(t, 2048), rsaKey(t, 2048), rsaKey(t, 1024)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	until := moment.AddDate(1, 0, 0)
	good := certify(t, key, moment.Add(-time.Hour), until)
	block, chain := encode("CERTIFICATE", good.Raw), encode("CERTIFICATE", certify(t, other, moment, until).Raw)
	locked := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END " +
		"RSA PRIVATE KEY-----\n"
	tests := []struct {
		name, pem string
		want      string // in the sentence; "" is taken
	}{
		{"certificate and key", block + keyPEM(t, key), ""},
		{"the key first, and Windows lines", strings.ReplaceAll(keyPEM(t, key)+block, "\n", "\r\n"), ""},
		{"with the chain before it", chain + block + keyPEM(t, key), ""},
		{"text around it, as openssl writes it", "Bag Attributes\n  localKeyID: 01\n" + block + "subject=CN\n" +
			keyPEM(t, key), ""},
		{"the older form of a key", block + encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)), ""},
		{"nothing", "", "isn't a certificate in PEM format"},
		{"a .pfx file", "0\x82\x0a\x00\x02\x01\x03", "isn't a certificate in PEM format"},
		{"no certificate", keyPEM(t, key), "no certificate"},
		{"no key", block, "no private key"},
		{"another key", block + keyPEM(t, other), "doesn't belong"},
		{"a locked key", block + encode("ENCRYPTED PRIVATE KEY", []byte{1}), "protected with a password"},
		{"a locked key of the older form", block + locked, "protected with a password"},
		{"a broken certificate", encode("CERTIFICATE", []byte("x")) + keyPEM(t, key), "certificate can't be read"},
		{"a broken key", block + encode("PRIVATE KEY", []byte("x")), "key can't be read"},
		{"a key that is too short", encode("CERTIFICATE", certify(t, weak, moment, until).Raw) + keyPEM(t, weak),
			"1024 bits"},
		{"a key that would sign for a minute", block + encode("RSA PRIVATE KEY", immense(t)), "at most 8192 bits"},
		{"an elliptic key", encode("CERTIFICATE", certify(t, curve, moment, until).Raw) + keyPEM(t, curve),
			"isn't an RSA key"},
		{"one that has ended",
			encode("CERTIFICATE", certify(t, key, moment.AddDate(-2, 0, 0), moment.Add(-time.Minute)).Raw) +
				keyPEM(t, key), "expired on 2026-05-04"},
		{"one that has not begun", encode("CERTIFICATE", certify(t, key, moment.AddDate(0, 0, 1), until).Raw) +
			keyPEM(t, key), "isn't valid before 2026-05-05"},
		{"100 kB of it", strings.Repeat(block, 100) + keyPEM(t, key), "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := microsoft.ParseCertificate([]byte(tt.pem), moment)
			if tt.want != "" {
				e, ok := errors.AsType[*pactius.Error](err)
				if !ok || e.Kind != pactius.KindInvalid || len(e.Fields) != 1 || e.Fields[0].Field != "certificate" {
					t.Fatalf("got %v, want an error about the field", err)
				}
				if !strings.Contains(e.Fields[0].Message.String(), tt.want) {
					t.Errorf("got %q, want %q", e.Fields[0].Message, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			sum := sha1.Sum(good.Raw)
			want := pactius.Certificate{Subject: "CN=PACTIUS at Nordhavn",
				Thumbprint: strings.ToUpper(hex.EncodeToString(sum[:])), NotBefore: good.NotBefore,
				NotAfter: good.NotAfter}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func FuzzParseCertificate(f *testing.F) {
	key := rsaKey(f, 2048)
	f.Add([]byte(encode("CERTIFICATE", certify(f, key, moment, moment.AddDate(1, 0, 0)).Raw) + keyPEM(f, key)))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := microsoft.ParseCertificate(b, moment)
		if err == nil && (len(c.Thumbprint) != 40 || c.NotAfter.Before(moment)) {
			t.Errorf("taken: %+v", c)
		}
		if err != nil && pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("got %v", err)
		}
	})
}
