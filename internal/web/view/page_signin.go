package view

import "github.com/pactius/pactius"

// SignIn is the way in: one button. Whether the environment has a Microsoft 365
// connection is read from Base.Environment.
type SignIn struct {
	Base
	Return string // local path to go to afterwards; "" is home
	Notice *Flash // why the person is here: signed out, or the session has ended; nil says nothing
	Typed  []Typed
}

// Leaving is shown for the moment in which the browser goes on to Microsoft.
type Leaving struct {
	Base
	To    string // Microsoft's address, which the browser opens without a click
	Again bool   // the sign-in before this one came back without its cookie
}

// SignInFailed says what went wrong with a sign-in, what to do now and who can
// help. The words come from the failure.
type SignInFailed struct {
	Base
	Title       pactius.Text
	Explanation pactius.Text
	Remedy      pactius.Text
	Helper      pactius.Text // a sentence that tells who can help; may be empty
	Ticket      Ticket       // for Support
	Return      string       // as of SignIn
}

// Stranded is shown on the callback host to people who can't be taken to their environment.
type Stranded struct {
	Base
	Fine        bool // nothing is wrong
	Title       pactius.Text
	Explanation pactius.Text
	Remedy      pactius.Text // zero: there is nothing to do
	To          string       // address of the environment, "" if it is unknown
	Reference   string       // of the line in the log; "" is not shown
}

// Blocked tells a known person that they are not let in: deactivated, past the
// end date, or with an account that was given up in a merge.
type Blocked struct {
	Base
	Person  pactius.Person
	Status  pactius.Status // Deactivated or Ended
	EndsOn  pactius.Date   // of Ended: the last day
	Merged  bool           // another account of the person is used; Status does not count
	Helpers []Helper       // local administrators who can change it
	Ticket  Ticket         // for Support
	Return  string         // as of RequestAccess
}

// Again is where the person looks whether they have access by now.
func (p Blocked) Again() string { return AccessFor("", p.Return) }
