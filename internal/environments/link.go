package environments

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

// The customer's IT connects Microsoft 365 through a link before any user can sign
// in. docs/decisions/0013-connecting.md describes the trust in a link.
const (
	// LinkTime is the lifetime of a link.
	LinkTime = 7 * 24 * time.Hour

	// LinkPath is the path of links, before the token.
	LinkPath = "/connect/"

	linkReason = "connect_link" // of the system's actor
)

// Link is a link as presented by a person.
type Link struct {
	Environment pactius.EnvironmentID
	Token       string
	Address     string // of the client
}

// LinkView holds the values for the page behind a link.
type LinkView struct {
	Environment   pactius.Environment
	Administrator string // the first administrator, to be added or present already; "" is none
	Tenant        string // of earlier sign-ins, the only one that a link connects; "" is any
	SharedOffered bool   // the deployment has an app registration to share
}

// NewLink returns a link that connects the environment once, and its expiry. Earlier
// links become invalid. administrator is the account name of the first
// administrator, added when the environment is connected; "" is none.
func (r *Rules) NewLink(ctx context.Context, actor pactius.Actor, administrator string) (*url.URL, time.Time, error) {
	if actor.Kind != pactius.ActorSupport {
		return nil, time.Time{}, errSupportOnly
	}
	if administrator != "" {
		name, err := names.ParseAccountName(administrator)
		if err != nil {
			return nil, time.Time{}, pactius.RefuseField("administrator", fieldText(err))
		}
		administrator = name.Shown
	}
	if r.Box == nil {
		return nil, time.Time{}, errNoSecret // connecting needs a secret to store
	}
	token, now := seal.NewToken(), r.Now()
	var link *url.URL
	err := r.Store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		p, err := authority.RootAdministrator(tx, now, actor)
		switch {
		case err != nil:
			return err
		case p.Environment.Connection.Connected():
			return errConnected
		}
		if err := mayBeFirst(tx, administrator); err != nil {
			return err
		}
		link = r.BaseURL(p.Environment)
		link.Path = LinkPath + token
		if err := tx.EndConnectLinks(); err != nil {
			return err
		}
		if err := tx.InsertConnectLink(admission.TokenHash(token), administrator, now, now.Add(LinkTime)); err != nil {
			return err
		}
		return audit.Record(tx, now, p.Actor, pactius.Event{Kind: pactius.ConnectLinkMade})
	})
	return link, now.Add(LinkTime), err
}

// mayBeFirst refuses a first administrator who is a user from an earlier connection
// already: such users keep their access.
func mayBeFirst(tx *store.Tx, administrator string) error {
	if administrator == "" {
		return nil
	}
	_, err := tx.UserByUsername(administrator)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = pactius.RefuseField("administrator",
			pactius.T("%s is a user here already. Make the link without an administrator.", administrator))
	}
	return err
}

// OpenLink returns the environment and administrator of a link and changes nothing.
// It fails with ErrDeadLink.
func (r *Rules) OpenLink(ctx context.Context, l Link) (LinkView, error) {
	v := LinkView{SharedOffered: r.Shared.ClientID != ""}
	err := r.Store.View(ctx, l.Environment, func(tx *store.Tx) error {
		link, e, err := r.linked(tx, l)
		if err != nil {
			return err
		}
		v.Environment, v.Administrator = e, link.Administrator
		if v.Tenant, err = tx.KnownTenant(); err != nil {
			return err
		}
		return r.nameAdministrator(tx, &v)
	})
	return v, err
}

// nameAdministrator fills in an administrator who exists already.
func (r *Rules) nameAdministrator(tx *store.Tx, v *LinkView) error {
	there, err := tx.RootAdministrators(v.Environment.Today(r.Now()))
	if err == nil && len(there) > 0 {
		v.Administrator = there[0].Username
	}
	return err
}

// linked returns a valid link and its environment.
func (r *Rules) linked(tx *store.Tx, l Link) (store.ConnectLink, pactius.Environment, error) {
	e, err := tx.EnvironmentRow()
	if err != nil {
		return store.ConnectLink{}, e, err
	}
	link, err := tx.ConnectLink(admission.TokenHash(l.Token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return link, e, ErrDeadLink
	case err != nil:
		return link, e, err
	case !r.Now().Before(link.ExpiresAt) || e.Connection.Connected():
		return link, e, ErrDeadLink
	}
	return link, e, nil
}

// LinkForm is the form behind a link.
type LinkForm struct {
	ConnectionForm
	Confirmed string // the tenant ID that the person has confirmed
}

// ErrConfirm asks for the confirmation of the tenant before the environment is
// connected with the shared app registration.
var ErrConfirm = pactius.Refuse(pactius.Conflict,
	pactius.T("The test succeeded. Look at the tenant once more before the environment is connected to it."))

// ConnectByLink connects the environment of a valid link, tested as by Connect, and
// invalidates the link. A test with the shared app registration proves only that the
// tenant has consented to it, as other customers' tenants have; therefore the tenant
// must be confirmed, see ErrConfirm.
func (r *Rules) ConnectByLink(ctx context.Context, l Link, f LinkForm) (Tried, error) {
	v, err := r.OpenLink(ctx, l)
	t := Tried{Environment: v.Environment}
	if err != nil {
		return t, err
	}
	next, changed, err := r.linkCandidate(v, f.ConnectionForm)
	if err != nil {
		return t, err
	}
	if t.Steps, err = r.try(ctx, next); err != nil {
		return t, err
	}
	if f.Shared && !strings.EqualFold(f.Confirmed, next.Connection.TenantID) {
		return t, ErrConfirm
	}
	err = r.Store.Update(ctx, l.Environment, func(tx *store.Tx) error {
		link, e, err := r.linked(tx, l)
		if err != nil {
			return err
		}
		if e.Version != v.Environment.Version {
			return store.ErrStale
		}
		t.Environment = next
		return r.connectFirst(tx, l, link, &t.Environment, changed)
	})
	t.Changed = err == nil
	return t, err
}

// connectFirst stores the first connection, invalidates the link, and adds the first
// administrator.
func (r *Rules) connectFirst(tx *store.Tx, l Link, link store.ConnectLink, e *pactius.Environment, changed []string) error {
	actor := pactius.System(l.Environment, linkReason)
	actor.Address = l.Address
	now := r.Now()
	if err := tx.UpdateEnvironment(*e); err != nil {
		return err
	}
	e.Version++
	if err := tx.EndConnectLinks(); err != nil {
		return err
	}
	event := pactius.Event{Kind: pactius.ConnectLinkUsed,
		Facts: pactius.Facts{pactius.FactFields: strings.Join(changed, ",")}}
	if err := audit.Record(tx, now, actor, event); err != nil || link.Administrator == "" {
		return err
	}
	v := LinkView{Environment: *e}
	if err := r.nameAdministrator(tx, &v); err != nil || v.Administrator != "" {
		return err // it has an administrator already
	}
	p, err := authority.Of(tx, now, pactius.SupportActor(l.Environment)) // Support named the administrator
	if err != nil {
		return err
	}
	username, err := names.ParseAccountName(link.Administrator)
	if err != nil {
		return err
	}
	root, err := tx.Root()
	if err != nil {
		return err
	}
	_, err = admission.AddFirst(tx, p, username, root.ID)
	return err
}

// LinkConsentURL is ConsentURL for a person with a link, for the shared app
// registration in a tenant of the person's choice.
func (r *Rules) LinkConsentURL(ctx context.Context, l Link, tenant, state string) (string, error) {
	e, err := r.linkTenant(ctx, l, tenant)
	if err != nil {
		return "", err
	}
	return r.consentURL(e, true, state)
}

// LinkConsented is Consented for a person with a link. tenant is that of the round
// trip.
func (r *Rules) LinkConsented(ctx context.Context, l Link, tenant string, a ConsentAnswer) ([]pactius.ConnectionStep, error) {
	e, err := r.linkTenant(ctx, l, tenant)
	if err != nil {
		return nil, err
	}
	if err := r.useAnswer(ctx, e, a); err != nil {
		return nil, err
	}
	return r.try(ctx, choosing(e, true))
}

// linkTenant returns the link's environment as if connected to a tenant with the
// shared app registration.
func (r *Rules) linkTenant(ctx context.Context, l Link, tenant string) (pactius.Environment, error) {
	v, err := r.OpenLink(ctx, l)
	if err != nil {
		return v.Environment, err
	}
	e, _, err := r.linkCandidate(v, ConnectionForm{TenantID: tenant, Shared: true})
	return e, err
}

// linkCandidate is candidate for a link. It refuses another tenant than that of
// earlier sign-ins: the administrators of another one could take the place of invited
// users who have not signed in yet.
func (r *Rules) linkCandidate(v LinkView, f ConnectionForm) (pactius.Environment, []string, error) {
	e, changed, err := r.candidate(v.Environment, f)
	if err == nil && v.Tenant != "" && e.Connection.TenantID != v.Tenant {
		err = pactius.RefuseField("tenant",
			pactius.T("People of another tenant have signed in here before. Only Support can change the tenant; "+
				"please contact them."))
	}
	return e, changed, err
}

// Refusals about links.
var (
	// ErrDeadLink refuses an unknown, expired or used link.
	ErrDeadLink = pactius.Refuse(pactius.NotFound,
		pactius.T("This link does not work: it was used already, is older than a week, or is not complete. "+
			"Ask Support for a new one."))
	errConnected = pactius.Refuse(pactius.Conflict,
		pactius.T("This environment is connected to Microsoft 365 already. Its administrators change the connection "+
			"under Settings > Environment."))
)
