package store

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pactius/pactius/internal/id"
)

// Notices between the instances on one PostgreSQL database: whoever has put
// mail into the outbox tells the others, whose worker may be idle. A notice that is
// lost (a connection that breaks, a pooler that does not know LISTEN) costs only time:
// workers look for mail by themselves every other second.
const (
	noticePause = 100 * time.Millisecond // between two notices: PostgreSQL makes commits that notify take turns
	noticeRetry = 5 * time.Second        // after the connection was lost

	sqlListenPostgres = `LISTEN pactius_mail`
	sqlNotifyPostgres = `SELECT pg_notify('pactius_mail', $1)`
)

// Share tells the other instances of mail that this one puts into the outbox,
// and MailArrived of theirs, until the context ends. On SQLite there is nothing to
// do: the commands beside the server are found by looking.
func (s *Store) Share(ctx context.Context, logger *slog.Logger) {
	if s.engine != &postgresEngine {
		return
	}
	self := id.New() // so that nobody wakes themselves
	var wg sync.WaitGroup
	wg.Go(func() { s.tell(ctx, logger, self) })
	wg.Go(func() { s.hear(ctx, logger, self) })
	wg.Wait()
}

// tell sends a notice after changes that put mail in, several with one. It is
// not part of their transactions, because those would have to commit one by one.
func (s *Store) tell(ctx context.Context, logger *slog.Logger, self string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.mailed:
		}
		if _, err := s.write.ExecContext(ctx, sqlNotifyPostgres, self); err != nil && ctx.Err() == nil {
			logger.DebugContext(ctx, "a notice of mail was not sent", "error", err)
		}
		pause(ctx, noticePause)
	}
}

// hear waits for notices, on a connection of its own, and begins again when it
// was lost.
func (s *Store) hear(ctx context.Context, logger *slog.Logger, self string) {
	for ctx.Err() == nil {
		if err := s.listen(ctx, self); err != nil && ctx.Err() == nil {
			logger.WarnContext(ctx, "notices of mail from other instances are not heard; mail is looked for instead", "again_in", noticeRetry, "error", err)
			pause(ctx, noticeRetry)
		}
	}
}

func (s *Store) listen(ctx context.Context, self string) error {
	c, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close()
	return c.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn()
		// It listens, so nobody else may have it afterwards.
		defer conn.Close(context.WithoutCancel(ctx))
		if _, err := conn.Exec(ctx, sqlListenPostgres); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		s.wakeWorker() // for what came while nobody listened
		for {
			n, err := conn.WaitForNotification(ctx)
			if err != nil {
				return fmt.Errorf("wait for a notice: %w", err)
			}
			if n.Payload != self {
				s.wakeWorker()
			}
		}
	})
}

// wake tells this instance's worker and the other instances of mail.
func (s *Store) wake() {
	s.wakeWorker()
	signal(s.mailed)
}

func (s *Store) wakeWorker() { signal(s.mail) }

// signal puts a signal into a channel with room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
