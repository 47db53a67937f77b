package environments

import (
	"context"
	"errors"
	"net"
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
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
)

// Config holds the dependencies and settings of the rules.
type Config struct {
	DB             *change.DB
	Box            *seal.Box           // seals client secrets; nil: none can be stored or read
	PublicURL      *url.URL            // of the deployment; an environment's has its own host
	CallbackHost   string              // of the shared app registration, see callback.go; "" for none
	SupportContact string              // where an environment has none of its own
	Shared         pactius.Credentials // without a tenant

	Microsoft Microsoft // nil: connections cannot be tested
	Directory Directory // nil: users cannot be linked anew
	// as microsoft.ParseCertificate; nil refuses certificates
	ReadCertificate func(pem []byte, now time.Time) (pactius.Certificate, error)
	// as applications.Rules.ResealKeys; nil: there are no keys
	ResealKeys func(tx *change.Tx, n *seal.Renewal, store bool) error
}

// Microsoft tests connections, as microsoft.Graph does.
type Microsoft interface {
	// Test tests a connection step by step, as far as possible from here.
	Test(ctx context.Context, c pactius.Credentials, redirectURI string) []pactius.ConnectionStep
	// FindTenant returns the ID of the tenant that has a domain. Its refusals are about the field "tenant".
	FindTenant(ctx context.Context, domain string) (string, error)
	// AdminConsentURL returns the address where the tenant's administrator grants the
	// permissions of the app registration.
	AdminConsentURL(c pactius.Credentials, redirectURI, state string) string
}

// Rules are the rules about environments. They are safe for concurrent use.
type Rules struct{ Config }

// New returns the rules.
func New(c Config) *Rules { return &Rules{c} }

// ByHost returns the environment of an HTTP request's host. The host may have a port
// and any letter case.
func (r *Rules) ByHost(ctx context.Context, host string) (pactius.Environment, error) {
	return r.DB.Store.EnvironmentByHost(ctx, CleanHost(host))
}

// Page runs fn on one snapshot of the environment that a request is for, see
// change.DB.Page. The host may have a port and any letter case.
func (r *Rules) Page(ctx context.Context, host string, fn func(context.Context, pactius.Environment) error) error {
	return r.DB.Page(ctx, CleanHost(host), fn)
}

// Glance is Page for what reads a session at most: see change.DB.Glance.
func (r *Rules) Glance(ctx context.Context, host string, fn func(context.Context, pactius.Environment) error) error {
	return r.DB.Glance(ctx, CleanHost(host), fn)
}

// Turn returns when a person's action may be carried out, with the function that ends it: see database.DB.Turn.
func (r *Rules) Turn(ctx context.Context, env pactius.EnvironmentID, stranger bool) (end func(), err error) {
	return r.DB.Store.Turn(ctx, env, stranger)
}

// CleanHost returns a host name in its stored form: without port, lower case, its labels as A-labels.
func CleanHost(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if clean, ok := names.ParseHost(host); ok {
		return clean
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// Any reports whether an environment was set up, for anybody.
func (r *Rules) Any(ctx context.Context) (bool, error) { return r.DB.Store.AnyEnvironment(ctx) }

// List returns all environments, for Support.
func (r *Rules) List(ctx context.Context) ([]pactius.Environment, error) {
	return r.DB.Store.Environments(ctx)
}

// BaseURL returns the deployment's public URL with the environment's host. Links and
// redirects are built from it, never from the headers of a request.
func (r *Rules) BaseURL(e pactius.Environment) *url.URL {
	u := *r.PublicURL
	u.Host = e.Host
	if strings.Contains(e.Host, ":") { // an IPv6 address
		u.Host = "[" + e.Host + "]"
	}
	if port := r.PublicURL.Port(); port != "" {
		u.Host += ":" + port
	}
	u.Path = ""
	return &u
}

// Contact returns an environment's support contact or else the deployment's.
func (r *Rules) Contact(e pactius.Environment) string {
	if e.SupportContact != "" {
		return e.SupportContact
	}
	return r.SupportContact
}

// Purposes of sealing the parts of a connection.
const (
	secretPurpose      = "microsoft client secret"
	certificatePurpose = "microsoft certificate"
)

// Credentials returns the app registration of an environment: its own, or else the
// deployment's.
func (r *Rules) Credentials(e pactius.Environment) (pactius.Credentials, error) {
	c := e.Connection
	switch {
	case !c.Connected():
		return pactius.Credentials{}, users.ErrNotConnected
	case c.ClientID == "" && r.Shared.ClientID == "":
		return pactius.Credentials{}, users.ErrNotConnected
	case c.ClientID == "":
		shared := r.Shared
		shared.TenantID = c.TenantID
		return shared, nil
	}
	secret, err := r.secretParts(e, c)
	if err != nil {
		return pactius.Credentials{}, err
	}
	certificate, err := r.open(e, certificatePurpose, c.SealedCertificate)
	return pactius.Credentials{TenantID: c.TenantID, ClientID: c.ClientID, ClientSecret: secret.secret,
		FormerSecret: secret.former, FormerUntil: secret.until, Certificate: certificate}, err
}

// open unseals a part of an environment's connection; empty stays empty.
func (r *Rules) open(e pactius.Environment, purpose, sealed string) ([]byte, error) {
	switch {
	case sealed == "":
		return nil, nil
	case r.Box == nil:
		return nil, errNoSecret
	}
	clear, err := r.Box.Open(purpose, sealed, string(e.ID))
	if err != nil {
		return nil, &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
			Message: pactius.T("The stored Microsoft 365 secret can't be read, probably because PACTIUS_SECRET has " +
				"changed. Support needs to set the old value or store the client secret again.")}
	}
	return clear, nil
}

var errNoSecret = pactius.Refuse(pactius.KindInvalid,
	pactius.T("Secrets are stored encrypted, which requires PACTIUS_SECRET. Set it to the value the server uses."))

// NewEnvironment holds the values for setting up an environment.
type NewEnvironment struct {
	Name          string
	Host          string                    // "" is the host of the public URL
	Update        pactius.EnvironmentUpdate // connection and settings; Name and Host are taken from above
	Administrator string                    // account name of the first administrator; "" is none
}

// Add sets up an environment with its root unit and its first administrator.
func (r *Rules) Add(ctx context.Context, actor pactius.Actor, n NewEnvironment) (pactius.Environment, error) {
	if actor.Kind != pactius.ActorSupport {
		return pactius.Environment{}, errSupportOnly
	}
	if n.Host == "" && r.PublicURL != nil {
		n.Host = r.PublicURL.Hostname()
	}
	n.Update.Name, n.Update.Host = &n.Name, &n.Host
	e := pactius.Environment{ID: pactius.EnvironmentID(id.New()), CreatedAt: r.DB.Now(), Version: 1}
	logo := parseLogo(n.Update)
	wrong := logo.wrong
	r.apply(&e, n.Update, &wrong)
	applyBrand(&e.Brand, n.Update, logo, &wrong)
	var username names.Username
	if n.Administrator != "" {
		var err error
		if username, err = names.ParseAccountName(n.Administrator); err != nil {
			wrong.Add("administrator", fieldText(err))
		}
		if n.Update.TenantID == nil || *n.Update.TenantID == "" {
			wrong.Add("tenant",
				pactius.T("You can add an administrator only if people can sign in. Specify the tenant too."))
		}
	}
	if err := wrong.Err(); err != nil {
		return e, err
	}
	return e, r.DB.Found(ctx, e, func(tx *change.Tx) error { return insert(tx, username, logo.image) })
}

// insert stores a new environment with its root unit and its first administrator.
func insert(tx *change.Tx, username names.Username, logo []byte) error {
	e := tx.Environment
	if err := checkHost(tx, e.Host); err != nil {
		return err
	}
	if err := tx.InsertEnvironment(e); err != nil {
		return hostTaken(err, e.Host)
	}
	if err := tx.SetLogo(e.Brand.Logo.Hash, logo); err != nil {
		return err
	}
	root, err := units.NewRoot(tx, e.Name)
	if err != nil {
		return err
	}
	tx.Record(pactius.Event{Kind: pactius.EnvironmentAdded, Unit: root.ID})
	if username.Shown == "" {
		return nil
	}
	if _, err = users.AddFirst(tx, username, root.ID); err != nil || !e.Connection.Connected() {
		return err
	}
	return tx.MailRoot(mail.ConnectedBy(e.Connection.TenantID, nil))
}

// checkHost refuses the host of an application: browsers would show it the sessions of the environment.
func checkHost(tx *change.Tx, host string) error {
	taken, err := tx.HostOfApplication(host, false)
	if err == nil && taken {
		err = pactius.RefuseField("host",
			pactius.T("%s is an application's address. PACTIUS needs its own host name.", host))
	}
	return err
}

func hostTaken(err error, host string) error {
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	return pactius.RefuseField("host",
		pactius.T("There's already an environment at %s. See it with: pactius environment show --environment %s", host,
			host))
}

// fieldText returns the sentence of an error about a single field.
func fieldText(err error) pactius.Text {
	if e, ok := errors.AsType[*pactius.Error](err); ok && len(e.Fields) > 0 {
		return e.Fields[0].Message
	}
	return pactius.T("Please check what you entered.")
}

var errSupportOnly = pactius.Refuse(pactius.KindForbidden,
	pactius.T("The host name and the Microsoft 365 tenant are set by PACTIUS Support. Please contact them."))
