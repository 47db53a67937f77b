package database

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pactius/pactius/internal/id"
)

const (
	noticePause = 100 * time.Millisecond // between two notices: PostgreSQL makes commits that notify take turns
	noticeRetry = 5 * time.Second        // after the connection was lost

	sqlNotifyPostgres = `SELECT pg_notify($1, $2)`
)

// Notice is a signal between the instances on one PostgreSQL database: one
// instance sends it, every instance receives it. A notice that is lost (a
// connection that breaks, a pooler that does not know LISTEN) costs only time:
// receivers also look for work by themselves.
type Notice struct {
	db      *DB
	channel string
	here    chan struct{} // signals of this instance and of others
	there   chan struct{} // signals that the other instances have not received yet
}

// NewNotice returns the notice that the instances send on a channel, whose name
// is an SQL identifier.
func (db *DB) NewNotice(channel string) *Notice {
	return &Notice{db: db, channel: channel, here: make(chan struct{}, 1), there: make(chan struct{}, 1)}
}

// Received signals that the notice was sent. One signal may stand for several.
func (n *Notice) Received() <-chan struct{} { return n.here }

// Send signals to this instance and, while Share runs, to the others.
func (n *Notice) Send() {
	signal(n.here)
	signal(n.there)
}

// Share exchanges the notice with the other instances until the context ends.
// On SQLite, and behind a pooler, which does not pass notices on, it does nothing and
// returns.
func (n *Notice) Share(ctx context.Context, logger *slog.Logger) {
	if n.db.Engine() != Postgres || n.db.pooled {
		return
	}
	self := id.New() // marks own notices, which are not received again
	var wg sync.WaitGroup
	wg.Go(func() { n.tell(ctx, logger, self) })
	wg.Go(func() { n.hear(ctx, logger, self) })
	wg.Wait()
}

// tell sends notices to the other instances, one for several signals. They are no
// part of the transactions, which would then have to commit one by one.
func (n *Notice) tell(ctx context.Context, logger *slog.Logger, self string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.there:
		}
		_, err := n.db.write.ExecContext(ctx, sqlNotifyPostgres, n.channel, self)
		if err != nil && ctx.Err() == nil {
			logger.DebugContext(ctx, "a notice was not sent", "channel", n.channel, "error", err)
		}
		pause(ctx, noticePause)
	}
}

// hear listens, and listens again when the connection was lost.
func (n *Notice) hear(ctx context.Context, logger *slog.Logger, self string) {
	for ctx.Err() == nil {
		if err := n.listen(ctx, self); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "notices from other instances are not heard; work is found by looking instead",
				"channel", n.channel, "again_in", noticeRetry, "error", err)
			pause(ctx, noticeRetry)
		}
	}
}

// listen receives notices on a connection of its own until that breaks.
func (n *Notice) listen(ctx context.Context, self string) error {
	c, err := n.db.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close()
	return c.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn()
		// The connection still listens afterwards, so it must not go back to the pool.
		defer conn.Close(context.WithoutCancel(ctx))
		if _, err := conn.Exec(ctx, `LISTEN `+n.channel); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		signal(n.here) // for notices sent before this instance listened
		for {
			got, err := conn.WaitForNotification(ctx)
			if err != nil {
				return fmt.Errorf("wait for a notice: %w", err)
			}
			if got.Payload != self {
				signal(n.here)
			}
		}
	})
}

// signal puts a signal into a channel with room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // there is an unread signal already
	}
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
