package microsoft

import "github.com/pactius/pactius"

// Helper says who can help with a failure.
type Helper int

// Who can help, apart from the words that say so.
const (
	Yourself           Helper = iota // trying again is likely to work
	CustomerIT                       // whoever administers the organisation's Microsoft 365
	LocalAdministrator               // who lets people in here
	Support                          // who runs this PACTIUS
)

// Who says whom the page should name. Trying again never hurts, so the page
// offers it in any case.
func (f *Failure) Who() Helper {
	switch f.Reason {
	case Cancelled, Declined, Interaction, Replayed, Expired, Loop, Unreachable:
		return Yourself
	case NotAssigned, ConsentMissing, AccountDisabled, ConditionalAccess, Device, CrossTenant, Refused:
		return CustomerIT
	case OtherTenant:
		return LocalAdministrator
	}
	return Support
}

// Title says in a few words what happened.
func (f *Failure) Title() pactius.Text {
	switch f.Reason {
	case Cancelled:
		return pactius.T("You cancelled the sign-in")
	case Declined:
		return pactius.T("You declined the permissions")
	case NotAssigned:
		return pactius.T("Your organisation has not opened this application to you")
	case ConsentMissing:
		return pactius.T("Your organisation has not approved this application yet")
	case OtherTenant:
		return pactius.T("This account belongs to another organisation")
	case AccountDisabled:
		return pactius.T("Your Microsoft 365 account is disabled or locked")
	case ConditionalAccess:
		return pactius.T("A rule of your organisation stopped this sign-in")
	case Device:
		return pactius.T("Your organisation does not allow this device")
	case CrossTenant:
		return pactius.T("Your organisations do not allow sign-in across each other")
	case Refused:
		return pactius.T("Microsoft did not let you in")
	case Interaction:
		return pactius.T("Microsoft needs something from you first")
	case Replayed:
		return pactius.T("This sign-in was already used")
	case Expired:
		return pactius.T("This sign-in is no longer valid")
	case Loop:
		return pactius.T("Too many sign-ins in a row")
	case Misconfigured:
		return pactius.T("The connection to Microsoft 365 is not set up correctly")
	case Clock:
		return pactius.T("The clocks do not agree")
	case Unreachable:
		return pactius.T("Microsoft does not answer")
	}
	return pactius.T("Microsoft's answer could not be used")
}

// Explanation says what happened and why, as far as known.
func (f *Failure) Explanation() pactius.Text {
	switch f.Reason {
	case Cancelled:
		return pactius.T("You came back from Microsoft without signing in. Nothing has changed.")
	case Declined:
		return pactius.T("Microsoft asked whether this application may see your name and e-mail address, and the answer was no. Without them nobody can be signed in.")
	case NotAssigned:
		return pactius.T("You signed in with Microsoft, but your organisation lets only the people it has chosen use this application.")
	case ConsentMissing:
		return pactius.T("An administrator of your organisation's Microsoft 365 must approve this application once, for everybody.")
	case OtherTenant:
		return pactius.T("You can sign in here with the work account of the organisation this page belongs to. The account you chose is a personal one or belongs to somebody else.")
	case AccountDisabled:
		return pactius.T("Microsoft did not let you in because your work account is switched off or locked at the moment.")
	case ConditionalAccess:
		return pactius.T("Your organisation has rules for signing in, for example from where or how. This sign-in did not meet them.")
	case Device:
		return pactius.T("Your organisation lets you sign in only from devices that it manages or that meet its security rules.")
	case CrossTenant:
		return pactius.T("Your account belongs to one organisation and this page to another, and their rules do not allow this sign-in.")
	case Refused:
		return pactius.T("Microsoft refused this sign-in. The code below tells your IT department why.")
	case Interaction:
		return pactius.T("Microsoft wants you to choose your account, confirm it is you, or renew your password before you can go on.")
	case Replayed:
		return pactius.T("Each sign-in works once. This happens when a page is reloaded or opened from the history.")
	case Expired:
		return pactius.T("Too much time has passed since you started to sign in, or the page was opened again.")
	case Loop:
		return pactius.T("Microsoft stopped because your browser signed in again and again within a short time. Often it does not keep cookies.")
	case Misconfigured:
		return pactius.T("Microsoft refused because a setting does not match: the application's ID, its secret, its address or the organisation. You cannot change that yourself.")
	case Clock:
		return pactius.T("The clock of this server and Microsoft's differ by more than five minutes, so the sign-in could not be checked.")
	case Unreachable:
		return pactius.T("The sign-in service could not be reached or is too busy. Your account is fine.")
	}
	return pactius.T("What came back from Microsoft was incomplete or did not match this sign-in, so it was not accepted.")
}

// Remedy says what to do now.
func (f *Failure) Remedy() pactius.Text {
	switch f.Reason {
	case Cancelled:
		return pactius.T("Sign in again when you are ready.")
	case Declined:
		return pactius.T("Sign in again and accept, or ask your IT department what the application may see.")
	case NotAssigned:
		return pactius.T("Ask your IT department to assign you to this application, then sign in again.")
	case ConsentMissing:
		return pactius.T("Ask your IT department to approve this application in Microsoft 365, then sign in again.")
	case OtherTenant:
		return pactius.T("Switch to your work account of this organisation. If you have none, its IT department has to invite this account as a guest in Microsoft 365 first; then come back and ask for access.")
	case AccountDisabled:
		return pactius.T("Ask your IT department to look at your account, or switch to another account.")
	case ConditionalAccess:
		return pactius.T("Try again from your office or your usual device. If that does not help, ask your IT department.")
	case Device:
		return pactius.T("Use your work device, or ask your IT department to register this one.")
	case CrossTenant:
		return pactius.T("Ask your IT department to allow the other organisation, or switch to another account.")
	case Refused:
		return pactius.T("Try again. If it happens again, give your IT department the code.")
	case Interaction:
		return pactius.T("Sign in again and follow what Microsoft asks.")
	case Replayed, Expired:
		return pactius.T("Sign in again from the start.")
	case Loop:
		return pactius.T("Wait a minute, check that your browser accepts cookies, then sign in again.")
	case Misconfigured:
		return pactius.T("Please tell Support, with the code below if there is one.")
	case Clock:
		return pactius.T("Please tell Support. The server's clock has to be set.")
	case Unreachable:
		return pactius.T("Try again in a minute.")
	}
	return pactius.T("Sign in again from the start. If it happens again, please tell Support.")
}
