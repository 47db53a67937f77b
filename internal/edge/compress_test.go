package edge

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzhttp"
)

func TestCompress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("calm and quick ", 200)
	cases := []struct {
		name, accept, method string
		header               map[string]string
		status               int
		body                 string
		gzipped              bool
	}{
		{"a long page", "gzip, deflate, br", "GET", map[string]string{"Content-Type": "text/html; charset=utf-8"},
			200, long, true},
		{"a long page of unsaid type", "gzip", "GET", nil, 200, "<!doctype html>" + long, true},
		{"a long JSON answer", "gzip", "GET", map[string]string{"Content-Type": "application/scim+json"}, 200, long,
			true},
		{"an error page", "gzip", "POST", map[string]string{"Content-Type": "text/html"}, 422, long, true},
		{"a short page", "gzip", "GET", map[string]string{"Content-Type": "text/html"}, 200, "short", false},
		{"a client without gzip", "", "GET", map[string]string{"Content-Type": "text/html"}, 200, long, false},
		{"a client that refuses gzip", "gzip;q=0, *", "GET", map[string]string{"Content-Type": "text/html"}, 200,
			long, false},
		{"a client that takes anything", "*;q=0.1", "GET", map[string]string{"Content-Type": "text/html"}, 200, long,
			true},
		{"a picture", "gzip", "GET", map[string]string{"Content-Type": "image/png"}, 200, long, false},
		{"an answer compressed already", "gzip", "GET",
			map[string]string{"Content-Type": "text/css", "Content-Encoding": "br"}, 200, long, false},
		{"a part of a file", "gzip", "GET",
			map[string]string{"Content-Type": "text/css", "Content-Range": "bytes 0-1/2"}, 206, long, false},
		{"an event stream", "gzip", "GET", map[string]string{"Content-Type": "text/event-stream"}, 200, long, false},
		{"a handler that forbids it", "gzip", "GET",
			map[string]string{"Content-Type": "text/html", gzhttp.HeaderNoCompression: "1"}, 200, long, false},
		{"not modified", "gzip", "GET", map[string]string{"Content-Type": "text/css"}, 304, "", false},
		{"no content", "gzip", "GET", nil, 204, "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := Compress()(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range c.header {
					w.Header().Set(name, value)
				}
				w.Header().Set("ETag", `"v1"`)
				if c.body != "" {
					w.Header().Set("Content-Length", strconv.Itoa(len(c.body)))
				}
				w.WriteHeader(c.status)
				for chunk := range strings.SplitAfterSeq(c.body, "quick") { // several writes
					io.WriteString(w, chunk)
				}
			}))
			r := httptest.NewRequest(c.method, "/", nil)
			r.Header.Set("Accept-Encoding", c.accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			answer := w.Result()
			var body io.Reader = answer.Body
			etag, length := `"v1"`, strconv.Itoa(len(c.body))
			if got := answer.Header.Get("Content-Encoding") == "gzip"; got != c.gzipped {
				t.Fatalf("gzipped %v, want %v", got, c.gzipped)
			}
			if c.gzipped {
				z, err := gzip.NewReader(body)
				if err != nil {
					t.Fatal(err)
				}
				body, etag, length = z, `W/"v1"`, ""
			}
			plain, err := io.ReadAll(body)
			if err != nil || string(plain) != c.body || answer.StatusCode != c.status {
				t.Errorf("answer %d with %d bytes, %v, want %d with %d", answer.StatusCode, len(plain), err, c.status,
					len(c.body))
			}
			if got := answer.Header.Get("ETag"); got != etag {
				t.Errorf("ETag %s, want %s", got, etag)
			}
			if got := answer.Header.Get("Content-Length"); c.body != "" && got != length {
				t.Errorf("Content-Length %q, want %q", got, length)
			}
			if got := answer.Header["Vary"]; !slices.Equal(got, []string{"Accept-Encoding"}) {
				t.Errorf("Vary %q, want it on every answer", got)
			}
		})
	}
}

// TestCompressOverARealConnection proves that HEAD, flushing and caching work
// with the standard library's own file serving.
func TestCompressOverARealConnection(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x ", 4000)
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"abc"`)
		http.ServeContent(w, r, "app.css", fixed(), strings.NewReader(long))
	})
	mux.HandleFunc("/flush", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "first ")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		io.WriteString(w, long)
	})
	s := httptest.NewServer(Compress()(mux))
	defer s.Close()
	ask := func(method, path, etag string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("If-None-Match", etag)
		answer, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	first := ask("GET", "/file", "")
	if body, err := io.ReadAll(first.Body); err != nil || string(body) != long || !first.Uncompressed {
		t.Errorf("%d bytes, compressed %v, %v", len(body), first.Uncompressed, err)
	}
	if again := ask("GET", "/file", first.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("with its ETag %s the file is answered with %d, want 304", first.Header.Get("ETag"), again.StatusCode)
	}
	if head := ask("HEAD", "/file", ""); head.StatusCode != 200 || head.Header.Get("Content-Encoding") != "" {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
	if body, err := io.ReadAll(ask("GET", "/flush", "").Body); err != nil || string(body) != "first "+long {
		t.Errorf("flushed answer: %d bytes, %v", len(body), err)
	}
}

// TestAnswersInPartsHaveDeadlines: through all middleware, a handler that sends an answer in parts bounds how long a
// client may take for each.
func TestAnswersInPartsHaveDeadlines(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{"gzip", "identity"} {
		h := Chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/csv")
			control := http.NewResponseController(w)
			for range 2 {
				if err := control.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
					t.Errorf("%s: no deadline: %v", accept, err)
				}
				_, _ = io.WriteString(w, strings.Repeat("a;b\n", 1000))
				if err := control.Flush(); err != nil {
					t.Errorf("%s: not sent: %v", accept, err)
				}
			}
		}), Observe(time.Now), Timeout(time.Minute), Compress(), Route)
		server := httptest.NewServer(h)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", accept)
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d, %v", accept, answer.StatusCode, err)
		}
		_ = answer.Body.Close()
		server.Close()
	}
}
