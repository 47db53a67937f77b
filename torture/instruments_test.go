package torture

import (
	"io"
	"net"
	"net/smtp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/store/storetest"
)

// The instruments must notice what they are made for.

func TestTheLedgerNoticesWhatIsLost(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	g := db.Ground(t, "nordhavn.example")
	g.User(t, "anna@nordhavn.example", "Anna")
	l, v := newLedger(), &verdict{}
	l.acknowledged("user anna", "add", sqlUser, g.Env, "anna@nordhavn.example")
	l.acknowledged("user bo", "add", sqlUser, g.Env, "bo@nordhavn.example")
	l.acknowledged(mailKey("welcome", "anna@nordhavn.example"), "mail", "")
	l.acknowledged("user carl", "add", sqlUser, g.Env, "carl@nordhavn.example")
	l.retract("user carl")
	if err := l.verify(db.Raw, v, false); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"acknowledged and not there exactly once, but 0 times: user bo",
		"acknowledged and not there exactly once, but 0 times: mail welcome to anna@nordhavn.example",
	}
	if diff := cmp.Diff(want, v.cases); diff != "" {
		t.Errorf("broken (-want +got):\n%s", diff)
	}
	if got := l.total(); got != 4 {
		t.Errorf("%d acknowledged, want 4", got)
	}
	again := &verdict{}
	if err := l.verify(db.Raw, again, false); err != nil || again.count > 0 {
		t.Errorf("what was looked for is looked for again: %v %v", again.cases, err)
	}
	if err := l.verify(db.Raw, again, true); err != nil || len(again.cases) != 2 {
		t.Errorf("all facts: %v %v, want 2 broken", again.cases, err)
	}
}

func TestTheInvariantsNoticeAUserWithoutEvent(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	g := db.Ground(t, "nordhavn.example")
	found, err := violations(t.Context(), db.Raw)
	if err != nil || len(found) != 0 {
		t.Fatalf("an empty database: %v %v", found, err)
	}
	g.User(t, "anna@nordhavn.example", "Anna") // put in behind the rules
	if found, err = violations(t.Context(), db.Raw); err != nil {
		t.Fatal(err)
	}
	want := []string{"1 users without exactly one event of their creation"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestFailuresAreAllowedWithinAnOutageOnly(t *testing.T) {
	t.Parallel()
	began := time.Now()
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	outage := []window{{at(1000), at(2000)}, {at(5000), at(5500)}}
	for name, c := range map[string]struct {
		from, to int
		kept     bool
	}{
		"within the outage":                        {1200, 1300, true},
		"begun before and failed by it":            {900, 1001, true},
		"begun just after, on an old connection":   {2100, 2101, true},
		"long after":                               {3000, 3010, false},
		"before anything was taken away":           {100, 200, false},
		"between two outages, close to the second": {4900, 4950, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &verdict{}
			v.judge("outages", outage, []mishap{{at(c.from), at(c.to), "GET /", 503}}, 1)
			if kept := v.count == 0; kept != c.kept {
				t.Errorf("kept %v, want %v: %v", kept, c.kept, v.cases)
			}
		})
	}
}

func TestAnAdmissionAfterARevocationIsNoticed(t *testing.T) {
	t.Parallel()
	answered := time.Now()
	for name, c := range map[string]struct {
		late            time.Duration
		main, elsewhere bool
		kept            bool
	}{
		"where the change was made, before":         {-time.Millisecond, true, false, true},
		"where the change was made, after":          {time.Millisecond, true, false, false},
		"on another instance, within a second":      {999 * time.Millisecond, false, false, true},
		"on another instance, later":                {1001 * time.Millisecond, false, false, false},
		"made by no instance, within a second":      {999 * time.Millisecond, true, true, true},
		"made by no instance, later than it should": {1001 * time.Millisecond, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &revoking{site: &site{verdict: &verdict{}}}
			w := &witness{revocation: revocation{elsewhere: c.elsewhere}, main: c.main, admitted: answered.Add(c.late)}
			w.judge(r, answered)
			if kept := r.count == 0; kept != c.kept {
				t.Errorf("kept %v, want %v: %v", kept, c.kept, r.cases)
			}
		})
	}
}

func TestALineFailsAndComesBack(t *testing.T) {
	t.Parallel()
	echo, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for c, err := echo.Accept(); err == nil; c, err = echo.Accept() {
			go func() { _, _ = io.Copy(c, c) }() // ends with the connection
		}
	}()
	line, err := openRelay(t.Context(), echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer line.end()
	answers := func(c net.Conn) bool {
		one := []byte{1}
		_, _ = c.Write(one) // a connection that was closed shows it by the answer
		_, err := io.ReadFull(c, one)
		return err == nil
	}
	before := dialed(t, line)
	if !answers(before) {
		t.Error("an open line passes nothing on")
	}
	line.is(lineCut)
	if answers(before) || answers(dialed(t, line)) {
		t.Error("a line that is cut passes on")
	}
	line.is(lineOpen)
	if !answers(dialed(t, line)) {
		t.Error("the line does not come back")
	}
}

func dialed(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestThePostOfficeCounts(t *testing.T) {
	t.Parallel()
	p, err := openPostOffice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, id := range []string{"m1", "m2", "m1"} {
		source := "Subject: hi\r\nMessage-ID: <" + id + "@b.example>\r\n\r\nMessage-ID: <m9@b.example>\r\n"
		if err := smtp.SendMail(p.Address(), nil, "a@b.example", []string{"c@d.example"}, []byte(source)); err != nil {
			t.Fatal(err)
		}
	}
	mails, twice := p.totals()
	if p.count("m1") != 2 || p.count("m2") != 1 || p.count("m9") != 0 || mails != 2 || twice != 1 {
		t.Errorf("m1 %d, m2 %d, m9 %d, %d mails, %d twice, want 2, 1, 0, 2, 1",
			p.count("m1"), p.count("m2"), p.count("m9"), mails, twice)
	}
	if got := p.strangers(map[string]bool{"m1": true}); len(got) != 1 || got[0] != `"m2"` {
		t.Errorf("unknown mails %q, want m2", got)
	}
}
