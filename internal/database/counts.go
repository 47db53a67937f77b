package database

import (
	"database/sql"
	"time"
)

// Commits returns how many changes were committed since the start.
func (db *DB) Commits() int64 { return db.commits.Load() }

// Pool describes the connections of a pool.
type Pool struct {
	Name         string // "read" and "write" of SQLite, "all" of PostgreSQL
	Open, InUse  int
	Limit        int
	Waits        int64         // for a connection, since the start
	WaitDuration time.Duration // of all waits together
}

// Pools returns the state of the connections.
func (db *DB) Pools() []Pool {
	describe := func(name string, pool *sql.DB) Pool {
		st := pool.Stats()
		return Pool{Name: name, Open: st.OpenConnections, InUse: st.InUse, Limit: st.MaxOpenConnections,
			Waits: st.WaitCount, WaitDuration: st.WaitDuration}
	}
	if db.read == db.write {
		return []Pool{describe("all", db.write)}
	}
	return []Pool{describe("read", db.read), describe("write", db.write)}
}
