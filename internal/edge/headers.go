package edge

import "net/http"

// strictTransport makes browsers use only https here for a year (RFC 6797). It leaves
// out sub-domains, which may belong to others.
const strictTransport = "max-age=31536000"

// denied lists features of browsers that no page here uses.
const denied = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), " +
	"magnetometer=(), microphone=(), midi=(), payment=(), usb=()"

// Headers are the options of SecurityHeaders.
type Headers struct {
	HTTPS bool // the public URL is https, even if a proxy uses http
}

// SecurityHeaders sets the headers that limit what a browser does with the answers. It
// sets them before the handler runs, so a handler can replace one: Cache-Control is
// no-store by default, because a page shows data of one person.
func SecurityHeaders(h Headers) Middleware {
	fixed := map[string]string{
		"Content-Security-Policy":      contentPolicy,
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin", // other sites do not see the IDs in our URLs
		"Permissions-Policy":           denied,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY", // for browsers without frame-ancestors
		"Cache-Control":                "no-store",
	}
	if h.HTTPS {
		fixed["Strict-Transport-Security"] = strictTransport
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header := w.Header()
			for name, value := range fixed {
				header.Set(name, value)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// contentPolicy is the Content-Security-Policy (W3C CSP level 3): only our own files, no
// inline code, no frames around a page, no form to another site. Chromium applies
// form-action also to the redirects after a form, so the way to Microsoft is a page that
// redirects (docs/decisions/0007).
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// CrossOrigin refuses requests that change something and come from a page of another
// site (http.CrossOriginProtection: Sec-Fetch-Site, else Origin against Host), so forms
// need no token. Requests from the trusted origins, scheme://host[:port], are allowed
// for every host. refused answers the others, with 403. The error names an invalid
// origin.
func CrossOrigin(trusted []string, refused http.Handler) (Middleware, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range trusted {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	protection.SetDenyHandler(refused)
	return protection.Handler, nil
}
