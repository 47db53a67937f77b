package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
)

// BenchmarkUsersList asks for a whole page of users through all that stands before
// the pages.
func BenchmarkUsersList(b *testing.B) { benchmark(b, "/settings/users") }

// BenchmarkHome asks for the first page of an administrator.
func BenchmarkHome(b *testing.B) { benchmark(b, "/") }

func benchmark(b *testing.B, path string) {
	w := newWorld(b)
	for i := range pactius.PageSize {
		name := fmt.Sprintf("Person %d", i)
		w.user(human{username: fmt.Sprintf("person.%d@%s", i, nordHost), name: name},
			pactius.Grant{Unit: []pactius.UnitID{w.sales, w.north, w.it}[i%3], Access: pactius.AccessRead})
	}
	token := w.as(ada).token()
	handler := edge.Chain(w.site,
		edge.Identify(nil), edge.Observe(w.db.Clock.Now, edge.AccessLog(slog.New(slog.DiscardHandler))),
		edge.SecurityHeaders(edge.Headers{HTTPS: true}), edge.Recover(slog.New(slog.DiscardHandler), w.site.Broken()),
		edge.Timeout(edge.RequestTimeout), edge.LimitBody(edge.MaxBody, http.NotFoundHandler()), edge.Compress(),
		edge.Route)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
		r.Host = nordHost
		r.Header = http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd"}, "User-Agent": {"a browser"},
			"Accept-Language": {"en-GB,en;q=0.9,da;q=0.8"},
			"Cookie":          {"__Host-pactius=" + token + "; tz=Europe/Copenhagen"}}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		if answer.Code != http.StatusOK || answer.Header().Get("Content-Encoding") != "gzip" {
			b.Fatalf("status %d, %v", answer.Code, answer.Header())
		}
	}
	w.site.Wait()
}
