package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/gateway"
	"github.com/pactius/pactius/internal/server"
)

// doorFlag makes this program an instance of measureDoor: on the database and at the company's time that follow.
const doorFlag = "-door-for-bench"

// Paths of an instance that the product does not have.
const (
	barePath   = "/bench/bare"    // answers with the headers of /verify and does nothing else
	usedPath   = "/bench/used"    // tells what the process has used and written
	bareToPath = "/bench/bare-to" // has its query as the upstream of requests to bareHost
	revokePath = "/bench/revoke"  // revokes on this instance what its query names
)

// instance is a process with the server, on one processor, and without the work that would change the company.
type instance struct {
	process *exec.Cmd
	end     func() error // closes its standard input
	address string
}

// startInstance starts this program as an instance.
func startInstance(ctx context.Context, address string, now time.Time) (*instance, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	i := &instance{process: exec.CommandContext(ctx, self, doorFlag, address, now.Format(time.RFC3339Nano))}
	i.process.Env = append(os.Environ(), "GOMAXPROCS=1")
	i.process.Stderr = os.Stderr
	end, err := i.process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := i.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := i.process.Start(); err != nil {
		return nil, err
	}
	i.end = end.Close
	line, err := bufio.NewReader(out).ReadString('\n')
	if i.address = strings.TrimSpace(line); err != nil {
		return nil, errors.Join(fmt.Errorf("the instance did not start: %w", err), i.stop())
	}
	return i, nil
}

// stop ends an instance.
func (i *instance) stop() error { return errors.Join(i.end(), i.process.Wait()) }

// used is what an instance has used and written since its start.
type used struct {
	cpu    time.Duration
	writes int // transactions that store sessions as seen
	seen   int // sessions in them
	age    time.Duration
}

// used asks an instance.
func (i *instance) used() (used, error) {
	var u used
	answer, err := http.Get("http://" + i.address + usedPath)
	if err != nil {
		return u, err
	}
	defer answer.Body.Close()
	_, err = fmt.Fscan(answer.Body, &u.cpu, &u.writes, &u.seen, &u.age)
	return u, err
}

// memory is what an instance holds in memory, without pages that are mapped from files.
func (i *instance) memory() (int64, error) { return memoryOf(i.process.Process.Pid, "RssAnon:") }

// doorServer is the inside of an instance.
type doorServer struct {
	core    *server.Core
	handler http.Handler
	began   time.Time

	mu     sync.Mutex
	writes map[any]struct{} // the moments of transactions that have stored sessions as seen
	seen   int

	once  sync.Once
	bare  http.Header
	names []string

	bareProxy atomic.Pointer[httputil.ReverseProxy]
}

// serveDoor is the process of startInstance. It ends with its standard input.
func serveDoor(ctx context.Context, address, now string) error {
	at, err := time.Parse(time.RFC3339Nano, now)
	if err != nil {
		return err
	}
	cfg, err := settings(address)
	if err != nil {
		return err
	}
	s := &doorServer{began: time.Now(), writes: map[any]struct{}{}}
	s.core, err = server.OpenMeasured(ctx, cfg, quiet(), server.Probe{
		Now: func() time.Time { return at.Add(time.Since(s.began)) }, Statement: s.statement})
	if err != nil {
		return err
	}
	return errors.Join(s.serve(ctx, cfg), s.core.Close())
}

func (s *doorServer) serve(ctx context.Context, cfg config.Config) error {
	web, err := server.New(s.core, cfg, quiet())
	if err != nil {
		return err
	}
	s.handler = web.Handler()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() { web.RunDoor(ctx) })
	h := edge.NewServer(s, quiet())
	go func() { _ = h.Serve(listener) }()
	fmt.Println(listener.Addr())
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	err = h.Close()
	stop()
	background.Wait()
	return err
}

// statement notes the statements that store sessions as seen. Those of one transaction have the same moment, their
// first argument; then come that moment again and two arguments for each session.
func (s *doorServer) statement(_ context.Context, query string, args []any) {
	if !strings.HasPrefix(query, "UPDATE sessions SET seen_at") {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes[args[0]] = struct{}{}
	s.seen += len(args)/2 - 1
}

// ServeHTTP implements http.Handler.
func (s *doorServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == bareHost {
		s.bareProxy.Load().ServeHTTP(w, r)
		return
	}
	switch r.URL.Path {
	case bareToPath:
		s.bareProxy.Store(bareProxy(r.URL.RawQuery))
	case barePath:
		s.once.Do(func() { s.capture(r) })
		h := w.Header()
		for _, name := range s.names {
			h[name] = s.bare[name]
		}
		w.WriteHeader(http.StatusOK)
	case usedPath:
		s.mu.Lock()
		defer s.mu.Unlock()
		fmt.Fprintln(w, int64(cpuTime()), len(s.writes), s.seen, int64(time.Since(s.began)))
	case revokePath:
		q := r.URL.Query()
		t := holder{user: pactius.UserID(q.Get("user")), session: q.Get("session")}
		env := pactius.EnvironmentID(q.Get("environment"))
		if err := revoke(r.Context(), s.core.Applications.DB.Store, env, q.Get("kind"), t); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	default:
		s.handler.ServeHTTP(w, r)
	}
}

// bareProxy is what the standard library has, with as many connections as the built-in proxy keeps.
func bareProxy(upstream string) *httputil.ReverseProxy {
	to, err := url.Parse(upstream)
	if err != nil {
		panic(err)
	}
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to); r.SetXForwarded() },
		Transport: &http.Transport{MaxIdleConnsPerHost: doorConnections, DisableCompression: true},
	}
}

// capture keeps the headers that the door answers a request with.
func (s *doorServer) capture(r *http.Request) {
	r = r.Clone(r.Context())
	r.URL.Path = gateway.VerifyPath
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	s.bare = w.Header()
	for name := range s.bare {
		s.names = append(s.names, name)
	}
}
