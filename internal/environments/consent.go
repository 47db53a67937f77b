package environments

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// ConsentAnswer is the answer of Microsoft's admin consent page. None of it is
// evidence: anyone can make a browser open such an address.
type ConsentAnswer struct {
	State    string // of the round trip, valid once
	StateEnd time.Time
	Tenant   string // the tenant that claims to have consented
	Shared   bool   // the round trip was for the deployment's app registration
}

// ConsentState returns a new state for a round trip to the admin consent page: see State.
func (r *Rules) ConsentState(e pactius.Environment, shared bool) string {
	return r.State(choosing(e, shared), seal.NewToken())
}

// ConsentURL returns the address of Microsoft's admin consent page, for the
// permissions of the environment's app registration or, with shared, of the
// deployment's. The answer contains state.
func (r *Rules) ConsentURL(ctx context.Context, actor pactius.Actor, shared bool, state string) (string, error) {
	e, err := r.asRoot(ctx, actor)
	if err != nil {
		return "", err
	}
	return r.consentURL(e, shared, state)
}

func (r *Rules) consentURL(e pactius.Environment, shared bool, state string) (string, error) {
	e = choosing(e, shared)
	c, err := r.Credentials(e)
	if err != nil {
		return "", err
	}
	if r.Microsoft == nil {
		return "", errCannotTest
	}
	return r.Microsoft.AdminConsentURL(c, r.RedirectURI(e), state), nil
}

// choosing returns the environment, with the deployment's app registration if
// shared.
func choosing(e pactius.Environment, shared bool) pactius.Environment {
	if shared {
		e.Connection = pactius.Connection{TenantID: e.Connection.TenantID}
	}
	return e
}

// Consented accepts the answer of the admin consent page once. A test finds out the
// actual consent; Consented returns its steps and stores nothing. A failed test is
// ErrTestFailed.
func (r *Rules) Consented(ctx context.Context, actor pactius.Actor, a ConsentAnswer) ([]pactius.ConnectionStep, error) {
	e, err := r.asRoot(ctx, actor)
	if err != nil {
		return nil, err
	}
	if err := r.useAnswer(ctx, e, a); err != nil {
		return nil, err
	}
	return r.try(ctx, choosing(e, a.Shared))
}

// useAnswer refuses a repeated answer and one of another tenant.
func (r *Rules) useAnswer(ctx context.Context, e pactius.Environment, a ConsentAnswer) error {
	err := r.DB.Change(ctx, pactius.System(e.ID, "consent"), change.RoleUser, func(tx *change.Tx) error {
		return tx.UseState(users.TokenHash(a.State), a.StateEnd)
	})
	switch {
	case errors.Is(err, store.ErrTaken):
		return ErrAnswerUsed
	case err != nil:
		return err
	case !strings.EqualFold(a.Tenant, e.Connection.TenantID):
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("The permission was granted in another tenant (%s), not in this environment's (%s). Sign in to "+
				"Microsoft as an administrator of the right tenant and grant it again.",
				shown(a.Tenant), e.Connection.TenantID))
	}
	return nil
}

// shown returns the tenant ID of an answer for display; its text is not trusted.
func shown(tenant string) string {
	if tenant = strings.ToLower(tenant); id.Valid(tenant) {
		return tenant
	}
	return "?"
}

// asRoot returns the environment for an administrator of the root.
func (r *Rules) asRoot(ctx context.Context, actor pactius.Actor) (pactius.Environment, error) {
	var e pactius.Environment
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		e = tx.Environment
		return nil
	})
	return e, err
}

// ErrAnswerUsed refuses a repeated answer of the consent page.
var ErrAnswerUsed = pactius.Refuse(pactius.KindConflict,
	pactius.T("This response from Microsoft has already been used, or wasn't requested in this browser. Start again "+
		"on the connection page."))
