package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pactius/pactius"
)

// maxGroup is how many changes share one commit. Changes take turns - all of
// them on SQLite, those of an environment on PostgreSQL - and each commit costs an
// fsync; what has queued meanwhile pays together. A group of this size takes a few
// tens of milliseconds, and no request waits for more than the group before its own.
const maxGroup = 64

// group lets changes that arrive at the same time share a commit. The first to
// come leads: it begins the transaction, lets each member run its change in turn
// inside a savepoint, and commits for all. A member is answered only after the
// commit, so what is acknowledged is durable. There is no waiting for company: a
// change that comes alone commits alone.
type group struct {
	mu      sync.Mutex
	queue   []*member
	leading bool
}

// member is one change that waits for its turn.
type member struct {
	ctx  context.Context
	lead chan struct{} // closed: lead the next group
	turn chan *sql.Tx  // run now, in this transaction
	ran  chan outcome  // what came of it
	done chan error    // what came of the commit
	went bool          // it has had its turn; only the leader looks
}

// outcome is what came of a member's turn.
type outcome struct {
	err    error
	after  []func() // to be called after the commit
	broken bool     // the database has given the whole transaction up
}

// join runs a change in a group. It returns when the change is durable or did
// not happen.
func (db *DB) join(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	m := &member{ctx: ctx, lead: make(chan struct{}), turn: make(chan *sql.Tx), ran: make(chan outcome, 1), done: make(chan error, 1)}
	g := db.groupOf(env)
	g.mu.Lock()
	g.queue = append(g.queue, m)
	first := !g.leading
	g.leading = true
	g.mu.Unlock()
	run := func(tx *sql.Tx, alone bool) outcome { return db.takeTurn(m, tx, alone, env, fn) }
	if first {
		return db.leadGroup(g, env, m, run)
	}
	select {
	case <-m.lead:
		return db.leadGroup(g, env, m, run)
	case tx := <-m.turn:
		run(tx, false)
		return <-m.done
	}
}

// groupOf gives the group whose changes take turns with an environment's.
func (db *DB) groupOf(env pactius.EnvironmentID) *group {
	if !db.engine.apart {
		env = ""
	}
	db.groupsMu.Lock()
	defer db.groupsMu.Unlock()
	g := db.groups[env]
	if g == nil {
		g = &group{}
		db.groups[env] = g
	}
	return g
}

// take removes the next members from the queue; the leader is the first.
func (g *group) take() []*member {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.queue), maxGroup)
	taken := g.queue[:n:n]
	g.queue = g.queue[n:]
	return taken
}

// pass hands the lead to whoever has waited longest, if anybody has.
func (g *group) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		g.leading = false
		return
	}
	close(g.queue[0].lead)
}

// leadGroup runs one group and then passes the lead on.
func (db *DB) leadGroup(g *group, env pactius.EnvironmentID, leader *member, run func(*sql.Tx, bool) outcome) error {
	defer g.pass() // also when the leader's own change panics
	db.writing.prepare(context.WithoutCancel(leader.ctx))
	members := g.take()
	answered := false
	defer func() {
		if !answered { // the leader's change has panicked: nothing was committed
			answer(members[1:], nil, errGivenUp)
		}
	}()
	// The transaction is everybody's: it must not end because the leader's client has gone.
	tx, err := db.begin(context.WithoutCancel(leader.ctx), env)
	if err != nil {
		answered = true
		answer(members[1:], nil, err)
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit this does nothing
	outcomes := make([]outcome, len(members))
	outcomes[0] = run(tx, len(members) == 1)
	broken := outcomes[0].broken
	for i, m := range members[1:] {
		if broken {
			break
		}
		m.went = true
		m.turn <- tx
		outcomes[i+1] = <-m.ran
		broken = outcomes[i+1].broken
	}
	answered = true
	commitErr := db.finishGroup(tx, broken, outcomes)
	answer(members[1:], outcomes[1:], commitErr)
	if outcomes[0].err != nil {
		return outcomes[0].err
	}
	return commitErr
}

// finishGroup commits what the members did, unless the database gave the
// transaction up: then they all try again, each for itself.
func (db *DB) finishGroup(tx *sql.Tx, broken bool, outcomes []outcome) error {
	if broken {
		return errGivenUp
	}
	changed := func(o outcome) bool { return o.err == nil }
	if !slices.ContainsFunc(outcomes, changed) {
		return nil // everybody was refused: nothing to commit
	}
	if err := tx.Commit(); err != nil {
		return Unsure(Translate(fmt.Errorf("commit: %w", err)))
	}
	db.committed(outcomes...)
	return nil
}

// answer tells the members what became of their changes: their own error where
// they had their turn and failed, else the group's. A refusal counts only with the
// commit, for it may rest on what an earlier member did: without one, only whoever
// broke the transaction or is gone gets an error of their own. Those still waiting
// for a turn get a nil transaction first.
func answer(members []*member, outcomes []outcome, groupErr error) {
	for i, m := range members {
		err := groupErr
		if i < len(outcomes) && outcomes[i].err != nil && (groupErr == nil || outcomes[i].broken || m.ctx.Err() != nil) {
			err = outcomes[i].err
		}
		if !m.went {
			m.turn <- nil
		}
		m.done <- err
	}
}

// takeTurn runs a member's change on the member's own goroutine. In company it
// stands inside a savepoint, so that a refusal undoes only itself.
func (db *DB) takeTurn(m *member, tx *sql.Tx, alone bool, env pactius.EnvironmentID, fn func(*Tx) error) (o outcome) {
	if tx == nil {
		return outcome{}
	}
	t := &Tx{tx: tx, env: env, db: db, statements: db.writing, shared: true}
	ctx := context.WithoutCancel(m.ctx)
	o.err = errGone
	defer func() {
		if errors.Is(o.err, errGone) { // the change panics: it alone is undone
			o.broken = alone || !t.undoMember(ctx)
		}
		m.ran <- o
	}()
	if err := m.ctx.Err(); err != nil {
		return outcome{err: err}
	}
	if !alone {
		if _, err := t.Exec(ctx, sqlMember); err != nil {
			return outcome{err: err, broken: true}
		}
	}
	err := fn(t)
	switch {
	case alone:
		return outcome{err: err, after: t.after}
	case err != nil:
		return outcome{err: err, broken: !t.undoMember(ctx)}
	}
	_, err = t.Exec(ctx, sqlMemberDone)
	return outcome{err: err, after: t.after, broken: err != nil}
}

// undoMember goes back to where a member's turn began. On a full disk or an
// interrupted statement SQLite undoes the whole transaction; then there is no
// savepoint to go back to, and false is returned.
func (t *Tx) undoMember(ctx context.Context) bool {
	_, err := t.Exec(ctx, sqlMemberUndone)
	if err == nil {
		_, err = t.Exec(ctx, sqlMemberDone)
	}
	return err == nil
}

// errGivenUp makes the members of a group try again: another's change made the
// database undo the whole transaction.
var errGivenUp = &pactius.Error{Kind: pactius.Unavailable, Message: busyText, Err: &undoneError{error: errors.New("another change undid the transaction")}}

const (
	sqlMember       = `SAVEPOINT member`
	sqlMemberUndone = `ROLLBACK TO SAVEPOINT member`
	sqlMemberDone   = `RELEASE SAVEPOINT member`
)

// errGone stands for a change that panicked.
var errGone = errors.New("the change ended without a result")
