package tracing

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/pactius/pactius/internal/edge"
)

// sink is a collector on loopback.
type sink struct {
	*httptest.Server
	mu      sync.Mutex
	spans   []*otlp.Span
	service string
	paths   []string
}

func newSink(t *testing.T) *sink {
	s := &sink{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var export collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &export)
		}
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.paths = append(s.paths, r.URL.Path)
		for _, rs := range export.ResourceSpans {
			for _, a := range rs.Resource.Attributes {
				if a.Key == "service.name" {
					s.service = a.Value.GetStringValue()
				}
			}
			for _, ss := range rs.ScopeSpans {
				s.spans = append(s.spans, ss.Spans...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(s.Close)
	return s
}

func TestARequestIsATraceWithWhatItDid(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	tr, err := New(t.Context(), Options{Endpoint: s.URL, Version: "1", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	microsoft := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
	defer microsoft.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /people/{name}", func(w http.ResponseWriter, r *http.Request) {
		_, done := tr.Step(r.Context(), "store.update")
		done(errors.New("anna@nordhavn.example is taken"))
		q, _ := http.NewRequestWithContext(r.Context(), "GET", microsoft.URL+"/secret/path", nil)
		resp, err := tr.Transport(http.DefaultTransport).RoundTrip(q)
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
		w.WriteHeader(http.StatusInternalServerError)
	})
	h := edge.Chain(mux, edge.Identify(nil), edge.Observe(time.Now, tr.Request), edge.Route)
	r := httptest.NewRequest("GET", "/people/anna.hansen?token=hush", nil)
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	h.ServeHTTP(httptest.NewRecorder(), r)
	_, done := tr.Step(t.Context(), "store.view") // no request above it
	done(nil)
	_, done = tr.Call(t.Context(), "smtp.send")
	done(nil)
	if err := tr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.service != "pactius" || !slices.Contains(s.paths, "/v1/traces") {
		t.Errorf("service %q at %q", s.service, s.paths)
	}
	got := map[string]string{}
	for _, span := range s.spans {
		parent := ""
		for _, other := range s.spans {
			if bytes.Equal(other.SpanId, span.ParentSpanId) {
				parent = other.Name
			}
		}
		got[span.Name] = parent + " " + span.Status.GetCode().String()
		for _, personal := range []string{"anna", "hush", "secret", "4bf92f35"} {
			if strings.Contains(span.String(), personal) {
				t.Errorf("the span %s holds %q: %s", span.Name, personal, span)
			}
		}
	}
	want := map[string]string{
		"GET /people/{name}": " STATUS_CODE_ERROR",
		"store.update":       "GET /people/{name} STATUS_CODE_ERROR",
		"GET 127.0.0.1":      "GET /people/{name} STATUS_CODE_ERROR",
		"smtp.send":          " STATUS_CODE_UNSET",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
}

func TestACollectorThatIsAwayCostsALineInTheLog(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	var log bytes.Buffer
	tr, err := New(t.Context(), Options{Endpoint: s.URL, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	_, done := tr.Call(t.Context(), "smtp.send")
	done(nil)
	if err := tr.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if !strings.Contains(log.String(), "traces could not be sent") {
		t.Errorf("the log says %q", log.String())
	}
}

func TestNoTracerDoesNothing(t *testing.T) {
	t.Parallel()
	var tr *Tracer
	ctx, end := tr.Request(t.Context(), "GET")
	if end(edge.Result{}); ctx != t.Context() {
		t.Error("Request changed the context")
	}
	if ctx, done := tr.Call(t.Context(), "x"); ctx != t.Context() {
		done(nil)
		t.Error("Call changed the context")
	}
	if got := tr.Transport(http.DefaultTransport); got != http.DefaultTransport {
		t.Error("Transport wrapped")
	}
	if err := tr.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
