package microsoft

import (
	"sync"

	"github.com/pactius/pactius"
)

// Helper is the party that can help with a failure.
type Helper int

// The helpers. Package web has the words for them.
const (
	HelperYourself           Helper = iota // the person: trying again is likely to work
	HelperCustomerIT                       // the administrators of the organisation's Microsoft 365
	HelperLocalAdministrator               // the administrators of PACTIUS
	HelperSupport                          // the operators of this PACTIUS
)

// failureWords explains a failure to the person who met it.
type failureWords struct {
	helper                     Helper
	title, explanation, remedy pactius.Text
}

// Helper returns the party that the page should name. Trying again never hurts, so the page offers it in any case.
func (f *Failure) Helper() Helper { return f.words().helper }

// Title says in a few words what happened.
func (f *Failure) Title() pactius.Text { return f.words().title }

// Explanation says what happened and why, as far as known.
func (f *Failure) Explanation() pactius.Text { return f.words().explanation }

// Remedy says what to do now.
func (f *Failure) Remedy() pactius.Text { return f.words().remedy }

func (f *Failure) words() failureWords {
	if f.cloud != nil {
		return f.cloud.words(f.authority)
	}
	words := wordsByReason()
	if w, ok := words[f.Reason]; ok {
		return w
	}
	return words[ReasonBadResponse]
}

var wordsByReason = sync.OnceValue(func() map[Reason]failureWords {
	return map[Reason]failureWords{
		ReasonCancelled: {
			HelperYourself, pactius.T("You cancelled the sign-in"),
			pactius.T("You came back from Microsoft without signing in. Nothing has changed."),
			pactius.T("Sign in again when you're ready."),
		},
		ReasonDeclined: {
			HelperYourself, pactius.T("You declined the permissions"),
			pactius.T("Microsoft asked whether this application may see your name and email address, and the answer " +
				"was no. Without them we can't sign you in."),
			pactius.T("Sign in again and accept, or ask your IT department what the application may see."),
		},
		ReasonNotAssigned: {
			HelperCustomerIT, pactius.T("Your organisation hasn't given you access to this application"),
			pactius.T("You signed in with Microsoft, but your organisation lets only selected people use this " +
				"application."),
			pactius.T("Ask your IT department to assign you to this application, then sign in again."),
		},
		ReasonConsentMissing: {
			HelperCustomerIT, pactius.T("Your organisation hasn't approved this application yet"),
			pactius.T("A Microsoft 365 administrator in your organisation must approve this application once, for " +
				"everyone."),
			pactius.T("Ask your IT department to approve this application in Microsoft 365, then sign in again."),
		},
		ReasonOtherTenant: {
			HelperLocalAdministrator, pactius.T("This account belongs to another organisation"),
			pactius.T("You can sign in here with a work account from the organisation this page belongs to. The " +
				"account you chose is personal or belongs to another organisation."),
			pactius.T("Switch to your work account in this organisation. If you don't have one, its IT department " +
				"must first invite this account as a guest in Microsoft 365; then come back and request access."),
		},
		ReasonAccountDisabled: {
			HelperCustomerIT, pactius.T("Your Microsoft 365 account is disabled or locked"),
			pactius.T("Microsoft didn't sign you in because your work account is disabled or locked at the moment."),
			pactius.T("Ask your IT department to check your account, or switch to another account."),
		},
		ReasonConditionalAccess: {
			HelperCustomerIT, pactius.T("A rule of your organisation stopped this sign-in"),
			pactius.T("Your organisation has rules for signing in, for example from where or how. This sign-in " +
				"didn't meet them."),
			pactius.T("Try again from your office or your usual device. If that doesn't help, ask your IT department."),
		},
		ReasonDevice: {
			HelperCustomerIT, pactius.T("Your organisation doesn't allow this device"),
			pactius.T("Your organisation lets you sign in only from devices that it manages or that meet its " +
				"security rules."),
			pactius.T("Use your work device, or ask your IT department to register this one."),
		},
		ReasonCrossTenant: {
			HelperCustomerIT, pactius.T("Your organisations don't allow sign-in between them"),
			pactius.T("Your account belongs to one organisation and this page to another, and their rules don't " +
				"allow this sign-in."),
			pactius.T("Ask your IT department to allow the other organisation, or switch to another account."),
		},
		ReasonRefused: {
			HelperCustomerIT, pactius.T("Microsoft didn't sign you in"),
			pactius.T("Microsoft refused this sign-in. The code below tells your IT department why."),
			pactius.T("Try again. If it happens again, give your IT department the code."),
		},
		ReasonInteraction: {
			HelperYourself, pactius.T("Microsoft needs something from you first"),
			pactius.T("Microsoft needs you to choose your account, confirm that it's you, or renew your password " +
				"before you can continue."),
			pactius.T("Sign in again and follow Microsoft's instructions."),
		},
		ReasonReplayed: {
			HelperYourself, pactius.T("This sign-in has already been used"),
			pactius.T("Each sign-in works only once. This happens when a page is reloaded or opened from the history."),
			pactius.T("Sign in again from the start."),
		},
		ReasonNoCookie: {
			HelperYourself, pactius.T("Your browser didn't keep our cookie"),
			pactius.T("To sign you in safely, we store a cookie before you go to Microsoft. Your browser came back " +
				"without it twice: it blocks cookies for this page, or the sign-in started in another browser or app."),
			pactius.T("Allow cookies for this page, then try again. If you came from an app, open this page in your " +
				"usual browser and sign in there."),
		},
		ReasonNotUnderWay: {
			HelperYourself, pactius.T("This sign-in can't be completed here"),
			pactius.T("This isn't one of the sign-ins in progress in this browser. It may have started in another " +
				"browser, already been used, or been replaced by newer ones."),
			pactius.T("Sign in again from the start."),
		},
		ReasonExpired: {
			HelperYourself, pactius.T("This sign-in is no longer valid"),
			pactius.T("Too much time has passed since you started to sign in, or the page was opened again."),
			pactius.T("Sign in again from the start."),
		},
		ReasonLoop: {
			HelperYourself, pactius.T("Too many sign-ins in a row"),
			pactius.T("Microsoft stopped because your browser signed in again and again within a short time. Often " +
				"that means it doesn't keep cookies."),
			pactius.T("Wait a minute, check that your browser accepts cookies, then sign in again."),
		},
		ReasonMisconfigured: {
			HelperSupport, pactius.T("The connection to Microsoft 365 isn't set up correctly"),
			pactius.T("Microsoft refused because a setting doesn't match: the application's ID, its secret, its " +
				"address or the organisation. You can't change that yourself."),
			pactius.T("Please tell Support, and include the code below if there is one."),
		},
		ReasonClock: {
			HelperSupport, pactius.T("The clocks don't match"),
			pactius.T("This server's clock and Microsoft's differ by more than five minutes, so the sign-in couldn't " +
				"be checked."),
			pactius.T("Please tell Support. The server's clock needs to be set."),
		},
		ReasonUnreachable: {
			HelperYourself, pactius.T("Microsoft isn't responding"),
			pactius.T("The sign-in service couldn't be reached or is too busy. Your account is fine."),
			pactius.T("Try again in a minute."),
		},
		ReasonBadResponse: {
			HelperSupport, pactius.T("We couldn't use Microsoft's response"),
			pactius.T("The response from Microsoft was incomplete or didn't match this sign-in, so it wasn't " +
				"accepted."),
			pactius.T("Sign in again from the start. If it happens again, please tell Support."),
		},
	}
})
