package pactius

import "slices"

// Rights are a user's permissions in an environment, derived from the user's
// explicit memberships and the tree. The zero Rights allows nothing.
type Rights struct {
	tree     *Tree
	explicit map[UnitID]Access
	all      bool // of Support and the system
}

// NewRights derives the rights from a user's memberships. It ignores memberships
// of units that are not in the tree.
func NewRights(tree *Tree, memberships []Membership) Rights {
	r := Rights{tree: tree, explicit: make(map[UnitID]Access, len(memberships))}
	for _, m := range memberships {
		r.explicit[m.UnitID] = m.Access
	}
	return r
}

// AllRights returns the rights of Support and of the system.
func AllRights(tree *Tree) Rights { return Rights{tree: tree, all: true} }

// Access returns the effective access to a unit: the highest of the explicit
// access to the unit and to all units above it.
func (r Rights) Access(id UnitID) Access {
	if r.all {
		return AccessAdminister
	}
	if r.tree == nil {
		return AccessNone
	}
	best := AccessNone
	for _, up := range r.tree.Up(id) {
		best = max(best, r.explicit[up])
	}
	return best
}

// Inherited returns the highest access to a unit from the units above it, and the
// unit it comes from.
func (r Rights) Inherited(id UnitID) (Access, UnitID) {
	best, from := AccessNone, UnitID("")
	if r.tree == nil {
		return best, from
	}
	for i, up := range r.tree.Up(id) {
		if i > 0 && r.explicit[up] > best {
			best, from = r.explicit[up], up
		}
	}
	return best, from
}

// Explicit returns the access given to the unit itself.
func (r Rights) Explicit(id UnitID) Access { return r.explicit[id] }

// Administers reports whether the user manages requests and users of the unit.
func (r Rights) Administers(id UnitID) bool { return r.Access(id) == AccessAdminister }

// AdministersAll reports whether the user administers the root, and so the whole
// environment.
func (r Rights) AdministersAll() bool {
	return r.all || (r.tree != nil && r.tree.root != "" && r.explicit[r.tree.root] == AccessAdminister)
}

// AdministersAny reports whether the user is a local administrator anywhere.
func (r Rights) AdministersAny() bool { return r.all || len(r.Administered()) > 0 }

// Administered lists the units with explicit administer access, without the units
// below them.
func (r Rights) Administered() []UnitID {
	var units []UnitID
	for id, a := range r.explicit {
		if r.tree == nil {
			break
		}
		if _, ok := r.tree.Unit(id); ok && a == AccessAdminister {
			units = append(units, id)
		}
	}
	return units
}

// CanDecide reports whether the user may decide a request for these units: an
// administrator of any requested unit, or of the root if none was requested.
func (r Rights) CanDecide(wished []UnitID) bool {
	if r.AdministersAll() {
		return true
	}
	for _, u := range wished {
		if r.Administers(u) {
			return true
		}
	}
	return false
}

// CanSee reports whether a user with these units is visible: one in the
// administered units, or one without units, who waits for assignment.
func (r Rights) CanSee(units []UnitID) bool {
	if len(units) == 0 {
		return r.AdministersAny()
	}
	return r.CanDecide(units)
}

// Ties connect an actor to a user, besides the user's units.
type Ties struct {
	Vouches bool     // the actor created the user, by adding or by approving the request
	Gave    []UnitID // units of the user that the actor gave
}

// CanIdentify reports whether the account name and the email address of a user with
// these units may be changed. They decide who signs in as the user and who reads the
// user's email, so that access given later depends on them. Units therefore never
// suffice, not even units given by others: the actor must vouch for the user, too.
func (r Rights) CanIdentify(units []UnitID, t Ties) bool {
	return r.AdministersAll() || (t.Vouches && r.CanManage(units, t))
}

// CanManage reports whether a user with these units may be changed as a person -
// name, deactivation, end date, sessions: all units must be administered, and either
// another administrator gave one of them or the actor vouches for the user. A user
// with units elsewhere is managed by an administrator of all of them.
func (r Rights) CanManage(units []UnitID, t Ties) bool {
	if r.AdministersAll() {
		return true
	}
	byOthers := false
	for _, u := range units {
		if !r.Administers(u) {
			return false
		}
		byOthers = byOthers || !slices.Contains(t.Gave, u)
	}
	return r.AdministersAny() && (byOthers || t.Vouches)
}
