package pactius

import (
	"time"
)

// User is an account in an environment: one person, created once.
type User struct {
	ID            UserID
	Username      string // account name as displayed; "" where Microsoft gave none to a linked user
	Name          string
	Email         string // "" is unknown; emails then go to the account name
	Identity      Identity
	Language      string // "" is unknown
	CreatedAt     time.Time
	CreatedBy     Way
	FirstSignInAt time.Time // zero: never signed in
	LastSignInAt  time.Time
	DeactivatedAt time.Time // zero: not deactivated
	EndsOn        Date      // last day of access; "" is unlimited
	UnitCount     int       // number of explicit memberships
	Version       int       // counts changes, to refuse stale forms

	AccountState   AccountState // the last known state in the Microsoft 365 directory
	AccountStateAt time.Time    // when PACTIUS first saw that state
	SweptOut       bool         // deactivated by a sweep; reactivated when the account returns

	Profile Profile `json:"-"` // filled for pages that show it
}

// FormerUsername is a previous account name of a user.
type FormerUsername struct {
	User     UserID
	Username string
	Until    time.Time
}

// MergedUser is a user that was merged into another: its ID leads there.
type MergedUser struct {
	ID       UserID   // before the merge
	User     UserID   // of the user it is now
	Username string   // the account name that was given up; it still finds the user
	Identity Identity // the identity that was given up and is not recognised any more; zero for none
	At       time.Time
}

// CanUnmerge reports whether the merge can still be taken back, provided that nothing
// has happened to the user since.
func (m MergedUser) CanUnmerge(now time.Time) bool { return now.Before(m.At.Add(TakeBackTime)) }

// Way is the way in which a user was created.
type Way string

// The ways of creating a user.
const (
	ByRequest Way = "request" // by approving an access request
	ByAdd     Way = "add"     // by an administrator on the page
	ByCommand Way = "command" // by Support at the command line
	BySetup   Way = "setup"   // with the environment, as the first administrator
)

// Status is the state of a user on a day.
type Status string

// The statuses, in the order a person passes through them.
const (
	StatusInvited     Status = "invited"     // never signed in
	StatusActive      Status = "active"      // has signed in
	StatusEnded       Status = "ended"       // past the end date
	StatusDeactivated Status = "deactivated" // by an administrator or a sweep
)

// Text returns the status for display.
func (s Status) Text() Text {
	switch s {
	case StatusInvited:
		return T("Invited")
	case StatusActive:
		return T("Active")
	case StatusEnded:
		return T("Ended")
	default:
		return T("Deactivated")
	}
}

// Status returns the status on the day today, the environment's date.
func (u User) Status(today Date) Status {
	switch {
	case !u.DeactivatedAt.IsZero():
		return StatusDeactivated
	case u.EndsOn != "" && today > u.EndsOn:
		return StatusEnded
	case u.FirstSignInAt.IsZero():
		return StatusInvited
	default:
		return StatusActive
	}
}

// MayEnter reports whether the user may sign in on the day today.
func (u User) MayEnter(today Date) bool {
	s := u.Status(today)
	return s == StatusInvited || s == StatusActive
}

// MailAddress returns the address for emails to the user, "" where none is known.
func (u User) MailAddress() string { return mailAddress(u.Email, nil, u.Username) }

// Date is a day without a time, as 2006-01-02; dates compare as text. "" is no date.
type Date string

// DateLayout is the form of a Date.
const DateLayout = "2006-01-02"

// DateOf returns the day of t in its location.
func DateOf(t time.Time) Date { return Date(t.Format(DateLayout)) }

// ParseDate parses DateLayout and "".
func ParseDate(field, s string) (Date, error) {
	if s == "" {
		return "", nil
	}
	if _, err := time.Parse(DateLayout, s); err != nil {
		return "", RefuseField(field, T("Enter the date as year-month-day, for example 2027-03-31."))
	}
	return Date(s), nil
}

// Time returns the start of the day in a location, the zero Time for "".
func (d Date) Time(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(DateLayout, string(d), loc)
	if err != nil {
		return time.Time{}
	}
	return t
}

// DaysAfter returns the number of days from another day to d, negative if d is earlier.
func (d Date) DaysAfter(other Date) int {
	const hours = 24
	return int(d.Time(time.UTC).Sub(other.Time(time.UTC)).Hours()) / hours
}

// UserFilter chooses users for a list. Zero fields do not filter.
type UserFilter struct {
	Search     string // words or beginnings of words of name, account name or email
	Status     Status // "" is all
	Unit       UnitID // explicit members of this unit and all units below
	Unassigned bool   // without business units
	Gone       bool   // the Microsoft 365 account is disabled or deleted
	Sort       UserSort
	After      string // cursor of the previous page; "" is the first page
	Limit      int    // rows; 0 is PageSize
}

// UserSort is the order of a list of users.
type UserSort string

// The orders of a list of users.
const (
	SortName   UserSort = "name"   // by name; the default
	SortNewest UserSort = "newest" // newest first
	SortSeen   UserSort = "seen"   // latest sign-in first, never signed in last
	SortStatus UserSort = "status" // invited, active, ended, deactivated; a list of more than MaxCount is by name
	SortUnit   UserSort = "unit"   // by the unit that a row shows, without units last; as SortStatus
)

// Sizes of lists.
const (
	PageSize    = 50   // rows of a page: fills a tall screen within milliseconds
	MaxPageSize = 1000 // rows that a program may request at once
	MaxCount    = 1000 // matches are counted up to it and shown as "1,000+", because counting a million is slow
)

// UserPage is one page of users.
type UserPage struct {
	Users []User
	Total int    // matches, at most MaxCount
	More  bool   // there may be more than Total
	Next  string // cursor of the next page, "" at the end
	Cut   bool   // the list was looked through only up to Next: there may be more before a full page
}

// UserUpdate changes the fields that are not nil.
type UserUpdate struct {
	Username *string // only while never signed in
	Name     *string
	Email    *string
	EndsOn   *Date

	// The rest is for a new Username.
	Identity Identity // of the account with that name, as the directory has just returned it: it is linked
	Settle   bool     // go on although this approves a pending request
	Despite  bool     // go on although a very similar user exists

	Shown RequestID // the only request that Settle is good for; "": any
}
