package crew

import (
	"sync"

	"github.com/pactius/pactius"
)

// Share divides places of work among environments. One with much work, or with slow work, leaves as many places free
// as it occupies: of 20 the first takes 10, the second 5, the third 3. The zero Share has no place occupied.
type Share struct {
	mu   sync.Mutex
	busy map[pactius.EnvironmentID]int
	all  int
}

// Take occupies one of so many places for an environment, false if it may not have another one now.
func (s *Share) Take(env pactius.EnvironmentID, places int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= places || s.busy[env] >= max(1, places-s.all) {
		return false
	}
	if s.busy == nil {
		s.busy = map[pactius.EnvironmentID]int{}
	}
	s.busy[env]++
	s.all++
	return true
}

// Free frees a place of an environment.
func (s *Share) Free(env pactius.EnvironmentID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.busy[env]--; s.busy[env] == 0 {
		delete(s.busy, env)
	}
}

// Idle reports whether no place is occupied.
func (s *Share) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all == 0
}
