package directory

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
)

// Graph makes calls to a tenant's directory. Its errors are *pactius.DirectoryError, or of the kind pactius.NotFound.
type Graph interface {
	// Search finds accounts whose name, account name or e-mail begins with one of the texts, by one call.
	Search(ctx context.Context, c pactius.Credentials, limit int, texts ...string) ([]pactius.Account, error)
	// Account finds one account by account name or object ID.
	Account(ctx context.Context, c pactius.Credentials, nameOrID string) (pactius.Account, error)
	// Photo returns an account's photo of 48 x 48 points, a few kilobytes of JPEG or PNG, and its content type.
	Photo(ctx context.Context, c pactius.Credentials, objectID string) ([]byte, string, error)
	// Accounts is Account for up to maxBatch account names by one call: each has an account or an error.
	Accounts(ctx context.Context, c pactius.Credentials, names []string) ([]pactius.Account, []error)
	// Searches is Search for up to maxBatch lists of texts by one call: each has accounts or an error.
	Searches(ctx context.Context, c pactius.Credentials, limit int, texts [][]string) ([][]pactius.Account, []error)
}

// Config holds what the rules need. Every field is required unless its comment says otherwise.
type Config struct {
	DB          *change.DB
	Graph       Graph
	Credentials func(pactius.Environment) (pactius.Credentials, error) // of an environment's connection
	Logger      *slog.Logger                                           // nil discards
	Patience    time.Duration                                          // of a page while a person types; 0 is Patience
}

// Rules make queries to the directory. They are safe for concurrent use.
type Rules struct {
	Config
	broker *broker
}

// New returns the rules.
func New(c Config) *Rules {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Patience == 0 {
		c.Patience = Patience
	}
	return &Rules{Config: c, broker: newBroker(c.DB.Now, c.Logger)}
}

// Limits of searches.
const (
	// Patience is how long a page waits for the directory while a person types.
	Patience = 800 * time.Millisecond
	// savePatience is how long saving waits: its answer names the account to link.
	savePatience = 4 * time.Second
	// maxFound is how many people a search shows: a list that is read at a glance.
	maxFound = 8
	// maxTyped is the longest text, in characters, that is searched for; names are shorter.
	maxTyped = 120
	// minTyped is the shortest text, in bytes: one Latin letter finds half the company, but one Chinese character
	// is a family name.
	minTyped = 2
)

// Result is the result of a search.
type Result struct {
	People  []Found
	Trouble pactius.Trouble // the reason why the directory could not be asked; "" is none
}

// Search finds people in the directory by the beginning of a name, account name or e-mail address; an exact account
// name finds only its account. Only local administrators and Support may search. A directory that is away is a Trouble
// of the result and no error.
func (r *Rules) Search(ctx context.Context, actor pactius.Actor, typed string) (Result, error) {
	c, err := r.open(ctx, actor, r.Patience)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	typed = clean(typed)
	if len(typed) < minTyped || utf8.RuneCountInString(typed) > maxTyped {
		return Result{}, nil
	}
	accounts, err := c.search(typed)
	switch t := trouble(err); {
	case t != "":
		return Result{Trouble: t}, nil
	case err != nil:
		return Result{}, err
	}
	found, err := r.known(ctx, actor, accounts[:min(len(accounts), maxFound)])
	return Result{People: found}, err
}

// Account reads an account by its object ID without the cache, to link a user to it: what is stored comes from this
// answer and never from a browser. Errors are *pactius.DirectoryError, or of the kind pactius.NotFound.
func (r *Rules) Account(ctx context.Context, actor pactius.Actor, objectID string) (pactius.Account, error) {
	c, err := r.open(ctx, actor, max(r.Patience, savePatience))
	if err != nil {
		return pactius.Account{}, err
	}
	defer c.close()
	objectID = strings.ToLower(objectID)
	if !id.Valid(objectID) {
		return pactius.Account{}, errNoAccount
	}
	a, err := c.account(objectID, true)
	switch {
	case err != nil:
		return pactius.Account{}, err
	case !strings.EqualFold(a.ObjectID, objectID) || !strings.EqualFold(a.TenantID, c.credentials.TenantID):
		return pactius.Account{}, errAnother
	case a.State == pactius.AccountDeleted:
		return pactius.Account{}, errNoAccount
	}
	return a, nil
}

// Found returns an account together with what PACTIUS knows of the person.
func (r *Rules) Found(ctx context.Context, actor pactius.Actor, a pactius.Account) (Found, error) {
	found, err := r.known(ctx, actor, []pactius.Account{a})
	if err != nil {
		return Found{}, err
	}
	return found[0], nil
}

// Photo is the photo of an account.
type Photo struct {
	Image       []byte
	ContentType string // image/jpeg or image/png
}

// Photo returns the photo of an account. The error is of the kind pactius.NotFound where there is none, or where it
// cannot be fetched now.
func (r *Rules) Photo(ctx context.Context, actor pactius.Actor, objectID string) (Photo, error) {
	c, err := r.open(ctx, actor, r.Patience)
	if err != nil {
		return Photo{}, err
	}
	defer c.close()
	objectID = strings.ToLower(objectID)
	if !id.Valid(objectID) {
		return Photo{}, errNoPhoto
	}
	p, err := c.photo(objectID)
	if _, ok := errors.AsType[*pactius.DirectoryError](err); ok {
		return Photo{}, errNoPhoto // initials do as well
	}
	return p, err
}

// errAnother is an answer about an account that was not asked for.
var errAnother = &pactius.DirectoryError{Trouble: pactius.TroubleGarbled,
	Err: errors.New("the answer is about another account than was asked for")}

// Refusals of this package.
var (
	errNoAccount = pactius.Refuse(pactius.KindNotFound,
		pactius.T("This account is no longer in the company's Microsoft 365."))
	errNoPhoto = pactius.Refuse(pactius.KindNotFound, pactius.T("There's no photo of this person."))
)
