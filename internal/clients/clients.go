package clients

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

// Config is what the rules need.
type Config struct {
	DB           *change.DB
	Box          *seal.Box // seals codes and refresh tokens; nil without PACTIUS_SECRET: no sign-in works
	Applications *applications.Rules
	BaseURL      func(pactius.Environment) *url.URL // of an environment's pages
	Logger       *slog.Logger
}

// Rules are the rules of clients. They are safe for concurrent use.
type Rules struct {
	Config
	reuses *told
}

// New makes the rules.
func New(c Config) *Rules { return &Rules{Config: c, reuses: &told{}} }

// Fault is an error for a client, as RFC 6749, section 5.2, writes it.
type Fault struct {
	Code        string // one of the standard's
	Description string // English, for the client's engineer
	Status      int
}

// Error implements error.
func (f *Fault) Error() string { return f.Code + ": " + f.Description }

// Faults of the token endpoint. None says more than that client may know.
var (
	errClient = &Fault{"invalid_client", "The client ID or the client secret is wrong, or the client must not send a " +
		"secret.", http.StatusUnauthorized}
	errCode = &Fault{"invalid_grant", "This code has expired, was used before, or belongs to another client, " +
		"redirect_uri or code_verifier. Start the sign-in again.", http.StatusBadRequest}
	errRefresh = &Fault{"invalid_grant", "This refresh token has expired, was used before, or belongs to another " +
		"client. Start the sign-in again.", http.StatusBadRequest}
	errAccess = &Fault{"invalid_grant", "The person's session has ended, or they no longer have access to this " +
		"application.", http.StatusBadRequest}
	errScope = &Fault{"invalid_scope", "A refresh can't add to the scopes that were granted.", http.StatusBadRequest}
)

// Credentials are what a client shows to be itself.
type Credentials struct {
	ID     pactius.ApplicationID
	Secret string // "": none was sent
}

// client finds the client of credentials. A client with a secret must show it; another one must not have any.
func (r *Rules) client(
	ctx context.Context, env pactius.EnvironmentID, c Credentials,
) (pactius.Application, error) {
	var app pactius.Application
	if !id.Valid(string(c.ID)) {
		return app, errClient
	}
	err := r.DB.Store.Glance(ctx, env, func(tx *store.Tx) error {
		var err error
		app, err = tx.Application(c.ID)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || (err == nil && !isShown(app.Client, c.Secret, r.DB.Now())) {
		return app, errClient
	}
	return app, err
}

// isShown reports whether a secret is that of a client.
func isShown(c pactius.Client, secret string, now time.Time) bool {
	is := func(hash string) bool {
		return hash != "" && subtle.ConstantTimeCompare([]byte(hash), []byte(applications.TokenHash(secret))) == 1
	}
	switch c.Kind {
	case pactius.ClientNative:
		return secret == ""
	case pactius.ClientWeb:
		current, old := is(c.SecretHash), is(c.OldSecretHash)
		return current || old && now.Before(c.OldSecretUntil)
	}
	return false
}

// issuer returns the identifier of an environment as issuer.
func (r *Rules) issuer(e pactius.Environment) string { return r.BaseURL(e).String() }

// may returns who a look found. The error is errAccess where the person may not open the application any more, or it
// is no client.
func (r *Rules) may(look store.DoorLook, now time.Time) (applications.Identity, error) {
	i, err := r.Applications.Identify(look, now)
	if errors.Is(err, applications.ErrNoSession) ||
		(err == nil && (!i.Enough || look.Application.Client.Kind == pactius.ClientNone)) {
		return i, errAccess
	}
	return i, err
}
