package edge

import "net/http"

// strictTransport tells browsers to use only https here for a year (RFC 6797).
// Not for sub-domains: they are not ours to speak for.
const strictTransport = "max-age=31536000"

// denied are the powers of a browser that no page here uses.
const denied = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"

// Headers parametrises SecurityHeaders.
type Headers struct {
	// HTTPS says that the public URL is https, whatever a proxy speaks to us.
	HTTPS bool
}

// SecurityHeaders sets the headers that limit what a browser does with our
// answers. They are set before the handler runs, so a handler may replace one:
// Cache-Control is no-store unless a handler knows better, since every page shows
// what only one person may see.
func SecurityHeaders(h Headers) Middleware {
	fixed := map[string]string{
		"Content-Security-Policy":      contentPolicy,
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin", // IDs in our URLs stay with us
		"Permissions-Policy":           denied,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY", // for what does not know frame-ancestors
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

// contentPolicy is the Content-Security-Policy (W3C CSP level 3): nothing but our
// own files, no inline code, no frames around us, no form that leads away. Chromium
// holds the redirects after a submitted form to form-action too, so the way to
// Microsoft is a page that goes on by itself (docs/decisions/0007).
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// CrossOrigin refuses requests that change something and come from another
// site's page (http.CrossOriginProtection: Sec-Fetch-Site, else Origin against
// Host). No form needs a token for that, and no page holds one. trusted are
// origins that count as ours whatever host is asked, scheme://host[:port].
// refused answers the rest, with 403. The error names the wrong origin.
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
