package gateway

import (
	"net/url"
	"strings"

	"github.com/pactius/pactius/internal/applications"
)

// prefix is where an application's host leads to the door.
const prefix = applications.DoorPath

// toParameter reads the path to return to from a query. A proxy that knows no encoding puts it last, as it is:
// ?status=401&to=/contracts?unit=7&page=2
func toParameter(query string) string {
	for rest := query; ; {
		if value, ok := strings.CutPrefix(rest, "to="); ok {
			if strings.HasPrefix(value, "/") {
				return applications.ReturnPath(value)
			}
			value, _, _ = strings.Cut(value, "&")
			value, err := url.QueryUnescape(value)
			if err != nil {
				return "/"
			}
			return applications.ReturnPath(value)
		}
		var more bool
		if _, rest, more = strings.Cut(rest, "&"); !more {
			return "/"
		}
	}
}

// startPath returns the path that begins a sign-in and comes back to another one.
func startPath(to string) string { return prefix + "start?to=" + url.QueryEscape(to) }
