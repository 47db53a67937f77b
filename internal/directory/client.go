package directory

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
)

// client makes the queries of one actor within one deadline.
type client struct {
	rules       *Rules
	ctx         context.Context
	close       func()
	caller      caller
	credentials pactius.Credentials
	noAccess    error // the environment has no credentials to ask with
}

// open returns a client for an actor who may ask. The caller closes it.
func (r *Rules) open(ctx context.Context, actor pactius.Actor, patience time.Duration) (*client, error) {
	var env pactius.Environment
	err := r.DB.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		env = tx.Environment
		return nil
	})
	if err != nil {
		return nil, err
	}
	c := &client{rules: r, caller: caller{actor.Environment, actor.Kind, actor.User}}
	c.ctx, c.close = context.WithTimeout(ctx, patience)
	if c.credentials, err = r.Credentials(env); err != nil {
		c.noAccess = &pactius.DirectoryError{Trouble: pactius.TroubleNoConnection, Err: err}
	}
	return c, nil
}

// query returns a query to the client's directory.
func (c *client) query(kind queryKind, text string) query {
	return query{target{c.caller.environment, c.credentials.TenantID, c.credentials.ClientID}, kind, text}
}

func (c *client) ask(q query, fresh bool, call func(context.Context) (answer, error)) (answer, error) {
	if c.noAccess != nil {
		return answer{}, c.noAccess
	}
	return c.rules.broker.ask(c.ctx, c.caller, q, fresh, call)
}

// keep caches an answer that came with others by one call. A failure is not kept.
func (c *client) keep(kind queryKind, text string, accounts []pactius.Account, err error) {
	if trouble(err) == "" {
		_, _ = c.rules.broker.keep(c.query(kind, strings.ToLower(text)), answer{accounts: accounts}, err)
	}
}

// Numbers of accounts that a search asks for.
const (
	maxAsked = 20  // of a list: more than are shown, to have choice among similar names
	maxNear  = 100 // of accounts that are nearly called so: several texts at once, and common words among them
)

// search returns accounts by the beginning of a name. An account name or object ID that exists finds only its account,
// even before it is in the directory's index. Letter case does not matter.
func (c *client) search(typed string) ([]pactius.Account, error) {
	if _, err := names.ParseAccountName(typed); err == nil || id.Valid(strings.ToLower(typed)) {
		a, err := c.account(typed, false)
		if err == nil {
			return []pactius.Account{a}, nil
		}
		if pactius.KindOf(err) != pactius.KindNotFound {
			return nil, err
		}
	}
	return c.find(querySearch, maxAsked, typed)
}

// find returns the accounts that one of the texts fits, by one call.
func (c *client) find(kind queryKind, limit int, texts ...string) ([]pactius.Account, error) {
	q := c.query(kind, strings.ToLower(strings.Join(texts, "\n")))
	got, err := c.ask(q, false, func(ctx context.Context) (answer, error) {
		accounts, err := c.rules.Graph.Search(ctx, c.credentials, limit, texts...)
		return answer{accounts: accounts[:min(len(accounts), limit)]}, err
	})
	return got.accounts, err
}

// account returns one account by name or object ID. fresh skips the cache.
func (c *client) account(nameOrID string, fresh bool) (pactius.Account, error) {
	q := c.query(queryAccount, strings.ToLower(nameOrID))
	got, err := c.ask(q, fresh, func(ctx context.Context) (answer, error) {
		a, err := c.rules.Graph.Account(ctx, c.credentials, nameOrID)
		return answer{accounts: []pactius.Account{a}}, err
	})
	if err != nil {
		return pactius.Account{}, err
	}
	return got.accounts[0], nil
}

func (c *client) photo(objectID string) (Photo, error) {
	got, err := c.ask(c.query(queryPhoto, objectID), false, func(ctx context.Context) (answer, error) {
		image, contentType, err := c.rules.Graph.Photo(ctx, c.credentials, objectID)
		return answer{photo: Photo{image, contentType}}, err
	})
	return got.photo, err
}

// trouble returns the trouble of an error, "" where it is another error.
func trouble(err error) pactius.Trouble {
	if e, ok := errors.AsType[*pactius.DirectoryError](err); ok {
		return e.Trouble
	}
	return ""
}

// clean returns typed text in the form it is searched for.
func clean(s string) string {
	return norm.NFC.String(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "))
}
