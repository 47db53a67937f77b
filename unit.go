package pactius

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// Unit is a business unit: a node of the environment's tree. The unit without a
// parent is the root, the company itself.
type Unit struct {
	ID         UnitID
	ParentID   UnitID // "" for the root
	Name       string
	CreatedAt  time.Time
	ArchivedAt time.Time // zero: in use
	AddedBy    UserID    // added it or restored it last; "" is Support
	Version    int
}

// IsRoot reports whether the unit is the company itself.
func (u Unit) IsRoot() bool { return u.ParentID == "" }

// IsArchived reports whether the unit is out of use.
func (u Unit) IsArchived() bool { return !u.ArchivedAt.IsZero() }

// Access is a level of access to a business unit. Higher includes lower.
type Access int

// The access levels. All units below inherit them.
const (
	AccessNone       Access = iota
	AccessRead              // see
	AccessWrite             // see and change
	AccessAdminister        // also decide requests and manage users there and below
)

// accesses are the words of the levels.
var accesses = [...]string{AccessNone: "none", AccessRead: "read", AccessWrite: "write", AccessAdminister: "administer"}

// String returns the word used in forms, JSON and flags: none, read, write, administer.
func (a Access) String() string {
	if a < AccessNone || a > AccessAdminister {
		return "none"
	}
	return accesses[a]
}

// Text returns the level for display.
func (a Access) Text() Text {
	switch a {
	case AccessRead:
		return T("Read")
	case AccessWrite:
		return T("Write")
	case AccessAdminister:
		return T("Administer")
	default:
		return T("No access")
	}
}

// Means says in a few words what the level allows, "" for none.
func (a Access) Means() Text {
	switch a {
	case AccessRead:
		return T("Can see information, but not change it")
	case AccessWrite:
		return T("Can see and change information")
	case AccessAdminister:
		return T("Local administrator: can also approve requests and manage users")
	default:
		return Text{}
	}
}

// ParseAccess parses the words of Access.String.
func ParseAccess(s string) (Access, error) {
	for a, word := range accesses {
		if s == word {
			return Access(a), nil
		}
	}
	return AccessNone, RefuseField("access", T("Access must be read, write or administer."))
}

// Grant is access to one unit as chosen in a form.
type Grant struct {
	Unit   UnitID
	Access Access
}

// Membership is a user's explicit access to a unit.
type Membership struct {
	UserID    UserID
	UnitID    UnitID
	Access    Access
	CreatedAt time.Time
}

// AccessVersion returns the version of a user's memberships, which User.Version
// does not count: a digest of them, in any order, with the account name and the email
// address they were given for. It is never 0 and is exact as a JavaScript number.
func AccessVersion(u User, memberships []Membership) int {
	byUnit := func(a, b Membership) int { return cmp.Compare(a.UnitID, b.UnitID) }
	h := sha256.New()
	fmt.Fprintf(h, "%q %q\n", u.Username, u.Email)
	for _, m := range slices.SortedFunc(slices.Values(memberships), byUnit) {
		fmt.Fprintf(h, "%s %d\n", m.UnitID, m.Access)
	}
	const bits = 52
	return int(binary.BigEndian.Uint64(h.Sum(nil))>>(64-bits)) | 1
}

// Limits of the tree and the memberships.
const (
	MaxUnits    = 10_000 // in use: pages and queries are built for this size
	MaxDepth    = 20     // deeper trees do not fit on a screen of 360 px
	MaxGrants   = 500    // business units of one user or request; a unit above them replaces more
	MaxUnitName = 100    // characters

	// MaxUnitsEach is how many units one administrator who does not administer the whole environment may have added,
	// archived ones included: more than a department has, and a tenth of MaxUnits, so that one person cannot use up
	// the units of all others.
	MaxUnitsEach = MaxUnits / 10
)
