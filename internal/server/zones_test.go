package server

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
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
	if err := s.tellEnvironments(context.Background()); err != nil {
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

// TestAServerWithoutAnEnvironmentSaysWhatToRun: in its log, and in the browser.
func TestAServerWithoutAnEnvironmentSaysWhatToRun(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	const command = "pactius environment add"
	said := func() (log, page string) {
		var b strings.Builder
		s.logger = slog.New(slog.NewTextHandler(&b, nil))
		if err := s.tellEnvironments(t.Context()); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://new.example/", nil))
		if w.Code != http.StatusMisdirectedRequest {
			t.Errorf("status %d, want 421", w.Code)
		}
		return b.String(), w.Body.String()
	}
	if log, page := said(); !strings.Contains(log, command) || !strings.Contains(page, command) {
		t.Errorf("the log says %q, the page\n%s", log, page)
	}
	db.Ground(t, "other.example")
	if log, page := said(); strings.Contains(log, command) || strings.Contains(page, command) {
		t.Errorf("with an environment, the log says %q, the page\n%s", log, page)
	}
}
