package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/web/view"
)

const exportAddress = "/settings/activity/export"

// happen records changes of a user, one event each.
func (w *world) happen(n int, user pactius.UserID) {
	w.Helper()
	w.must(w.db.Update(w.Context(), w.nord.ID, func(tx *store.Tx) error {
		events := make([]pactius.Event, n)
		for i := range events {
			events[i] = pactius.Event{ID: pactius.EventID(id.At(w.db.Clock.Now())), At: w.db.Clock.Now(), User: user,
				Kind: pactius.UserChanged, Actor: pactius.SupportActor(w.nord.ID)}
		}
		return tx.InsertEvents(events...)
	}))
}

// request makes the request of a form of a browser, to be served otherwise than by the browser.
func (b *browser) request(path string, fields url.Values) *http.Request {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, b.Origin+path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range b.Client.Jar.Cookies(b.url("/")) {
		r.AddCookie(c)
	}
	return r
}

func TestExportsSayWhatThePageShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	evil := w.user(human{"", "evil@nordhavn.example", "=cmd|' /C calc'!A0"},
		pactius.Grant{Unit: w.north, Access: pactius.AccessRead})
	w.happen(exportBatch+20, evil)
	a := w.as(ada)
	a.get("/settings/activity?user=" + string(evil)).shows("Support changed the details of =cmd|")

	file := a.post(exportAddress,
		url.Values{"format": {"csv"}, "user": {string(evil)}, "from": {"2026-03-01"}}).status(200)
	if got := file.Header.Get("Content-Disposition"); got != "attachment; filename=activity_"+nordHost+
		"_2026-03-01_2026-03-02.csv" {
		t.Errorf("the file is %s", got)
	}
	if !strings.HasPrefix(file.Body, "\ufeffid,time,kind,") || !strings.Contains(file.Body, "\r\n") {
		t.Errorf("begins with %q", file.Body[:40])
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const events = exportBatch + 22 // with those that added the user
	if last := rows[len(rows)-1]; len(rows) != events+2 || last[0] != "complete" || last[1] != fmt.Sprint(events) {
		t.Errorf("%d rows, the last is %q", len(rows), last)
	}
	for _, cells := range rows {
		for _, cell := range cells {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n") {
				t.Fatalf("a formula: %q", cell)
			}
		}
	}
	if row := rows[1]; row[8] != "'=cmd|' /C calc'!A0" || row[9] != string(evil) || row[1] == "" {
		t.Errorf("a row is %q", row)
	}

	all := a.post(exportAddress, url.Values{"format": {"ndjson"}}).status(200).Body
	lines := strings.Split(strings.TrimSpace(all), "\n")
	for i, line := range lines {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("line %d: %v", i, err)
		}
		if last := i == len(lines)-1; (got["complete"] == true) != last || !last && len(got) != len(view.RecordFields) {
			t.Errorf("line %d of %d is %s", i, len(lines), line)
		}
	}
	if !strings.Contains(lines[0], `"text":"Ada Root exported the activity of =cmd|' /C calc'!A0"`) ||
		strings.Contains(all, "user.signed_in") {
		t.Errorf("begins with %s", lines[0])
	}
	a.get("/settings/activity?kind=activity.exported").shows("Ada Root exported the activity log", "Format: CSV",
		"From: 1 March 2026")
}

func TestWhatCannotBeExportedIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, l := w.as(ada), w.as(lone)
	before := w.db.Count(t, `SELECT COUNT(*) FROM events`)
	gone := string(id.New())
	for _, test := range []struct {
		b      *browser
		fields string
		status int
		says   string
	}{
		{a, "format=exe", 400, ""},
		{a, "", 400, ""},
		{a, "format=csv&kind=no.such", 422, "no such event type"},
		{a, "format=csv&from=2026-03-02&to=2026-03-01", 422, "before the “From” date"},
		{a, "format=csv&from=yesterday", 422, "year-month-day"},
		{a, "format=csv&unit=" + gone, 422, "This business unit no longer exists"},
		{a, "format=csv&user=" + gone, 404, ""},
		{a, "format=csv&q=r", 200, "Several people match"},
		{a, "format=csv&q=zzz", 200, ""},
		{l, "format=csv&unit=" + string(w.it), 403, "outside the business units you administer"},
	} {
		page := test.b.send(http.MethodPost, exportAddress, test.fields).status(test.status)
		if page.shows(test.says); page.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s is a file", test.fields)
		}
	}
	a.get("/settings/activity?unit="+gone).status(422).shows("This business unit no longer exists",
		"All business units")
	w.site.exporting.Store(string(w.nord.ID)+" "+string(w.users[ada.username]), true)
	a.send(http.MethodPost, exportAddress, "format=csv").status(429).shows("already exporting")
	if after := w.db.Count(t, `SELECT COUNT(*) FROM events`); after != before {
		t.Errorf("%d events were recorded", after-before)
	}
	l.send(http.MethodPost, exportAddress, "format=csv").status(200) // others are not kept waiting
}

// TestACancelledExportEnds hangs up after the first bytes of a file that would be long.
func TestACancelledExportEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 20 {
		w.happen(1000, w.users[rikke.username])
	}
	b := w.as(ada)
	ended := make(chan any, 1)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() { ended <- recover() }()
		w.site.ServeHTTP(rw, r)
	}))
	defer server.Close()
	r := b.request(exportAddress, url.Values{"format": {"ndjson"}})
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", strings.TrimPrefix(server.URL, "http://")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(answer.Body, make([]byte, 100)); err != nil || answer.StatusCode != 200 {
		t.Fatalf("status %d, %v", answer.StatusCode, err)
	}
	w.must(answer.Body.Close())
	select {
	case cause := <-ended:
		if cause != http.ErrAbortHandler { //nolint:errorlint // it is the value of a panic
			t.Errorf("ended with %v", cause)
		}
	case <-time.After(time.Minute):
		t.Fatal("the export goes on")
	}
	w.site.exporting.Range(func(key, _ any) bool { t.Errorf("%v is still exporting", key); return true })
	b.send(http.MethodPost, exportAddress, "format=csv&kind=unit.").status(200) // again
}

// intruding does something when the first part of an answer is sent.
type intruding struct {
	*httptest.ResponseRecorder
	first func()
}

func (i *intruding) Write(b []byte) (int, error) {
	n, err := i.ResponseRecorder.Write(b)
	if i.first != nil {
		i.first()
		i.first = nil
	}
	return n, err
}

func TestAnExportEndsWithTheRight(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"the session is over":       `DELETE FROM sessions`,
		"the user was deactivated":  `UPDATE users SET deactivated_at = 1 WHERE username = 'lone@nordhavn.example'`,
		"the units were taken away": `DELETE FROM memberships WHERE access = 3`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for range 3 {
				w.happen(1000, w.users[rikke.username])
			}
			b := w.as(lone)
			out := &intruding{httptest.NewRecorder(), func() { w.db.Exec(t, statement) }}
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the answer ended as if it were complete")
					}
				}()
				w.site.ServeHTTP(out, b.request(exportAddress, url.Values{"format": {"ndjson"}}))
			}()
			got := strings.Count(out.Body.String(), "\n")
			if got < exportBatch || got > exportBatch+1 {
				t.Errorf("%d lines were sent, want those of one batch", got)
			}
		})
	}
}

// slow is a client that stops reading after the first part.
type slow struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
	parts     int
}

func (s *slow) SetWriteDeadline(at time.Time) error {
	s.deadlines = append(s.deadlines, at)
	return nil
}

func (s *slow) Write(b []byte) (int, error) {
	if s.parts++; s.parts > 1 {
		return 0, os.ErrDeadlineExceeded
	}
	return s.ResponseRecorder.Write(b)
}

// A client that stops reading holds an export no longer than one part may take: no connection to the database, no place
// of its environment, and not the user's one export.
func TestASlowReaderHoldsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		w.happen(1000, w.users[rikke.username])
	}
	b := w.as(ada)
	out := &slow{ResponseRecorder: httptest.NewRecorder()}
	began := time.Now()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the answer ended as if it were complete")
			}
		}()
		w.site.ServeHTTP(out, b.request(exportAddress, url.Values{"format": {"ndjson"}}))
	}()
	if len(out.deadlines) != 2 {
		t.Fatalf("%d parts have a deadline, want 2", len(out.deadlines))
	}
	for _, at := range out.deadlines {
		if patience := at.Sub(began); patience < time.Second || patience > 2*exportPatience {
			t.Errorf("a part may take %v", patience)
		}
	}
	b.send(http.MethodPost, exportAddress, "format=csv&kind=unit.").status(200) // again
}

func TestCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "Anna": "Anna", "a=b": "a=b", "2026-03-02T08:00:00.000000Z": "2026-03-02T08:00:00.000000Z",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx",
		" =1": " '=1", "＝1": "'＝1", "Anna; =1": "Anna; '=1", "x\n=1": "x\n'=1", "=a;=b": "'=a;'=b",
		"x;\n=1": "x;\n'=1", "x\n\n=1": "x\n\n'=1", "x\t\r\n =1": "x\t\r\n '=1", "\n=1": "'\n'=1",
		`x;"=1`: `x;"'=1`, "x;\u00a0=1": "x;\u00a0'=1", "x;;-1": "x;;'-1",
		"2026-03-02; 2026-03-03": "2026-03-02; 2026-03-03",
		"anna@nordhavn.example":  "anna@nordhavn.example", "“=1”": "“=1”",
	} {
		if got := safeCell(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}

func TestTheActivityPageSaysWhereOldEventsAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	const moved = "Most events from before 1 March 2026 have been moved to an archive."
	a.get("/settings/activity").lacks("Most events from before")
	w.db.Exec(t, `INSERT INTO retention (environment_id, events_before) VALUES ($1, $2)`, w.nord.ID,
		time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro())
	a.get("/settings/activity").shows(moved)
	a.get("/settings/activity?from=2026-03-02").lacks(moved)
	w.db.Exec(t, `UPDATE retention SET events_discarded = 1`)
	a.get("/settings/activity").shows("Most events from before 1 March 2026 have been deleted.")
}
