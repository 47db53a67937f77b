package edge

import (
	"compress/gzip"
	"mime"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// minCompressed is the size in bytes from which an answer is compressed: a
// smaller one fits into one network packet anyway.
const minCompressed = 1 << 10

// Compress compresses an answer with gzip (RFC 9110, section 8.4) if the client
// accepts it and the answer is text of at least 1 KiB. It turns a strong ETag
// into a weak one, because the bytes differ from those the tag was made for.
//
// Compression can reveal a secret that stands in the same answer as text chosen
// by an attacker (the BREACH attack). No page here holds such a secret: forms
// carry no token (see CrossOrigin), the secrets of sessions and sign-ins travel
// in cookies only, and a page that shows a new API token once shows nothing from
// the request. A handler prevents compression with the header
// gzhttp.HeaderNoCompression.
func Compress() Middleware {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.CompressionLevel(gzip.BestSpeed),
		gzhttp.EnableZstd(false), gzhttp.AcceptWildcards(true), gzhttp.ContentTypeFilter(isText))
	if err != nil {
		panic("edge: options of gzhttp: " + err.Error())
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out := &compressed{ResponseWriter: w}
			wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				panicked := true
				defer func() { out.discard = panicked }()
				next.ServeHTTP(w, r)
				panicked = false
			})).ServeHTTP(out, r)
		})
	}
}

// compressed receives the output of gzhttp. After a panic of the handler, gzhttp
// sends the bytes it has held back; compressed discards them, so that Recover can
// answer with the error page.
type compressed struct {
	http.ResponseWriter
	begun, discard bool
}

// Unwrap serves http.ResponseController.
func (c *compressed) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// WriteHeader weakens the ETag of a compressed answer.
func (c *compressed) WriteHeader(status int) {
	if c.discard {
		return
	}
	c.begun = c.begun || status >= http.StatusOK
	header := c.Header()
	if tag := header.Get("ETag"); strings.HasPrefix(tag, `"`) && header.Get("Content-Encoding") == "gzip" {
		header.Set("ETag", "W/"+tag)
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write sends the header first.
func (c *compressed) Write(b []byte) (int, error) {
	if c.discard {
		return len(b), nil
	}
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
	return c.ResponseWriter.Write(b)
}

// isText reports whether a media type compresses well. An event stream is text
// that must not wait in a compressor.
func isText(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch media {
	case "text/event-stream":
		return false
	case "application/json", "application/javascript", "application/xml", "application/x-ndjson", "image/svg+xml":
		return true
	}
	return strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "+json") || strings.HasSuffix(media, "+xml")
}
