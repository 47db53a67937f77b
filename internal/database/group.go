package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
)

// maxGroup is how many changes share one commit. Changes take turns - all of them
// on SQLite, those of an environment on PostgreSQL - and each commit costs an
// fsync; changes that have queued meanwhile share the next. A group of this size
// takes a few tens of milliseconds.
const maxGroup = 64

// grace is how long a change whose context has ended waits for its group before it
// undoes all of it. The others then run again, each for itself.
const grace = 250 * time.Millisecond

// maxBegin bounds the wait for a connection and the lock. It is longer than the
// limits of the engines, which give the better errors.
const maxBegin = 30 * time.Second

// group lets changes that arrive at the same time share a commit. Its goroutine,
// which lives as long as changes are queued, begins a transaction, lets one change
// after the other run in it, on the caller's goroutine, and commits for all. A
// caller is answered only after the commit, so an acknowledged change is durable.
// A change that arrives alone commits alone, without waiting for others.
//
// The first change of a transaction needs no savepoint: if it fails, there is
// nothing else to keep. Each further one runs inside a savepoint, so that its
// failure undoes only itself.
//
// Every wait ends with the caller's context. A queued change leaves the queue. A
// running one is refused its next statement; the present one is interrupted. A
// change that has run waits for the commit a little longer than its context, and
// then undoes the group.
type group struct {
	db  *DB
	env pactius.EnvironmentID

	mu      sync.Mutex
	queue   []*member
	running bool
}

// member is one change of a group. Its channels have room for one value, so that
// the group never waits for a caller who has left.
type member struct {
	turn   chan turn    // the change may run now
	ran    chan outcome // its result
	done   chan error   // the answer: after the commit, or without a turn
	waited bool         // it was queued when the group tried to begin
}

// turn lets a change run in a batch.
type turn struct {
	batch *batch
	first bool // of the batch
}

// batch is the transaction of a group.
type batch struct {
	tx    *sql.Tx
	state atomic.Int32 // one of the states below
	hurry atomic.Bool  // the context of a change in it has ended: commit now
}

// The states of a batch. An open one becomes one of the others, once.
const (
	batchOpen int32 = iota
	batchCommitting
	batchUndone
)

// outcome is the result of a member's turn.
type outcome struct {
	err    error
	after  []func() // to be called after the commit
	broken bool     // the database has given the whole transaction up
}

// join runs a change in a group. It returns when the change is durable or did not
// happen, or when the caller's context has ended.
func (db *DB) join(ctx context.Context, env pactius.EnvironmentID, fn func(*Tx) error) error {
	m := &member{turn: make(chan turn, 1), ran: make(chan outcome, 1), done: make(chan error, 1)}
	g := db.groupOf(env)
	g.add(m)
	select {
	case t := <-m.turn:
		return db.runTurn(ctx, m, t, env, fn)
	case err := <-m.done:
		return err
	case <-ctx.Done():
	}
	if g.leave(m) {
		return ctx.Err()
	}
	select { // its turn has come, or an answer, as its context ended
	case t := <-m.turn:
		return db.runTurn(ctx, m, t, env, fn)
	case err := <-m.done:
		return err
	}
}

// runTurn runs a change and waits for the answer.
func (db *DB) runTurn(
	ctx context.Context, m *member, t turn, env pactius.EnvironmentID, fn func(*Tx) error,
) error {
	db.takeTurn(ctx, m, t, env, fn)
	select {
	case err := <-m.done:
		return err
	case <-ctx.Done():
	}
	t.batch.hurry.Store(true)
	select {
	case err := <-m.done:
		return err
	case <-time.After(grace):
	}
	if t.batch.state.CompareAndSwap(batchOpen, batchUndone) || t.batch.state.Load() == batchUndone {
		return ctx.Err() // surely undone
	}
	return &pactius.Error{Kind: pactius.KindUnavailable, Message: unsureText, Err: ctx.Err()}
}

// takeTurn runs a change and sends the outcome, also when the change panics.
func (db *DB) takeTurn(
	ctx context.Context, m *member, turn turn, env pactius.EnvironmentID, fn func(*Tx) error,
) {
	limit, end := turn.limit(ctx)
	defer end()
	t := &Tx{ctx: ctx, tx: turn.batch.tx, env: env, db: db, statements: db.writing, batch: turn.batch, limit: limit}
	o, inside := outcome{err: errPanicked}, false
	defer func() {
		if o.err != nil && inside && !o.broken {
			o.broken = !t.undoMember()
		}
		o.after = t.after
		m.ran <- o
	}()
	if o.err = ctx.Err(); o.err != nil {
		return
	}
	if !turn.first {
		if _, err := t.Exec(sqlMember); err != nil {
			o = outcome{err: err, broken: true}
			return
		}
		inside = true
	}
	o.err = errPanicked
	o.err = fn(t)
	if ctx.Err() != nil && errors.Is(o.err, context.Canceled) {
		o.err = ctx.Err() // limit cannot tell a deadline
	}
	if o.err == nil && inside {
		t.ctx = context.WithoutCancel(ctx) // the change has run: what remains is to keep it
		_, o.err = t.Exec(sqlMemberDone)
		o.broken = o.err != nil
	}
}

// limit returns the context that bounds the statements of a turn. The first change
// of a batch is interrupted as soon as its context ends. A later one gets the
// grace: to interrupt a statement makes both engines undo the whole transaction.
func (t turn) limit(ctx context.Context) (context.Context, func()) {
	if t.first {
		return ctx, func() {}
	}
	limit, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return limit, func() { stop(); cancel() }
}

// undoMember goes back to where a member's turn began. On a full disk or an
// interrupted statement SQLite undoes the whole transaction; then there is no
// savepoint to go back to, and false is returned.
func (t *Tx) undoMember() bool {
	ctx := context.WithoutCancel(t.ctx)
	_, err := t.tx.ExecContext(ctx, sqlMemberUndone)
	if err == nil {
		_, err = t.tx.ExecContext(ctx, sqlMemberDone)
	}
	return err == nil
}

const (
	sqlMember       = `SAVEPOINT member`
	sqlMemberUndone = `ROLLBACK TO SAVEPOINT member`
	sqlMemberDone   = `RELEASE SAVEPOINT member`
)

var (
	// errGivenUp makes a change run again: another one in the same transaction made
	// the database undo all of it.
	errGivenUp = &pactius.Error{Kind: pactius.KindUnavailable, Message: busyText,
		Err: &undoneError{error: errors.New("another change undid the transaction")}}
	// errPanicked stands for a change that panicked.
	errPanicked = errors.New("the change ended without a result")
)

// groupOf returns the group whose changes take turns with an environment's.
func (db *DB) groupOf(env pactius.EnvironmentID) *group {
	if !db.engine.apart {
		env = ""
	}
	db.groupsMu.Lock()
	defer db.groupsMu.Unlock()
	g := db.groups[env]
	if g == nil {
		g = &group{db: db, env: env}
		db.groups[env] = g
	}
	return g
}

// add queues a change and starts the group's goroutine unless it runs.
func (g *group) add(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, m)
	if !g.running {
		g.running = true
		go g.run()
	}
}

// leave removes a change from the queue; false if it is no longer there.
func (g *group) leave(m *member) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, queued := range g.queue {
		if queued == m {
			g.queue = append(g.queue[:i:i], g.queue[i+1:]...)
			return true
		}
	}
	return false
}

// next takes the first change from the queue, nil if there is none.
func (g *group) next() *member {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		return nil
	}
	m := g.queue[0]
	g.queue = g.queue[1:]
	return m
}

// run commits one batch after the other until the queue is empty.
func (g *group) run() {
	for g.more() {
		g.commitBatch()
	}
}

// more marks all queued changes as waiting for a begin. Without any it ends the
// goroutine.
func (g *group) more() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range g.queue {
		m.waited = true
	}
	g.running = len(g.queue) > 0
	return g.running
}

// refuse answers the changes that waited while the group could not begin.
func (g *group) refuse(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var late []*member
	for _, m := range g.queue {
		if m.waited {
			m.done <- err
		} else {
			late = append(late, m)
		}
	}
	g.queue = late
}

// commitBatch lets the queued changes run in one transaction and commits it.
func (g *group) commitBatch() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g.db.writing.prepare(ctx)
	tx, err := g.begin(ctx, cancel)
	if err != nil {
		g.refuse(err)
		return
	}
	b := &batch{tx: tx}
	members, outcomes := g.runMembers(b)
	groupErr := g.db.finish(b, outcomes)
	for i, m := range members {
		switch o := outcomes[i]; {
		case o.err != nil && (groupErr == nil || o.broken || len(members) == 1):
			// A refusal may rest on what an earlier change in the batch did, so it counts
			// only after the commit.
			m.done <- o.err
		default:
			m.done <- groupErr
		}
	}
}

// begin begins the transaction of a batch, within maxBegin. The transaction ends
// with ctx.
func (g *group) begin(ctx context.Context, cancel func()) (*sql.Tx, error) {
	late := time.AfterFunc(maxBegin, cancel)
	defer late.Stop()
	tx, err := g.db.begin(ctx, g.env)
	if err != nil && ctx.Err() != nil {
		err = &pactius.Error{Kind: pactius.KindUnavailable, Message: busyText, Err: err}
	}
	return tx, err
}

// runMembers lets as many changes as are queued now run one after the other. It
// ends early when the batch is to be committed or cannot go on.
func (g *group) runMembers(b *batch) (members []*member, outcomes []outcome) {
	g.mu.Lock()
	size := min(len(g.queue), maxGroup)
	g.mu.Unlock()
	for len(members) < size && !b.hurry.Load() && b.state.Load() == batchOpen {
		m := g.next()
		if m == nil {
			break
		}
		m.turn <- turn{batch: b, first: len(members) == 0}
		o := <-m.ran
		members, outcomes = append(members, m), append(outcomes, o)
		if o.broken || o.err != nil && len(members) == 1 {
			break
		}
	}
	return members, outcomes
}

// finish commits a batch, or undoes it: if it has no change or the first has
// failed, if the database has given it up, or a change in it has.
func (db *DB) finish(b *batch, outcomes []outcome) error {
	n := len(outcomes)
	if n == 0 || outcomes[0].err != nil || outcomes[n-1].broken {
		b.state.Store(batchUndone)
	}
	if !b.state.CompareAndSwap(batchOpen, batchCommitting) {
		_ = b.tx.Rollback() // a transaction that is broken may be gone already
		return errGivenUp
	}
	if err := b.tx.Commit(); err != nil {
		return Unsure(Translate(fmt.Errorf("commit: %w", err)))
	}
	db.committed(outcomes...)
	return nil
}
