package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const (
	// MinSecret is the least number of bytes a secret must have. Base64 of 24
	// random bytes, or 32 random hexadecimal digits, already reach it; 256 random
	// bits in base64 are 44 characters.
	MinSecret = 32

	// version begins every sealed text, so that the scheme can change while old texts
	// still open.
	version = "v1."

	keySize = 32 // bytes: AES-256
)

var (
	// ErrWeakSecret means that a secret is shorter than MinSecret.
	ErrWeakSecret = fmt.Errorf("the secret must have at least %d characters", MinSecret)

	// ErrCannotOpen means that a sealed text was not made by any of the box's
	// secrets for this purpose and additional data, or was altered.
	ErrCannotOpen = errors.New("the sealed text was altered or was sealed with another secret")
)

// Box encrypts and decrypts. It is safe for concurrent use.
type Box struct {
	secrets [][]byte // the first seals, all open
}

// byteOrderMark begins the UTF-8 files of many editors on Windows.
const byteOrderMark = "\ufeff"

// New returns a Box. The first secret seals; the older ones, if any, open the texts
// that they sealed. New trims the secrets, because files often end with a line break
// and begin with a byte order mark. Earlier versions took the mark as a part of the
// secret, so each secret also opens what it sealed with the mark before it. Every secret
// must have MinSecret bytes, else the error is ErrWeakSecret.
func New(secret string, older ...string) (*Box, error) {
	b := &Box{}
	var marked [][]byte
	for _, s := range append([]string{secret}, older...) {
		s = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), byteOrderMark))
		if len(s) < MinSecret {
			return nil, ErrWeakSecret
		}
		b.secrets, marked = append(b.secrets, []byte(s)), append(marked, []byte(byteOrderMark+s))
	}
	b.secrets = append(b.secrets, marked...)
	return b, nil
}

// Seal encrypts plaintext for a purpose ("microsoft client secret", "sign-in
// cookie") and binds it to aad, which is not secret and not part of the result,
// usually the ID of the row that holds it. The result is ASCII that cookies and URLs
// can hold unescaped. Two results for the same text differ.
func (b *Box) Seal(purpose string, plaintext []byte, aad string) string {
	// A random nonce of 96 bits is safe for 2^32 seals per key and purpose
	// (NIST SP 800-38D, section 8.3).
	sealed := aead(b.secrets[0], purpose).Seal(nil, nil, plaintext, []byte(aad))
	return version + base64.RawURLEncoding.EncodeToString(sealed)
}

// Open returns the plain text of a result of Seal for the same purpose and aad. The
// error is always ErrCannotOpen.
func (b *Box) Open(purpose, sealed, aad string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(sealed, version)
	if !ok || strings.ContainsAny(encoded, "\r\n") { // base64 would skip them
		return nil, ErrCannotOpen
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, ErrCannotOpen // err would quote the text
	}
	for _, secret := range b.secrets {
		if plain, err := aead(secret, purpose).Open(nil, nil, raw, []byte(aad)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrCannotOpen
}

// current reports whether a sealed text can be opened without the older secrets.
func (b *Box) current(purpose, sealed, aad string) bool {
	marked := len(b.secrets) / 2 // the current secret with a byte order mark, see New
	current := &Box{secrets: [][]byte{b.secrets[0], b.secrets[marked]}}
	_, err := current.Open(purpose, sealed, aad)
	return err == nil
}

// String hides the secrets from every log and message.
func (b *Box) String() string { return "seal.Box(hidden)" }

// GoString hides the secrets from %#v.
func (b *Box) GoString() string { return b.String() }

// aead returns the cipher of a secret for a purpose. It panics only if the constants of
// this package are wrong.
func aead(secret []byte, purpose string) cipher.AEAD {
	key, err := hkdf.Key(sha256.New, secret, nil, "pactius "+version+purpose, keySize)
	if err != nil {
		panic("seal: derive key: " + err.Error())
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("seal: make cipher: " + err.Error())
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("seal: make GCM: " + err.Error())
	}
	return gcm
}

// tokenSize is the number of random bytes in a token. 256 bits cannot be guessed.
const tokenSize = 32

// TokenLength is the number of characters of a token.
const TokenLength = 43

// NewToken returns 256 random bits as 43 characters of base64url.
func NewToken() string {
	var b [tokenSize]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Hash returns the SHA-256 of a token, the form in which it is stored.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
