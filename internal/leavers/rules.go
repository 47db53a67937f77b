package leavers

import (
	"context"
	"log/slog"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Directory is the Microsoft 365 directory. Its errors are *pactius.DirectoryError, or
// of pactius.KindNotFound for an account that does not exist.
type Directory interface {
	// Changes returns a page of the changes since a cursor, of all accounts for "".
	Changes(ctx context.Context, c pactius.Credentials, cursor string) (pactius.DirectoryChanges, error)
	// Account returns an account by its object ID.
	Account(ctx context.Context, c pactius.Credentials, nameOrID string) (pactius.Account, error)
}

// Config holds the inputs of New. Every field is required unless its comment says
// otherwise.
type Config struct {
	DB          *change.DB
	Directory   Directory
	Credentials func(pactius.Environment) (pactius.Credentials, error)
	Every       time.Duration // from the end of a round to the next; 0 sweeps only on command
	Logger      *slog.Logger
	Told        func(RoundEnd) // called after each turn; may be nil
}

// Rules are the rules about leavers. They are safe for concurrent use.
type Rules struct {
	Config
	places places // of turns that work
}

// New makes the rules.
func New(c Config) *Rules { return &Rules{c, make(places, sweepers)} }

// DefaultEvery is the default pause between rounds. A tenant then gets a hundred
// queries a day.
const DefaultEvery = 15 * time.Minute

// RoundEnd is the result of a turn.
type RoundEnd string

// The results of a turn.
const (
	RoundFinished    RoundEnd = "finished"
	RoundHeld        RoundEnd = "held"     // finished; findings wait for a decision
	RoundInterrupted RoundEnd = "went_on"  // the round continues in the next turn
	RoundTroubled    RoundEnd = "trouble"  // the directory gave no answer
	RoundFailed      RoundEnd = "failed"   // for another reason, such as an unavailable database
	RoundOvertaken   RoundEnd = "overtook" // another instance has taken over
)

// RoundEnds lists all results of a turn.
func RoundEnds() []RoundEnd {
	return []RoundEnd{RoundFinished, RoundHeld, RoundInterrupted, RoundTroubled, RoundFailed, RoundOvertaken}
}

// Report is the work of this process on a round.
type Report struct {
	Outcome  RoundEnd
	Pages    int // read from the directory
	Accounts int // on the pages
	Asked    int // accounts queried singly
	Found    int // users that differ from their account
	Done     map[pactius.Leaving]int
	Waiting  int // users that wait for a decision

	Unsettled int             // users whose account was not found and is looked at again in some minutes
	Trouble   pactius.Trouble // of RoundTroubled
}

// reason names the sweep as the actor of events.
const reason = "directory"
