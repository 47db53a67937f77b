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

// Pools returns the state of the connections. Who waits for a turn waits for a connection.
func (db *DB) Pools() []Pool {
	describe := func(name string, pool *sql.DB, all ...*turns) Pool {
		st := pool.Stats()
		p := Pool{Name: name, Open: st.OpenConnections, InUse: st.InUse, Limit: st.MaxOpenConnections,
			Waits: st.WaitCount, WaitDuration: st.WaitDuration}
		for _, t := range all {
			waits, waited := t.stats()
			p.Waits += waits
			p.WaitDuration += waited
		}
		return p
	}
	if db.read == db.write {
		return []Pool{describe("all", db.write, db.pages, db.glances, db.changes)}
	}
	return []Pool{describe("read", db.read, db.pages, db.glances), describe("write", db.write, db.changes)}
}
