package directory

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/store"
)

// desk is where one question of one person is put to the directory.
type desk struct {
	rules       *Rules
	ctx         context.Context
	close       func()
	who         person
	environment pactius.EnvironmentID
	credentials pactius.Credentials
	noAccess    error // the environment has no credentials to ask with
}

// open makes sure that the actor may ask, and finds what to ask with.
func (r *Rules) open(ctx context.Context, actor pactius.Actor, patience time.Duration) (*desk, error) {
	var p authority.Powers
	err := r.Store.View(ctx, actor.Environment, func(tx *store.Tx) error {
		var err error
		p, err = authority.Administrator(ctx, tx, r.Now(), actor)
		return err
	})
	if err != nil {
		return nil, err
	}
	d := &desk{rules: r, environment: actor.Environment, who: person{actor.Environment, actor.Kind, actor.User}}
	d.ctx, d.close = context.WithTimeout(ctx, patience)
	if d.credentials, err = r.Credentials(p.Environment); err != nil {
		d.noAccess = &pactius.DirectoryError{Trouble: pactius.NoConnection, Err: err}
	}
	return d, nil
}

// question makes one about the desk's directory.
func (d *desk) question(k kind, text string) question {
	return question{place: place{d.environment, d.credentials.TenantID, d.credentials.ClientID}, kind: k, text: text}
}

func (d *desk) ask(q question, fresh bool, call func(context.Context) (answer, error)) (answer, error) {
	if d.noAccess != nil {
		return answer{}, d.noAccess
	}
	return d.rules.asker.ask(d.ctx, d.who, q, fresh, call)
}

// search asks for accounts. Letter case makes no other question of it.
func (d *desk) search(typed string) ([]pactius.Account, error) {
	got, err := d.ask(d.question(searching, strings.ToLower(typed)), false, func(ctx context.Context) (answer, error) {
		accounts, err := d.rules.Graph.Search(ctx, d.credentials, typed, maxAsked)
		return answer{accounts: accounts[:min(len(accounts), maxAsked)]}, err
	})
	return got.accounts, err
}

// maxAsked is how many accounts a search asks for: more than are shown, so that
// a name nearly right is found among its like.
const maxAsked = 20

// account asks for one account by name or object ID.
func (d *desk) account(nameOrID string) (pactius.Account, error) { return d.one(nameOrID, false) }

// fresh is account without what is remembered.
func (d *desk) fresh(nameOrID string) (pactius.Account, error) { return d.one(nameOrID, true) }

func (d *desk) one(nameOrID string, fresh bool) (pactius.Account, error) {
	got, err := d.ask(d.question(looking, strings.ToLower(nameOrID)), fresh, func(ctx context.Context) (answer, error) {
		a, err := d.rules.Graph.Account(ctx, d.credentials, nameOrID)
		return answer{accounts: []pactius.Account{a}}, err
	})
	if err != nil {
		return pactius.Account{}, err
	}
	return got.accounts[0], nil
}

func (d *desk) photo(objectID string) (Photo, error) {
	got, err := d.ask(d.question(picturing, objectID), false, func(ctx context.Context) (answer, error) {
		image, kind, err := d.rules.Graph.Photo(ctx, d.credentials, objectID)
		return answer{photo: Photo{image, kind}}, err
	})
	return got.photo, err
}

// trouble takes the trouble out of an error, "" where it is another one.
func trouble(err error) pactius.Trouble {
	if e, ok := errors.AsType[*pactius.DirectoryError](err); ok {
		return e.Trouble
	}
	return ""
}

// clean is typed text as it is searched for.
func clean(s string) string {
	return norm.NFC.String(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "))
}
