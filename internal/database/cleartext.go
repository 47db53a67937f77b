package database

import (
	"net/netip"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Cleartext returns the host of a PostgreSQL server on another machine to which a connection may not be encrypted:
// without sslmode, PostgreSQL's clients fall back to that (PostgreSQL documentation, "SSL Support", table 34.1). It is
// "" for SQLite, for sockets, this machine and addresses that demand encryption.
func Cleartext(address string) string {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return ""
	}
	_, address = takePoolSize(address)
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return "" // opening tells
	}
	far := func(host string) bool {
		a, err := netip.ParseAddr(host)
		return !strings.HasPrefix(host, "/") && host != "localhost" && (err != nil || !a.IsLoopback())
	}
	if c.TLSConfig == nil && far(c.Host) {
		return c.Host
	}
	for _, f := range c.Fallbacks {
		if f.TLSConfig == nil && far(f.Host) {
			return f.Host
		}
	}
	return ""
}
