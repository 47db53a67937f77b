package applications

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
)

// required returns an update in which the fields that an application needs are set, if only to be refused.
func required(up pactius.ApplicationUpdate) pactius.ApplicationUpdate {
	up.Name = cmp.Or(up.Name, new(string))
	up.Origins = cmp.Or(up.Origins, new([]string))
	up.Unit = cmp.Or(up.Unit, new(pactius.UnitID))
	return up
}

// apply changes an application by an update. It returns the names of the fields that changed, and all faults at once.
// others are the environment's applications; a may be one of them.
func (r *Rules) apply(
	tx *change.Tx, others []pactius.Application, a *pactius.Application, up pactius.ApplicationUpdate,
) ([]string, error) {
	if up.Upstream != nil && *up.Upstream != string(a.Upstream) && tx.Actor.Kind != pactius.ActorSupport {
		return nil, errUpstream
	}
	before := *a
	others = slices.DeleteFunc(slices.Clone(others), func(o pactius.Application) bool { return o.ID == a.ID })
	var wrong pactius.Fields
	if up.Name != nil {
		wrong.Collect(applyName(others, a, *up.Name))
	}
	if up.Icon != nil {
		if a.Icon = *up.Icon; a.Icon != "" && !slices.Contains(pactius.ApplicationIcons(), a.Icon) {
			icons := strings.Join(pactius.ApplicationIcons(), ", ")
			wrong.Add("icon", pactius.T("Choose one of these icons: %s.", icons))
		}
	}
	if up.Origins != nil {
		wrong.Collect(r.applyOrigins(tx, others, a, *up.Origins))
		if before.Upstream != "" && tx.Actor.Kind != pactius.ActorSupport && !slices.Equal(before.Origins, a.Origins) {
			wrong.Collect(errServedHost)
		}
	}
	if up.Unit != nil {
		wrong.Collect(applyUnit(tx, a, *up.Unit))
	}
	if up.Access != nil {
		if a.Access = *up.Access; a.Access == pactius.AccessNone {
			wrong.Add("access", pactius.T("Access must be read, write or administer."))
		}
	}
	if up.Preflight != nil {
		a.Preflight = *up.Preflight
	}
	wrong.Collect(r.applyClient(tx, others, a, up))
	if up.Upstream != nil {
		wrong.Collect(r.applyUpstream(tx, a, *up.Upstream))
	}
	wrong.Collect(judgeCircle(*a))
	return changedFields(before, *a), wrong.Err()
}

func changedFields(before, after pactius.Application) []string {
	var changed []string
	for field, differs := range map[string]bool{
		"name": before.Name != after.Name, "icon": before.Icon != after.Icon,
		"origin": !slices.Equal(before.Origins, after.Origins), "unit": before.Unit != after.Unit,
		"access": before.Access != after.Access, "preflight": before.Preflight != after.Preflight,
		"client": !before.Client.Equal(after.Client), "upstream": before.Upstream != after.Upstream,
	} {
		if differs {
			changed = append(changed, field)
		}
	}
	slices.Sort(changed)
	return changed
}

func applyName(others []pactius.Application, a *pactius.Application, typed string) error {
	name, err := names.ParseName("name", typed)
	if err != nil {
		return err
	}
	if len([]rune(name)) > pactius.MaxApplicationName {
		return pactius.RefuseField("name", pactius.T("Use at most %d characters.", pactius.MaxApplicationName))
	}
	for _, other := range others {
		if names.Fold(other.Name) == names.Fold(name) {
			return pactius.RefuseField("name", pactius.T("There's already an application called %s.", other.Name))
		}
	}
	a.Name = name
	return nil
}

// applyOrigins refuses an origin on a host of PACTIUS itself, also with another port: browsers give the cookies of a
// host to all its ports, so the application would receive people's sessions at PACTIUS.
func (r *Rules) applyOrigins(
	tx *change.Tx, others []pactius.Application, a *pactius.Application, typed []string,
) error {
	var origins []pactius.Origin
	for _, s := range typed {
		if strings.TrimSpace(s) == "" {
			continue
		}
		o, err := names.ParseOrigin("origin", s)
		if err != nil {
			return err
		}
		origins = append(origins, o)
	}
	slices.Sort(origins)
	a.Origins = slices.Compact(origins)
	switch n := len(a.Origins); {
	case n == 0:
		return pactius.RefuseField("origin", pactius.T("Enter the address where people open the application, for "+
			"example https://contracts.nordhavn.example."))
	case n > pactius.MaxOrigins:
		return pactius.RefuseField("origin", pactius.T("Enter at most %d addresses.", pactius.MaxOrigins))
	}
	for _, o := range a.Origins {
		own, err := r.isOwn(tx, o.Hostname())
		if err != nil {
			return err
		}
		if own {
			return pactius.RefuseField("origin", pactius.T("%s is the address of PACTIUS itself. An application "+
				"needs its own host name.", o.Hostname()))
		}
		foreign, err := tx.HostOfApplication(o.Hostname(), true)
		if err != nil {
			return err
		}
		if foreign || slices.ContainsFunc(others, func(other pactius.Application) bool { return other.Has(o) }) {
			return pactius.RefuseField("origin", pactius.T("%s already belongs to another application. Each address "+
				"can belong to only one application.", string(o)))
		}
	}
	return nil
}

// isOwn reports whether a host is that of PACTIUS itself.
func (r *Rules) isOwn(tx *change.Tx, host string) (bool, error) {
	own, err := tx.HostOfEnvironment(host)
	return own || host == r.PublicHost || host == r.CallbackHost, err
}

func applyUnit(tx *change.Tx, a *pactius.Application, unit pactius.UnitID) error {
	if unit == "" {
		return pactius.RefuseField("unit", pactius.T("Choose the business unit that people need access to."))
	}
	tree, err := tx.TreeOf(unit)
	if err != nil {
		return err
	}
	u, ok := tree.Unit(unit)
	if !ok || (u.IsArchived() && unit != a.Unit) {
		return pactius.RefuseField("unit", pactius.T("This business unit isn't in use. Choose another one."))
	}
	a.Unit = unit
	return nil
}
