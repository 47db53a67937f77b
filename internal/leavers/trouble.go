package leavers

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

const (
	failPause  = time.Minute      // after RoundFailed
	shortPause = 10 * time.Second // when Microsoft asks to wait without a time
	longPause  = time.Hour        // the longest between two attempts
)

// putOff sets the time of the next attempt: Microsoft's, or else after about as long
// as the trouble has lasted.
func (n *turn) putOff(s *store.Sweep, t *pactius.DirectoryError) {
	now := n.DB.Now()
	if t.Trouble == pactius.TroubleThrottled {
		wait := t.RetryAfter
		if wait <= 0 {
			wait = shortPause
		}
		s.DueAt = now.Add(min(wait, longPause))
		return // no trouble to show: it passes
	}
	if s.Trouble == "" {
		s.TroubleAt = now
	}
	s.Trouble = t.Trouble
	s.DueAt = now.Add(min(max(now.Sub(s.TroubleAt), n.pause()), longPause))
}

// pause is the time between two rounds.
func (r *Rules) pause() time.Duration {
	if r.Every == 0 {
		return DefaultEvery // sweeps on command alone
	}
	return r.Every
}

// TroubleText returns why leavers are not found and the remedy, the zero Text for no
// trouble.
func TroubleText(t pactius.Trouble) pactius.Text {
	switch t {
	case "":
		return pactius.Text{}
	case pactius.TroubleNoConnection:
		return pactius.T("The Microsoft 365 directory isn't connected, so leavers aren't detected.")
	case pactius.TroubleNoPermission:
		return pactius.T("PACTIUS isn't allowed to read the Microsoft 365 directory, so leavers aren't detected. The " +
			"company's IT can allow it under Settings > Environment.")
	case pactius.TroubleBadSecret:
		return pactius.T("Microsoft no longer accepts PACTIUS's client secret or certificate, so leavers aren't " +
			"detected. It can be renewed under Settings > Environment.")
	default:
		return pactius.T("Microsoft 365 couldn't be reached, so leavers aren't being detected right now. PACTIUS " +
			"will try again automatically.")
	}
}
