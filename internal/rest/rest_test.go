package rest_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/rest"
	"github.com/pactius/pactius/internal/store"
)

func TestTheUnitsOfABearer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Unit(t, w.Root, "Finance")
	answer := w.askUnits(t, "")
	if answer.Code != http.StatusOK || answer.Header().Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("status %d, header %v: %s", answer.Code, answer.Header(), answer.Body)
	}
	var got map[string]any
	decode(t, answer, "application/json", &got)
	want := map[string]any{"units": []any{
		map[string]any{"id": string(w.Root), "name": "Nordhavn", "access": "none"},
		map[string]any{"id": string(w.sales), "parent": string(w.Root), "name": "Sales", "access": "read"},
		map[string]any{"id": string(w.south), "parent": string(w.sales), "name": "South", "access": "read"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestUnitsThatAreKnownAreNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tag := w.askUnits(t, "").Header().Get("ETag")
	if !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) {
		t.Fatalf("ETag %s", tag)
	}
	before := w.db.Statements()
	w.askUnits(t, `"other"`)
	full := w.db.Statements() - before
	for name, list := range map[string]string{"the tag": tag, "as compression makes it": "W/" + tag,
		"among others": `"a", W/"b",` + tag, "any": "*"} {
		before := w.db.Statements()
		answer := w.askUnits(t, list)
		ran := w.db.Statements() - before
		if answer.Code != http.StatusNotModified || answer.Body.Len() > 0 || answer.Header().Get("ETag") != tag ||
			answer.Header().Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s: status %d, header %v: %s", name, answer.Code, answer.Header(), answer.Body)
		}
		if ran >= full {
			t.Errorf("%s: %d statements, with the units %d", name, ran, full)
		}
	}
	w.Unit(t, w.south, "Team")
	for name, list := range map[string]string{"changed meanwhile": tag, "another": `"x"`, "a part": tag[:5],
		"none": ""} {
		if answer := w.askUnits(t, list); answer.Code != http.StatusOK || answer.Header().Get("ETag") == tag {
			t.Errorf("%s: status %d, header %v", name, answer.Code, answer.Header())
		}
	}
	w.deactivate(t)
	if answer := w.askUnits(t, "*"); answer.Code != http.StatusUnauthorized {
		t.Errorf("a user who was deactivated: status %d", answer.Code)
	}
}

func (w *world) deactivate(t *testing.T) {
	t.Helper()
	w.freja.DeactivatedAt = w.db.Clock.Now()
	w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(w.freja) })
}

// TestProblems asks in every wrong way. No answer repeats anything of the request.
func TestProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := "Bearer " + w.token(t)
	const echo = "ECHO"
	cookie := http.Header{"Cookie": {"token=" + good}}
	bearer := func(values ...string) http.Header { return http.Header{"Authorization": values} }
	for name, c := range map[string]struct {
		method, address string
		header          http.Header
		status          int
		kind            string
	}{
		"no token":                     {"GET", units, nil, 401, "token-missing"},
		"an empty header":              {"GET", units, bearer(""), 401, "token-missing"},
		"another scheme":               {"GET", units, bearer("Basic " + echo), 401, "token-missing"},
		"a token in a cookie":          {"GET", units, cookie, 401, "token-missing"},
		"no token of ours":             {"GET", units, bearer("Bearer " + echo), 401, "token-invalid"},
		"no token at all":              {"GET", units, bearer("Bearer "), 401, "token-invalid"},
		"two tokens":                   {"GET", units, bearer(good, good), 400, "several-tokens"},
		"two in one header":            {"GET", units, bearer(good + ", " + good), 401, "token-invalid"},
		"a token in the query":         {"GET", units + "?access_token=x", bearer(good), 400, "unknown-parameter"},
		"an unknown parameter":         {"GET", units + "?ECHO=ECHO", bearer(good), 400, "unknown-parameter"},
		"a damaged query":              {"GET", units + "?%zz", bearer(good), 400, "unknown-parameter"},
		"semicolons":                   {"GET", units + "?a;b", bearer(good), 400, "unknown-parameter"},
		"the description's parameters": {"GET", "/api/v1/openapi.json?x=" + echo, nil, 400, "unknown-parameter"},
		"an unknown path":              {"GET", "/api/v1/" + echo, bearer(good), 404, "not-found"},
		"no path":                      {"GET", "/api/", nil, 404, "not-found"},
		"another version":              {"GET", "/api/v2/units", bearer(good), 404, "not-found"},
		"a slash at the end":           {"GET", units + "/", bearer(good), 404, "not-found"},
		"two slashes":                  {"GET", "/api/v1//units", bearer(good), 404, "not-found"},
		"dots":                         {"GET", "/api/v1/../v1/units", bearer(good), 404, "not-found"},
		"encoded dots":                 {"GET", "/api/v1/%2e%2e/v1/units", bearer(good), 404, "not-found"},
		"huma's documentation":         {"GET", "/api/v1/docs", nil, 404, "not-found"},
		"huma's other description":     {"GET", "/api/v1/openapi.yaml", nil, 404, "not-found"},
		"huma's schemas":               {"GET", "/api/v1/schemas/Unit.json", nil, 404, "not-found"},
		"another method":               {"POST", units, bearer(good), 405, "method-not-allowed"},
		"a made-up method":             {echo, units, nil, 405, "method-not-allowed"},
		"a preflight":                  {"OPTIONS", units, nil, 405, "method-not-allowed"},
	} {
		r := request(t, c.method, c.address)
		if c.header != nil {
			r.Header = c.header
		}
		answer := w.ask(r)
		var p rest.Problem
		decode(t, answer, "application/problem+json", &p)
		challenge := ""
		if c.status == 401 {
			challenge = `Bearer error="invalid_token"`
		}
		if c.kind == "token-missing" {
			challenge = "Bearer"
		}
		if answer.Code != c.status || p.Status != c.status || p.Type != "urn:pactius:problem:"+c.kind ||
			p.Title == "" || p.Detail == "" || p.Reference != "" ||
			answer.Header().Get("WWW-Authenticate") != challenge || answer.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, header %v: %s", name, answer.Code, answer.Header(), answer.Body)
		}
		if allow := answer.Header().Get("Allow"); (c.status == 405) != (allow == "GET, HEAD") {
			t.Errorf("%s: Allow %q", name, allow)
		}
		if strings.Contains(answer.Body.String(), echo) {
			t.Errorf("%s repeats the request: %s", name, answer.Body)
		}
	}
	if w.log.Len() > 0 {
		t.Errorf("the log has what clients did wrong: %s", &w.log)
	}
}

// TestProblemsInTheirTime are those that come from the time, the user and the database.
func TestProblemsInTheirTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil  func(*testing.T, *world, *http.Request)
		status int
		kind   string
		logged string
	}{
		"an unknown host": {func(_ *testing.T, _ *world, r *http.Request) {
			r.Host = "evil.example"
		}, 421, "unknown-host", ""},
		"an expired token": {func(_ *testing.T, w *world, _ *http.Request) {
			w.db.Clock.Advance(2 * time.Minute)
		}, 401, "token-expired", ""},
		"a user who was deactivated": {func(t *testing.T, w *world, _ *http.Request) {
			w.deactivate(t)
		}, 401, "access-ended", ""},
		"a table that is lost": {func(t *testing.T, w *world, _ *http.Request) {
			w.db.Exec(t, `DROP TABLE unit_above`)
		}, 500, "fault", "level=ERROR"},
		"a client that has gone": {func(t *testing.T, _ *world, r *http.Request) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			*r = *r.WithContext(ctx)
		}, 499, "client-gone", "level=INFO"},
		"a deadline that has passed": {func(t *testing.T, _ *world, r *http.Request) {
			ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
			t.Cleanup(cancel)
			*r = *r.WithContext(ctx)
		}, 503, "unavailable", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := request(t, "GET", units)
			r.Header.Set("Authorization", "Bearer "+w.token(t))
			c.spoil(t, w, r)
			answer := w.ask(r)
			var p rest.Problem
			decode(t, answer, "application/problem+json", &p)
			if answer.Code != c.status || p.Type != "urn:pactius:problem:"+c.kind ||
				(p.Reference != "") != (c.status == 500) ||
				strings.Contains(answer.Body.String(), "unit_above") {
				t.Errorf("status %d: %s", answer.Code, answer.Body)
			}
			log := w.log.String()
			if !strings.Contains(log, c.logged) || (c.status < 500 && strings.Contains(log, "ERROR")) {
				t.Errorf("the log says: %s", log)
			}
		})
	}
}

// TestRefusalsOfTheEdge are answered as problems, too.
func TestRefusalsOfTheEdge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		h    http.Handler
		want string
	}{
		"a body that is too large": {w.api.Refusal(pactius.Refuse(pactius.KindTooLarge, pactius.Text{})), "too-large"},
		"a panic":                  {w.api.Broken(), "fault"},
	} {
		answer := record(c.h, request(t, "POST", units))
		var p rest.Problem
		decode(t, answer, "application/problem+json", &p)
		if p.Type != "urn:pactius:problem:"+c.want || (p.Reference == "") != (c.want == "too-large") {
			t.Errorf("%s: %s", name, answer.Body)
		}
	}
}

// TestTheDescriptionIsForEveryone asks without a token.
func TestTheDescriptionIsForEveryone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := w.ask(request(t, "GET", "/api/v1/openapi.json"))
	if answer.Code != http.StatusOK || answer.Header().Get("Content-Type") != "application/openapi+json" ||
		!slices.Equal(answer.Body.Bytes(), description(t)) {
		t.Errorf("status %d, header %v", answer.Code, answer.Header())
	}
}
