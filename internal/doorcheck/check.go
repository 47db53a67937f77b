package doorcheck

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/pactius/pactius"
)

// Bounds of a check.
const (
	maxBody   = 64 << 10         // bytes read of an answer, and of its header
	patience  = 10 * time.Second // for one probe
	maxSilent = 3                // probes in a row without an answer, after which the rest is left out
)

// Door is one address of an application, as it should be.
type Door struct {
	Application pactius.Application
	Origin      pactius.Origin // one of the application's
	Portal      *url.URL       // of the environment's pages
	Other       pactius.Origin // another application's, which a forger would name; "" if there is none
	Address     *url.URL       // connect there; nil: where the host name of Origin leads
}

// Verdict says what an answer means.
type Verdict string

// The verdicts, see the package.
const (
	VerdictClosed  Verdict = "closed"
	VerdictGood    Verdict = "good"
	VerdictOpen    Verdict = "open"
	VerdictWrong   Verdict = "wrong"
	VerdictUnasked Verdict = "unasked"
)

// Result is the result of a probe. The texts are English, as the command line is.
type Result struct {
	Probe   string // the request in words
	Verdict Verdict
	Detail  string // the answer in words
	Remedy  string // "" if the door is closed, or the answer good
}

// Checker asks doors. The zero value asks as programs of this machine do, through the
// HTTP proxy that the process's environment names.
type Checker struct {
	Dial  func(ctx context.Context, network, address string) (net.Conn, error) // nil: the network
	Proxy func(*http.Request) (*url.URL, error)                                // nil: the process's environment's
	Roots *x509.CertPool                                                       // nil: the system's
}

// Check asks a door. It stops early if the door is open to everyone or does not answer.
func (c Checker) Check(ctx context.Context, d Door) []Result {
	a := c.asker(d)
	defer a.transport.CloseIdleConnections()
	var all []Result
	silent := 0
	for _, p := range probes(d) {
		if p.plain && a.proxied() {
			continue // the network's proxy would answer
		}
		r := a.try(ctx, p)
		all = append(all, r)
		if silent++; r.Verdict != VerdictUnasked {
			silent = 0
		}
		first := len(all) == 1
		if first && (r.Verdict == VerdictOpen || r.Verdict == VerdictUnasked) || silent == maxSilent {
			break
		}
	}
	return all
}

// try sends a probe and judges its answer.
func (a *asker) try(ctx context.Context, p probe) Result {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var got answer
	if p.plain {
		got = a.askPlain(ctx, p)
	} else {
		got = a.ask(ctx, p)
	}
	judge := p.judge
	switch {
	case got.err == nil && redirects(got) && a.leads(p, got) == leadsToOrigin:
		judge = elsewhere
	case judge == nil:
		judge = refused
	}
	r := judge(a, p, got)
	r.Probe = p.name
	return r
}

// answer is what came back, or why nothing did.
type answer struct {
	status int
	header http.Header
	body   []byte // the first maxBody bytes
	err    error
}
