package web

import (
	"bytes"
	"maps"
	"net/http"
)

// heldAnswer holds a whole answer, header and body, until send. A panic before
// that leaves nothing of it behind.
type heldAnswer struct {
	to     http.ResponseWriter
	header http.Header
	status int // 0: nothing was answered
	body   bytes.Buffer
}

// hold returns an empty answer with the header that w has so far.
func hold(w http.ResponseWriter) *heldAnswer { return &heldAnswer{to: w, header: w.Header().Clone()} }

// Header implements http.ResponseWriter.
func (a *heldAnswer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *heldAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write implements http.ResponseWriter.
func (a *heldAnswer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// reset forgets the answer, for a second attempt or a refusal.
func (a *heldAnswer) reset() {
	clear(a.header)
	maps.Copy(a.header, a.to.Header().Clone())
	a.status = 0
	a.body.Reset()
}

// send answers.
func (a *heldAnswer) send() {
	if a.status == 0 {
		return // nothing was answered
	}
	clear(a.to.Header())
	maps.Copy(a.to.Header(), a.header)
	a.to.WriteHeader(a.status)
	if a.body.Len() > 0 {
		_, _ = a.body.WriteTo(a.to) // fails only if the client has gone
	}
}

// stream sends the header and returns where the body is to be sent in parts. Nothing is held back any more, so that an
// answer that cannot be finished ends with a panic of http.ErrAbortHandler.
func (a *heldAnswer) stream() http.ResponseWriter {
	clear(a.to.Header())
	maps.Copy(a.to.Header(), a.header)
	a.to.WriteHeader(http.StatusOK)
	return a.to
}
