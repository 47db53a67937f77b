package seal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const (
	oldSecret = "an old secret of more than thirty-two characters"
	newSecret = "a new secret of more than thirty-two characters!"
)

func box(t testing.TB, secret string, older ...string) *Box {
	t.Helper()
	b, err := New(secret, older...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNewRefusesWeakSecrets(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		secrets []string
		want    error
	}{
		{"nothing is refused", []string{""}, ErrWeakSecret},
		{"31 characters are refused", []string{strings.Repeat("x", 31)}, ErrWeakSecret},
		{"32 characters are enough", []string{strings.Repeat("x", 32)}, nil},
		{"white space does not count", []string{strings.Repeat("x", 31) + "\n\n"}, ErrWeakSecret},
		{"an older secret is checked too", []string{newSecret, "short"}, ErrWeakSecret},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := New(c.secrets[0], c.secrets[1:]...)
			if !errors.Is(err, c.want) {
				t.Errorf("New = %v, want %v", err, c.want)
			}
		})
	}
}

func TestOpenReturnsWhatWasSealed(t *testing.T) {
	t.Parallel()
	b := box(t, newSecret)
	for _, plain := range []string{"", "s3cret", strings.Repeat("long ", 1000), "\x00\xff"} {
		sealed := b.Seal("purpose", []byte(plain), "row-1")
		got, err := b.Open("purpose", sealed, "row-1")
		if err != nil || string(got) != plain {
			t.Errorf("Open(Seal(%.20q)) = %.20q, %v", plain, got, err)
		}
		if again := b.Seal("purpose", []byte(plain), "row-1"); again == sealed {
			t.Errorf("two seals of %.20q are equal", plain)
		}
	}
}

func TestOpenRefusesWhatDoesNotBelong(t *testing.T) {
	t.Parallel()
	b := box(t, newSecret)
	sealed := b.Seal("purpose", []byte("s3cret"), "row-1")
	flipped := []byte(sealed)
	flipped[len(version)+3] ^= 1
	cases := []struct {
		name                 string
		box                  *Box
		purpose, sealed, aad string
	}{
		{"another purpose", b, "other", sealed, "row-1"},
		{"another row", b, "purpose", sealed, "row-2"},
		{"another secret", box(t, oldSecret), "purpose", sealed, "row-1"},
		{"an altered character", b, "purpose", string(flipped), "row-1"},
		{"a cut text", b, "purpose", sealed[:len(sealed)-4], "row-1"},
		{"only the version", b, "purpose", version, "row-1"},
		{"no version", b, "purpose", sealed[len(version):], "row-1"},
		{"nothing", b, "purpose", "", "row-1"},
		{"not base64", b, "purpose", version + "*!", "row-1"},
		{"a line break inside", b, "purpose", sealed[:9] + "\n" + sealed[9:], "row-1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.box.Open(c.purpose, c.sealed, c.aad)
			if !errors.Is(err, ErrCannotOpen) || got != nil {
				t.Errorf("Open = %q, %v, want ErrCannotOpen", got, err)
			}
		})
	}
}

func TestRotationKeepsOldTextsReadable(t *testing.T) {
	t.Parallel()
	sealedBefore := box(t, oldSecret).Seal("p", []byte("kept"), "a")
	rotated := box(t, newSecret, oldSecret)
	if got, err := rotated.Open("p", sealedBefore, "a"); err != nil || string(got) != "kept" {
		t.Errorf("after rotation Open = %q, %v", got, err)
	}
	sealedAfter := rotated.Seal("p", []byte("fresh"), "a")
	if _, err := box(t, newSecret).Open("p", sealedAfter, "a"); err != nil {
		t.Errorf("the first secret does not seal: %v", err)
	}
}

// TestAByteOrderMarkIsNoPartOfTheSecret: earlier versions sealed with the mark in the secret, and the file may be
// saved anew without it.
func TestAByteOrderMarkIsNoPartOfTheSecret(t *testing.T) {
	t.Parallel()
	earlier := &Box{secrets: [][]byte{[]byte("\ufeff" + oldSecret)}}
	for name, test := range map[string]struct{ by, in *Box }{
		"the earlier version, and the mark still there": {earlier, box(t, "\ufeff"+oldSecret+"\r\n")},
		"the earlier version, and the mark gone":        {earlier, box(t, oldSecret)},
		"the earlier version, and a new secret":         {earlier, box(t, newSecret, oldSecret)},
		"with the mark, opened without":                 {box(t, "\ufeff"+oldSecret), box(t, oldSecret)},
		"without the mark, opened with":                 {box(t, oldSecret), box(t, "\ufeff"+oldSecret)},
	} {
		got, err := test.in.Open("purpose", test.by.Seal("purpose", []byte("text"), "id"), "id")
		if string(got) != "text" {
			t.Errorf("sealed by %s: Open = %q, %v", name, got, err)
		}
	}
}

func TestNothingPrintsTheSecret(t *testing.T) {
	t.Parallel()
	b := box(t, newSecret)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, b); strings.Contains(got, "secret of") {
			t.Errorf("%s prints %q", format, got)
		}
	}
	_, err := b.Open("p", version+"c2VjcmV0-material", "a")
	if strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("the error quotes the text: %v", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	a, b := NewToken(), NewToken()
	if a == b {
		t.Error("two tokens are equal")
	}
	if got := len(a); got != TokenLength {
		t.Errorf("a token has %d characters, want %d", got, TokenLength)
	}
	// SHA-256 of "abc", FIPS 180-4's example.
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := hex.EncodeToString(Hash("abc")); got != want {
		t.Errorf("Hash(abc) = %s, want %s", got, want)
	}
}

func FuzzOpen(f *testing.F) {
	b := box(f, newSecret)
	f.Add("v1.AAAA", "a")
	f.Add(b.Seal("other", []byte("x"), "a"), "a")
	f.Fuzz(func(t *testing.T, sealed, aad string) {
		if got, err := b.Open("purpose", sealed, aad); err == nil {
			t.Errorf("Open(%q) = %q, though nothing was sealed for the purpose", sealed, got)
		}
	})
}
