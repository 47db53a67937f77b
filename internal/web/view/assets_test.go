package view

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/pactius/pactius"
)

// served is the size of what is sent to a browser.
func served(t *testing.T, content []byte) int {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err == nil {
		_, err = z.Write(content)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func TestAssetsAreServedForEver(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for name := range r.assets.files {
		url, err := r.assets.url(name)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r.Assets().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, url, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") ||
			w.Header().Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", url, w.Code, w.Header())
		}
	}
	if url, err := r.assets.url("prefetch.json"); err != nil || r.SpeculationRules() != `"`+url+`"` {
		t.Errorf("the rules are at %s, %v", r.SpeculationRules(), err)
	}
	for _, path := range []string{"/static/", "/static/0000000000000000/app.css", "/static/" + r.assets.hash +
		"/../app.css", "/static/" + r.assets.hash + "/js/app.js"} {
		w := httptest.NewRecorder()
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		request.URL.Path = path
		r.Assets().ServeHTTP(w, request)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}

// TestReferencesWithinAssetsExist reads the scripts and templates for modules
// and icons that do not exist.
func TestReferencesWithinAssetsExist(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	module := regexp.MustCompile(`'(?:\./)?([a-z]+\.js)'`)
	for name, content := range r.assets.files {
		for _, match := range module.FindAllSubmatch(content, -1) {
			if _, ok := r.assets.files[string(match[1])]; !ok {
				t.Errorf("%s names %s, which is not there", name, match[1])
			}
		}
	}
	icons := map[string]bool{}
	symbol := regexp.MustCompile(`symbol id="([a-z]+)"`)
	for _, sprite := range []string{"icons.svg", "applications.svg"} {
		for _, match := range symbol.FindAllSubmatch(r.assets.files[sprite], -1) {
			icons[sprite+"#"+string(match[1])] = true
		}
	}
	for _, icon := range pactius.ApplicationIcons() {
		if !icons["applications.svg#"+icon] {
			t.Errorf("an application may have the icon %q, which is not there", icon)
		}
	}
	used := regexp.MustCompile(`([a-z]+\.svg#[a-zA-Z]*)`)
	for _, s := range stories() {
		for _, match := range used.FindAllStringSubmatch(show(t, r, s.page), -1) {
			if !icons[match[1]] {
				t.Errorf("%s uses the icon %q, which is not there", s.name, match[1])
			}
		}
	}
}
