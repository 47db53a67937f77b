package environments

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
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

// actor is PACTIUS itself, which acts for the person with the link.
func (l Link) actor() pactius.Actor {
	a := pactius.System(l.Environment, linkReason)
	a.Address = l.Address
	return a
}

// LinkView is what the page behind a link needs to know.
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
	token := seal.NewToken()
	var expires time.Time
	var link *url.URL
	err := r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		if tx.Environment.Connection.Connected() {
			return errConnected
		}
		if err := mayBeFirst(tx, administrator); err != nil {
			return err
		}
		expires = tx.Now.Add(LinkTime)
		link = r.BaseURL(tx.Environment)
		link.Path = LinkPath + token
		if err := tx.EndConnectLinks(); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.ConnectLinkMade})
		return tx.InsertConnectLink(users.TokenHash(token), administrator, tx.Now, expires)
	})
	return link, expires, err
}

// mayBeFirst refuses an existing user, from an earlier connection, as the first
// administrator.
func mayBeFirst(tx *change.Tx, administrator string) error {
	if administrator == "" {
		return nil
	}
	_, err := tx.UserByUsername(administrator)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = pactius.RefuseField("administrator",
			pactius.T("%s is already a user here. Create the link without an administrator.", administrator))
	}
	return err
}

// OpenLink returns the environment and administrator of a link and changes nothing.
// It fails with ErrDeadLink.
func (r *Rules) OpenLink(ctx context.Context, l Link) (LinkView, error) {
	v := LinkView{SharedOffered: r.Shared.ClientID != ""}
	err := r.DB.Read(ctx, l.actor(), change.RoleUser, func(tx *change.Tx) error {
		link, err := linked(tx, l)
		if err != nil {
			return err
		}
		v.Environment, v.Administrator = tx.Environment, link.Administrator
		if v.Tenant, err = tx.KnownTenant(); err != nil {
			return err
		}
		return nameAdministrator(tx, &v)
	})
	return v, err
}

// nameAdministrator fills in an existing administrator.
func nameAdministrator(tx *change.Tx, v *LinkView) error {
	there, err := tx.RootAdministrators()
	if err == nil && len(there) > 0 {
		v.Administrator = there[0].Username
	}
	return err
}

// linked returns a valid link, or ErrDeadLink.
func linked(tx *change.Tx, l Link) (store.ConnectLink, error) {
	link, err := tx.ConnectLink(users.TokenHash(l.Token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return link, ErrDeadLink
	case err != nil:
		return link, err
	case !tx.Now.Before(link.ExpiresAt) || tx.Environment.Connection.Connected():
		return link, ErrDeadLink
	}
	return link, nil
}

// LinkForm is the form behind a link.
type LinkForm struct {
	ConnectionForm
	Confirmed string // the tenant ID that the person has confirmed
}

// ErrConfirm asks for the confirmation of the tenant before the environment is
// connected with the shared app registration.
var ErrConfirm = pactius.Refuse(pactius.KindConflict,
	pactius.T("The test succeeded. Check the tenant once more before you connect the environment to it."))

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
	next, changed, err := r.linkCandidate(ctx, v, f.ConnectionForm)
	if err != nil {
		return t, err
	}
	if t.Steps, err = r.prove(ctx, next); err != nil {
		return t, err
	}
	if f.Shared && !strings.EqualFold(f.Confirmed, next.Connection.TenantID) {
		return t, ErrConfirm
	}
	err = r.DB.Change(ctx, l.actor(), change.RoleUser, func(tx *change.Tx) error {
		link, err := linked(tx, l)
		if err != nil {
			return err
		}
		t.Environment = next // has the version that was tested: a later one is refused
		if err := connectFirst(tx, link, &t.Environment, changed); err != nil {
			return err
		}
		return tx.MailRoot(mail.ConnectedBy(t.Environment.Connection.TenantID, t.Steps))
	})
	t.Changed = err == nil
	return t, err
}

// connectFirst stores the first connection, uses the link up, and adds the
// first administrator that Support has named.
func connectFirst(tx *change.Tx, link store.ConnectLink, e *pactius.Environment, changed []string) error {
	if err := tx.UpdateEnvironment(*e); err != nil {
		return err
	}
	e.Version++
	tx.Environment = *e
	if err := tx.EndConnectLinks(); err != nil {
		return err
	}
	tx.Record(pactius.Event{Kind: pactius.ConnectLinkUsed,
		Facts: pactius.Facts{pactius.FactFields: strings.Join(changed, ",")}})
	if link.Administrator == "" {
		return nil
	}
	v := LinkView{Environment: *e}
	if err := nameAdministrator(tx, &v); err != nil || v.Administrator != "" {
		return err // the environment has an administrator already
	}
	username, err := names.ParseAccountName(link.Administrator)
	if err != nil {
		return err
	}
	root, err := tx.Root()
	if err != nil {
		return err
	}
	tx.Actor = pactius.SupportActor(e.ID) // Support named the administrator
	_, err = users.AddFirst(tx, username, root.ID)
	return err
}

// LinkConsentURL is ConsentURL for a person with a link, for the shared app
// registration in a tenant of the person's choice, whose ID is returned as well.
func (r *Rules) LinkConsentURL(ctx context.Context, l Link, tenant, state string) (to, tenantID string, err error) {
	e, err := r.linkTenant(ctx, l, tenant)
	if err != nil {
		return "", "", err
	}
	to, err = r.consentURL(e, true, state)
	return to, e.Connection.TenantID, err
}

// findTenant returns the ID of a tenant from that ID or from one of its domains, which may be part of an email or web
// address. It refuses anything else, and fails like microsoft.FindTenant.
func (r *Rules) findTenant(ctx context.Context, typed string) (string, error) {
	typed = strings.ToLower(names.Visible(typed))
	if typed == "" || id.Valid(typed) {
		return typed, nil
	}
	host, ok := names.ParseHost(domainOf(typed))
	if _, err := netip.ParseAddr(host); !ok || err == nil || !strings.Contains(host, ".") {
		return "", pactius.RefuseField("tenant", pactius.T("Enter your company's domain, such as nordhavn.example, "+
			"or the directory (tenant) ID, such as 8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e."))
	}
	if r.Microsoft == nil {
		return "", errCannotTest
	}
	return r.Microsoft.FindTenant(ctx, host)
}

// domainOf returns the domain of an email or web address, without "www.", or the text itself.
func domainOf(s string) string {
	s = s[strings.LastIndexByte(s, '@')+1:]
	if _, address, found := strings.Cut(s, "://"); found {
		s = address
	}
	if i := strings.IndexAny(s, "/:?#"); i >= 0 {
		s = s[:i]
	}
	return strings.TrimPrefix(s, "www.")
}

// LinkConsented is Consented for a person with a link. tenant is that of the round
// trip.
func (r *Rules) LinkConsented(
	ctx context.Context, l Link, tenant string, a ConsentAnswer,
) ([]pactius.ConnectionStep, error) {
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
	e, _, err := r.linkCandidate(ctx, v, ConnectionForm{TenantID: tenant, Shared: true})
	return e, err
}

// linkCandidate is candidate for a link. It refuses another tenant than that of
// earlier sign-ins: the administrators of another one could take the place of invited
// users who have not signed in yet.
func (r *Rules) linkCandidate(
	ctx context.Context, v LinkView, f ConnectionForm,
) (pactius.Environment, []string, error) {
	e, changed, err := r.candidate(ctx, v.Environment, f)
	if err == nil && v.Tenant != "" && e.Connection.TenantID != v.Tenant {
		err = pactius.RefuseField("tenant",
			pactius.T("People from another tenant have signed in here before. Only Support can change the tenant; "+
				"please contact them."))
	}
	return e, changed, err
}

// Refusals about links.
var (
	// ErrDeadLink refuses an unknown, expired or used link.
	ErrDeadLink = pactius.Refuse(pactius.KindNotFound,
		pactius.T("This link doesn't work: it has already been used, is more than a week old or is incomplete. Ask "+
			"Support for a new one."))
	errConnected = pactius.Refuse(pactius.KindConflict,
		pactius.T("This environment is already connected to Microsoft 365. Its administrators can change the "+
			"connection under Settings > Environment."))
)
