package web

import (
	"context"
	"sync"
	"time"
)

// Bounds of noting that sessions are in use.
const (
	seeTime = 2 * time.Second // a database that takes longer is asked again with the next request
	seeMost = 4               // at a time: the writer is one anyway
)

// seeing is the work in the background that notes which sessions are in use.
type seeing struct {
	places  chan struct{} // one element for each note under way
	limit   time.Duration // seeTime, but in tests
	waiting sync.Mutex
}

// see notes in the background that the session is in use. The answer never waits
// for it, and a note that fails now is made with the next request.
func (s *Site) see(v *visit) {
	if !v.signed.Due || v.token == "" {
		return
	}
	select {
	case s.seeing.places <- struct{}{}:
	default:
		return
	}
	go func() {
		defer func() { <-s.seeing.places }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), s.seeing.limit)
		defer cancel()
		if err := s.Users.See(ctx, v.env.ID, v.token); err != nil {
			s.Logger.WarnContext(ctx, "the use of a session was not noted", "error", err)
		}
	}()
}

// Wait returns when the work in the background is done. Requests that arrive later
// may start more.
func (s *Site) Wait() {
	s.seeing.waiting.Lock() // two that each have some of the places would wait forever
	defer s.seeing.waiting.Unlock()
	for range seeMost {
		s.seeing.places <- struct{}{}
	}
	for range seeMost {
		<-s.seeing.places
	}
}
