package database

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxStatements is how many prepared statements are kept: all constants, and
// the lists of the usual lengths. What comes after is prepared each time.
const maxStatements = 500

// statements keeps the statements that SQLite has compiled: compiling costs several
// times as much as the usual statement. A statement is first met inside a transaction,
// which holds its connection, so it is noted there and prepared before the next.
type statements struct {
	db *sql.DB

	mu     sync.Mutex
	ready  map[string]*sql.Stmt
	wanted []string
}

func newStatements(db *sql.DB) *statements {
	return &statements{db: db, ready: map[string]*sql.Stmt{}}
}

// find returns a prepared statement, nil where there is none yet. A nil
// receiver keeps nothing: PostgreSQL's driver does all this itself.
func (s *statements) find(query string) *sql.Stmt {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stmt, known := s.ready[query]
	if !known && len(s.ready) < maxStatements {
		s.ready[query] = nil
		s.wanted = append(s.wanted, query)
	}
	return stmt
}

// prepare compiles what was wanted, before a transaction takes the
// connection. What cannot be compiled fails where it is run.
func (s *statements) prepare(ctx context.Context) {
	if s == nil {
		return
	}
	s.mu.Lock()
	wanted := s.wanted
	s.wanted = nil
	s.mu.Unlock()
	for _, query := range wanted {
		stmt, err := s.db.PrepareContext(ctx, query)
		s.mu.Lock()
		if err != nil {
			delete(s.ready, query) // the next transaction asks again
		} else {
			s.ready[query] = stmt
		}
		s.mu.Unlock()
	}
}

// close gives all statements back.
func (s *statements) close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all error
	for _, stmt := range s.ready {
		if stmt != nil {
			all = errors.Join(all, stmt.Close())
		}
	}
	s.ready, s.wanted = map[string]*sql.Stmt{}, nil
	return all
}
