package doorcheck

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// asker sends the probes of one check.
type asker struct {
	door      Door
	base      *url.URL // where requests go
	transport *http.Transport
}

// asker returns the asker of a door.
func (c Checker) asker(d Door) *asker {
	dial, proxy := c.Dial, c.Proxy
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	switch {
	case d.Address != nil && d.Address.Scheme == "http":
		proxy = nil // it would go by the Host header, not by the address (RFC 9112, section 3.2.2)
	case proxy == nil:
		proxy = networkProxy
	}
	a := &asker{door: d, base: d.Address}
	if a.base == nil {
		a.base = &url.URL{Scheme: scheme(d), Host: d.Origin.Host()}
	}
	a.transport = &http.Transport{
		Proxy: proxy,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dial(ctx, network, local(address))
		},
		// The certificate must be the application's, wherever the connection leads.
		TLSClientConfig: &tls.Config{
			ServerName: d.Origin.Hostname(), RootCAs: c.Roots, MinVersion: tls.VersionTLS12,
		},
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxBody,
	}
	return a
}

func scheme(d Door) string {
	if d.Origin.IsSecure() {
		return "https"
	}
	return "http"
}

// networkProxy returns the HTTP proxy for a request, none for this very machine.
func networkProxy(r *http.Request) (*url.URL, error) {
	if strings.HasSuffix(r.URL.Hostname(), ".localhost") {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// local leads names below localhost to this machine, as browsers do (RFC 6761, section 6.3); resolvers often don't
// know them.
func local(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil || !strings.HasSuffix(host, ".localhost") {
		return address
	}
	return net.JoinHostPort("localhost", port)
}

// proxied reports whether requests go through an HTTP proxy of the network.
func (a *asker) proxied() bool {
	if a.transport.Proxy == nil {
		return false
	}
	proxy, err := a.transport.Proxy(&http.Request{URL: a.base})
	return proxy != nil || err != nil
}

// request makes the request of a probe. The path is sent as written.
func (a *asker) request(ctx context.Context, p probe) (*http.Request, error) {
	base := a.base
	if p.unencrypted {
		base = &url.URL{Scheme: "http", Host: a.door.Origin.Host()}
	}
	address := base.Scheme + "://" + base.Host + cmp.Or(p.path, "/")
	r, err := http.NewRequestWithContext(ctx, cmp.Or(p.method, http.MethodGet), address, nil)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	r.Host = cmp.Or(p.host, a.door.Origin.Host())
	r.Header = http.Header{"User-Agent": {"PACTIUS application check"}}
	if !p.script {
		r.Header.Set("Accept", "text/html,application/xhtml+xml")
		r.Header.Set("Sec-Fetch-Mode", "navigate")
		r.Header.Set("Sec-Fetch-Dest", "document")
	}
	for name, value := range p.header {
		r.Header[name] = []string{value} // as written: some proxies compare names without regard to case, others not
	}
	return r, nil
}

// ask sends a probe and reads the answer. Redirects are not followed.
func (a *asker) ask(ctx context.Context, p probe) answer {
	r, err := a.request(ctx, p)
	if err != nil {
		return answer{err: err}
	}
	resp, err := a.transport.RoundTrip(r)
	return read(resp, err)
}

// read reads an answer up to the bounds.
func read(resp *http.Response, err error) answer {
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	got := answer{status: resp.StatusCode, header: resp.Header}
	if resp.StatusCode != http.StatusSwitchingProtocols { // its body is the connection, which stays open
		got.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxBody)) // the status says enough
	}
	return got
}

// askPlain asks in HTTP/1.0 without a Host header, as the first browsers did.
func (a *asker) askPlain(ctx context.Context, p probe) answer {
	c, err := a.connect(ctx)
	if err != nil {
		return answer{err: err}
	}
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			return answer{err: err}
		}
	}
	if _, err := io.WriteString(c, "GET "+cmp.Or(p.path, "/")+" HTTP/1.0\r\nAccept: text/html\r\n\r\n"); err != nil {
		return answer{err: err}
	}
	return read(http.ReadResponse(bufio.NewReader(io.LimitReader(c, 2*maxBody)), nil))
}

// connect opens a connection as the transport does.
func (a *asker) connect(ctx context.Context) (net.Conn, error) {
	address := a.base.Host
	if a.base.Port() == "" {
		address = net.JoinHostPort(a.base.Hostname(), map[string]string{"http": "80", "https": "443"}[a.base.Scheme])
	}
	c, err := a.transport.DialContext(ctx, "tcp", address)
	if err != nil || a.base.Scheme != "https" {
		return c, err
	}
	secure := tls.Client(c, a.transport.TLSClientConfig)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return secure, nil
}

// hungUp reports whether the other side closed the connection without an answer, as proxies do that refuse a request.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE)
}

// cause says why there was no answer.
func cause(err error) (detail, remedy string) {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, name := errors.AsType[*net.DNSError](err)
	switch {
	case certificate:
		return err.Error(), "Browsers refuse this certificate, too. Give the proxy one that is valid for the " +
			"application's host name."
	case name:
		return err.Error(), "Enter the host name in DNS, or ask a proxy that isn't in DNS yet with --address."
	case errors.Is(err, context.DeadlineExceeded):
		return "No answer in time.", "Ask from where people are, and look whether a firewall stops the connection."
	case errors.Is(err, context.Canceled):
		return "The check was interrupted.", ""
	}
	return err.Error(), "Look whether the proxy runs and listens there."
}
