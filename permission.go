package pactius

import "slices"

// Rights is what a user may do in an environment: the user's explicit
// memberships against the tree. It is pure; the zero Rights allows nothing.
type Rights struct {
	tree     *Tree
	explicit map[UnitID]Access
	all      bool // Support and the system
}

// NewRights derives the rights from a user's memberships. Memberships of units
// that are not in the tree count for nothing.
func NewRights(tree *Tree, memberships []Membership) Rights {
	r := Rights{tree: tree, explicit: make(map[UnitID]Access, len(memberships))}
	for _, m := range memberships {
		r.explicit[m.UnitID] = m.Access
	}
	return r
}

// AllRights are those of Support and of the system.
func AllRights(tree *Tree) Rights { return Rights{tree: tree, all: true} }

// Access is the effective access to a unit: the highest of the unit's own and
// all above it.
func (r Rights) Access(id UnitID) Access {
	if r.all {
		return Administer
	}
	if r.tree == nil {
		return NoAccess
	}
	best := NoAccess
	for _, up := range r.tree.Up(id) {
		best = max(best, r.explicit[up])
	}
	return best
}

// Inherited is the access a unit has from above, without its own.
func (r Rights) Inherited(id UnitID) (Access, UnitID) {
	best, from := NoAccess, UnitID("")
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

// Explicit is the unit's own access.
func (r Rights) Explicit(id UnitID) Access { return r.explicit[id] }

// Administers reports whether requests and users of the unit are theirs to manage.
func (r Rights) Administers(id UnitID) bool { return r.Access(id) == Administer }

// AdministersAll reports administer on the root: of the whole environment.
func (r Rights) AdministersAll() bool {
	return r.all || (r.tree != nil && r.tree.root != "" && r.explicit[r.tree.root] == Administer)
}

// AdministersAny reports whether the user is a local administrator anywhere.
func (r Rights) AdministersAny() bool { return r.all || len(r.Administered()) > 0 }

// Administered lists the units with explicit administer; everything beneath
// them is theirs too.
func (r Rights) Administered() []UnitID {
	var units []UnitID
	for id, a := range r.explicit {
		if r.tree == nil {
			break
		}
		if _, ok := r.tree.Unit(id); ok && a == Administer {
			units = append(units, id)
		}
	}
	return units
}

// CanDecide reports whether a request for these units is theirs to decide: any
// of the wished units, or the root where nothing was wished.
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

// CanSee reports whether a user with these units is shown: someone in their
// units, or someone without any, who waits to be assigned.
func (r Rights) CanSee(units []UnitID) bool {
	if len(units) == 0 {
		return r.AdministersAny()
	}
	return r.CanDecide(units)
}

// Ties connect an actor to a user, besides the user's units.
type Ties struct {
	Vouches bool     // the actor created the user or approved the user's request
	Gave    []UnitID // units of the user that the actor gave
}

// CanManage reports whether they may change the user as a person - master
// data, deactivation, sessions: every unit of the user is theirs, and one of
// them was given by somebody else, or they vouch for the user. Someone who also
// works elsewhere is managed from above.
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
