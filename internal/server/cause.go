package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"regexp"
	"syscall"
)

// Cause returns why a call over the network failed, and what Support can do, both for the command line only. The cause
// is "" for no error, the remedy where there is no advice.
func Cause(err error) (cause, remedy string) {
	if err == nil {
		return "", ""
	}
	text := innermost(err)
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return "the proxy of HTTPS_PROXY doesn't work: " + text,
			"Check HTTPS_PROXY; NO_PROXY lists hosts that are called directly."
	}
	if text == http.StatusText(http.StatusProxyAuthRequired) { // net/http keeps the text only
		return "the proxy of HTTPS_PROXY demands a user and a password",
			"Set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT."
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate isn't accepted: " + text, certificateRemedy(bad)
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return "the name " + name.Name + " can't be resolved: " + cmp.Or(name.Err, text),
			"Check the spelling and the DNS servers of this machine or container. If only a proxy reaches the " +
				"Internet, set HTTPS_PROXY."
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused: " + text,
			"Nothing listens there, or a firewall refuses: check the address and the port."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to the network: " + text, "Check the routes and firewalls of this machine or container."
	case isTimeout(err):
		return "no answer in time: " + text, "A firewall that drops packets looks like this. Allow the connection, " +
			"or set HTTPS_PROXY if only a proxy reaches the Internet."
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "what answers there speaks no TLS: " + text, "Check the address, the port and HTTPS_PROXY."
	}
	return text, ""
}

// certificateRemedy says what to do about a certificate.
func certificateRemedy(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "A firewall or proxy may read along with a certificate of its own: add its root certificate to the " +
			"file in SSL_CERT_FILE, beside the usual ones."
	}
	if bad, ok := errors.AsType[x509.CertificateInvalidError](err); ok && bad.Reason == x509.Expired {
		return "Renew the certificate, or set the clock of this machine."
	}
	return "Install a certificate for this name, or correct the address."
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// userinfo matches the user and the password in an address.
var userinfo = regexp.MustCompile(`//[^/\s@]*@`)

// innermost returns the text of an error without the attempts around it. The address of a proxy may hold a password.
func innermost(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op
	} else {
		for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
			err = inner
		}
	}
	return userinfo.ReplaceAllString(err.Error(), "//")
}
