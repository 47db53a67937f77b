package server

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/metrics"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// quietServer is a server over an empty database that does not run.
func quietServer(t *testing.T, engine string, more ...string) (*Server, *storetest.DB) {
	t.Helper()
	db := storetest.On(t, engine)
	cfg, err := config.Load(config.Sources{Environ: append([]string{"PACTIUS_URL=" + publicURL,
		"PACTIUS_DATABASE=" + db.URL, "PACTIUS_SECRET=0123456789abcdef0123456789abcdef"}, more...)})
	if err != nil {
		t.Fatal(err)
	}
	core, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { core.Close() })
	core.now = db.Clock.Now
	s, err := New(core, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}

func TestReadinessTellsTheTruth(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		spoil  func(t *testing.T, s *Server, db *storetest.DB)
		status int
		text   string
	}{
		{"all is well", func(*testing.T, *Server, *storetest.DB) {}, 200, "ready\n"},
		{"the server stops", func(_ *testing.T, s *Server, _ *storetest.DB) { s.health.stopping.Store(true) }, 503,
			"stopping\n"},
		{"the database is gone", func(_ *testing.T, s *Server, _ *storetest.DB) { s.Close() }, 503,
			"the database does not answer\n"},
		{"no connection is free", func(t *testing.T, s *Server, _ *storetest.DB) { occupy(t, s.store.Reader()) }, 503,
			"the database has no free connection\n"},
		{"an old copy was restored", func(t *testing.T, _ *Server, db *storetest.DB) {
			db.Exec(t,
				`DELETE FROM schema_steps`)
		}, 503, "the database is older than this program\n"},
		{"a newer program upgraded the database", func(t *testing.T, _ *Server, db *storetest.DB) {
			db.Exec(t, `INSERT INTO schema_steps (number, name, applied_at) VALUES (999, 'next', 0)`)
		}, 200, "ready\n"},
		{"mail is late", func(t *testing.T, _ *Server, db *storetest.DB) {
			enqueue(t, db)
			db.Clock.Advance(2 * time.Hour)
		}, 200, "ready, but mail is 2h0m0s late\n"},
		{"mail is to be tried again later", func(t *testing.T, _ *Server, db *storetest.DB) {
			enqueue(t, db)
			db.Exec(t, `UPDATE mails SET next_at = 4102444800000000`)
			db.Clock.Advance(2 * time.Hour)
		}, 200, "ready\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, engine string) {
				s, db := quietServer(t, engine)
				if got := get(s, "/readyz"); got != "200 ready\n" {
					t.Fatalf("at first: %q", got)
				}
				c.spoil(t, s, db)
				if got := get(s, "/livez"); got != "200 alive\n" {
					t.Errorf("GET /livez: %q", got)
				}
				db.Clock.Advance(lookEvery)
				if got, want := get(s, "/readyz"), fmt.Sprintf("%d %s", c.status, c.text); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		})
	}
}

// occupy takes all connections of a pool until the test ends.
func occupy(t *testing.T, pool *sql.DB) {
	t.Helper()
	for range pool.Stats().MaxOpenConnections {
		c, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
}

func TestADatabaseThatWasMovedIsNotReady(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	file := strings.TrimPrefix(db.URL, "sqlite:")
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	if got, want := get(s, "/readyz"), "503 the database file was moved, deleted or replaced\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	db.Clock.Advance(lookEvery)
	if got := get(s, "/readyz"); got != "200 ready\n" {
		t.Errorf("after the file was put back: %q", got)
	}
}

func get(s *Server, path string) string {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return fmt.Sprintf("%d %s", w.Code, w.Body)
}

// enqueue puts an email into the outbox; it is not delivered.
func enqueue(t *testing.T, db *storetest.DB) {
	t.Helper()
	g := db.Ground(t, "nord.example")
	err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error {
		return tx.Enqueue(pactius.Mail{ID: pactius.MailID(id.New()), Kind: "k", Data: []byte("{}"),
			To: "a@b.example", CreatedAt: db.Clock.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestALookCountsForSomeTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	looks := 0
	var k kept[int]
	look := func() (int, error) { looks++; return looks, nil }
	cases := []struct {
		name string
		step time.Duration
		want int
	}{
		{"the first one looks", 0, 1},
		{"soon after it is not looked again", 900 * time.Millisecond, 1},
		{"later it is", 100 * time.Millisecond, 2},
		{"the clock is set back", -time.Hour, 3},
	}
	for _, c := range cases {
		now = now.Add(c.step)
		if got, _ := k.at(now, time.Second, look); got != c.want {
			t.Errorf("%s: look %d, want %d", c.name, got, c.want)
		}
	}
}

func TestTheSelfCheckTellsAHangFromARefusal(t *testing.T) {
	t.Parallel()
	s, _ := quietServer(t, "sqlite")
	if err := s.selfCheck(t.Context()); err != nil {
		t.Errorf("all is well, and it says %v", err)
	}
	over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if err := s.selfCheck(over); err == nil {
		t.Error("a database that does not answer in time is not noticed")
	}
	s.Close()
	if err := s.selfCheck(t.Context()); err != nil {
		t.Errorf("a database that refuses at once is no fault of the process, and it says %v", err)
	}
}

func TestSystemdIsToldOnlyWhatItAsksFor(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		env      map[string]string
		socket   string
		watchdog time.Duration
	}{
		{"it does not ask", nil, "", 0},
		{"it asks for readiness", map[string]string{"NOTIFY_SOCKET": "/n"}, "/n", 0},
		{"it asks for life too", map[string]string{"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "30000000",
			"WATCHDOG_PID": strconv.Itoa(os.Getpid())}, "/n", 30 * time.Second},
		{"it asks another process for life",
			map[string]string{"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, "/n", 0},
		{"it asks for nonsense", map[string]string{"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "soon"}, "/n", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSupervisor(func(name string) string { return c.env[name] }, slog.New(slog.DiscardHandler))
			if s == nil {
				s = &supervisor{}
			}
			if s.socket != c.socket || s.watchdog != c.watchdog {
				t.Errorf("socket %q, watchdog %s, want %q and %s", s.socket, s.watchdog, c.socket, c.watchdog)
			}
		})
	}
}

func TestTheWatchdogIsFedWhileAllIsWell(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "n")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &supervisor{socket: path, watchdog: 10 * time.Second, logger: slog.New(slog.NewTextHandler(&log, nil))}
		checks := 0
		ctx, cancel := context.WithTimeout(t.Context(), 22*time.Second)
		defer cancel()
		s.watch(ctx, func(context.Context) error {
			checks++
			if checks == 3 {
				return errors.New("the worker has stalled")
			}
			return nil
		})
		if checks != 5 { // at 0, 5, 10, 15 and 20 seconds
			t.Errorf("%d checks in 22 seconds, want one every 5", checks)
		}
		if n := strings.Count(log.String(), "the worker has stalled"); n != 1 {
			t.Errorf("the log tells of it %d times:\n%s", n, log.String())
		}
	})
	var got []string
	for buf := make([]byte, 100); ; {
		socket.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // all were sent before
		n, err := socket.Read(buf)
		if err != nil {
			break
		}
		got = append(got, string(buf[:n]))
	}
	if diff := cmp.Diff(got, slices.Repeat([]string{stateAlive}, 4)); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
	// Without a listener, tell logs the error and returns.
	var log bytes.Buffer
	(&supervisor{socket: path + "x", logger: slog.New(slog.NewTextHandler(&log, nil))}).tell(t.Context(), stateReady)
	if !strings.Contains(log.String(), "systemd was not told") {
		t.Errorf("the log says %q", log.String())
	}
}

// scrape asks for all metrics.
func scrape(t *testing.T, m *meters) string {
	t.Helper()
	w := httptest.NewRecorder()
	metrics.Handler(m.registry, slog.New(slog.NewTextHandler(t.Output(), nil))).ServeHTTP(w,
		httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("the scrape is answered with %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestEventsBecomeNumbers(t *testing.T) {
	t.Parallel()
	m := newMeters()
	for _, e := range []pactius.Event{
		{Kind: pactius.UserAdded, Facts: pactius.Facts{pactius.FactWay: string(pactius.ByAdd)}},
		{Kind: pactius.UserAdmitted, Facts: pactius.Facts{pactius.FactWay: string(pactius.ByRequest)}},
		{Kind: pactius.UserAdmitted, Facts: pactius.Facts{pactius.FactWay: string(pactius.ByRequest)}},
		{Kind: pactius.UserLinked}, {Kind: pactius.UserSignedIn}, {Kind: pactius.VisitorSignedIn},
		{Kind: pactius.SignInRefused}, {Kind: pactius.UnitAdded},
	} {
		m.happened(e)
	}
	text := scrape(t, m)
	for _, want := range []string{
		`pactius_admissions_total{way="add"} 1`, `pactius_admissions_total{way="request"} 2`,
		`pactius_admissions_total{way="linked"} 1`, `pactius_admissions_total{way="command"} 0`,
		`pactius_sign_ins_total{outcome="entered"} 1`, `pactius_sign_ins_total{outcome="unknown"} 0`,
		`pactius_sign_ins_total{outcome="blocked"} 0`, `pactius_sign_ins_total{outcome="stray"} 0`,
		`pactius_events_total{kind="unit.added"} 1`, `pactius_events_total{kind="user.admitted"} 2`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// TestUnattendedEnvironmentsAreCounted, once a minute.
func TestUnattendedEnvironmentsAreCounted(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, engine string) {
		s, db := quietServer(t, engine)
		for host, username := range map[string]string{"well.example": "ada@nordhavn.example", "mute.example": "ada",
			"gone.example": "eve@nordhavn.example"} {
			g := db.Ground(t, host)
			g.User(t, username, "Ada", pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister})
		}
		want := func(administrator, address int) {
			t.Helper()
			text := scrape(t, s.meters)
			for _, line := range []string{fmt.Sprintf(`{lacks="administrator"} %d`, administrator),
				fmt.Sprintf(`{lacks="address"} %d`, address)} {
				if !strings.Contains(text, "\npactius_environments_unattended"+line+"\n") {
					t.Errorf("the metrics lack %s", line)
				}
			}
		}
		want(0, 1)
		db.Exec(t, `UPDATE users SET account_state = 'disabled' WHERE username = 'eve@nordhavn.example'`)
		db.Exec(t, `UPDATE users SET deactivated_at = 5 WHERE username = 'ada'`)
		db.Clock.Advance(attendedEvery)
		want(2, 0)
		db.Exec(t, `UPDATE environments SET tenant_id = '' WHERE host = 'mute.example'`)
		db.Clock.Advance(attendedEvery)
		want(1, 0)
	})
}

func TestADatabaseThatIsAwayIsShownAndNotHidden(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	enqueue(t, db)
	db.Clock.Advance(time.Minute)
	text := scrape(t, s.meters)
	for _, want := range []string{"pactius_database_up 1", "pactius_outbox_waiting 1",
		"pactius_outbox_oldest_seconds 60", "pactius_outbox_late_seconds 60"} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("the metrics lack %q", want)
		}
	}
	s.Close()
	db.Clock.Advance(numbersEvery)
	text = scrape(t, s.meters)
	if !strings.Contains(text, "\npactius_database_up 0\n") || strings.Contains(text, "pactius_outbox_waiting") {
		t.Errorf("without its database the server says:\n%s", text)
	}
}

// TestTheMetricsAreDocumented compares the table of docs/operations.md with
// what a scrape shows.
func TestTheMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	s, _ := quietServer(t, "sqlite", "PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret",
		"PACTIUS_MICROSOFT_SECRET_ENDS=2027-06-30")
	for _, path := range []string{"/", "/nowhere"} {
		get(s, path)
	}
	s.meters.happened(pactius.Event{Kind: pactius.UnitAdded})
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)^# TYPE (\S+) `)
	var shown []string
	for _, m := range named.FindAllStringSubmatch(scrape(t, s.meters), -1) {
		shown = append(shown, m[1])
		if !strings.Contains(string(doc), "`"+m[1]+"`") {
			t.Errorf("docs/operations.md does not tell of %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile("`((?:pactius|http|go|process)_[a-z_]+)").FindAllStringSubmatch(string(doc),
		-1) {
		if !slices.Contains(shown, strings.TrimSuffix(m[1], "_bucket")) {
			t.Errorf("docs/operations.md tells of %s, which is no metric", m[1])
		}
	}
}
