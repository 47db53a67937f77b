package torture

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mood is how the mail server behaves.
type mood int32

// The moods of a mail server.
const (
	takes       mood = iota // as it should
	refuses                 // takes no connection
	busy                    // 421 at the greeting
	forbids                 // 554 at the greeting: the server refuses us, not the mail
	silent                  // takes the connection and says nothing
	putsOff                 // 451 at RCPT
	rejects                 // 550 at RCPT: this recipient, for good
	hangsUp                 // closes the connection within DATA
	full                    // 452 after DATA
	takesMutely             // takes the mail and closes before it says so
)

// postOffice is a mail server (RFC 5321) that behaves as it is told and counts
// what it has taken. It says yes only after it has counted.
type postOffice struct {
	address  string
	listener net.Listener
	mood     atomic.Int32
	done     sync.WaitGroup

	mu    sync.Mutex
	taken map[string]int // by the left part of the Message-ID: the mail's ID
	open  map[net.Conn]bool
}

// openPostOffice starts a mail server on loopback.
func openPostOffice(ctx context.Context) (*postOffice, error) {
	p := &postOffice{taken: map[string]int{}, open: map[net.Conn]bool{}}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.listener, p.address = l, l.Addr().String()
	p.done.Go(p.serve)
	return p, nil
}

func (p *postOffice) is(m mood) { p.mood.Store(int32(m)) }

func (p *postOffice) serve() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.note(c, true)
		p.done.Go(func() {
			defer p.note(c, false)
			p.converse(c)
		})
	}
}

// note keeps the open connections, so that Close can end them.
func (p *postOffice) note(c net.Conn, opened bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if opened {
		p.open[c] = true
		return
	}
	delete(p.open, c)
	_ = c.Close()
}

// close ends the server and its connections.
func (p *postOffice) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for c := range p.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

// silence is how long a silent server keeps a connection: longer than the
// senders of these tests wait.
const silence = 5 * time.Second

// converse serves one connection.
func (p *postOffice) converse(c net.Conn) {
	m := mood(p.mood.Load())
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	switch m {
	case refuses:
		return
	case busy:
		say("421 4.3.2 come back later")
		return
	case forbids:
		say("554 5.7.1 we do not talk to you")
		return
	case silent:
		_ = c.SetReadDeadline(time.Now().Add(silence))
		_, _ = c.Read(make([]byte, 1)) // until the sender gives up
		return
	}
	say("220 localhost ready")
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		switch {
		case verb == "EHLO":
			say("250-localhost\r\n250-8BITMIME\r\n250 SMTPUTF8")
		case verb == "RCPT" && m == putsOff:
			say("451 4.7.1 greylisted")
		case verb == "RCPT" && m == rejects:
			say("550 5.1.1 no such mailbox")
		case verb == "DATA":
			say("354 go on")
			if !p.data(in, m) {
				return
			}
			if m == full {
				say("452 4.3.1 the disk is full")
			} else {
				say("250 2.0.0 taken")
			}
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 2.0.0 fine")
		}
	}
}

// data reads a mail and counts it if the mood is to take it; false ends the
// connection.
func (p *postOffice) data(in *bufio.Reader, m mood) bool {
	id := ""
	for n := 0; ; n++ {
		line, err := in.ReadString('\n')
		if err != nil || (m == hangsUp && n > 3) {
			return false
		}
		if line == ".\r\n" {
			break
		}
		if v, ok := strings.CutPrefix(line, "Message-ID: <"); ok {
			id, _, _ = strings.Cut(v, "@")
		}
	}
	if m == full {
		return true
	}
	p.mu.Lock()
	p.taken[id]++
	p.mu.Unlock()
	return m != takesMutely
}

// count tells how often a mail was taken.
func (p *postOffice) count(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken[id]
}

// totals tells how many different mails were taken, and how many deliveries were
// more than one of the same mail.
func (p *postOffice) totals() (mails, duplicates int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.taken {
		mails++
		duplicates += n - 1
	}
	return mails, duplicates
}

// strangers lists mails that were taken and that nobody knows of.
func (p *postOffice) strangers(known map[string]bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var ids []string
	for id := range p.taken {
		if !known[id] {
			ids = append(ids, fmt.Sprintf("%q", id))
		}
	}
	return ids
}
