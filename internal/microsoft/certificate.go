package microsoft

import (
	"time"

	"github.com/pactius/pactius"
)

// ParseCertificate reads a certificate and its private key, and refuses what
// cannot prove the application at the time now. The error is a *pactius.Error
// about the field "certificate".
func ParseCertificate(pem []byte, now time.Time) (pactius.Certificate, error) {
	return pactius.Certificate{}, nil
}
