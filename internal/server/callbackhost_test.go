package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/id"
)

// TestDoctorTriesTheCallbackHost asks a server for it as Microsoft leads browsers there.
func TestDoctorTriesTheCallbackHost(t *testing.T) {
	t.Parallel()
	shared := []string{"PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret"}
	with := slices.Concat(shared, []string{"PACTIUS_MICROSOFT_CALLBACK_HOST=127.0.0.1"})
	for _, c := range []struct {
		name, detail string
		settings     []string // of the server
		ok           bool
	}{
		{"the same setting", "is the callback host", with, true},
		{"a server without it", "reaches PACTIUS with the name of another host", shared, false},
	} {
		address, _ := listening(t, nil, c.settings...)
		s, db := quietServer(t, "sqlite", with...)
		_, port, _ := strings.Cut(address, ":")
		s.Environments.PublicURL = &url.URL{Scheme: "http", Host: "localhost:" + port}
		db.Ground(t, "localhost")
		d := &doctor{cfg: s.cfg, core: s.Core}
		envs, err := s.Environments.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if found := d.callbackHost(t.Context(), envs); len(found) > 0 && !envs[0].Connection.Connected() {
			t.Errorf("no environment uses it: %+v", found)
		}
		db.Exec(t, `UPDATE environments SET tenant_id = $1, client_id = ''`, id.New())
		if envs, err = s.Environments.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		found := d.callbackHost(t.Context(), envs)
		if len(found) == 0 || found[0].OK != c.ok || !strings.Contains(found[0].Detail, c.detail) ||
			found[0].What != "the way to 127.0.0.1:"+port {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

// TestTheCallbackHostBelongsToNothingElse: what was there before the setting is found, and the server does not start.
func TestTheCallbackHostBelongsToNothingElse(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite", "PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret",
		"PACTIUS_MICROSOFT_CALLBACK_HOST=signin.localhost")
	if err := s.callbackHostFree(t.Context()); err != nil {
		t.Error(err)
	}
	db.Ground(t, "signin.localhost")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := Serve(ctx, s.cfg, discard()); err == nil || !strings.Contains(err.Error(), "an environment") {
		t.Errorf("the server starts: %v", err)
	}
	d := &doctor{cfg: s.cfg, core: s.Core}
	if found := d.callbackHost(t.Context(), nil); len(found) != 1 || found[0].OK || found[0].Remedy == "" {
		t.Errorf("doctor finds %+v", found)
	}
}

// TestTheCallbackHostIsReady: probes are answered as on every host.
func TestTheCallbackHostIsReady(t *testing.T) {
	t.Parallel()
	s, _ := quietServer(t, "sqlite", "PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret",
		"PACTIUS_MICROSOFT_CALLBACK_HOST=signin.localhost")
	for path, want := range map[string]int{"/readyz": http.StatusOK, "/livez": http.StatusOK,
		"/": http.StatusNotFound, "/sign-in/callback": http.StatusBadRequest, "/sign-out/callback": http.StatusOK} {
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://signin.localhost"+path, nil))
		if cookies := w.Result().Cookies(); w.Code != want || len(cookies) > 0 {
			t.Errorf("%s: status %d, want %d; cookies %v", path, w.Code, want, cookies)
		}
	}
}
