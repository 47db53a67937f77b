package pactius_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pactius/pactius"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const today pactius.Date = "2026-03-02"
	tests := []struct {
		name  string
		user  pactius.User
		want  pactius.Status
		enter bool
	}{
		{"never signed in", pactius.User{}, pactius.StatusInvited, true},
		{"has signed in", pactius.User{FirstSignInAt: now}, pactius.StatusActive, true},
		{"on the last day", pactius.User{FirstSignInAt: now, EndsOn: today}, pactius.StatusActive, true},
		{"the day after", pactius.User{FirstSignInAt: now, EndsOn: "2026-03-01"}, pactius.StatusEnded, false},
		{"invited and over", pactius.User{EndsOn: "2025-12-31"}, pactius.StatusEnded, false},
		{"deactivated counts before the end",
			pactius.User{FirstSignInAt: now, DeactivatedAt: now, EndsOn: "2026-03-01"}, pactius.StatusDeactivated,
			false},
	}
	for _, test := range tests {
		if got := test.user.Status(today); got != test.want || test.user.MayEnter(today) != test.enter {
			t.Errorf("%s: %s, may enter %v", test.name, got, test.user.MayEnter(today))
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"2026-2-3", "2026-02-30", "02-03-2026", "tomorrow", "2026-02-03 ", "20260203",
		"2026-02-03T00:00:00Z"} {
		if _, err := pactius.ParseDate("ends_on", s); pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("%q: %v", s, err)
		}
	}
	copenhagen, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	d, err := pactius.ParseDate("ends_on", "2026-03-02")
	if err != nil || pactius.DateOf(d.Time(copenhagen)) != d ||
		!d.Time(copenhagen).Equal(time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("%s begins at %v, %v", d, d.Time(copenhagen), err)
	}
	if none, err := pactius.ParseDate("ends_on", ""); none != "" || err != nil || !none.Time(time.UTC).IsZero() {
		t.Errorf("no date: %q, %v", none, err)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := pactius.Session{SeenAt: now, ExpiresAt: now.Add(pactius.SessionAbsolute)}
	for after, want := range map[time.Duration]bool{0: false, pactius.SessionIdle - 1: false,
		pactius.SessionIdle: true} {
		if got := s.Ended(now.Add(after)); got != want {
			t.Errorf("idle for %v: %v", after, got)
		}
	}
	s.SeenAt = s.ExpiresAt
	if s.Ended(s.ExpiresAt.Add(-1)) || !s.Ended(s.ExpiresAt) {
		t.Error("the absolute end is not kept")
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	refusal := &pactius.Error{Kind: pactius.KindConflict, Message: pactius.T("No, %s.", "Anna"), Err: cause}
	wrapped := fmt.Errorf("while trying: %w", refusal)
	if pactius.KindOf(wrapped) != pactius.KindConflict || !errors.Is(wrapped, cause) ||
		wrapped.Error() != "while trying: No, Anna.: cause" {
		t.Errorf("%v of kind %d", wrapped, pactius.KindOf(wrapped))
	}
	if pactius.KindOf(cause) != pactius.KindInternal || pactius.KindOf(nil) != pactius.KindInternal {
		t.Error("what nobody classified is not internal")
	}
	var f pactius.Fields
	if f.Err() != nil {
		t.Error("no wrong field is an error")
	}
	f.Collect(nil)
	f.Collect(pactius.RefuseField("name", pactius.T("Enter a name.")))
	f.Collect(cause)
	e, ok := errors.AsType[*pactius.Error](f.Err())
	if !ok || e.Kind != pactius.KindInvalid || len(e.Fields) != 2 || e.Fields[0].Field != "name" ||
		e.Fields[1].Field != "" {
		t.Errorf("collected %+v", e)
	}
	if got := pactius.Plural(1, "%d user", "%d users").String() +
		pactius.Plural(0, "%d user", "%d users").String(); got != "1 user0 users" {
		t.Errorf("plural %q", got)
	}
}

func TestTakingBackHasAnEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for state, want := range map[pactius.RequestState]bool{pactius.StateApproved: true, pactius.StatePending: false,
		pactius.StateDeclined: false, pactius.StateWithdrawn: false, pactius.StateExpired: false} {
		q := pactius.AccessRequest{State: state, DecidedAt: now}
		if got := q.CanTakeBack(now.Add(pactius.TakeBackTime - 1)); got != want ||
			q.CanTakeBack(now.Add(pactius.TakeBackTime)) {
			t.Errorf("%s: %v", state, got)
		}
	}
}

func TestDaysAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		day, from pactius.Date
		want      int
	}{
		{"the same day", "2026-03-31", "2026-03-31", 0},
		{"tomorrow", "2026-04-01", "2026-03-31", 1},
		{"yesterday", "2026-03-30", "2026-03-31", -1},
		{"over the night that has 23 hours in Europe", "2026-03-30", "2026-03-28", 2},
		{"over a leap day", "2028-03-01", "2028-02-28", 2},
	}
	for _, test := range tests {
		if got := test.day.DaysAfter(test.from); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}
