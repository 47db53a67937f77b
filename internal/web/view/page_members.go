package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
)

// AddMember is the form that gives a user access to a unit: page and pop-up.
type AddMember struct {
	Base
	Form
	Search   string         // as typed
	Access   pactius.Access // as chosen
	Chosen   pactius.UserID // as posted, "" is none
	Searched bool           // Found has those who were found
	Found    users.Candidates
}

// MemberPeople is the fragment that the list below the field is made of.
type MemberPeople struct {
	Base
	Typed string
	Found users.Candidates
}

// AccessChoice is one of the accesses to choose from.
type AccessChoice struct {
	Access pactius.Access
	Chosen bool
}

// Accesses are the accesses to choose from.
func (p AddMember) Accesses() []AccessChoice {
	all := make([]AccessChoice, len(offered))
	for i, a := range offered {
		all[i] = AccessChoice{Access: a, Chosen: a == p.Access}
	}
	return all
}

// Self are the units down to the one that gets a member.
func (p AddMember) Self() []pactius.Unit {
	return append(unitsAbove(p.Found.Tree, p.Unit().ID), p.Unit())
}

// Unit is the one that gets a member.
func (p AddMember) Unit() pactius.Unit { return p.Found.Unit }

// RemoveMember is the page that asks before a member is removed.
func RemoveMember(m users.Member) Confirm {
	name, unit := m.User.Name, m.Unit.Name
	c := Confirm{Title: pactius.T("Remove %s from %s", name, unit),
		Action: UnitsPath + "/" + string(m.Unit.ID) + "/members/" + string(m.User.ID) + "/remove",
		Button: pactius.T("Remove"), Danger: true}
	switch {
	case m.Access == pactius.AccessNone:
		c.Will = []pactius.Text{pactius.T("%s is no longer a member of %s.", name, unit)}
	case m.Inherited != pactius.AccessNone:
		c.Will = []pactius.Text{pactius.T("%s loses the %s access given here.", name, m.Access.Text()),
			pactius.T("%[1]s keeps the %[3]s access inherited from %[2]s.", name, m.Tree.Path(m.From),
				m.Inherited.Text())}
	default:
		c.Will = []pactius.Text{pactius.T("%[1]s loses %[3]s access to %[2]s and all units below it.", name, unit,
			m.Access.Text())}
	}
	if m.Access == pactius.AccessAdminister && m.Inherited != pactius.AccessAdminister {
		c.Will = append(c.Will, pactius.T("%s can no longer approve requests or manage users here.", name))
	}
	if m.Others == 0 {
		c.Will = append(c.Will, pactius.T("%s has no other business unit and won't see anything.", name))
	}
	if m.Own {
		c.Will = append(c.Will, pactius.T("This is your own access. You may not be able to come back to this page."))
	}
	return c
}

// ArchiveUnit asks before a unit goes out of use, or says what stands in the way: page and pop-up.
type ArchiveUnit struct {
	Base
	Form
	units.Obstacles
	Unit   pactius.Unit
	Target UnitChoice // of the members
}

// FieldMoves is posted with the target of the members.
const FieldMoves = "moves"

// CanMove reports whether only members stand in the way, and few enough to be moved together.
func (p ArchiveUnit) CanMove() bool {
	return p.Below == 0 && p.Applications == 0 && p.Obstacles.Members > 0 && !p.Crowded() && !p.Unit.IsArchived()
}

// Crowded reports whether there are more members than can be moved together.
func (p ArchiveUnit) Crowded() bool { return p.Obstacles.Members > users.MaxMoved }

// Most is how many members can be moved together.
func (ArchiveUnit) Most() int { return users.MaxMoved }

// Blocked reports whether the unit cannot be archived from this page.
func (p ArchiveUnit) Blocked() bool { return p.Below > 0 || p.Applications > 0 || p.Crowded() }

// Will is what archiving does.
func (p ArchiveUnit) Will() []pactius.Text {
	will := []pactius.Text{pactius.T("%s can no longer be assigned.", p.Unit.Name),
		pactius.T("Its history is kept, and it can be restored.")}
	if p.Requests > 0 {
		will = append(will, pactius.Plural(p.Requests,
			"%d pending request names it. The approver will have to choose another business unit.",
			"%d pending requests name it. The approvers will have to choose another business unit."))
	}
	return will
}

// Self is the unit, as the end of the way to it.
func (p ArchiveUnit) Self() []pactius.Unit { return []pactius.Unit{p.Unit} }
