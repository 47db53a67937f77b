package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/process"
)

// asProgram makes the test's own executable be pactius: these tests look at
// real processes and real signals.
const asProgram = "PACTIUS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience bounds what takes milliseconds on an idle machine.
const patience = 30 * time.Second

// program is a running pactius.
type program struct {
	*process.Process
	t testing.TB
}

// start starts a command of a world as a process of its own.
func (w *world) start(environ []string, args ...string) *program {
	w.t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = process.Environ(slices.Concat([]string{asProgram + "=1"}, w.environ, environ)...)
	cmd.Dir = w.dir
	p, err := process.Start(cmd)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = p.End(os.Kill, patience)
		if w.t.Failed() {
			w.t.Logf("the process said:\n%s", p.Log)
		}
	})
	return &program{p, w.t}
}

// signal sends SIGTERM, as supervisors do.
func (p *program) signal() {
	p.t.Helper()
	if err := p.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits for the end and returns the exit code, -1 after a signal.
func (p *program) wait() int {
	p.t.Helper()
	select {
	case <-p.Ended():
	case <-time.After(patience):
		p.t.Fatal("the process does not end")
	}
	return p.Wait(patience)
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

// found waits for the log to match and returns the first group.
func (p *program) found(pattern string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	m, err := p.Await(ctx, pattern)
	if err != nil {
		p.t.Fatal(err)
	}
	return m[1]
}

// ready is the line of a server that takes requests.
const ready = `msg="PACTIUS is ready" listen=(\S+)`

// serve starts a server on a free port and waits until it is ready.
func (w *world) serve(environ ...string) (*program, string) {
	w.t.Helper()
	p := w.start(append([]string{"PACTIUS_LISTEN=127.0.0.1:0"}, environ...), "serve")
	address := p.found(ready)
	if status, body := ask(address, "/readyz"); status != http.StatusOK {
		w.t.Fatalf("GET /readyz: %d %s", status, body)
	}
	return p, address
}

// each request has a connection of its own, as from clients that come and go.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}

// ask sends GET; status 0 says that no answer came.
func ask(address, path string) (int, string) {
	r, err := http.NewRequest(http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	r.Host = "localhost:1"
	resp, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// notices is the socket that systemd listens on.
type notices struct {
	mu   sync.Mutex
	seen []string
}

func listenForNotices(t *testing.T) (*notices, string) {
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	n := &notices{}
	go func() {
		for buf := make([]byte, 100); ; {
			size, err := c.Read(buf)
			if err != nil {
				return
			}
			n.mu.Lock()
			n.seen = append(n.seen, string(buf[:size]))
			n.mu.Unlock()
		}
	}()
	return n, path
}

func (n *notices) count(state string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	sum := 0
	for _, s := range n.seen {
		if s == state {
			sum++
		}
	}
	return sum
}

// TestStoppingUnderLoad sends SIGTERM while clients ask without pause, and one
// request is half sent. The clients do what a load balancer does: they begin nothing
// new once readiness has gone.
func TestStoppingUnderLoad(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	heard, socket := listenForNotices(t)
	p, address := w.serve("PACTIUS_SHUTDOWN_DELAY=1s", "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=100000")
	eventually(t, "systemd hears READY=1 and twice WATCHDOG=1", func() bool {
		return heard.count("READY=1") == 1 && heard.count("WATCHDOG=1") > 1
	})

	var gone atomic.Bool // readiness has gone
	var answered atomic.Int64
	var load sync.WaitGroup
	for range 6 {
		load.Go(func() {
			for !gone.Load() {
				status, body := ask(address, "/")
				if status != http.StatusOK {
					t.Errorf("a request was answered %d %s", status, body)
					return
				}
				answered.Add(1)
			}
		})
	}
	slow := beginPost(t, address)
	eventually(t, "clients are served", func() bool { return answered.Load() > 50 })
	p.signal()
	for {
		status, body := ask(address, "/readyz")
		if status == http.StatusOK {
			continue
		}
		if status != http.StatusServiceUnavailable || body != "stopping\n" {
			t.Errorf("after SIGTERM GET /readyz: %d %q, want 503 stopping before the listener closes", status, body)
		}
		gone.Store(true)
		break
	}
	if status, _ := ask(address, "/livez"); status != http.StatusOK {
		t.Errorf("GET /livez while stopping: %d", status)
	}
	load.Wait()
	eventually(t, "the listener closes", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	if heard.count("STOPPING=1") != 1 {
		t.Error("systemd did not hear STOPPING=1")
	}
	select {
	case <-p.Ended():
		t.Fatal("the process ended with a request half sent")
	default:
	}
	if status := slow.finish(); status != http.StatusOK && status != http.StatusConflict {
		t.Errorf("the request that was under way was answered %d", status)
	}
	if code := p.wait(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
}

// half is a request of which the last byte is not sent yet.
type half struct {
	t testing.TB
	c net.Conn
}

// beginPost begins POST /sign-in.
func beginPost(t testing.TB, address string) *half {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_, err = fmt.Fprintf(c, "POST /sign-in HTTP/1.1\r\nHost: localhost:1\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\nselect=")
	if err != nil {
		t.Fatal(err)
	}
	return &half{t, c}
}

// finish sends the rest and returns the answer's status.
func (h *half) finish() int {
	h.t.Helper()
	if _, err := h.c.Write([]byte("1")); err != nil {
		h.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(h.c), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	p, address := w.serve("PACTIUS_SHUTDOWN_DELAY=5m")
	p.signal()
	eventually(t, "readiness goes", func() bool {
		status, _ := ask(address, "/readyz")
		return status == http.StatusServiceUnavailable
	})
	p.signal()
	if code := p.wait(); code != -1 {
		t.Errorf("exit code %d, want the end by a signal", code)
	}
}

func TestHealthcheckAsksTheServer(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	p, address := w.serve()
	_, port, _ := net.SplitHostPort(address)
	for _, listen := range []string{address, ":" + port, "0.0.0.0:" + port} {
		if r := w.run("", "healthcheck", "--listen", listen); r.code != exitDone || r.stdout != "ready\n" {
			t.Errorf("healthcheck --listen %s: %d %q %q", listen, r.code, r.stdout, r.stderr)
		}
	}
	p.signal()
	p.wait()
	if r := w.run("", "healthcheck", "--listen", address); r.code != exitRefused ||
		!strings.Contains(r.stderr, "no server answers") {
		t.Errorf("without a server: %d %q", r.code, r.stderr)
	}
}

// TestWhatOperatorsSee looks at the metrics, the log and the probes of one
// process.
func TestWhatOperatorsSee(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	p, address := w.serve("PACTIUS_METRICS_LISTEN=127.0.0.1:0", "PACTIUS_SUPPORT_CONTACT=hello@example.com")
	metrics := p.found(`msg="metrics are served" listen=(\S+)`)
	for range 3 {
		ask(address, "/?name=anna.hansen")
		ask(address, "/anna.hansen")
	}
	if status, _ := ask(address, "/metrics"); status != http.StatusNotFound {
		t.Errorf("GET /metrics on the main port: %d, want 404", status)
	}
	var text string
	eventually(t, "the requests are counted", func() bool {
		_, text = ask(metrics, "/metrics")
		return strings.Contains(text, `http_requests_total{code="200",method="GET",route="GET /{$}"} 3`+"\n")
	})
	for _, want := range []string{
		"\npactius_database_up 1\n", "\npactius_outbox_waiting 1\n", "\npactius_work_stalled 0\n", "\n" +
			`pactius_sessions{kind="user"} 0`,
		"\n" + `pactius_outbox_mails_total{outcome="given_up"} 0`, "\n" +
			`http_request_duration_seconds_count{method="GET",route="GET /{$}"} 3`,
		"\npactius_build_info{", "\nprocess_start_time_seconds ", "\n" + `pactius_database_connections{pool="read"} `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
	for _, personal := range []string{"anna", "0123456789abcdef"} {
		if strings.Contains(text, personal) {
			t.Errorf("the metrics hold %q", personal)
		}
		if strings.Contains(p.Log.String(), personal) {
			t.Errorf("the log holds %q", personal)
		}
	}
	if !strings.Contains(p.Log.String(), `msg="PACTIUS starts"`) ||
		!strings.Contains(p.Log.String(), "settings.secret=(hidden)") {
		t.Error("the log does not begin with the settings")
	}
	line := regexp.MustCompile(`msg=request method=GET route="GET /{\$}" status=200 .*request=[A-Z2-7]{26}`)
	if !line.MatchString(p.Log.String()) {
		t.Error("the log lacks the line of a request")
	}
}

// TestManyProcessesMigrateOnce starts four programs at once on an empty database.
func TestManyProcessesMigrateOnce(t *testing.T) {
	t.Parallel()
	addresses := map[string]func(*world) string{
		"sqlite":   func(w *world) string { return "sqlite:" + filepath.Join(w.dir, "pactius.db") },
		"postgres": func(w *world) string { return emptyPostgres(w.t) },
	}
	for engine, address := range addresses {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			database := address(w)
			var all []*program
			for range 4 {
				all = append(
					all, w.start([]string{"PACTIUS_DATABASE=" + database, "PACTIUS_LISTEN=127.0.0.1:0"}, "serve"),
				)
			}
			applied := 0
			for _, p := range all {
				p.found(ready)
				applied += strings.Count(p.Log.String(), `msg="schema step applied" step=0001_start.sql`)
			}
			db, err := storetest.Connect(database)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var steps, distinct int
			err = db.QueryRow(`SELECT COUNT(*), COUNT(DISTINCT number) FROM schema_steps`).Scan(&steps, &distinct)
			if err != nil || steps == 0 || steps != distinct {
				t.Errorf("%d steps are noted, %d of them different: %v", steps, distinct, err)
			}
			for _, p := range all {
				p.signal()
			}
			for _, p := range all {
				if code := p.wait(); code != exitDone {
					t.Errorf("exit code %d", code)
				}
			}
		})
	}
}

// emptyPostgres makes a PostgreSQL database without tables.
func emptyPostgres(t testing.TB) string {
	t.Helper()
	address, err := cluster(t).NewDatabase(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// cluster starts a PostgreSQL server for a test.
func cluster(t testing.TB) *storetest.Cluster {
	t.Helper()
	c, err := storetest.StartShortCluster()
	if errors.Is(err, storetest.ErrNoPostgres) && os.Getenv(storetest.Require) == "" {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
