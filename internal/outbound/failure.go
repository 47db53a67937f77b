package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/pactius/pactius"
)

// statusError is an answer that is no success.
type statusError struct {
	status int
	said   string // by the application, quoted; "": nothing
}

// Error implements error.
func (e *statusError) Error() string { return fmt.Sprintf("status %d%s", e.status, e.said) }

// Answered reports whether an error of Post is the answer of an application, which was reached. Other errors are about
// all calls to the address.
func Answered(err error) bool {
	_, ok := errors.AsType[*statusError](err)
	return ok
}

// failure returns the error of a call without an answer, in words for the administrator of the application: what
// happened, and what to do about it. The kind is invalid if only another address, or Support, can help.
func failure(u *url.URL, cause error) error {
	_, wrong := errors.AsType[*tls.CertificateVerificationError](cause)
	lookup, name := errors.AsType[*net.DNSError](cause)
	e := &pactius.Error{Kind: pactius.KindUnavailable, Err: cause}
	switch {
	case errors.Is(cause, errPlain):
		e.Kind, e.Message = pactius.KindInvalid, pactius.T("%s is an http:// address on another machine, so PACTIUS "+
			"doesn't call it. Enter an https:// address.", u.Host)
	case errors.Is(cause, errRefused):
		e.Kind, e.Message = pactius.KindInvalid, pactius.T("%s is in a private or reserved network, so PACTIUS "+
			"doesn't call it. Enter a public address, or ask Support to allow the network.", u.Host)
	case name && lookup.IsNotFound:
		e.Message = pactius.T("There's no host called %s. Check the spelling, or enter the name in DNS.", u.Hostname())
	case name:
		e.Message = pactius.T("The name %s couldn't be looked up. Check the name servers of its domain.", u.Hostname())
	case wrong:
		e.Message = pactius.T("%s has a certificate that isn't valid. Install one for this host name, from a public "+
			"authority, with its intermediate certificates.", u.Host)
	case isSlow(cause):
		e.Message = pactius.T("%s didn't answer within %d seconds. Check that no firewall blocks PACTIUS, and let the "+
			"application answer sooner.", u.Host, int(CallTime.Seconds()))
	case errors.Is(cause, syscall.ECONNREFUSED):
		e.Message = pactius.T("%s refused the connection. Check that the application is running and that the port is "+
			"right.", u.Host)
	case isTLS(cause):
		e.Message = pactius.T("No encrypted connection to %s is possible. Check that it supports TLS 1.2 or later on "+
			"that port.", u.Host)
	default:
		e.Message = pactius.T("%s gave no valid HTTP answer. Check that the application is running and that the "+
			"address is right.", u.Host)
	}
	return e
}

// isSlow reports whether the time was used up, here or by a part of the connection.
func isSlow(cause error) bool {
	timeout, ok := errors.AsType[net.Error](cause)
	return errors.Is(cause, errSlow) || errors.Is(cause, context.DeadlineExceeded) || ok && timeout.Timeout()
}

// isTLS reports whether both sides found no common way to encrypt.
func isTLS(cause error) bool {
	_, header := errors.AsType[tls.RecordHeaderError](cause)
	_, alert := errors.AsType[tls.AlertError](cause)
	remote, ok := errors.AsType[*net.OpError](cause)
	return header || alert || errors.Is(cause, http.ErrSchemeMismatch) || ok && remote.Op == "remote error"
}
