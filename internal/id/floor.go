package id

import (
	"fmt"
	"time"
)

// Floor returns the smallest identifier that New can make at t. Identifiers begin with
// their time in milliseconds (RFC 9562, section 5.7), so rows made since t have an
// identifier of at least Floor(t).
func Floor(t time.Time) string {
	ms := max(0, t.UnixMilli()) & (1<<48 - 1)
	return fmt.Sprintf("%08x-%04x-7000-8000-000000000000", ms>>16, ms&0xffff)
}
