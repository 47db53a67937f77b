package clients

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// Leaving is a sign-out that a client has asked for (OpenID Connect RP-Initiated Logout 1.0, section 2).
type Leaving struct {
	App    *pactius.Application // nil: no client was named
	Return string               // where it leads back to, with the state; "": nowhere
	Proven bool                 // the client has shown an ID token of this very session: the person need not be asked
}

var (
	errForeignHint = pactius.Refuse(pactius.KindInvalid, pactius.T("The application asked to sign you out with a "+
		"token that isn't valid here. You can sign out at PACTIUS itself."))
	errNoReturn = pactius.Refuse(pactius.KindInvalid, pactius.T("The application wants to lead you to an address "+
		"that isn't registered for it. You can sign out at PACTIUS itself. Tell the application's administrator to "+
		"register the address in Settings > Applications."))
)

// Leaving reads a request to sign out. token is that of the browser's session at the portal, "" for none. Errors are
// for a person, who is never sent to an address that is not registered.
func (r *Rules) Leaving(
	ctx context.Context, env pactius.EnvironmentID, token string, q url.Values,
) (Leaving, error) {
	var l Leaving
	hint, client, back := q.Get("id_token_hint"), q.Get("client_id"), q.Get("post_logout_redirect_uri")
	// In the snapshot of the page, which must not wait for another one.
	err := r.DB.Read(ctx, pactius.System(env, "sign-out"), change.RoleUser, func(tx *change.Tx) error {
		var c idClaims
		if hint != "" {
			var err error
			c, err = r.hinted(tx, hint)
			switch {
			case errors.Is(err, applications.ErrToken), err == nil && client != "" && client != string(c.Audience):
				return errForeignHint
			case err != nil:
				return err
			}
			client = string(c.Audience)
		}
		app, err := r.named(tx.Tx, client)
		if err != nil {
			return err
		}
		if l.App = app; back != "" {
			if app == nil || !slices.Contains(app.Client.ReturnURIs, back) {
				return errNoReturn
			}
			l.Return = withState(back, q.Get("state"))
		}
		if app == nil || c.Session == "" || token == "" {
			return nil
		}
		s, err := store.Optional(tx.ClientSessionOf(applications.TokenHash(token), app.ID))
		l.Proven = err == nil && s != nil && s.ID == c.Session
		return err
	})
	return l, err
}

// named returns the client with an ID; nil where there is none.
func (r *Rules) named(tx *store.Tx, client string) (*pactius.Application, error) {
	if !id.Valid(client) {
		return nil, nil
	}
	app, err := store.Optional(tx.Application(pactius.ApplicationID(client)))
	if err != nil || app == nil || app.Client.Kind == pactius.ClientNone {
		return nil, err
	}
	return app, nil
}

// withState returns an address with a client's state.
func withState(address, state string) string {
	if state == "" || len(state) > pactius.MaxClientParameter {
		return address
	}
	return withQuery(address, url.Values{"state": {state}})
}

// hinted returns the claims of an ID token of the environment, also of one that has expired. The error is
// applications.ErrToken for all else.
func (r *Rules) hinted(tx *change.Tx, hint string) (idClaims, error) {
	var c idClaims
	signed, err := applications.ParseToken(hint, applications.IDToken)
	if err != nil {
		return c, err
	}
	if err = signed.Verify(tx.Tx, tx.Now, &c); err == nil && c.Issuer != r.issuer(tx.Environment) {
		err = applications.ErrToken
	}
	return c, err
}
