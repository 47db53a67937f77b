package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/seal"
)

const (
	// inventedClient is the address that doctor claims to come from (RFC 5737). No one else does.
	inventedClient = "192.0.2.77"

	// certificateLeft is how long the certificate of the public address should be valid: one that is renewed without
	// people is renewed earlier.
	certificateLeft = 14 * 24 * time.Hour

	// maxAnswer limits the answers that are read, in bytes.
	maxAnswer = 64 << 10

	hostRemedy = "Make the proxy pass the browser's Host header: in nginx \"proxy_set_header Host $http_host;\", " +
		"in Apache \"ProxyPreserveHost On\". The server's log names the host that arrives."
	forwardRemedy = "Make the proxy overwrite X-Forwarded-For with the client's address: in nginx \"proxy_set_header " +
		"X-Forwarded-For $remote_addr;\""
)

// doorOf returns the address of an environment's sign-in page: of the one at the public URL, else of the first.
func doorOf(core *Core, public *url.URL, envs []pactius.Environment) *url.URL {
	for _, e := range envs {
		if e.Host == environments.CleanHost(public.Host) {
			return public
		}
	}
	return core.Environments.BaseURL(envs[0])
}

// address examines the public address, through whatever proxy stands in front.
func (d *doctor) address(ctx context.Context, envs []pactius.Environment) []Diagnosis {
	return append(d.way(ctx, doorOf(d.core, d.cfg.URL, envs), "/", "shows the sign-in page"),
		d.callbackHost(ctx, envs)...)
}

// way examines the way to a host, on which a path shows something.
func (d *doctor) way(ctx context.Context, door *url.URL, path, shows string) []Diagnosis {
	first := examineDoor(ctx, door, path, shows)
	if !first.OK || first.Warning {
		return []Diagnosis{first}
	}
	found := []Diagnosis{first}
	if ready := examineReady(ctx, door); ready.Detail != "" {
		found = append(found, ready)
	}
	return append(found, examineSeen(ctx, door, d.core.box, d.core.now())...)
}

// open asks for a page of the public address as a browser does. The answer's body was read.
func open(ctx context.Context, door *url.URL, path string, header http.Header) (*http.Response, string, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, door.JoinPath(path).String(), nil)
	if err != nil {
		return nil, "", err
	}
	if header != nil {
		r.Header = header
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	return answer, string(body), err
}

// examineDoor opens a page that shows something, such as the sign-in page, as a browser does. An address that does not
// answer here is only a warning: the server may not run yet, and the address may be for other networks.
func examineDoor(ctx context.Context, door *url.URL, path, shows string) Diagnosis {
	d := Diagnosis{What: "the way to " + door.Host}
	answer, _, err := open(ctx, door, path, nil)
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		d.Detail = "browsers refuse to open " + door.String()
		d.Cause, d.Remedy = Cause(bad)
		return d
	}
	if err != nil {
		d = warning(d.What, "not tried, because it can't be reached from this machine", "Start the server. If it is "+
			"running, run doctor where people are, or look at the name and the proxy.")
		d.Cause, _ = Cause(err)
		return d
	}
	shown := door.JoinPath(path).String()
	switch {
	case answer.Header.Get("X-Request-Id") == "" || answer.StatusCode >= http.StatusInternalServerError:
		d.Detail = fmt.Sprintf("%s answers with status %d, but not from a working PACTIUS", shown, answer.StatusCode)
		d.Remedy = "Point the address to the proxy and the proxy to PACTIUS, and look at the logs of both."
	case answer.StatusCode == http.StatusMisdirectedRequest:
		d.Detail, d.Remedy = shown+" reaches PACTIUS with the name of another host", hostRemedy
	case path == environments.SignedOutPath && answer.StatusCode != http.StatusOK:
		d.Detail = fmt.Sprintf("%s answers with status %d, but not as the callback host", shown, answer.StatusCode)
		d.Remedy = "Restart every instance with the same PACTIUS_MICROSOFT_CALLBACK_HOST."
	case answer.TLS != nil && time.Until(answer.TLS.PeerCertificates[0].NotAfter) < certificateLeft:
		return warning(d.What, shown+" "+shows+"; its certificate expires on "+
			answer.TLS.PeerCertificates[0].NotAfter.UTC().Format(time.DateOnly), "Renew it at the proxy.")
	default:
		d.OK, d.Detail = true, shown+" "+shows
	}
	return d
}

// examineReady asks for /readyz. Many proxies keep it from the outside, which is no problem; then it returns nothing.
func examineReady(ctx context.Context, door *url.URL) Diagnosis {
	answer, body, err := open(ctx, door, "/readyz", nil)
	text := strings.TrimSpace(body)
	what, more := "the server at "+door.Host, "See \"When /readyz says 503\" in docs/operations.md."
	switch {
	case err != nil || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain") ||
		strings.Contains(text, "\n"):
	case answer.StatusCode == http.StatusServiceUnavailable:
		return Diagnosis{What: what, Detail: "/readyz says: " + text, Remedy: more}
	case answer.StatusCode == http.StatusOK && text != "ready":
		return warning(what, "/readyz says: "+text, "Look at the server's log.")
	}
	return Diagnosis{}
}

// examineSeen lets the server tell what it sees of a request that claims to be from inventedClient: which host, and
// whose address counts.
func examineSeen(ctx context.Context, door *url.URL, box *seal.Box, now time.Time) []Diagnosis {
	what := "the proxy of " + door.Host
	if box == nil {
		return nil
	}
	sealed, word := question(box, now)
	_, body, err := open(ctx, door, seenPath, http.Header{seenHeader: {sealed}, "X-Forwarded-For": {inventedClient}})
	var s seen
	if plain, openErr := box.Open(answerPurpose, strings.TrimSpace(body), word); err != nil || openErr != nil ||
		json.Unmarshal(plain, &s) != nil {
		return []Diagnosis{warning(what, "the server doesn't say what it sees of a request", "Give doctor the "+
			"PACTIUS_SECRET of the server, set both clocks, and let the proxy pass "+seenPath+" and the header "+
			seenHeader+". A server of an earlier version doesn't say it either.")}
	}
	return []Diagnosis{s.judge(what, door)}
}

// judge says what the server saw.
func (s seen) judge(what string, door *url.URL) Diagnosis {
	untouched := slices.Equal(s.Forwarded, []string{inventedClient})
	bad := func(detail, remedy string) Diagnosis { return Diagnosis{What: what, Detail: detail, Remedy: remedy} }
	switch {
	case environments.CleanHost(s.Host) != environments.CleanHost(door.Host):
		return bad("requests arrive for the host "+s.Host, hostRemedy)
	case s.Client.String() == inventedClient:
		return bad("any client can invent its address, because X-Forwarded-For is passed on and believed: the "+
			"activity log and the limits are worth nothing",
			forwardRemedy+". PACTIUS_TRUSTED_PROXIES must name the proxies alone.")
	case !untouched && len(s.Forwarded) > 0 && !s.Trusted:
		return bad("the proxy at "+s.Peer.String()+" isn't trusted, so all clients count as one address, in the "+
			"activity log and for the limits", "Add "+s.Peer.String()+" to PACTIUS_TRUSTED_PROXIES, if it is the "+
			"proxy.")
	case door.Scheme == "https" && (untouched || len(s.Forwarded) == 0):
		return bad("it doesn't say who the client is, so all clients count as "+s.Peer.String(), forwardRemedy+
			", and add "+s.Peer.String()+" to PACTIUS_TRUSTED_PROXIES.")
	}
	detail := "the host arrives unchanged; this request counts as coming from " + s.Client.String()
	if door.Scheme == "https" {
		detail += ", and crosses the network encrypted"
	}
	return Diagnosis{What: what, OK: true, Detail: detail}
}
