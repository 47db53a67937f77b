package gateway

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
)

// rewrite makes the request that the application gets. What httputil.ReverseProxy removes before is gone already: the
// headers of one connection (RFC 9110, section 7.6.1), among them what the client names in Connection.
func rewrite(pr *httputil.ProxyRequest) {
	s, out := streamOf(pr.In.Context()), pr.Out
	out.URL, out.Host = target(s.Upstream, pr.In), s.origin.Host()
	out.Trailer = nil // no trailer of the client's could be taken for a header
	h := out.Header
	removeOurs(h)
	scheme, _, _ := strings.Cut(string(s.origin), ":")
	h["X-Forwarded-Host"], h["X-Forwarded-Proto"] = []string{out.Host}, []string{scheme}
	if address := edge.Address(pr.In.Context()); address.IsValid() {
		h["X-Forwarded-For"] = []string{address.String()}
	}
	if id := edge.RequestID(pr.In.Context()); id != "" {
		h["X-Request-Id"] = []string{id}
	}
	h["Via"] = append(h["Via"], s.via)
	if s.passage == nil {
		writeNobody(h)
		return
	}
	s.identity.write(h, s.token)
}

// target returns the address of a request at the application, whose path and query arrive as the client sent them: the
// application alone says what they mean, and no rule here depends on them.
func target(upstream pactius.Origin, in *http.Request) *url.URL {
	scheme, host, _ := strings.Cut(string(upstream), "://")
	u := &url.URL{Scheme: scheme, Host: host}
	path, query, asks := strings.Cut(in.RequestURI, "?")
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") {
		u.Opaque = path
	} else { // "*", an absolute address (RFC 9112, section 3.2.2), or what url.URL would take for one
		u.Path, u.RawPath = in.URL.Path, in.URL.RawPath
	}
	u.RawQuery, u.ForceQuery = query, asks
	return u
}

// removeOurs removes the headers and cookies that only PACTIUS or a trusted proxy may send to an application.
func removeOurs(h http.Header) {
	for name := range h {
		if isOurs(name) {
			delete(h, name)
		}
	}
	lines := h["Cookie"]
	kept := lines[:0]
	for _, line := range lines {
		if line = withoutCookies(line); line != "" {
			kept = append(kept, line)
		}
	}
	if h["Cookie"] = kept; len(kept) == 0 {
		delete(h, "Cookie")
	}
}

// isOurs reports whether an application could take a header for one of ours. Gateways to CGI and WSGI replace all but
// letters and digits by underscores (RFC 3875, section 4.1.18), so all spellings of a name are one here. "Proxy" would
// become HTTP_PROXY there.
func isOurs(name string) bool {
	if name == "" || strings.IndexByte("PpXxFf", name[0]) < 0 {
		return false
	}
	for _, prefix := range [...]string{"pactius-", "x-forwarded-", "x-original-", "x-rewrite-"} {
		if len(name) >= len(prefix) && sounds(name[:len(prefix)], prefix) {
			return true
		}
	}
	for _, whole := range [...]string{"pactius", "x-forwarded", "x-real-ip", "forwarded", "proxy"} {
		if len(name) == len(whole) && sounds(name, whole) {
			return true
		}
	}
	return false
}

// sounds reports whether a name of the same length is that of a header in lower case but for case and punctuation.
func sounds(name, header string) bool {
	for i := range len(header) {
		b := name[i]
		switch {
		case 'A' <= b && b <= 'Z':
			b += 'a' - 'A'
		case ('a' > b || b > 'z') && ('0' > b || b > '9'):
			b = '-'
		}
		if b != header[i] {
			return false
		}
	}
	return true
}

// ourCookies begins the names of the door's cookies, after hostPrefix on https.
const ourCookies = "pactius-"

// withoutCookies removes the door's cookies from a line of cookies and leaves the others as they are: with them an
// application, or who reads its log, could be the person.
func withoutCookies(line string) string {
	if !strings.Contains(line, ourCookies) {
		return line
	}
	var kept []string
	for part := range strings.SplitSeq(line, ";") {
		name := strings.TrimPrefix(strings.TrimLeft(part, " \t"), hostPrefix)
		if !strings.HasPrefix(name, ourCookies) {
			kept = append(kept, part)
		}
	}
	return strings.Trim(strings.Join(kept, ";"), " \t")
}

// viaOf is how PACTIUS names itself to an application in Via (RFC 9110, section 7.6.3). The name is the same on all
// instances: a request that comes back to any of them goes round in circles.
func viaOf(id pactius.ApplicationID) string { return "pactius-" + string(id) }

// isLoop reports whether a request has passed here on its way to the same application.
func isLoop(h http.Header, name string) bool {
	for _, line := range h["Via"] {
		for hop := range strings.SplitSeq(line, ",") {
			if fields := strings.Fields(hop); len(fields) > 1 && strings.EqualFold(fields[1], name) {
				return true
			}
		}
	}
	return false
}

// mayPass reports whether a request has a form that can be passed on. After a switch to another protocol than WebSocket
// the client could write requests of its own, with headers of its own (h2c). An answer to TRACE could show a script
// the headers, and CONNECT makes a tunnel (RFC 9110, sections 9.3.6 and 9.3.8).
func mayPass(r *http.Request) bool {
	if r.Method == http.MethodConnect || r.Method == http.MethodTrace {
		return false
	}
	upgrade := r.Header["Upgrade"]
	if len(upgrade) == 0 {
		return true
	}
	return len(upgrade) == 1 && strings.EqualFold(upgrade[0], "websocket") && hasToken(r.Header["Connection"],
		"upgrade") && r.Method == http.MethodGet && r.ContentLength == 0 && r.ProtoAtLeast(1, 1)
}

// hasToken reports whether a list in header lines has a token (RFC 9110, section 5.6.1).
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(part, " \t"), token) {
				return true
			}
		}
	}
	return false
}
