package torture

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// relay is a line between an instance and its database that fails as networks do.
type relay struct {
	net.Listener
	to     string
	state  atomic.Int32
	copies sync.WaitGroup

	mu   sync.Mutex
	ends map[net.Conn]struct{}
}

// The states of a relay.
const (
	lineOpen  int32 = iota
	lineCut         // connections are closed, and new ones too
	lineMute        // connections stay, and nothing arrives
	lineShaky       // connections are closed again and again
)

// shakyLife is how long connections of a shaky line last at most.
const shakyLife = 60 * time.Millisecond

// openRelay listens on loopback and connects to an address.
func openRelay(ctx context.Context, to string) (*relay, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{Listener: l, to: to, ends: map[net.Conn]struct{}{}}
	r.copies.Go(r.accept)
	return r, nil
}

func (r *relay) accept() {
	for {
		near, err := r.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			r.copies.Go(func() { r.serve(near) })
		}
	}
}

// serve passes the bytes of a connection on, in both directions.
func (r *relay) serve(near net.Conn) {
	r.keep(near)
	defer r.drop(near)
	if r.state.Load() == lineCut {
		return
	}
	far, err := net.Dial("tcp", r.to)
	if err != nil {
		return
	}
	r.keep(far)
	defer r.drop(far)
	if r.state.Load() == lineShaky {
		defer time.AfterFunc(shakyLife, func() { r.drop(near) }).Stop()
	}
	var back sync.WaitGroup
	defer back.Wait()
	back.Go(func() {
		defer r.drop(near)
		_, _ = io.Copy(lossy{near, r}, far)
	})
	_, _ = io.Copy(lossy{far, r}, near)
	r.drop(far)
}

// lossy loses what is written while the line is mute.
type lossy struct {
	io.Writer
	*relay
}

// Write implements io.Writer.
func (l lossy) Write(b []byte) (int, error) {
	if l.state.Load() == lineMute {
		return len(b), nil
	}
	return l.Writer.Write(b)
}

func (r *relay) keep(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ends[c] = struct{}{}
}

func (r *relay) drop(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ends, c)
	_ = c.Close()
}

// is changes the state. Connections of before end, unless the line becomes mute.
func (r *relay) is(state int32) {
	r.state.Store(state)
	if state == lineMute {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.ends {
		_ = c.Close()
	}
}

// end ends all connections.
func (r *relay) end() {
	_ = r.Close()
	r.is(lineCut)
	r.copies.Wait()
}
