package server

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/web/view"
)

// TestAnArchivedEventIsAnExportedOneWithNothingLost: the file is all that is left of it.
func TestAnArchivedEventIsAnExportedOneWithNothingLost(t *testing.T) {
	t.Parallel()
	event := pactius.Event{ID: "0192a000-0000-7000-8000-000000000001", Kind: pactius.UserUnitsAssigned,
		At: time.Date(2026, 3, 2, 9, 0, 0, 1000, time.UTC), User: "gone", Unit: "unit", Request: "request",
		Actor:  pactius.Actor{Kind: pactius.ActorUser, User: "actor", Name: "Ada <Root>", Address: "192.0.2.1"},
		Facts:  pactius.Facts{"unit.north": "none>read", pactius.FactApplication: "app"},
		Detail: pactius.Facts{pactius.DetailName: "Bo\nLund", pactius.DetailNote: "Velkommen"}}
	line, err := archivedLine(pactius.Environment{Language: "da"}, event, audit.Names{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(line), `{"id":"`+string(event.ID)+`"`) || bytes.ContainsRune(line, '\n') {
		t.Errorf("a line must begin with the ID and hold no other: %s", line)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(slices.Clone(view.RecordFields), "facts", "personal") {
		if _, ok := fields[name]; !ok {
			t.Errorf("the field %s is missing", name)
		}
	}
	for name, want := range map[string]string{"time": "2026-03-02T09:00:00.000001Z", "actor_id": "actor",
		"user_id": "gone", "unit_id": "unit", "request_id": "request", "application_id": "app", "user": "Bo\nLund",
		"address": "192.0.2.1", "text": "Ada <Root> ændrede forretningsenhederne for Bo\nLund"} {
		if fields[name] != want {
			t.Errorf("%s is %q, want %q", name, fields[name], want)
		}
	}
}

func TestAMissingArchiveStopsTheStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, c := range []struct {
		cfg  config.Config
		want string
	}{
		{config.Config{KeepEvents: 400, EventsArchive: folder}, ""},
		{config.Config{KeepEvents: 400, EventsArchive: folder + "/missing"}, "doesn't exist"},
		{config.Config{KeepEvents: 400}, ""}, // PACTIUS_EVENTS_ARCHIVE=none
		{config.Config{EventsArchive: folder + "/missing"}, ""},
	} {
		err := checkArchive(c.cfg)
		found := examineArchive(c.cfg)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) ||
			(err == nil) != (len(found) == 0) {
			t.Errorf("%+v: %v, doctor: %v", c.cfg, err, found)
		}
	}
}
