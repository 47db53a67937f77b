package gateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkVerify compares an answer from the book with a bare handler that writes the same headers, with net/http
// around both and without, and with the first look at a session.
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	at := w.browser(w.app)
	at.enter("/")
	answer := at.verify().Header()
	var names []string
	var values [][]string
	for name, value := range answer {
		names, values = append(names, name), append(values, value)
	}
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for n, name := range names {
			h[name] = values[n]
		}
		w.WriteHeader(http.StatusOK)
	})
	verify := w.door.Verify()
	first := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.door.dropAll()
		verify.ServeHTTP(rw, r)
	})
	for _, one := range []struct {
		name    string
		handler http.Handler
	}{{"bare", bare}, {"book", verify}, {"first", first}} {
		b.Run("handler/"+one.name, func(b *testing.B) {
			b.ReportAllocs()
			r := at.question(b)
			for b.Loop() {
				rec := httptest.NewRecorder()
				if one.handler.ServeHTTP(rec, r); rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
			}
		})
		b.Run("server/"+one.name, func(b *testing.B) { serve(b, one.handler, at.question(b)) })
	}
}

// serve asks over one connection, one question after the other.
func serve(b *testing.B, h http.Handler, question *http.Request) {
	b.Helper()
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	c, err := new(net.Dialer).DialContext(context.Background(), "tcp", server.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	var text strings.Builder
	question.Header.Set("User-Agent", "proxy")
	if err := question.Write(&text); err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 16<<10)
	for b.Loop() {
		if _, err := io.WriteString(c, text.String()); err != nil {
			b.Fatal(err)
		}
		n, err := c.Read(buffer)
		if err != nil || !strings.HasPrefix(string(buffer[:min(n, 15)]), "HTTP/1.1 200 OK") {
			b.Fatal(err, string(buffer[:n]))
		}
	}
}
