package microsoft

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

const (
	// maxCertificate bounds a certificate with its key, in bytes. A key of 4096 bits and a chain of four have about 12
	// KB.
	maxCertificate = 64 << 10

	// maxBlocks bounds the PEM blocks in it.
	maxBlocks = 16

	// maxRSABits is the longest key that signs: the work grows with the third power, and a key that fills
	// maxCertificate would keep a processor busy for minutes.
	maxRSABits = 8192
)

// certificateField is the form field of errors about a certificate.
const certificateField = "certificate"

// ParseCertificate reads a certificate and its private key from PEM, in any order and with or without the chain. It
// refuses a certificate that cannot authenticate the application at the time now. The error is a *pactius.Error about
// the field "certificate", with words for the person who pasted it.
func ParseCertificate(pem []byte, now time.Time) (pactius.Certificate, error) {
	c, err := DescribeCertificate(pem)
	if err != nil {
		return pactius.Certificate{}, err
	}
	switch {
	case now.After(c.NotAfter):
		err = refuseCertificate(pactius.T("This certificate expired on %s. Create a new one and add it to the app "+
			"registration too.", c.NotAfter.UTC().Format(time.DateOnly)))
	case now.Before(c.NotBefore.Add(-clockLeeway)):
		from := c.NotBefore.UTC().Format(time.DateOnly)
		err = refuseCertificate(pactius.T("This certificate isn't valid before %s.", from))
	}
	if err != nil {
		return pactius.Certificate{}, err
	}
	return c, nil
}

// DescribeCertificate is ParseCertificate at any time: it describes a certificate that has expired, too.
func DescribeCertificate(pem []byte) (pactius.Certificate, error) {
	pair, err := readCertificate(pem)
	if err != nil {
		return pactius.Certificate{}, err
	}
	c := pair.certificate
	// Entra lists certificates by their SHA-1, which is only shown.
	sum := sha1.Sum(c.Raw)
	return pactius.Certificate{
		Subject: truncate(printable(c.Subject.String()), maxText), NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Thumbprint: strings.ToUpper(hex.EncodeToString(sum[:])),
	}, nil
}

// keyPair is a certificate with its private key.
type keyPair struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

// thumbprint returns the x5t#S256 of RFC 7515 section 4.1.8.
func (p keyPair) thumbprint() string {
	sum := sha256.Sum256(p.certificate.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// readCertificate reads a key pair regardless of its validity period. The error is that of ParseCertificate.
func readCertificate(data []byte) (keyPair, error) {
	certificates, key, err := readBlocks(data)
	switch {
	case err != nil:
		return keyPair{}, err
	case len(certificates) == 0:
		return keyPair{}, refuseCertificate(pactius.T("There's no certificate in this text. Also paste the block " +
			"that begins with -----BEGIN CERTIFICATE-----."))
	case key == nil:
		return keyPair{}, refuseCertificate(pactius.T("There's no private key in this text. Also paste the block " +
			"that begins with -----BEGIN PRIVATE KEY-----: PACTIUS signs with it."))
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return keyPair{}, refuseCertificate(pactius.T("This key isn't an RSA key, and Microsoft accepts no other " +
			"kind. Create a certificate with an RSA key of at least 2048 bits."))
	}
	if private.N.BitLen() < minRSABits {
		return keyPair{}, refuseCertificate(pactius.T("This key has only %d bits. Create a certificate with an RSA "+
			"key of at least 2048 bits.", private.N.BitLen()))
	}
	if private.N.BitLen() > maxRSABits {
		return keyPair{}, refuseCertificate(pactius.T("This key has %d bits. Create a certificate with an RSA key of "+
			"at most %d bits.", private.N.BitLen(), maxRSABits))
	}
	for _, c := range certificates {
		if private.PublicKey.Equal(c.PublicKey) {
			return keyPair{c, private}, nil
		}
	}
	return keyPair{}, refuseCertificate(pactius.T("The private key doesn't belong to this certificate."))
}

// readBlocks reads PEM: all certificates, and the first private key.
func readBlocks(data []byte) ([]*x509.Certificate, crypto.PrivateKey, error) {
	if len(data) > maxCertificate {
		return nil, nil, refuseCertificate(pactius.T("This is too long for a certificate and its private key."))
	}
	var certificates []*x509.Certificate
	var key crypto.PrivateKey
	rest := bytes.ReplaceAll(data, []byte("\r"), nil)
	for range maxBlocks {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, refuseCertificate(pactius.T("This certificate can't be read. Copy it again, " +
					"complete and unchanged."))
			}
			certificates = append(certificates, c)
			continue
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") || key != nil {
			continue
		}
		var err error
		if key, err = readKey(block); err != nil {
			return nil, nil, err
		}
	}
	if certificates == nil && key == nil {
		return nil, nil, refuseCertificate(pactius.T("This isn't a certificate in PEM format, which begins with " +
			"-----BEGIN. Convert a .pfx or .p12 file first."))
	}
	return certificates, key, nil
}

// readKey reads a private key in any of its three forms.
func readKey(block *pem.Block) (crypto.PrivateKey, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, refuseCertificate(pactius.T("The private key is protected with a password. Remove the password " +
			"and paste the key again; PACTIUS stores it encrypted."))
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	return nil, refuseCertificate(pactius.T("The private key can't be read. Copy it again, complete and unchanged."))
}

// refuseCertificate returns the error that a form shows beside the field. It never quotes what was pasted.
func refuseCertificate(why pactius.Text) error { return pactius.RefuseField(certificateField, why) }
