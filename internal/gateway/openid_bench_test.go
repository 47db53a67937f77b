package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/clients"
)

// BenchmarkUserinfo compares an answer from the book with the first look at a token. BenchmarkVerify has the same for
// the door.
func BenchmarkUserinfo(b *testing.B) {
	w := newWorld(b)
	c := w.client(b)
	r := httptest.NewRequestWithContext(b.Context(), "GET", clients.UserinfoPath, nil)
	r.Host = c.host
	r.Header.Set("Authorization", "Bearer "+c.enter(b).Access)
	first := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.door.dropAll()
		c.openID.ServeHTTP(rw, r)
	})
	for _, one := range []struct {
		name    string
		handler http.Handler
	}{{"book", c.openID}, {"first", first}} {
		b.Run("handler/"+one.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				rec := httptest.NewRecorder()
				if one.handler.ServeHTTP(rec, r); rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
			}
		})
		b.Run("server/"+one.name, func(b *testing.B) { serve(b, one.handler, r) })
	}
}

// BenchmarkExchange measures what one exchange of a code costs, and one refresh, with the processor time of all
// threads: a commit waits for the disk, which costs none.
func BenchmarkExchange(b *testing.B) {
	w := newWorld(b)
	c := w.client(b)
	who := url.Values{"client_id": {string(c.app.ID)}, "client_secret": {c.secret}}.Encode()
	exchange := func(b *testing.B, body string) granted {
		r := httptest.NewRequestWithContext(b.Context(), "POST", clients.TokenPath, strings.NewReader(body+"&"+who))
		r.Host = c.host
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		out := httptest.NewRecorder()
		if c.openID.ServeHTTP(out, r); out.Code != http.StatusOK {
			b.Fatal(out.Code, out.Body)
		}
		return c.read(b, out)
	}
	c.reads(b, "an instance with answers looks at changes", c.enter(b).Access, http.StatusOK)
	w.door.look(b.Context())
	b.Run("code", func(b *testing.B) {
		codes := make([]string, b.N)
		for i := range codes {
			codes[i] = c.code(b)
		}
		rest := url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {signedIn},
			"code_verifier": {verifier}}.Encode()
		b.ResetTimer()
		before := processorTime(b)
		for _, code := range codes {
			exchange(b, rest+"&code="+code)
		}
		b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
	})
	b.Run("refresh", func(b *testing.B) {
		token := c.enter(b).Refresh
		b.ResetTimer()
		before := processorTime(b)
		for range b.N {
			token = exchange(b, "grant_type=refresh_token&refresh_token="+token).Refresh
		}
		b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
	})
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
