package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
)

const (
	dialTime      = 5 * time.Second  // an application is near; one that needs longer is down
	firstByteTime = 60 * time.Second // the work of a request, as other proxies have it
	expectTime    = time.Second      // for applications that do not answer Expect: 100-continue

	// maxAnswerHeader bounds the header of an answer in bytes, twice what applications need with many cookies.
	maxAnswerHeader = 64 << 10

	// Idle connections to applications. They close before those of common servers do (Node.js: 5 s), which would
	// close one that a request is about to use.
	maxIdle       = 1024
	maxIdleOfHost = 128
	idleTime      = 4 * time.Second

	// preflightTime bounds a request without a session, which nothing else ends.
	preflightTime = edge.RequestTimeout

	copyBuffer = 32 << 10 // bytes; as io.Copy has it
)

// proxied is the route of all requests to applications in logs and metrics.
const proxied = "application"

// newUpstream makes what passes requests on.
func (g *Gateway) newUpstream() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: rewrite, Transport: newTransport(), BufferPool: &buffers{}, ModifyResponse: g.answered,
		ErrorHandler: g.noUpstream, ErrorLog: slog.NewLogLogger(g.Logger.Handler(), slog.LevelDebug),
		// Answers without a length and events are flushed at once in any case.
	}
}

// newTransport makes the way to applications. It asks no proxy of the environment, and unpacks nothing.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTime}).DialContext,
		TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: firstByteTime, ExpectContinueTimeout: expectTime,
		MaxResponseHeaderBytes: maxAnswerHeader, DisableCompression: true, ForceAttemptHTTP2: true,
		MaxIdleConns: maxIdle, MaxIdleConnsPerHost: maxIdleOfHost, IdleConnTimeout: idleTime,
	}
}

// buffers are used again for copying.
type buffers struct{ pool sync.Pool }

// Get implements httputil.BufferPool.
func (b *buffers) Get() []byte {
	if some, ok := b.pool.Get().(*[copyBuffer]byte); ok {
		return some[:]
	}
	return make([]byte, copyBuffer)
}

// Put implements httputil.BufferPool.
func (b *buffers) Put(some []byte) { b.pool.Put((*[copyBuffer]byte)(some)) }

// body notes that the client's part of a request could not be read.
type body struct {
	io.ReadCloser
	mu     sync.Mutex
	broken bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.broken = true
	}
	return n, err
}

func (b *body) isBroken() bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

type streamKey struct{}

// streamOf returns the stream of a request that is passed on.
func streamOf(ctx context.Context) *stream {
	s, _ := ctx.Value(streamKey{}).(*stream)
	return s
}

// Proxy passes the requests on that Proxied reports, but for those below DoorPath.
func (g *Gateway) Proxy() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = proxied
		s, token, outcome := g.let(w, r)
		g.Answered(outcome)
		if s != nil {
			g.pass(s, r, token)
		}
	})
}

// let finds whose a request is, as /verify does. It refuses and returns nil where no one may pass.
func (g *Gateway) let(w http.ResponseWriter, r *http.Request) (s *stream, token string, outcome Outcome) {
	p, err := g.here(r)
	if err == nil && p.Upstream == "" {
		err = errUnknownHost
	}
	if err != nil {
		return nil, "", g.turnAway(w, r, p, err)
	}
	name := viaOf(p.ID)
	if isLoop(r.Header, name) {
		g.warn(r.Context(), p, p.ID, r.Host, errLoop)
		g.showUpstream(w, r, loop)
		return nil, "", ProxyFault
	}
	s = &stream{ResponseWriter: w, place: p}
	s.via = strconv.Itoa(r.ProtoMajor) + "." + strconv.Itoa(r.ProtoMinor) + " " + name
	if token = p.token(r.Header, p.secure); token != "" {
		s.passage, s.token, err = g.admit(r.Context(), p, token, g.Now(), doubtedAfter) // has time before closedAfter
		switch {
		case err == nil:
			return s, token, Admitted
		case pactius.KindOf(err) != pactius.KindNotSignedIn:
			return nil, "", g.turnAway(w, r, p, err)
		}
	}
	q := request{method: r.Method, uri: r.URL.RequestURI(), preflight: isPreflight(r.Method, r.Header)}
	if q.preflight && p.Preflight {
		return s, "", Preflight
	}
	ownAnswer(w)
	g.askToEnter(w, r, p, q)
	return nil, "", NoSession
}

// pass passes a request on that was let through, if its form allows that. Its body and its answer may take as long as
// they need, but for those of a preflight, which no end of a session ends.
func (g *Gateway) pass(s *stream, r *http.Request, token string) {
	if !mayPass(r) {
		refuseRequest(s, http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	s.cancel = cancel
	if s.passage == nil {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, preflightTime)
		defer stop()
	}
	control := http.NewResponseController(s.ResponseWriter)
	// Their errors say that a server has no such limits.
	_, _ = control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{})
	if s.passage != nil && !g.streams.enter(s, token) { // from here on it may be ended
		refuseRequest(s, http.StatusTooManyRequests)
		return
	}
	defer g.streams.leave(s)
	defer s.settle()
	out := r.WithContext(context.WithValue(ctx, streamKey{}, s))
	if r.ContentLength != 0 {
		_ = control.EnableFullDuplex() // the answer may begin before the body has ended
		s.body = &body{ReadCloser: r.Body}
		out.Body = s.body
	}
	g.upstream.ServeHTTP(s, out)
}

var errLoop = &proxyFault{"loop", "a request to an application has come back to PACTIUS, so the application's " +
	"upstream leads to PACTIUS itself; correct it with `pactius application set --upstream`"}

// answered looks at the beginning of an application's answer.
func (g *Gateway) answered(answer *http.Response) error {
	s := streamOf(answer.Request.Context())
	answer.Header.Del("X-Request-Id") // the answer has ours, which is in the log
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if media == "text/event-stream" {
		s.mu.Lock()
		s.events = true
		s.mu.Unlock()
	}
	return nil
}

// noUpstream answers a request that the application has not answered.
func (g *Gateway) noUpstream(w http.ResponseWriter, r *http.Request, err error) {
	s := streamOf(r.Context())
	switch {
	case errors.Is(context.Cause(r.Context()), errEnded):
		panic(http.ErrAbortHandler) // net/http closes the connection
	case errors.Is(r.Context().Err(), context.Canceled):
		return // the client has gone
	case s.body.isBroken():
		refuseRequest(w, http.StatusBadRequest)
		return
	}
	fault := unreachable
	timeout, timed := errors.AsType[net.Error](err)
	dial, connected := errors.AsType[*net.OpError](err)
	if timed && timeout.Timeout() && (!connected || dial.Op != "dial") {
		fault = slow
	}
	if g.warnings.due("upstream "+string(s.ID), true, g.Now()) {
		g.Logger.LogAttrs(r.Context(), slog.LevelWarn, "an application does not answer; check that it runs, and its "+
			"upstream", slog.String("environment", string(s.Environment)), slog.String("application", string(s.ID)),
			slog.String("upstream", string(s.Upstream)), slog.Any("error", err))
	}
	g.showUpstream(w, r, fault)
}

// upstreamFault is why an application has not answered.
type upstreamFault struct {
	status      int
	title       string // of the problem
	shown, text pactius.Text
}

var (
	unreachable = upstreamFault{http.StatusBadGateway, "The application cannot be reached",
		pactius.T("The application can't be reached"),
		pactius.T("You're signed in, but the application doesn't answer. Try again in a few minutes. If it happens " +
			"again, tell Support.")}
	slow = upstreamFault{http.StatusGatewayTimeout, "The application has not answered in time",
		pactius.T("The application hasn't answered in time"),
		pactius.T("What you sent may have been carried out. Check that before you try again. If it happens again, " +
			"tell Support.")}
	loop = upstreamFault{http.StatusLoopDetected, "The upstream of this application leads back to PACTIUS",
		pactius.T("This application isn't set up correctly"),
		pactius.T("Tell Support that you couldn't open it. The log shows what to correct.")}
)

// showUpstream answers for an application.
func (g *Gateway) showUpstream(w http.ResponseWriter, r *http.Request, f upstreamFault) {
	ownAnswer(w)
	if isPage(r) {
		g.show(w, r, screen{status: f.status, title: f.shown, text: f.text})
		return
	}
	writeProblem(w, problem{Type: problemUpstream, Title: f.title, Status: f.status})
}

// refuseRequest answers a request that is not passed on, although the person may open the application.
func refuseRequest(w http.ResponseWriter, status int) {
	ownAnswer(w)
	w.Header().Set("Connection", "close") // more requests on it may not be meant for us
	p := problem{Type: problemRequest, Title: "This request cannot be passed on to the application", Status: status,
		Detail: "Its body is damaged, it has the method CONNECT or TRACE, or it asks for another protocol. " +
			"WebSockets are passed on, with one Upgrade header and without a body."}
	if status == http.StatusTooManyRequests {
		p.Title, p.Detail = "Too many requests of this session or person are open", "Close some of them first."
	}
	writeProblem(w, p)
}

// turnAway answers a request without an identity, and returns why it has none.
func (g *Gateway) turnAway(w http.ResponseWriter, r *http.Request, p place, err error) Outcome {
	ownAnswer(w)
	_, fault := asProxyFault(err)
	forbidden := pactius.KindOf(err) == pactius.KindForbidden
	switch {
	case fault:
		g.refuse(w, r, p, err, "/")
		return ProxyFault
	case forbidden:
		g.mayNot(w, r, p, r.Method)
		return NoAccess
	case isPage(r):
		g.noteUnavailable(r, err)
		g.away(w, r)
	default:
		g.unavailable(w, r, err)
	}
	return Unavailable
}

// ownAnswer keeps an answer of the door from caches.
func ownAnswer(w http.ResponseWriter) {
	h := w.Header()
	h["Cache-Control"], h["Vary"] = noStore, varyCookie
}

// IsDoor reports whether a path of an application's host is the door's.
func IsDoor(path string) bool { return strings.HasPrefix(path, prefix) }
