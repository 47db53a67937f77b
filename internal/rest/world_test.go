package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/rest"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store/storetest"
)

const (
	host  = "a.example"
	units = "/api/v1/units"
)

// world is the API over a real store, with an application that Freja may open.
type world struct {
	*storetest.Ground
	db           *storetest.DB
	rules        *applications.Rules
	api          *rest.API
	sales, south pactius.UnitID
	freja        pactius.User
	app          pactius.Application
	log          bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.New(t)
	box, err := seal.New(strings.Repeat("s", seal.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Ground: db.Ground(t, host), db: db}
	environment := environments.New(environments.Config{DB: db.Work(), Box: box,
		PublicURL: &url.URL{Scheme: "https", Host: host}})
	w.rules = applications.New(applications.Config{DB: db.Work(), Box: box, BaseURL: environment.BaseURL})
	w.api, err = rest.New(rest.Config{Applications: w.rules, Environments: environment,
		Clients: clients.New(clients.Config{DB: db.Work(), Box: box, Applications: w.rules,
			BaseURL: environment.BaseURL}),
		Logger:    slog.New(slog.NewTextHandler(&w.log, nil)),
		RequestID: func(context.Context) string { return "the-request" }})
	if err != nil {
		t.Fatal(err)
	}
	w.sales = w.Unit(t, w.Root, "Sales")
	w.south = w.Unit(t, w.sales, "South")
	w.freja = w.User(t, "freja@nordhavn.example", "Freja", pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	name, origins := "Contracts", []string{"https://contracts.nordhavn.example"}
	w.app, err = w.rules.Add(t.Context(), pactius.SupportActor(w.Env),
		pactius.ApplicationUpdate{Name: &name, Unit: &w.south, Origins: &origins})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// token returns a token of Freja as the door makes it.
func (w *world) token(t *testing.T) string {
	t.Helper()
	i := applications.Identity{Environment: w.Env, Issuer: "https://" + host, Application: w.app.ID, User: w.freja,
		Access: pactius.AccessRead}
	token, err := w.rules.Sign(t.Context(), w.Env, i.Claims(w.db.Clock.Now(), true))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// request makes a request without a token.
func request(t *testing.T, method, address string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, address, nil)
	r.Host = host
	return r
}

// ask sends a request.
func (w *world) ask(r *http.Request) *httptest.ResponseRecorder {
	return record(w.api, r)
}

func record(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}

// askUnits asks for the units with a good token, and a tag if there is one.
func (w *world) askUnits(t *testing.T, tag string) *httptest.ResponseRecorder {
	t.Helper()
	r := request(t, "GET", units)
	r.Header.Set("Authorization", "Bearer "+w.token(t))
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	return w.ask(r)
}

// decode reads the body of an answer, which must be of a media type.
func decode(t *testing.T, answer *httptest.ResponseRecorder, mediaType string, into any) {
	t.Helper()
	if got := answer.Header().Get("Content-Type"); got != mediaType {
		t.Errorf("Content-Type %q, want %q", got, mediaType)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil {
		t.Errorf("%v in %s", err, answer.Body)
	}
}
