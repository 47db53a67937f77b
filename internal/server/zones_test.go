package server

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

// TestALostTimeZoneIsSaid: no place where Support looks is silent about it, and of no other environment it is said.
func TestALostTimeZoneIsSaid(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	db.Ground(t, "well.example")
	db.Ground(t, "lost.example")
	db.Exec(t, `UPDATE environments SET time_zone = 'Europe/Copenhagen' WHERE host = 'well.example'`)
	db.Exec(t, `UPDATE environments SET time_zone = 'Europe/Atlantis' WHERE host = 'lost.example'`)
	var log strings.Builder
	s.logger = slog.New(slog.NewTextHandler(&log, nil))
	if err := s.tellLostZones(context.Background()); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Count(text, "level=WARN") != 1 ||
		!strings.Contains(text, "environment=lost.example") ||
		!strings.Contains(text, "time_zone=Europe/Atlantis") {
		t.Errorf("the log says\n%s", text)
	}
	var found []Diagnosis
	for d := range Doctor(t.Context(), s.cfg) {
		if strings.HasPrefix(d.What, "time zone of ") {
			found = append(found, d)
		}
	}
	if len(found) != 1 || found[0].OK || !strings.Contains(found[0].Detail, "Europe/Atlantis") ||
		!slices.Contains(strings.Fields(found[0].Remedy), "lost.example") {
		t.Errorf("the doctor finds %+v", found)
	}
}
