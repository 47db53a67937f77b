package pactius

import "strings"

// Facts are small named values of an event. The rules that write events and the
// pages that show them use the names below.
type Facts map[string]string

// Names of facts, which are canonical: no personal data. A change of access to a
// unit is a fact too, see AccessFacts.
const (
	FactWay    = "way"    // how a user came in, see Way
	FactFrom   = "from"   // the value before; of a moved unit its parent's ID
	FactTo     = "to"     // the value after; of a new unit its parent's ID
	FactFields = "fields" // names of the fields that changed, comma separated
	FactCount  = "count"
	FactKind   = "kind"   // of an email: the message's kind; of an export: the kind of event
	FactFormat = "format" // of an export
	FactDays   = "days"   // of an export: FROM/TO

	FactOutcome     = "outcome"     // of a user whose account left or returned, see Leaving
	FactApplication = "application" // ID; its name is DetailName

	// FactOther is the ID of the user that was merged into the event's, or is separate again, or whose events were
	// exported.
	FactOther = "other"
)

// Names of details, which are personal.
const (
	DetailUsernameFrom = "username.from" // the account name before
	DetailUsername     = "username"
	DetailEmailFrom    = "email.from" // the address for emails before
	DetailName         = "name"
	DetailNote         = "note"
	DetailTo           = "to"      // address of an email
	DetailEndsOn       = "ends_on" // end date of a user that an approval created

	DetailOtherName     = "other.name" // of the user that was merged
	DetailOtherUsername = "other.username"

	DetailErased = "erased" // stands alone: the event is about an erased person
)

const (
	unitFact    = "unit." // prefix of the name of a fact about access to a unit, before the unit's ID
	accessArrow = ">"     // between the access before and after
)

// AccessFacts returns the changes of access to units, each as a fact named
// unit.ID with the value "before>after" in the words of Access.String; nil for none.
func AccessFacts(before, after map[UnitID]Access) Facts {
	facts := Facts{}
	for unit, to := range after {
		if from := before[unit]; from != to {
			facts[unitFact+string(unit)] = from.String() + accessArrow + to.String()
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return facts
}

// AccessChange is a change of access to a unit.
type AccessChange struct {
	Unit     UnitID
	From, To Access
}

// AccessChange reads the fact of a name, false if it is not about access. An
// unknown word reads as no access.
func (f Facts) AccessChange(name string) (AccessChange, bool) {
	unit, ok := strings.CutPrefix(name, unitFact)
	before, after, arrow := strings.Cut(f[name], accessArrow)
	if !ok || !arrow {
		return AccessChange{}, false
	}
	c := AccessChange{Unit: UnitID(unit)}
	c.From, _ = ParseAccess(before)
	c.To, _ = ParseAccess(after)
	return c, true
}
