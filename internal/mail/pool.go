package mail

import (
	"context"
	"sync"
	"time"
)

// Limits of the connections to a mail server.
const (
	// idleTime is how long a connection without an email is kept: long enough for the
	// next one of a queue, and far below the minutes after which servers close (RFC
	// 5321 section 4.5.3.2.7).
	idleTime = 10 * time.Second
	// maxIdle bounds the connections that are kept without an email.
	maxIdle = 8
	// maxEmails is the most emails over one connection. Many servers end it after 100.
	maxEmails = 100
	// quitTime is how long the answers to QUIT and RSET are awaited, which decide about
	// no email.
	quitTime = 2 * time.Second
)

// pool keeps the connections that are not in use. The zero value is ready.
type pool struct {
	mu       sync.Mutex
	idle     []*connection // the one used last is at the end
	closed   bool
	quitting sync.WaitGroup
}

// take returns a kept connection, nil if there is none that can be used.
func (p *pool) take() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		c.expiry.Stop()
		if c.inStep() {
			return c
		}
		p.quit(c)
	}
	return nil
}

// put keeps a connection for the next email, or ends it where it cannot be used again.
func (p *pool) put(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || !c.inStep() || c.emails >= maxEmails || len(p.idle) >= maxIdle {
		p.quit(c)
		return
	}
	c.expiry = time.AfterFunc(idleTime, func() { p.expire(c) })
	p.idle = append(p.idle, c)
}

// expire ends a connection that was kept for idleTime.
func (p *pool) expire(c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, kept := range p.idle {
		if kept == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			p.quit(c)
			return
		}
	}
}

// quit ends a connection in the background. The caller holds p.mu.
func (p *pool) quit(c *connection) {
	p.quitting.Go(func() { c.quit() })
}

// close ends all kept connections, and those in use when they are put back. It waits
// for quitTime at most.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for _, c := range p.idle {
		c.expiry.Stop()
		p.quit(c)
	}
	p.idle = nil
	p.mu.Unlock()
	p.quitting.Wait()
}

// Close ends the connections to the mail server that are kept for further emails. An
// email that is being sent is not disturbed. The SMTP can still be used, and then
// keeps no connection.
func (s *SMTP) Close() error {
	s.pool.close()
	return nil
}

// exchange does one thing over a connection, a kept one where there is one. If the server
// has closed the kept one meanwhile, or wants no more over it, do runs once more over a
// new one: that is no failure of the email.
func (s *SMTP) exchange(ctx context.Context, do func(*connection) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if c := s.pool.take(); c != nil {
		err := s.over(ctx, c, do)
		if err == nil || !isStale(err) || ctx.Err() != nil {
			return err
		}
	}
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	return s.over(ctx, c, do)
}

// over does one thing over a connection and keeps it if it can be used again.
func (s *SMTP) over(ctx context.Context, c *connection, do func(*connection) error) error {
	deadline, _ := ctx.Deadline()
	if err := c.UpdateDeadline(time.Until(deadline)); err != nil {
		_ = c.conn.Close()
		return &stageError{atSender, err}
	}
	letGo := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	err := do(c)
	switch {
	case !letGo(): // the time is over, and the connection closed
		return withCause(err, ctx)
	case err == nil || answered(err) && c.reset():
		s.pool.put(c)
	default:
		_ = c.conn.Close()
	}
	return err
}
