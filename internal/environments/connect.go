package environments

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// ConnectionForm is a Microsoft 365 connection as typed by an administrator.
type ConnectionForm struct {
	TenantID      string // of a first connection; otherwise "" or the environment's
	Shared        bool   // the deployment's app registration; the fields below are ignored
	ClientID      string
	ByCertificate bool   // use Certificate, otherwise ClientSecret and EndsOn
	ClientSecret  string // "" keeps the stored one
	EndsOn        string // last day of the secret, year-month-day; "" is unknown
	Certificate   string // PEM of the certificate and its private key; "" keeps the stored one
}

// ConnectionView holds the values for the page of the connection.
type ConnectionView struct {
	Environment   pactius.Environment
	SharedOffered bool                 // the deployment has an app registration to share
	Certificate   *pactius.Certificate // the stored one; nil if there is none or it cannot be read
}

// Connection returns the connection for an administrator of the root.
func (r *Rules) Connection(ctx context.Context, actor pactius.Actor) (ConnectionView, error) {
	e, err := r.asRoot(ctx, actor)
	if err != nil {
		return ConnectionView{}, err
	}
	if !e.Connection.Connected() {
		return ConnectionView{}, users.ErrNotConnected // disconnected while the administrator is signed in
	}
	return ConnectionView{Environment: e, SharedOffered: r.Shared.ClientID != "", Certificate: r.certificate(e)}, nil
}

// Tried is a connection with the result of its test.
type Tried struct {
	Environment pactius.Environment // as stored now
	Steps       []pactius.ConnectionStep
	Changed     bool // the stored connection was changed
}

// testTime limits the test of a connection, so that the page can still answer within
// edge.RequestTimeout.
const testTime = 25 * time.Second

// Connect changes the environment's Microsoft 365 connection. It tests the new one
// first and stores it only if people can sign in with it, so that renewing a secret
// interrupts no user. version is that of the form. With ErrTestFailed the steps
// contain the reason.
func (r *Rules) Connect(ctx context.Context, actor pactius.Actor, version int, f ConnectionForm) (Tried, error) {
	v, err := r.Connection(ctx, actor)
	before := v.Environment
	t := Tried{Environment: before}
	switch {
	case err != nil:
		return t, err
	case version != before.Version:
		return t, store.ErrStale
	case f.TenantID != "" && !strings.EqualFold(names.Visible(f.TenantID), before.Connection.TenantID):
		return t, errTenantStays
	}
	f.TenantID = before.Connection.TenantID
	next, changed, err := r.candidate(ctx, before, f)
	if err != nil {
		return t, err
	}
	if t.Steps, err = r.prove(ctx, next); err != nil || len(changed) == 0 {
		return t, err
	}
	err = r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		t.Environment = next // has the version that was tested: a later one is refused
		return save(tx, &t.Environment, changed)
	})
	t.Changed = err == nil
	return t, err
}

// candidate returns the environment with the form's values and the names of the
// fields that change. A domain in place of the tenant's ID is looked up.
func (r *Rules) candidate(
	ctx context.Context, e pactius.Environment, f ConnectionForm,
) (pactius.Environment, []string, error) {
	var wrong pactius.Fields
	tenant, err := r.findTenant(ctx, f.TenantID)
	if pactius.KindOf(err) == pactius.KindInvalid {
		wrong.Collect(err)
	} else if err != nil {
		return e, nil, err
	}
	f.TenantID = tenant
	none, noDate := "", pactius.Date("")
	up := pactius.EnvironmentUpdate{TenantID: &f.TenantID, ClientID: &none, ClientSecret: &none, Certificate: &none,
		SecretEndsOn: &noDate}
	switch {
	case tenant == "" && err == nil:
		wrong.Add("tenant", pactius.T("Enter your company's domain, or the directory (tenant) ID."))
	case f.Shared && r.Shared.ClientID == "":
		wrong.Add("registration", pactius.T("There's no shared app registration here. Use your own."))
	}
	if !f.Shared {
		up = r.own(e, f, up, &wrong)
	}
	changed := r.apply(&e, up, &wrong)
	return e, changed, wrong.Err()
}

// own applies the form's values for an app registration of the customer's own.
func (r *Rules) own(
	e pactius.Environment, f ConnectionForm, up pactius.EnvironmentUpdate, wrong *pactius.Fields,
) pactius.EnvironmentUpdate {
	up.ClientID, up.ClientSecret, up.Certificate, up.SecretEndsOn = &f.ClientID, nil, nil, nil
	clientID := strings.ToLower(names.Visible(f.ClientID))
	same := clientID == e.Connection.ClientID // a secret belongs to one app registration
	if clientID == "" {
		wrong.Add("client_id", pactius.T("Enter the application (client) ID of your app registration."))
	}
	switch {
	case f.ByCertificate && given(&f.Certificate):
		up.Certificate = &f.Certificate
	case f.ByCertificate && (!same || e.Connection.SealedCertificate == ""):
		wrong.Add("certificate", pactius.T("Paste the certificate and its private key."))
	case f.ByCertificate:
	case given(&f.ClientSecret):
		up.ClientSecret, up.SecretEndsOn = &f.ClientSecret, new(pactius.Date(strings.TrimSpace(f.EndsOn)))
	case !same || e.Connection.SealedSecret == "":
		wrong.Add("client_secret", pactius.T("Enter the value of a client secret."))
	default:
		up.SecretEndsOn = new(pactius.Date(strings.TrimSpace(f.EndsOn)))
	}
	return up
}

// try tests a stored connection. The error is ErrTestFailed if no user could sign in with
// it, or only with the secret before.
func (r *Rules) try(ctx context.Context, e pactius.Environment) ([]pactius.ConnectionStep, error) {
	return r.tryFor(ctx, e, testTime)
}

func (r *Rules) tryFor(ctx context.Context, e pactius.Environment, limit time.Duration) (
	[]pactius.ConnectionStep, error,
) {
	c, err := r.Credentials(e)
	if err != nil {
		return nil, err
	}
	return r.tryWith(ctx, e, c, limit)
}

// prove tests a connection that is not stored yet: the secret before counts for nothing.
func (r *Rules) prove(ctx context.Context, e pactius.Environment) ([]pactius.ConnectionStep, error) {
	c, err := r.Credentials(e)
	if err != nil {
		return nil, err
	}
	c.FormerSecret, c.FormerUntil = "", time.Time{}
	return r.tryWith(ctx, e, c, testTime)
}

func (r *Rules) tryWith(
	ctx context.Context, e pactius.Environment, c pactius.Credentials, limit time.Duration,
) ([]pactius.ConnectionStep, error) {
	if r.Microsoft == nil || r.PublicURL == nil {
		return nil, errCannotTest
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	steps := r.Microsoft.Test(ctx, c, r.RedirectURI(e))
	if !pactius.StepsProved(steps) {
		return steps, ErrTestFailed
	}
	return steps, nil
}

// Test tests the stored connection. It stores no result; failed steps are no error.
func (r *Rules) Test(ctx context.Context, actor pactius.Actor) ([]pactius.ConnectionStep, error) {
	return r.TestFor(ctx, actor, testTime)
}

// TestFor is Test that waits for Microsoft for so long at most.
func (r *Rules) TestFor(ctx context.Context, actor pactius.Actor, limit time.Duration) (
	[]pactius.ConnectionStep, error,
) {
	e, err := r.asRoot(ctx, actor)
	if err != nil {
		return nil, err
	}
	steps, err := r.tryFor(ctx, e, limit)
	if errors.Is(err, ErrTestFailed) && len(steps) > 0 {
		err = nil
	}
	return steps, err
}

// Refusals about connections.
var (
	// ErrTestFailed refuses a connection that no user could sign in with.
	ErrTestFailed = pactius.Refuse(pactius.KindInvalid,
		pactius.T("The test failed, so nothing was saved and nothing has changed for your users. The steps below "+
			"show what's missing."))
	errCannotTest = pactius.Refuse(pactius.KindUnavailable,
		pactius.T("The connection can't be tested here. Try again later, or contact Support."))
	errTenantStays = pactius.Refuse(pactius.KindForbidden,
		pactius.T("The Microsoft 365 tenant can't be changed here, because another one would lock everyone out. If "+
			"your company has moved to another tenant, contact Support."))
)
