package invent

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/pactius/pactius"
)

// The kinds of rows that have identifiers of their own.
const (
	kindUnit = iota
	kindUser
	kindRequest
	kindEvent
	kindAccount
	kindSession
	kindEnvironment
)

// Shares of the users. The rest is active, with one business unit.
const (
	importedShare    = 0.4  // brought in by Support in the first month
	byRequestShare   = 0.08 // of the others, through a request
	invitedShare     = 0.12
	deactivatedShare = 0.05
	endingShare      = 0.03
	goneShare        = 0.02 // the Microsoft 365 account is disabled or deleted
	unassignedShare  = 0.015
	renamedShare     = 0.005
	administerShare  = 0.02
	writeShare       = 0.6

	crowdedShare = 50  // one user in fifty is in the crowded unit
	leafMembers  = 40  // of the unit of the local administrator of one unit
	tied         = 500 // memberships of one user
)

// Numbers of the users that a run asks about; all others are invented.
const (
	userRoot = iota
	userLocal
	userLeaf
	userPlain // has no rights
	userTied  // has the most memberships
	userRare  // has a name of its own
	userEnds
	named
)

// known are the names of those users.
var known = [named]person{
	userRoot:  {name: "Ada Lund", username: "ada.lund@nordhavn.example", language: "en"},
	userLocal: {name: "Bo Winther", username: "bo.winther@nordhavn.example", language: "en"},
	userLeaf:  {name: "Clara Toft", username: "clara.toft@nordhavn.example", language: "en"},
	userPlain: {name: "Ditte Falk", username: "ditte.falk@nordhavn.example", language: "en"},
	userTied:  {name: "Erik Overalt", username: "erik.overalt@nordhavn.example", language: "en"},
	userRare:  {name: "Zebulon Quistgaard", username: "zebulon.quistgaard@nordhavn.example", language: "en"},
	userEnds:  {name: "Gustav Praktikant", username: "gustav.praktikant@nordhavn.example", language: "en"},
}

// newcomer is a user with the business units that were given to it.
type newcomer struct {
	pactius.User
	creator pactius.UserID
	grants  []pactius.Grant
	former  string // account name before
}

// crew makes the users of a company in the order in which they came.
type crew struct {
	o        Options
	start    time.Time
	random   *rand.Rand
	people   *people
	tree     *tree
	ids      *identifiers
	accounts *identifiers
	tenant   string

	made           []memory
	first          int32 // number of the first unit that grants gave last
	administrators []int // numbers of users who add others
	settled        []asked
}

// memory is what stays of a user while events are made.
type memory struct {
	id      pactius.UserID
	created time.Time
	seen    time.Time // zero: never signed in
	unit    int32     // number of the first business unit, -1 for none
	way     pactius.Way
	creator int32 // number of the user, -1 for none
}

// came is when a user came: four in ten in the first month, then evenly.
func (c *crew) came(i int) time.Time {
	share := float64(i) / float64(c.o.Users)
	const month = 30.0 / Days
	if share < importedShare {
		share *= month / importedShare
	} else {
		share = month + (share-importedShare)/(1-importedShare)*(1-month)
	}
	return c.start.Add(time.Duration(share * float64(c.o.Now.Sub(c.start)))).Truncate(time.Microsecond)
}

// next makes a user.
func (c *crew) next() newcomer {
	i, r := len(c.made), c.random
	at := c.came(i)
	p := person{}
	if i < int(named) {
		p = known[i]
	} else {
		p = c.people.next()
	}
	n := newcomer{User: pactius.User{ID: pactius.UserID(c.ids.at(at)), Name: p.name, Username: p.username,
		Email: p.email, Language: p.language, CreatedAt: at, CreatedBy: pactius.ByAdd}}
	m := memory{id: n.ID, created: at, unit: -1, creator: -1}
	switch {
	case i == userRoot:
		n.CreatedBy = pactius.BySetup
	case float64(i) < importedShare*float64(c.o.Users):
		n.CreatedBy = pactius.ByCommand
	case i >= int(named) && chance(r, byRequestShare):
		n.CreatedBy = pactius.ByRequest
	}
	if n.CreatedBy == pactius.ByAdd || n.CreatedBy == pactius.ByRequest {
		m.creator = int32(c.administrators[skewed(r, len(c.administrators), 2)])
		n.creator = c.made[m.creator].id
	}
	c.standing(&n, i)
	n.grants = c.grants(i)
	if len(n.grants) > 0 {
		m.unit = c.first
	}
	if i < 3 || i >= int(named) && len(n.grants) > 0 && n.grants[0].Access == pactius.AccessAdminister &&
		n.DeactivatedAt.IsZero() {
		c.administrators = append(c.administrators, i)
	}
	m.seen, m.way = n.LastSignInAt, n.CreatedBy
	c.made = append(c.made, m)
	return n
}

// standing decides how a user stands: invited, active, deactivated, with an end date, the account gone.
func (c *crew) standing(n *newcomer, i int) {
	r, now := c.random, c.o.Now
	invited := i >= int(named) && chance(r, invitedShare)
	if !invited || chance(r, 0.1) { // the directory named the account of one invited user in ten
		n.Identity = pactius.Identity{TenantID: c.tenant, ObjectID: c.accounts.any()}
	}
	if !invited {
		age := now.Sub(n.CreatedAt)
		n.FirstSignInAt = n.CreatedAt.Add(min(age/2, time.Duration(r.ExpFloat64()*float64(3*day))))
		ago := time.Duration(r.ExpFloat64() * float64(8*day))
		n.LastSignInAt = n.FirstSignInAt
		if at := now.Add(-ago).Truncate(time.Microsecond); at.After(n.FirstSignInAt) {
			n.LastSignInAt = at
		}
	}
	if i < int(named) {
		if i == userEnds {
			n.EndsOn = pactius.DateOf(now.AddDate(0, 1, 0))
		}
		return
	}
	if chance(r, renamedShare) {
		n.former = "was." + n.Username
	}
	if chance(r, endingShare) { // a third of the end dates is over
		n.EndsOn = pactius.DateOf(now.AddDate(0, 0, r.IntN(360)-120))
	}
	if chance(r, deactivatedShare) {
		n.DeactivatedAt = between(r, n.CreatedAt, now)
	}
	if !n.Identity.IsZero() && chance(r, goneShare) {
		n.AccountState = one(r, []pactius.AccountState{pactius.AccountDisabled, pactius.AccountDeleted})
		n.AccountStateAt = between(r, n.CreatedAt, now)
		if chance(r, 0.8) {
			n.DeactivatedAt, n.SweptOut = n.AccountStateAt, true
		}
	}
}

// grants are the business units of a user. The number of the first is noted in c.first.
func (c *crew) grants(i int) []pactius.Grant {
	r, t := c.random, c.tree
	give := func(unit int, a pactius.Access) []pactius.Grant {
		c.first = int32(unit)
		return []pactius.Grant{{Unit: t.units[unit].ID, Access: a}}
	}
	switch {
	case i == userRoot:
		return give(0, pactius.AccessAdminister)
	case i == userLocal:
		return give(t.region, pactius.AccessAdminister)
	case i == userLeaf:
		return give(t.leaf, pactius.AccessAdminister)
	case i == userPlain:
		return give(t.leaf, pactius.AccessRead)
	case i == userTied:
		return c.several(tied)
	case i < int(named):
		return give(t.leaf, pactius.AccessWrite)
	case chance(r, unassignedShare):
		return nil
	case i%crowdedShare == 1:
		return give(t.crowded, pactius.AccessRead)
	case i%max(2, c.o.Users/leafMembers) == 1:
		return give(t.leaf, pactius.AccessWrite)
	}
	switch at := r.Float64(); {
	case at < 0.88:
		return c.several(1)
	case at < 0.97:
		return c.several(2 + r.IntN(3))
	case at < 0.995:
		return c.several(4 + r.IntN(8))
	default:
		return c.several(12 + r.IntN(30))
	}
}

// several gives a number of business units, some of which many others have too.
func (c *crew) several(count int) []pactius.Grant {
	const popularity = 1.6
	r, open := c.random, c.tree.open
	count = min(count, len(open))
	grants := make([]pactius.Grant, 0, count)
	taken := make(map[int]bool, count)
	for tries := 0; len(grants) < count; tries++ {
		at := skewed(r, len(open), popularity)
		if tries > 10*count { // few units are left
			at = r.IntN(len(open))
		}
		if taken[at] {
			continue
		}
		taken[at] = true
		if len(grants) == 0 {
			c.first = int32(open[at])
		}
		access := pactius.AccessRead
		switch kind := r.Float64(); {
		case kind < administerShare && c.tree.depth[open[at]] > 1:
			access = pactius.AccessAdminister
		case kind < administerShare+writeShare:
			access = pactius.AccessWrite
		}
		grants = append(grants, pactius.Grant{Unit: c.tree.units[open[at]].ID, Access: access})
	}
	return grants
}

const day = 24 * time.Hour

// between is a time from one on until another, with full microseconds as they are stored.
func between(r *rand.Rand, from, to time.Time) time.Time {
	return from.Add(time.Duration(math.Max(0, r.Float64()*float64(to.Sub(from))))).Truncate(time.Microsecond)
}
