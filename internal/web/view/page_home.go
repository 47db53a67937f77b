package view

// Home is the first page of a user: their business units and, for
// administrators, what waits.
type Home struct {
	Base
	Access    []UnitAccess // own explicit memberships, by path
	Assigners []Person     // who can assign business units: named where Access is empty
	Waiting   *HomeWaiting // nil: not an administrator
}

// HomeWaiting is what waits for an administrator.
type HomeWaiting struct {
	Requests    int          // to be decided
	Unassigned  int          // users without business units
	NeverSeen   int          // invited and never signed in
	Undelivered int          // dead letters; only for root administrators, else 0
	Latest      []RequestRow // a few waiting requests, the oldest first
	SignIns     []DayCount   // the last 30 days, the oldest first
	Asked       []DayCount   // requests sent, the same days
}
