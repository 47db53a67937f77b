package torture

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
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
	l, line := newLedger(), &Line{}
	l.acknowledged("user anna", "add", sqlUser, g.Env, "anna@nordhavn.example")
	l.acknowledged("user bo", "add", sqlUser, g.Env, "bo@nordhavn.example")
	l.acknowledged(mailKey("welcome", "anna@nordhavn.example"), "mail", "")
	l.acknowledged("user carl", "add", sqlUser, g.Env, "carl@nordhavn.example")
	l.retract("user carl")
	if err := l.verify(db.Raw, line, false); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"acknowledged and not there exactly once, but 0 times: user bo",
		"acknowledged and not there exactly once, but 0 times: mail welcome to anna@nordhavn.example",
	}
	if diff := cmp.Diff(want, line.Broken); diff != "" {
		t.Errorf("broken (-want +got):\n%s", diff)
	}
	if got := l.total(); got != 4 {
		t.Errorf("%d acknowledged, want 4", got)
	}
	again := &Line{}
	if err := l.verify(db.Raw, again, false); err != nil || !again.Kept() {
		t.Errorf("what was looked for is looked for again: %v %v", again.Broken, err)
	}
	if err := l.verify(db.Raw, again, true); err != nil || len(again.Broken) != 2 {
		t.Errorf("all facts: %v %v, want 2 broken", again.Broken, err)
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
			line := &Line{}
			line.judge("outages", outage, []mishap{{at(c.from), at(c.to), "GET /", 503}}, 1)
			if line.Kept() != c.kept {
				t.Errorf("kept %v, want %v: %v", line.Kept(), c.kept, line.Broken)
			}
		})
	}
}

func TestTheMailServerBehavesAsItIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mood  mood
		last  string // the beginning of its last line
		taken int
	}{
		"takes":                  {takes, "221", 1},
		"refuses":                {refuses, "", 0},
		"is busy":                {busy, "421", 0},
		"forbids":                {forbids, "554", 0},
		"puts off":               {putsOff, "451", 0},
		"rejects":                {rejects, "550", 0},
		"hangs up in the mail":   {hangsUp, "354", 0},
		"is full":                {full, "221", 0},
		"takes and does not say": {takesMutely, "354", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := openPostOffice(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer p.close()
			p.is(c.mood)
			if got := converse(t.Context(), t, p.address); !strings.HasPrefix(got, c.last) {
				t.Errorf("last line %q, want %s", got, c.last)
			}
			if got := p.count("m1"); got != c.taken {
				t.Errorf("%d taken, want %d", got, c.taken)
			}
			if got := p.strangers(map[string]bool{}); len(got) != c.taken {
				t.Errorf("%d mails nobody knows, want %d", len(got), c.taken)
			}
		})
	}
}

// converse sends a mail and gives the last line that the server said.
func converse(ctx context.Context, t *testing.T, address string) string {
	t.Helper()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in, last := bufio.NewReader(c), ""
	hear := func() bool {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		last = line
		return line[0] == '2' || line[0] == '3'
	}
	if !hear() {
		return last
	}
	for _, line := range []string{"MAIL FROM:<a@b.example>", "RCPT TO:<c@d.example>", "DATA", "Message-ID: <m1@b.example>\r\nA: b\r\nC: d\r\n\r\nHello\r\n.", "QUIT"} {
		if _, err := fmt.Fprintf(c, "%s\r\n", line); err != nil || !hear() {
			if line[0] == 'M' && strings.HasPrefix(last, "452") {
				continue // said no to the mail, not to us
			}
			return last
		}
	}
	return last
}
