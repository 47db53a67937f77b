package doorcheck

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
)

// Client is an application that uses OpenID Connect, as it should be.
type Client struct {
	Application pactius.Application
	Portal      *url.URL // of the environment's pages, the issuer
	Key         string   // ID of the key that signs now; "" is not looked for
}

// Paths at the portal (OpenID Connect Discovery 1.0, section 4) and the names of the probes.
const (
	discoveryPath = "/.well-known/openid-configuration"
	probeIssuer   = "the discovery document"
	probeKeys     = "the signing keys"
	probeRedirect = "redirect to "
	probeSignOut  = "sign-out at "
)

// Refusals with their usual cause.
const (
	remedyPortal = "Route /.well-known/ and /oauth/ of the portal's host to PACTIUS, as all other paths."
	remedyIssuer = "The address in PACTIUS_URL, or the environment's host name, must be the one that applications " +
		"are told as the issuer. Let the proxy pass on Host."
	remedyPosts = "Let the proxy in front of the application pass on POST requests to this address without a session."
)

// document is what a client reads of the discovery document and of the key set.
type document struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	Userinfo      string `json:"userinfo_endpoint"`
	Keys          string `json:"jwks_uri"`
	EndSession    string `json:"end_session_endpoint"`
	Revocation    string `json:"revocation_endpoint"`

	Set []struct {
		ID string `json:"kid"`
	} `json:"keys"`
}

// CheckClient reads what a client reads, and tries the addresses that were registered for it.
func (c Checker) CheckClient(ctx context.Context, cl Client) []Result {
	a := c.caller()
	defer a.transport.CloseIdleConnections()
	issuer, found := a.issuer(ctx, cl)
	all := []Result{issuer}
	if found.Keys != "" {
		all = append(all, a.keys(ctx, cl, found.Keys))
	}
	told := map[string]Result{}
	for _, s := range cl.Application.Client.RedirectURIs {
		u, err := url.Parse(s)
		if err != nil {
			continue // was judged when it was registered
		}
		r, ok := told[u.Host]
		if !ok || u.Host == "" {
			r = a.redirect(ctx, u)
			told[u.Host] = r
		}
		r.Probe = probeRedirect + s
		all = append(all, r)
	}
	if s := cl.Application.Client.BackChannel; s != "" {
		all = append(all, a.signOut(ctx, s))
	}
	return all
}

// caller sends the requests of a check of a client.
type caller struct {
	Checker
	transport *http.Transport
	at        netip.Addr // of the last answer
}

func (c Checker) caller() *caller {
	if c.Dial == nil {
		c.Dial = (&net.Dialer{}).DialContext
	}
	if c.Proxy == nil {
		c.Proxy = networkProxy
	}
	a := &caller{Checker: c}
	a.transport = &http.Transport{Proxy: c.Proxy, DialContext: a.dial, TLSClientConfig: a.secure(""),
		MaxResponseHeaderBytes: maxBody}
	return a
}

func (a *caller) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return a.Dial(ctx, network, local(address))
}

func (a *caller) secure(host string) *tls.Config {
	return &tls.Config{ServerName: host, RootCAs: a.Roots, MinVersion: tls.VersionTLS12}
}

// ask sends a request. Redirects are not followed: clients and PACTIUS don't follow them either.
func (a *caller) ask(ctx context.Context, method, address string, form url.Values) answer {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		if at, ok := c.Conn.RemoteAddr().(*net.TCPAddr); ok {
			a.at = at.AddrPort().Addr().Unmap()
		}
	}})
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("User-Agent", "PACTIUS application check")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return read(a.transport.RoundTrip(r))
}

// issuer reads the discovery document and judges it.
func (a *caller) issuer(ctx context.Context, cl Client) (Result, document) {
	issuer := cl.Portal.String()
	got := a.ask(ctx, http.MethodGet, issuer+discoveryPath, nil)
	r, found := judgeDocument(probeIssuer, got)
	if r.Verdict != VerdictGood {
		return r, document{}
	}
	wrong := func(detail string) (Result, document) {
		return Result{probeIssuer, VerdictWrong, detail, remedyIssuer}, found
	}
	if found.Issuer != issuer {
		return wrong(fmt.Sprintf("It names the issuer %q instead of %q.", shortened(found.Issuer), issuer))
	}
	for _, s := range []string{found.Authorization, found.Token, found.Userinfo, found.Keys, found.EndSession,
		found.Revocation} {
		if u, err := url.Parse(s); err != nil || u.Scheme != cl.Portal.Scheme || u.Host != cl.Portal.Host {
			return wrong(fmt.Sprintf("It names the address %q, which isn't at %s.", shortened(s), issuer))
		}
	}
	r.Detail += ", issuer " + issuer
	return r, found
}

// keys reads the key set and looks for the key that signs.
func (a *caller) keys(ctx context.Context, cl Client, address string) Result {
	r, found := judgeDocument(probeKeys, a.ask(ctx, http.MethodGet, address, nil))
	if r.Verdict != VerdictGood || cl.Key == "" {
		return r
	}
	for _, k := range found.Set {
		if k.ID == cl.Key {
			r.Detail += ", with the one that signs now"
			return r
		}
	}
	return Result{probeKeys, VerdictWrong, "The key that signs now isn't among them: " + cl.Key,
		"A cache in front of PACTIUS keeps the list for too long, or the portal leads to another deployment. Let " +
			"proxies follow Cache-Control."}
}

// judgeDocument judges an answer that must be JSON, and reads it.
func judgeDocument(probe string, got answer) (Result, document) {
	var found document
	if got.err != nil {
		r := silent(got)
		r.Probe = probe
		return r, found
	}
	if err := json.NewDecoder(bytes.NewReader(got.body)).Decode(&found); got.status != http.StatusOK || err != nil {
		return Result{probe, VerdictWrong, "It isn't PACTIUS that answers: " + shown(got), remedyPortal}, document{}
	}
	return Result{Probe: probe, Verdict: VerdictGood, Detail: status(got)}, found
}

// redirect looks whether a browser could be led to an address. It sends no request: the address takes codes.
func (a *caller) redirect(ctx context.Context, u *url.URL) Result {
	good := func(detail string) Result { return Result{Verdict: VerdictGood, Detail: detail} }
	switch proxy, err := a.Proxy(&http.Request{URL: u}); {
	case u.Scheme != "https":
		return good("Not tried: it is on people's devices.")
	case proxy != nil || err != nil:
		return good("Not tried: connections go through the network's HTTP proxy.")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	port := u.Port()
	if port == "" {
		port = "443"
	}
	c, err := a.dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return unreachable(err)
	}
	defer c.Close()
	if err := tls.Client(c, a.secure(u.Hostname())).HandshakeContext(ctx); err != nil {
		return unreachable(err)
	}
	return good("It answers with a valid certificate.")
}

// unreachable judges that an address of a client can't be connected to.
func unreachable(err error) Result {
	detail, remedy := cause(err)
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		remedy = "Correct the host name, or enter it in DNS."
	}
	return Result{Verdict: VerdictUnasked, Detail: detail, Remedy: remedy}
}

// signOut sends a logout token that is none, which a client must refuse with 400 (OpenID Connect Back-Channel Logout
// 1.0, sections 2.6 and 2.8).
func (a *caller) signOut(ctx context.Context, address string) Result {
	got := a.ask(ctx, http.MethodPost, address, url.Values{"logout_token": {"made-up"}})
	r := Result{Probe: probeSignOut + address, Verdict: VerdictWrong, Detail: status(got)}
	switch {
	case got.err != nil:
		u := unreachable(got.err)
		r.Verdict, r.Detail, r.Remedy = u.Verdict, u.Detail, u.Remedy
	case got.status == http.StatusBadRequest:
		r.Verdict, r.Detail = VerdictGood, status(got)+" for a made-up logout token"+a.private()
	case answered(got):
		r.Detail += " for a made-up logout token: it doesn't verify them"
		r.Remedy = "Look whether this is the application's back-channel logout address, not its front-channel one. " +
			"If it is, anyone can sign people out."
	case got.status/100 == 3:
		r.Detail = shown(got)
		r.Remedy = "PACTIUS doesn't follow redirects. Enter the address that it leads to, or, if it leads to a " +
			"sign-in page: " + remedyPosts
	case got.status == http.StatusNotFound || got.status == http.StatusMethodNotAllowed:
		r.Remedy = "Nothing there takes logout tokens. Copy the back-channel logout address from the application's " +
			"documentation; some need it to be switched on."
	case got.status == http.StatusUnauthorized || got.status == http.StatusForbidden:
		r.Remedy = remedyPosts
	default:
		r.Remedy = "A logout token that can't be verified is to be refused with 400. Look into the application's log."
	}
	return r
}

// private says that PACTIUS itself calls an address only if it is allowed to.
func (a *caller) private() string {
	if a.at.IsPrivate() || a.at.IsLoopback() || a.at.IsLinkLocalUnicast() {
		return "; PACTIUS calls " + a.at.String() + " only if PACTIUS_ALLOWED_NETWORKS includes it"
	}
	return ""
}
