package database

import (
	"database/sql"
	"sync/atomic"
	"time"
)

// commits counts the commits since the start.
type commits struct{ changes, commits atomic.Int64 }

// committed is called once for every commit with the changes in it.
func (db *DB) committed(all ...outcome) {
	db.done.commits.Add(1)
	for _, o := range all {
		if o.err != nil {
			continue // refused, and undone before the commit
		}
		db.done.changes.Add(1)
		for _, fn := range o.after {
			fn()
		}
	}
}

// Commits returns how many changes were committed since the start, and in how
// many commits: changes that arrive together share one.
func (db *DB) Commits() (changes, commits int64) {
	return db.done.changes.Load(), db.done.commits.Load()
}

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
