package view

import "github.com/pactius/pactius"

// Sessions is a user's own sessions.
type Sessions struct {
	Base
	Sessions []pactius.Session // seen last first
	Current  pactius.SessionID // the one that shows the page
}

// Others counts the sessions beside the current one.
func (p Sessions) Others() int {
	n := 0
	for _, s := range p.Sessions {
		if s.ID != p.Current {
			n++
		}
	}
	return n
}
