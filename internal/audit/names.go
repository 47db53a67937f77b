package audit

import (
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// referred are the rows that events refer to, as far as they are there.
type referred struct {
	ids      []pactius.UserID
	users    map[pactius.UserID]store.NamedUser
	pasts    map[pactius.UserID]store.Past // of ids that are missing from users
	units    []pactius.UnitID
	requests []pactius.AccessRequest
	apps     []pactius.ApplicationID
}

// NamesOf reads the names of what events refer to, as the actor may see them.
func NamesOf(tx *change.Tx, events []pactius.Event) (Names, error) {
	r, err := gather(tx, events)
	if err != nil {
		return Names{}, err
	}
	return r.names(tx)
}

// gather reads what events refer to.
func gather(tx *change.Tx, events []pactius.Event) (referred, error) {
	var r referred
	var requests []pactius.RequestID
	for _, e := range events {
		requests = append(requests, e.Request)
		r.ids = append(r.ids, e.User, e.Actor.User, pactius.UserID(e.Facts[pactius.FactOther]))
		r.units = append(r.units, e.Unit)
		for name := range e.Facts {
			if c, ok := e.Facts.AccessChange(name); ok {
				r.units = append(r.units, c.Unit)
			}
		}
		for _, key := range []string{pactius.FactFrom, pactius.FactTo} { // of a new or moved unit
			r.units = append(r.units, pactius.UnitID(e.Facts[key]))
		}
		r.apps = append(r.apps, pactius.ApplicationID(e.Facts[pactius.FactApplication]))
	}
	r.ids, r.units, r.apps = distinct(r.ids), distinct(r.units), distinct(r.apps)
	var err error
	if r.requests, err = tx.RequestsByID(distinct(requests)); err != nil {
		return r, err
	}
	if r.users, err = tx.NamesOf(r.ids, tx.UserScope()); err != nil {
		return r, err
	}
	var missing []pactius.UserID
	for _, id := range r.ids {
		if _, ok := r.users[id]; !ok {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		r.pasts, err = tx.Pasts(missing)
	}
	return r, err
}

// names finds the names of what events refer to. It reads all units together, as rights over units that are
// not known are read one by one.
func (r referred) names(tx *change.Tx) (Names, error) {
	n := Names{Users: map[pactius.UserID]string{}, Erased: map[pactius.UserID]bool{},
		Units: map[pactius.UnitID]string{}, Requests: map[pactius.RequestID]string{},
		OpenUsers: map[pactius.UserID]pactius.UserID{}, OpenUnits: map[pactius.UnitID]bool{}}
	if err := r.nameUsers(tx, &n); err != nil {
		return n, err
	}
	units := slices.Clone(r.units)
	for _, q := range r.requests {
		units = append(units, q.Units...)
	}
	tree, err := tx.TreeOf(units...)
	if err != nil {
		return n, err
	}
	all := tx.Rights.AdministersAll()
	for _, q := range r.requests {
		if tx.Rights.CanDecide(q.Units) {
			n.Requests[q.ID] = q.Person.Name
		}
	}
	for _, id := range r.units {
		if _, ok := tree.Unit(id); ok {
			n.Units[id], n.OpenUnits[id] = tree.Path(id), all || tx.Rights.Administers(id)
		}
	}
	return n, n.openApplications(tx, r.apps)
}

// nameUsers fills in the names of users, those that were merged into others too, and which users were erased.
func (r referred) nameUsers(tx *change.Tx, n *Names) error {
	var merged []pactius.UserID
	for _, id := range r.ids {
		past, gone := r.pasts[id]
		switch u, ok := r.users[id]; {
		case ok:
			n.Users[id] = u.Name
			if u.InScope {
				n.OpenUsers[id] = id
			}
		case gone && past.Erased:
			n.Erased[id] = true
		case gone:
			n.Users[id] = past.Name
			merged = append(merged, past.Into)
		}
	}
	seen, err := tx.SeesEach(distinct(merged))
	for id, past := range r.pasts {
		if seen[past.Into] {
			n.OpenUsers[id] = past.Into
		}
	}
	return err
}

// openApplications finds out which applications there still are, for those who may see their settings.
func (n *Names) openApplications(tx *change.Tx, ids []pactius.ApplicationID) error {
	if len(ids) == 0 || !tx.Rights.AdministersAll() {
		return nil
	}
	all, err := tx.Applications()
	n.Applications = map[pactius.ApplicationID]bool{}
	for _, a := range all {
		n.Applications[a.ID] = slices.Contains(ids, a.ID)
	}
	return err
}
