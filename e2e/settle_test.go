package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestAPageIsThereThoughTheOneBeforeWasStillAsking: a page asks for a script while the next page is on its way. The
// script never comes, and a step doesn't wait for it.
func TestAPageIsThereThoughTheOneBeforeWasStillAsking(t *testing.T) {
	t.Parallel()
	leaving, asked := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /first", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!doctype html><title>First</title><script type="module">
			await fetch('/leaving'); import('/late.js')</script>`)
	})
	mux.HandleFunc("GET /leaving", func(http.ResponseWriter, *http.Request) { <-leaving })
	mux.HandleFunc("GET /late.js", func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /next", func(w http.ResponseWriter, _ *http.Request) {
		close(leaving)
		<-asked
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!doctype html><title>Next</title><p>The next page`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p := stage.Person(t, "Ada", server.URL)
	p.Open("/first")
	p.Open("/next")
	p.See("The next page")
}
