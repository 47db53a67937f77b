package seal

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

func TestWeakSecretsAreTold(t *testing.T) {
	t.Parallel()
	for _, weak := range []string{"0123456789abcdef0123456789abcdef", strings.Repeat("x", 40),
		strings.Repeat("changeme", 4), "abcdefghijklmnopqrstuvwxyz0123456789", "\ufeff" + strings.Repeat("ab", 20),
		strings.Repeat("1", 31) + "2", "passwordpasswordpasswordpassword!"[:32]} {
		if !Weak(weak) {
			t.Errorf("%q is not called weak", weak)
		}
	}
	for range 2000 { // secrets as people are told to make them
		var b [32]byte
		rand.Read(b[:])
		for _, good := range []string{base64.StdEncoding.EncodeToString(b[:]), hex.EncodeToString(b[:16]),
			base64.StdEncoding.EncodeToString(b[:24]), hex.EncodeToString(b[:])} {
			if Weak(good) {
				t.Errorf("%q is called weak", good)
			}
		}
	}
}

func TestCurrentMeansWithoutTheOlderSecrets(t *testing.T) {
	t.Parallel()
	old, both := box(t, oldSecret), box(t, newSecret, oldSecret)
	marked := &Box{secrets: [][]byte{[]byte(byteOrderMark + newSecret)}}
	for name, test := range map[string]struct {
		by   *Box
		want bool
	}{"the new secret": {box(t, newSecret), true}, "the new one with a mark": {marked, true},
		"an old one": {old, false}, "another": {box(t, "another secret of more than 32 characters"), false}} {
		if got := both.current("p", test.by.Seal("p", nil, "a"), "a"); got != test.want {
			t.Errorf("sealed by %s: %v", name, got)
		}
	}
}
