package environments_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestWarningsBeforeASecretEnds(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.User(t, "second@nordhavn.example", "Second", pactius.Grant{Unit: s.Root, Access: pactius.AccessAdminister})
	quiet := s.db.Ground(t, "quiet.example") // with an unknown expiry
	quiet.User(t, "root@quiet.example", "Root", pactius.Grant{Unit: quiet.Root, Access: pactius.AccessAdminister})
	warned := func() int {
		t.Helper()
		if err := s.WarnOfEnds(t.Context(), func() {}); err != nil {
			t.Fatal(err)
		}
		n := s.db.Count(t, `SELECT COUNT(*) FROM mails`)
		s.db.Exec(t, `DELETE FROM mails`)
		return n
	}
	end := pactius.DateOf(storetest.Start.AddDate(0, 0, 40))
	s.support(t, pactius.EnvironmentUpdate{SecretEndsOn: &end})
	version := s.row(t).Version
	var days []int
	for day := range 50 {
		if n := warned(); n == 2 {
			days = append(days, 40-day)
		} else if n != 0 {
			t.Errorf("%d mails with %d days left, want one for each administrator", n, 40-day)
		}
		s.db.Clock.Advance(24 * time.Hour)
	}
	if got := days; len(got) != 3 || got[0] != 30 || got[1] != 14 || got[2] != 3 {
		t.Errorf("warned with %v days left, want 30, 14 and 3", got)
	}
	if got := s.row(t).Version; got != version {
		t.Errorf("a warning made forms stale: version %d, was %d", got, version)
	}
	if n := s.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, pactius.SecretEndWarned); n != 3 {
		t.Errorf("%d events, want 3", n)
	}

	// An expiry entered late gets the remaining warnings, and a new one gets all.
	late := pactius.DateOf(s.db.Clock.Now().AddDate(0, 0, 5))
	s.support(t, pactius.EnvironmentUpdate{ClientSecret: new("new"), SecretEndsOn: &late})
	if n := warned(); n != 2 {
		t.Errorf("%d mails with 5 days left, want 2", n)
	}
	s.db.Clock.Advance(10 * 24 * time.Hour) // the server was off
	if n := warned(); n != 2 {
		t.Errorf("%d mails after the end, want 2", n)
	}
	if n := warned(); n != 0 {
		t.Errorf("%d mails after the end once more", n)
	}
	s.support(t,
		pactius.EnvironmentUpdate{TenantID: new(""), ClientSecret: new("another"),
			SecretEndsOn: new(pactius.DateOf(s.db.Clock.Now()))})
	if n := warned(); n != 0 {
		t.Errorf("%d mails of an environment that is not connected", n)
	}
}

func TestAWarningSaysWhichDay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	end := pactius.DateOf(storetest.Start.AddDate(0, 0, 14))
	s.support(t, pactius.EnvironmentUpdate{SecretEndsOn: &end})
	if err := s.WarnOfEnds(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	rows := s.db.Rows(t, `SELECT kind, data, to_address FROM mails`)
	if len(rows) != 1 || !strings.Contains(rows[0], "secret-ends") || !strings.Contains(rows[0], string(end)) ||
		!strings.Contains(rows[0], "root@nordhavn.example") {
		t.Errorf("the mails are %v", rows)
	}
	if strings.Contains(strings.Join(rows, ""), secret) {
		t.Error("the secret is in the mail")
	}
}
