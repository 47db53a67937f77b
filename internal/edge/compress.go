package edge

import (
	"compress/gzip"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// minCompressed is the size in bytes from which compressing pays: smaller
// answers fit into one network packet anyway.
const minCompressed = 1 << 10

// Compress answers with gzip (RFC 9110, section 8.4) where the client accepts
// it and the answer is text of more than 1 KiB. A strong ETag becomes a weak one,
// because the bytes differ from those it was made for.
//
// Compression can betray a secret that stands in the same answer as text an
// attacker chooses (the BREACH attack). No page here holds such a secret: forms carry
// no token (see CrossOrigin), session and sign-in secrets travel in cookies only,
// and the pages that show a new API token once show nothing from the request. A
// handler that must not be compressed sets Content-Encoding to "identity".
func Compress() Middleware {
	// Speed over size: a page is compressed for one reader.
	pool := &sync.Pool{New: func() any {
		z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic("edge: gzip level: " + err.Error())
		}
		return z
	}}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := &compressor{ResponseWriter: w, pool: pool, accepted: r.Method != http.MethodHead && acceptsGzip(r.Header)}
			next.ServeHTTP(c, r)
			c.finish() // not deferred: after a panic Recover answers anew
		})
	}
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func acceptsGzip(h http.Header) bool {
	wildcard := false
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, params, _ := strings.Cut(part, ";")
		quality := 1.0
		if name, value, ok := strings.Cut(strings.TrimSpace(params), "="); ok && strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				q = 0
			}
			quality = q
		}
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return quality > 0
		case "*":
			wildcard = quality > 0
		}
	}
	return wildcard
}

// compressor holds back the first bytes of an answer until it is clear whether
// they are worth compressing.
type compressor struct {
	http.ResponseWriter
	pool     *sync.Pool
	accepted bool

	status  int    // as the handler set it, 0 while it has not
	held    []byte // the bytes before the decision
	decided bool
	z       *gzip.Writer // nil where the answer goes out as it is
}

// Unwrap serves http.ResponseController.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// WriteHeader keeps the status until the decision.
func (c *compressor) WriteHeader(status int) {
	if status < http.StatusOK { // an interim answer
		c.ResponseWriter.WriteHeader(status)
		return
	}
	if c.status == 0 {
		c.status = status
	}
	if bodyless(status) {
		c.decide(false)
	}
}

// Write holds back, compresses or passes on.
func (c *compressor) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	if !c.decided {
		if len(c.held)+len(b) < minCompressed {
			c.held = append(c.held, b...)
			return len(b), nil
		}
		c.held = append(c.held, b...)
		if err := c.decide(true); err != nil {
			return 0, err
		}
		return len(b), nil
	}
	if c.z != nil {
		return c.z.Write(b)
	}
	return c.ResponseWriter.Write(b)
}

// FlushError sends what there is, compressed or not as it stands.
func (c *compressor) FlushError() error {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	if err := c.decide(false); err != nil {
		return err
	}
	if c.z != nil {
		if err := c.z.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// decide sends the header and what was held back. large says that the answer has
// reached the size from which compressing pays.
func (c *compressor) decide(large bool) error {
	if c.decided {
		return nil
	}
	c.decided = true
	header := c.Header()
	if header.Get("Content-Type") == "" && len(c.held) > 0 {
		header.Set("Content-Type", http.DetectContentType(c.held))
	}
	eligible := !bodyless(c.status) && c.status != http.StatusPartialContent &&
		header.Get("Content-Encoding") == "" && header.Get("Content-Range") == "" && isText(header.Get("Content-Type"))
	if eligible {
		header.Add("Vary", "Accept-Encoding") // also on the answers to those who do not accept it
	}
	if header.Get("Content-Encoding") == "identity" {
		header.Del("Content-Encoding") // not a coding to send (RFC 9110, section 12.5.3)
	}
	if eligible && large && c.accepted {
		c.begin(header)
	}
	c.ResponseWriter.WriteHeader(c.status)
	held := c.held
	c.held = nil
	if len(held) == 0 {
		return nil
	}
	if c.z != nil {
		_, err := c.z.Write(held)
		return err
	}
	_, err := c.ResponseWriter.Write(held)
	return err
}

// begin changes the header for a compressed answer.
func (c *compressor) begin(header http.Header) {
	header.Set("Content-Encoding", "gzip")
	header.Del("Content-Length")
	header.Del("Accept-Ranges") // ranges would be of the plain bytes
	if tag := header.Get("ETag"); strings.HasPrefix(tag, `"`) {
		header.Set("ETag", "W/"+tag)
	}
	c.z = c.pool.Get().(*gzip.Writer)
	c.z.Reset(c.ResponseWriter)
}

// finish ends the answer.
func (c *compressor) finish() {
	if !c.decided && c.status != 0 {
		// The client is gone if this fails; there is nobody to tell.
		_ = c.decide(false)
	}
	if c.z != nil {
		_ = c.z.Close() // as above
		c.z.Reset(nil)
		c.pool.Put(c.z)
		c.z = nil
	}
}

// bodyless tells of the answers without a body (RFC 9110, sections 15.3.5 and 15.4.5).
func bodyless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

// isText tells which media types compress well. Event streams are text that
// must not wait in a compressor.
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
