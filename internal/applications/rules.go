package applications

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

// Config is what the rules need.
type Config struct {
	DB      *change.DB
	Box     *seal.Box                          // seals keys and codes; nil without PACTIUS_SECRET: nothing can be added
	BaseURL func(pactius.Environment) *url.URL // of an environment's pages

	// PublicHost is the host of the deployment's public URL. No application has it, even if no environment does.
	PublicHost string

	// CallbackHost is the host that Microsoft sends people back to; "" for none. No application has it either.
	CallbackHost string
}

// Rules are the rules of applications. They are safe for concurrent use.
type Rules struct {
	Config
	rings rings
}

// New makes the rules.
func New(c Config) *Rules { return &Rules{Config: c} }

// List lists the applications by name, for administrators of the whole environment and Support.
func (r *Rules) List(ctx context.Context, actor pactius.Actor) ([]Listed, error) {
	var all []Listed
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		apps, err := tx.Applications()
		if err != nil {
			return err
		}
		tree, err := tx.TreeOf(unitsOf(apps)...)
		all = make([]Listed, len(apps))
		for i, a := range apps {
			all[i] = Listed{Application: a, UnitPath: tree.Path(a.Unit)}
		}
		return err
	})
	return all, err
}

// Listed is an application with the path of its required business unit.
type Listed struct {
	pactius.Application
	UnitPath string
}

// Find returns an application, for administrators of the whole environment and Support.
func (r *Rules) Find(ctx context.Context, actor pactius.Actor, id pactius.ApplicationID) (Listed, error) {
	return r.read(ctx, actor, change.RoleRootAdministrator, id)
}

func (r *Rules) read(
	ctx context.Context, actor pactius.Actor, role change.Role, id pactius.ApplicationID,
) (Listed, error) {
	var l Listed
	err := r.DB.Read(ctx, actor, role, func(tx *change.Tx) error {
		a, err := tx.Application(id)
		if err != nil {
			return err
		}
		tree, err := tx.TreeOf(a.Unit)
		l = Listed{Application: a, UnitPath: tree.Path(a.Unit)}
		return err
	})
	return l, err
}

// FindNamed returns the application with a name, or with an ID.
func (r *Rules) FindNamed(ctx context.Context, actor pactius.Actor, name string) (Listed, error) {
	all, err := r.List(ctx, actor)
	if err != nil {
		return Listed{}, err
	}
	key := names.Fold(strings.TrimSpace(name))
	i := slices.IndexFunc(all, func(a Listed) bool { return names.Fold(a.Name) == key || string(a.ID) == name })
	if i < 0 {
		return Listed{}, pactius.Refuse(pactius.KindNotFound, pactius.T("There's no application called %s.", name))
	}
	return all[i], nil
}

func unitsOf(apps []pactius.Application) []pactius.UnitID {
	units := make([]pactius.UnitID, len(apps))
	for i, a := range apps {
		units[i] = a.Unit
	}
	slices.Sort(units)
	return slices.Compact(units)
}

// Add adds an application; every field of the update but Icon and Preflight is needed. The first one of an environment
// makes its signing key.
func (r *Rules) Add(
	ctx context.Context, actor pactius.Actor, up pactius.ApplicationUpdate,
) (pactius.Application, error) {
	a := pactius.Application{ID: pactius.ApplicationID(id.New()), Access: pactius.AccessRead, Version: 1}
	if r.Box == nil {
		return a, errNoSecret
	}
	up = required(up)
	err := r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		a.CreatedAt = tx.Now
		others, err := tx.Applications()
		switch {
		case err != nil:
			return err
		case len(others) >= pactius.MaxApplications:
			return pactius.Refuse(pactius.KindConflict, pactius.T("An environment can have %d applications. Remove "+
				"one that's no longer used.", pactius.MaxApplications))
		}
		if _, err := r.apply(tx, others, &a, up); err != nil {
			return err
		}
		if err := tx.InsertApplication(a); err != nil {
			return taken(err)
		}
		Record(tx, pactius.ApplicationAdded, a, nil)
		return r.ensureKey(tx)
	})
	return a, err
}

// Update changes an application. version is the one that the form showed; 0 skips the check.
func (r *Rules) Update(
	ctx context.Context, actor pactius.Actor, id pactius.ApplicationID, version int, up pactius.ApplicationUpdate,
) (pactius.Application, error) {
	var a pactius.Application
	err := r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		all, err := tx.Applications()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(a pactius.Application) bool { return a.ID == id })
		if i < 0 {
			return store.ErrNotFound
		}
		a = all[i]
		if version != 0 && version != a.Version {
			return store.ErrStale
		}
		changed, err := r.apply(tx, all, &a, up)
		if err != nil || len(changed) == 0 {
			return err
		}
		Record(tx, pactius.ApplicationChanged, a, pactius.Facts{pactius.FactFields: strings.Join(changed, ",")})
		return taken(tx.UpdateApplication(a))
	})
	return a, err
}

// Remove removes an application. Everyone is signed out of it, and its origins are free again.
func (r *Rules) Remove(ctx context.Context, actor pactius.Actor, id pactius.ApplicationID) error {
	return r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		a, err := tx.Application(id)
		if err != nil {
			return err
		}
		Record(tx, pactius.ApplicationRemoved, a, nil)
		return tx.DeleteApplication(a)
	})
}

// Record records an event about an application.
func Record(tx *change.Tx, kind pactius.EventKind, a pactius.Application, facts pactius.Facts) {
	if facts == nil {
		facts = pactius.Facts{}
	}
	facts[pactius.FactApplication] = string(a.ID)
	tx.Record(pactius.Event{Kind: kind, Unit: a.Unit, Facts: facts,
		Detail: pactius.Facts{pactius.DetailName: a.Name}})
}

var errNoSecret = pactius.Refuse(pactius.KindInvalid,
	pactius.T("Signing keys are stored encrypted, which requires PACTIUS_SECRET. Set it to the value the server uses."))

// taken says which of two things another application has already. The name is checked before, so a name that
// is taken at the same moment is told as an origin at worst.
func taken(err error) error {
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	return pactius.RefuseField("origin", pactius.T("Another application already has this name or one of these "+
		"addresses. Each address can belong to only one application."))
}
