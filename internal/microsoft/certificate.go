package microsoft

import "github.com/pactius/pactius"

// ParseCertificate reads a certificate and its private key. The error is a
// *pactius.Error about the field "certificate".
func ParseCertificate(pem []byte) (pactius.Certificate, error) { return pactius.Certificate{}, nil }
