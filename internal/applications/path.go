package applications

import (
	"net/url"
	"path"
	"strings"
)

// MaxReturnPath is the most bytes of a path to return to, and maxEscaped those of its form in an address: nginx has
// 4 kB for an answer that leads there.
const MaxReturnPath, maxEscaped = 2000, 3000

// DoorPath begins the paths of an application's host that lead to the door, and FinishPath is where it takes over from
// the portal.
const (
	DoorPath   = "/.pactius/"
	FinishPath = DoorPath + "finish"
)

// KeysPath is where the keys of an environment are published, on the host of its pages (RFC 7517).
const KeysPath = "/.well-known/jwks.json"

// ReturnPath returns the path and query of a request exactly as they are, to come back to after a sign-in. It returns
// "/" for what a browser could read as another host, and for what leads to the door itself.
func ReturnPath(s string) string {
	if len(s) > MaxReturnPath || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") {
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
	return strings.HasPrefix(path.Clean("/"+s)+"/", strings.TrimSuffix(DoorPath, "/"))
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
