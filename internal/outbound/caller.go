package outbound

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

// Limits of a call. The other side is not trusted to answer soon, or ever to end.
const (
	// CallTime bounds a call from the look-up of the name to the end of the answer. An application ends a session
	// well within it, and an application that doesn't answer occupies one of few places for it.
	CallTime = 5 * time.Second

	maxHeader = 16 << 10 // bytes of the header of an answer; proxies accept about 8 kB in front of applications
	maxBody   = 4 << 10  // bytes of an answer that are read; only its error is of interest
	maxSaid   = 200      // bytes of an error that an application sent, for the log
)

// Caller posts forms to addresses that customers have chosen. It is safe for concurrent use.
type Caller struct {
	Allowed  []netip.Prefix // private networks that may be called
	Roots    *x509.CertPool // that certificates must lead to; nil is the system's
	Resolver *net.Resolver  // nil is the system's

	within time.Duration // 0 is CallTime; tests don't wait as long
}

// Post posts a form, as for back-channel logout (OpenID Connect Back-Channel Logout 1.0, section 2.5), and returns nil
// if the answer's status is 2xx. Errors are a *pactius.Error in words for administrators; what it wraps is for Support.
// The form is in no error. If ctx ends, its error is returned, because the address is not to blame.
//
// https needs TLS 1.2 and a valid certificate; http is for addresses of this machine. Redirects are not followed,
// because the address they lead to was registered by no one. HTTP proxies of the network are not used, because they
// would look up the name, and the address could not be checked.
func (c *Caller) Post(ctx context.Context, address string, form url.Values) error {
	within, cancel := context.WithTimeoutCause(ctx, cmp.Or(c.within, CallTime), errSlow)
	defer cancel()
	r, err := http.NewRequestWithContext(within, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil || r.URL.Hostname() == "" || r.URL.Scheme != "https" && r.URL.Scheme != "http" {
		return &pactius.Error{Kind: pactius.KindInvalid, Err: err,
			Message: pactius.T("The address isn't a complete URL. Enter one that starts with https://.")}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", agent())
	resp, err := c.transport(within, r.URL.Scheme).RoundTrip(r) // an http.Client would follow redirects
	switch {
	case err == nil:
		defer resp.Body.Close()
		return judge(r.URL, resp)
	case ctx.Err() != nil:
		return fmt.Errorf("call %s: %w", r.URL.Host, context.Cause(ctx))
	case within.Err() != nil:
		return failure(r.URL, fmt.Errorf("%w: %w", errSlow, err))
	}
	return failure(r.URL, err)
}

// transport returns the transport of one call. Connections are not kept: there may be thousands of applications, and
// few calls to each. A connection ends with the call: net/http itself would let a TLS handshake go on.
func (c *Caller) transport(call context.Context, scheme string) *http.Transport {
	dialer := &Dialer{Allowed: c.Allowed, Resolver: c.Resolver, loopback: scheme != "https"}
	return &http.Transport{
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(call, network, address)
			if err == nil {
				context.AfterFunc(call, func() { _ = conn.Close() })
			}
			return conn, err
		},
		TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      true,
		DisableCompression:     true, // a bounded answer must not become more
	}
}

// judge returns nil for a status 2xx. Others are read for the reason, up to maxBody.
func judge(u *url.URL, resp *http.Response) error {
	status := resp.StatusCode
	if status/100 == 1 { // an upgrade that no one asked for: its body is the connection
		return failure(u, fmt.Errorf("status %s", resp.Status))
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody)) // the status says enough
	switch status / 100 {
	case 2:
		return nil
	case 3:
		return &pactius.Error{Kind: pactius.KindInvalid, Err: &statusError{status: status},
			Message: pactius.T("%s answered with a redirect, which PACTIUS doesn't follow. Enter the address that the "+
				"redirect leads to.", u.Host)}
	}
	return &pactius.Error{Kind: pactius.KindUnavailable, Err: &statusError{status, said(body)},
		Message: pactius.T("%s answered with status %d. Look for the reason in the application's own log.",
			u.Host, status)}
}

// said returns the error in an answer (Back-Channel Logout, section 2.8), quoted. The rest of the answer may repeat
// the token and is dropped.
func said(body []byte) string {
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error == "" {
		return ""
	}
	return fmt.Sprintf(": %.*q", maxSaid, answer.Error+": "+answer.Description)
}

// agent returns the name that PACTIUS calls itself by, with its version if the Go tool wrote one into the program.
func agent() string {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return "PACTIUS/" + info.Main.Version
	}
	return "PACTIUS"
}

var errSlow = errors.New("no answer in time")
