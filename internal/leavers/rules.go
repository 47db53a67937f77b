package leavers

import (
	"context"
	"log/slog"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Directory is what a sweep asks Microsoft 365. Errors are
// *pactius.DirectoryError, and of the kind pactius.NotFound for an account that
// does not exist.
type Directory interface {
	// Changes gives a page of what changed since a cursor, of all accounts for "".
	Changes(ctx context.Context, c pactius.Credentials, cursor string) (pactius.DirectoryChanges, error)
	// Account finds an account by its object ID.
	Account(ctx context.Context, c pactius.Credentials, nameOrID string) (pactius.Account, error)
}

// Config is what the rules stand on. Every field is needed unless it says otherwise.
type Config struct {
	DB          *change.DB
	Directory   Directory
	Credentials func(pactius.Environment) (pactius.Credentials, error) // the app registration that asks
	// from the end of a round to the next; 0 sweeps only when told to
	Every  time.Duration
	Logger *slog.Logger
	Told   func(RoundEnd) // is told how a turn ended; nil is not
}

// Rules are the rules about leavers. They are safe for concurrent use.
type Rules struct{ Config }

// New makes the rules.
func New(c Config) *Rules { return &Rules{c} }

// DefaultEvery is how often a directory is swept unless it is set otherwise: a
// leaver is out in less time than it takes to return a laptop, and a tenant is
// asked a hundred times a day.
const DefaultEvery = 15 * time.Minute

// Outcome is how a turn ended.
type RoundEnd string

// The outcomes.
const (
	RoundFinished    RoundEnd = "finished"
	RoundHeld        RoundEnd = "held"     // finished, and something waits for a human
	RoundInterrupted RoundEnd = "went_on"  // the round goes on at the next turn
	RoundTroubled    RoundEnd = "trouble"  // the directory could not be asked
	RoundFailed      RoundEnd = "failed"   // our own fault, such as a database that is away
	RoundOvertaken   RoundEnd = "overtook" // another instance has taken over
)

// Outcomes lists all outcomes.
func RoundEnds() []RoundEnd {
	return []RoundEnd{RoundFinished, RoundHeld, RoundInterrupted, RoundTroubled, RoundFailed, RoundOvertaken}
}

// Report is what a round did, as far as this process took part in it.
type Report struct {
	Outcome  RoundEnd
	Pages    int // read from the directory
	Accounts int // on them
	Asked    int // accounts that were asked for singly
	Found    int // users whose account is not as they are
	Done     map[pactius.Leaving]int
	Waiting  int             // users about whom a human has to decide
	Trouble  pactius.Trouble // of Troubled
}

// reason is the word by which events say who acted.
const reason = "directory"
