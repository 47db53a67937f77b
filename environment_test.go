package pactius_test

import (
	"testing"
	"time"

	"github.com/pactius/pactius"
)

func TestToday(t *testing.T) {
	t.Parallel()
	lateEvening := time.Date(2026, time.March, 31, 23, 30, 0, 0, time.UTC)
	tests := []struct {
		name, zone string
		want       pactius.Date
	}{
		{"further east it is tomorrow already", "Europe/Copenhagen", "2026-04-01"},
		{"further west it is still today", "America/New_York", "2026-03-31"},
		{"without a time zone it is UTC's day", "", "2026-03-31"},
		{"in a time zone that cannot be loaded a day is over as soon as anywhere", "Europe/Atlantis", "2026-04-01"},
		{"the machine's time zone is none", "Local", "2026-04-01"},
	}
	for _, test := range tests {
		if got := (pactius.Environment{TimeZone: test.zone}).Today(lateEvening); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// TestALostZoneEndsADayFirst: at 10:00 UTC the next day begins in the easternmost zone.
func TestALostZoneEndsADayFirst(t *testing.T) {
	t.Parallel()
	lost := pactius.Environment{TimeZone: "Europe/Atlantis"}
	nextDay := time.Date(2026, time.March, 31, 10, 0, 0, 0, time.UTC)
	before, after := lost.Today(nextDay.Add(-time.Second)), lost.Today(nextDay)
	if before != "2026-03-31" || after != "2026-04-01" {
		t.Errorf("got %s and a second later %s", before, after)
	}
	for zone, want := range map[string]string{"Europe/Atlantis": "Europe/Atlantis", "Local": "Local", "": "",
		"UTC": "", "Europe/Copenhagen": ""} {
		if got := (pactius.Environment{TimeZone: zone}).LostZone(); got != want {
			t.Errorf("LostZone of %q = %q, want %q", zone, got, want)
		}
	}
}

func TestLeaverPercent(t *testing.T) {
	t.Parallel()
	if got := (pactius.Environment{}).LeaverPercent(); got != pactius.DefaultLeaverBound {
		t.Errorf("unless it is set: got %d, want %d", got, pactius.DefaultLeaverBound)
	}
	if got := (pactius.Environment{LeaverBound: 25}).LeaverPercent(); got != 25 {
		t.Errorf("as it is set: got %d, want 25", got)
	}
}

func TestAZoneIsReadOnce(t *testing.T) {
	t.Parallel()
	first, err := pactius.LoadZone("America/New_York")
	again, err2 := pactius.LoadZone("America/New_York")
	if err != nil || err2 != nil || first != again || first.String() != "America/New_York" {
		t.Errorf("got %v and %v, %v, %v", first, again, err, err2)
	}
	if zone, err := pactius.LoadZone("Europe/Atlantis"); err == nil {
		t.Errorf("got %v for a zone that does not exist", zone)
	}
}
