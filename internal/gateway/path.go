package gateway

import (
	"net/url"
	"path"
	"strings"
)

// maxPath is the most bytes of a path to return to, and maxEscaped those of its form in an address: nginx has 4 kB for
// an answer that leads there.
const maxPath, maxEscaped = 2000, 3000

// prefix is where an application's host leads to the door.
const prefix = "/.pactius/"

// returnPath returns the path and query of a request exactly as they are, to come back to after a sign-in. It returns
// "/" for what a browser could read as another host, and for what leads to the door itself.
func returnPath(s string) string {
	if len(s) > maxPath || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
		return "/"
	}
	for _, b := range []byte(s) {
		if b <= ' ' || b >= 0x7f || b == '\\' {
			return "/"
		}
	}
	if len(url.QueryEscape(s)) > maxEscaped || leadsToDoor(s) {
		return "/"
	}
	return s
}

// leadsToDoor reports whether a browser or proxy could take a path for one of the door, after it has decoded it, and
// removed dots and double slashes.
func leadsToDoor(s string) bool {
	if at := strings.IndexAny(s, "?#"); at >= 0 {
		s = s[:at]
	}
	s = strings.ReplaceAll(decode(s), `\`, "/")
	return strings.HasPrefix(path.Clean("/"+s)+"/", strings.TrimSuffix(prefix, "/"))
}

// decode decodes what is percent-encoded, and leaves what is not.
func decode(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		if len(s) >= 3 && s[0] == '%' {
			if c, err := url.PathUnescape(s[:3]); err == nil {
				out.WriteString(c)
				s = s[3:]
				continue
			}
		}
		out.WriteByte(s[0])
		s = s[1:]
	}
	return out.String()
}

// toParameter reads the path to return to from a query. A proxy that knows no encoding puts it last, as it is:
// ?status=401&to=/contracts?unit=7&page=2
func toParameter(query string) string {
	for rest := query; ; {
		if value, ok := strings.CutPrefix(rest, "to="); ok {
			if strings.HasPrefix(value, "/") {
				return returnPath(value)
			}
			value, _, _ = strings.Cut(value, "&")
			value, err := url.QueryUnescape(value)
			if err != nil {
				return "/"
			}
			return returnPath(value)
		}
		var more bool
		if _, rest, more = strings.Cut(rest, "&"); !more {
			return "/"
		}
	}
}

// startPath returns the path that begins a sign-in and comes back to another one.
func startPath(to string) string { return prefix + "start?to=" + url.QueryEscape(to) }
