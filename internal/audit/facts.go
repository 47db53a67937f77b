package audit

import (
	"strings"

	"github.com/pactius/pactius"
)

// Names of facts. A change of access to a unit is a fact named unit.ID with
// the value "before>after", in the words of pactius.Access.
const (
	FactWay    = "way"    // how a user came in, see pactius.Way
	FactFrom   = "from"   // the value before; of a moved unit its parent's ID
	FactTo     = "to"     // the value after
	FactFields = "fields" // names of the fields that changed, comma separated
	FactCount  = "count"
	FactReason = "reason"
	FactKind   = "kind" // of a mail: which message
	unitPrefix = "unit."
)

// Names of details, which are personal.
const (
	DetailUsernameFrom = "username.from"
	DetailUsername     = "username"
	DetailName         = "name"
	DetailNote         = "note"
	DetailEndsOn       = "ends_on"
	DetailTo           = "to" // address of a mail
)

// AccessFacts tells how access to units changed; nil if it did not.
func AccessFacts(before, after map[pactius.UnitID]pactius.Access) pactius.Facts {
	facts := pactius.Facts{}
	for unit, to := range after {
		if from := before[unit]; from != to {
			facts[unitPrefix+string(unit)] = from.String() + ">" + to.String()
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return facts
}

// FactUnit tells which unit a fact is about.
func FactUnit(key string) (pactius.UnitID, bool) {
	unit, ok := strings.CutPrefix(key, unitPrefix)
	return pactius.UnitID(unit), ok
}

// ParseAccessChange reads the value of a fact about a unit.
func ParseAccessChange(value string) (from, to pactius.Access) {
	before, after, _ := strings.Cut(value, ">")
	from, _ = pactius.ParseAccess(before) // an unknown word reads as no access
	to, _ = pactius.ParseAccess(after)
	return from, to
}
