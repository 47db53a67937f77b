package process

import (
	"bytes"
	"sync"
)

// logLimit bounds what is kept of a log, in bytes; the newest stay.
const logLimit = 256 << 10

// Log keeps the newest part of what is written to it. The zero Log is empty. It is
// safe for concurrent use.
type Log struct {
	mu    sync.Mutex
	kept  bytes.Buffer
	grown chan struct{} // closed by the next Write; nil while no one waits
}

// Write keeps p.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept.Write(p)
	if over := l.kept.Len() - logLimit; over > 0 {
		l.kept.Next(over)
	}
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
	return len(p), nil
}

// String returns what was kept.
func (l *Log) String() string {
	text, _ := l.look()
	return text
}

// look returns what was kept, and a channel that is closed when there is more.
func (l *Log) look() (string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grown == nil {
		l.grown = make(chan struct{})
	}
	return l.kept.String(), l.grown
}
