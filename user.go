package pactius

import "time"

// User is an account in an environment: one person, created once.
type User struct {
	ID            UserID
	Username      string // account name as shown
	Name          string
	Email         string // "" is unknown; mails then go to the account name
	Identity      Identity
	Language      string // "" is unknown
	CreatedAt     time.Time
	CreatedBy     Way
	FirstSignInAt time.Time // zero: never signed in
	LastSignInAt  time.Time
	DeactivatedAt time.Time // zero: not deactivated
	EndsOn        Date      // last day of access; "" is without end
	UnitCount     int       // explicit memberships; 0 waits for assignment
	Version       int       // counts changes: a stale form is refused

	AccountState   AccountState // what the Microsoft 365 directory last said of the account
	AccountStateAt time.Time    // since when, as far as PACTIUS saw it
	SweptOut       bool         // deactivated because the account was gone: reactivated when it returns
}

// FormerUsername is an account name that a user had until some time.
type FormerUsername struct {
	User     UserID
	Username string
	Until    time.Time
}

// Way is how a user came in.
type Way string

// The ways in.
const (
	ByRequest Way = "request" // asked and was approved
	ByAdd     Way = "add"     // added by an administrator on the page
	ByCommand Way = "command" // added by Support at the command line
	BySetup   Way = "setup"   // the first administrator, made with the environment
)

// Status is what a user can do now.
type Status string

// The statuses, in the order a person passes through them.
const (
	Invited     Status = "invited"     // never signed in
	Active      Status = "active"      // has signed in
	Ended       Status = "ended"       // past the end date
	Deactivated Status = "deactivated" // switched off by an administrator
)

// Text gives the word for a person.
func (s Status) Text() Text {
	switch s {
	case Invited:
		return T("Invited")
	case Active:
		return T("Active")
	case Ended:
		return T("Ended")
	default:
		return T("Deactivated")
	}
}

// Status tells what the user can do on the day today, which is the
// environment's date.
func (u User) Status(today Date) Status {
	switch {
	case !u.DeactivatedAt.IsZero():
		return Deactivated
	case u.EndsOn != "" && today > u.EndsOn:
		return Ended
	case u.FirstSignInAt.IsZero():
		return Invited
	default:
		return Active
	}
}

// MayEnter reports whether a sign-in is let in on the day today.
func (u User) MayEnter(today Date) bool {
	s := u.Status(today)
	return s == Invited || s == Active
}

// MailAddress is where mails to the user go.
func (u User) MailAddress() string {
	if u.Email != "" {
		return u.Email
	}
	return u.Username
}

// Date is a day without a time, as 2006-01-02; dates compare as text. "" is no date.
type Date string

// DateLayout is the form of a Date.
const DateLayout = "2006-01-02"

// DateOf gives the day of t in its own location.
func DateOf(t time.Time) Date { return Date(t.Format(DateLayout)) }

// ParseDate understands DateLayout and "".
func ParseDate(field, s string) (Date, error) {
	if s == "" {
		return "", nil
	}
	if _, err := time.Parse(DateLayout, s); err != nil {
		return "", RefuseField(field, T("Write the date as year-month-day, for example 2027-03-31."))
	}
	return Date(s), nil
}

// Time gives the start of the day in a location, the zero Time for "".
func (d Date) Time(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(DateLayout, string(d), loc)
	if err != nil {
		return time.Time{}
	}
	return t
}

// DaysAfter counts the days from another day to d, less than 0 where d is before it.
func (d Date) DaysAfter(other Date) int {
	const hours = 24
	return int(d.Time(time.UTC).Sub(other.Time(time.UTC)).Hours()) / hours
}

// UserFilter chooses users for a list. Zero fields do not filter.
type UserFilter struct {
	Search     string // words or beginnings of words of name, account name or e-mail
	Status     Status // "" is all
	Unit       UnitID // explicit members of this unit and all beneath
	Unassigned bool   // without business units
	Gone       bool   // whose Microsoft 365 account is disabled or deleted
	Sort       UserSort
	After      string // cursor of the previous page; "" is the first page
	Limit      int    // rows; 0 is PageSize
}

// UserSort is an order of the list of users.
type UserSort string

// The orders.
const (
	SortName   UserSort = "name"   // by name, the default
	SortNewest UserSort = "newest" // created last first
	SortSeen   UserSort = "seen"   // signed in last first, never at the end
)

// Sizes of lists.
const (
	PageSize    = 50   // rows of a page: fills a tall screen, answers in a few milliseconds
	MaxPageSize = 1000 // rows a program may ask for at once
	MaxCount    = 1000 // matches are counted up to here and shown as "1,000+": counting a million costs more than it tells
)

// UserPage is one page of users.
type UserPage struct {
	Users []User
	Total int    // matches, at most MaxCount+1, which means more
	Next  string // cursor of the next page, "" at the end
}

// UserUpdate changes what is not nil.
type UserUpdate struct {
	Username *string // only while never signed in
	Name     *string
	Email    *string
	EndsOn   *Date
}
