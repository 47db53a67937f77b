package rest_test

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/openapi.json anew")

const golden = "testdata/openapi.json"

// description returns the description that was agreed on.
func description(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(text, []byte("\n"))
}

// TestTheDescriptionChangesOnPurpose compares it with a golden file: run with -update, and read what has changed as
// the engineer of an application would.
func TestTheDescriptionChangesOnPurpose(t *testing.T) {
	w := newWorld(t)
	got := w.ask(request(t, "GET", "/api/v1/openapi.json")).Body.Bytes()
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(description(t)), string(got)); diff != "" {
		t.Errorf("the description (-want +got):\n%s", diff)
	}
}

// load reads and validates the description.
func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(description(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestTheDescriptionIsWhatIsServed tries every method at every path of the description.
func TestTheDescriptionIsWhatIsServed(t *testing.T) {
	t.Parallel()
	w, doc := newWorld(t), load(t)
	if !doc.IsOpenAPI31OrLater() || doc.Servers[0].URL != "/api/v1" || doc.Paths.Len() == 0 {
		t.Errorf("version %s, servers %v, %d paths", doc.OpenAPI, doc.Servers, doc.Paths.Len())
	}
	for path, item := range doc.Paths.Map() {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			status := w.ask(request(t, method, doc.Servers[0].URL+path)).Code
			op := item.GetOperation(method)
			if want := 401; op != nil && status != want {
				t.Errorf("%s %s without a token: status %d, want %d", method, path, status, want)
			}
			if want := 405; op == nil && status != want {
				t.Errorf("%s %s, which isn't described: status %d, want %d", method, path, status, want)
			}
			if op != nil && (op.Security == nil || len(*op.Security) != 1 || len((*op.Security)[0]) != 1) {
				t.Errorf("%s %s: security %v", method, path, op.Security)
			}
		}
	}
	for _, no := range []string{"$schema", "uniqueItems", "https://", "ErrorModel"} {
		if strings.Contains(string(description(t)), no) {
			t.Errorf("the description has %s", no)
		}
	}
}

// TestAnswersKeepTheDescription has a library for OpenAPI compare answers with it.
func TestAnswersKeepTheDescription(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc := load(t)
	tag := w.askUnits(t, "").Header().Get("ETag")
	good := "Bearer " + w.token(t)
	var seen []int
	for name, c := range map[string]struct {
		address, authorization, host string
		tag                          string
	}{
		"units":                {units, good, host, ""},
		"known units":          {units, good, host, tag},
		"no token":             {units, "", host, ""},
		"a bad token":          {units, "Bearer x", host, ""},
		"an unknown parameter": {units + "?x=1", good, host, ""},
		"an unknown host":      {units, good, "evil.example", ""},
	} {
		r := request(t, "GET", c.address)
		r.Host = c.host
		r.Header.Set("Authorization", c.authorization)
		r.Header.Set("If-None-Match", c.tag)
		answer := w.ask(r)
		seen = append(seen, answer.Code)
		checkAnswer(t, name, doc, r, answer)
	}
	slices.Sort(seen)
	if want := []int{200, 304, 400, 401, 401, 421}; !slices.Equal(seen, want) {
		t.Errorf("answers %v, want %v", seen, want)
	}
	if strings.Contains(w.askUnits(t, "").Body.String(), "$schema") {
		t.Error("answers have links to schemas")
	}
}

// checkAnswer reports how an answer differs from its description.
func checkAnswer(t *testing.T, name string, doc *openapi3.T, r *http.Request, answer *httptest.ResponseRecorder) {
	t.Helper()
	path := strings.TrimPrefix(r.URL.Path, doc.Servers[0].URL)
	item := doc.Paths.Value(path)
	options := &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true}
	in := &openapi3filter.ResponseValidationInput{Status: answer.Code, Header: answer.Header(), Options: options,
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Options: options,
			Route: &routers.Route{Spec: doc, Server: doc.Servers[0], Path: path, PathItem: item, Method: r.Method,
				Operation: item.GetOperation(r.Method)}}}
	in.SetBodyBytes(answer.Body.Bytes())
	if err := openapi3filter.ValidateResponse(t.Context(), in); err != nil {
		t.Errorf("%s: %v\n%s", name, err, answer.Body)
	}
}
