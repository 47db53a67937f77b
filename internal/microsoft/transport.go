package microsoft

import (
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius/internal/id"
)

// A firewall that forgets a connection answers nothing, not even a refusal, and net/http uses such an HTTP/2 connection
// for about 15 minutes. With these it is asked for a sign of life and given up within one call (callTimeout).
const (
	pingAfter  = 5 * time.Second // of silence during a call
	pingAnswer = 3 * time.Second
)

// transport returns the connections to Microsoft, which everything in this process shares.
var transport = sync.OnceValue(func() *http.Transport { return newTransport(pingAfter, pingAnswer) })

// onceTransport is once of them.
var onceTransport = sync.OnceValue(func() *http.Transport { return once(transport()) })

// newTransport returns the default transport with health checks of HTTP/2 connections (RFC 9113 section 6.7).
func newTransport(after, answer time.Duration) *http.Transport {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // a program has replaced it
		t = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	}
	t = t.Clone()
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: after, PingTimeout: answer}
	return t
}

// once returns a transport of the same kind that sends a request at most once. net/http repeats a request when a
// connection that it had used before is lost, and HTTP/2 repeats some more; here each request has an HTTP/1.1
// connection of its own. An authorization code is sent by it: a second use of a code withdraws what the first one
// gave (RFC 6749 section 4.1.2).
func once(t *http.Transport) *http.Transport {
	t = t.Clone()
	t.DisableKeepAlives = true
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
}

// Headers that name a call (Microsoft Graph: "Best practices for working with Microsoft Graph", client-request-id;
// Microsoft: "Microsoft Entra authentication and authorization error codes").
const (
	ourID   = "client-request-id"
	graphID = "request-id"
	entraID = "x-ms-request-id"
)

// named returns the request with an ID of its own and the name of PACTIUS.
func named(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	if r.Header.Get(ourID) == "" {
		r.Header.Set(ourID, id.New())
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", agent())
	}
	return r
}

// trace returns the IDs by which Microsoft's support finds a call: ours, and Microsoft's where there was an answer.
func trace(r *http.Request, resp *http.Response) string {
	ours := ourID + " " + r.Header.Get(ourID)
	if resp == nil {
		return ours
	}
	for _, name := range []string{graphID, entraID} {
		if theirs := strings.ToLower(resp.Header.Get(name)); id.Valid(theirs) {
			return name + " " + theirs + ", " + ours
		}
	}
	return ours
}

// agent is the name that PACTIUS calls itself by, with its version if the Go tool wrote one into the program.
var agent = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return "PACTIUS/" + info.Main.Version
	}
	return "PACTIUS/devel"
})
