package view

import (
	"slices"

	"github.com/pactius/pactius"
)

// KindGroup is the kinds of event of a noun, to choose one or all of.
type KindGroup struct {
	All   pactius.EventKind // value for all of them, see pactius.EventFilter.Kind
	Name  pactius.Text
	Kinds []KindChoice
}

// KindChoice is one kind of event to choose.
type KindChoice struct {
	Kind pactius.EventKind
	Name pactius.Text
}

// Single reports whether there is only one kind, so that all of them are not offered beside it.
func (g KindGroup) Single() bool { return len(g.Kinds) == 1 }

// kindGroups are all kinds of event.
var kindGroups = []KindGroup{
	{"user.", pactius.T("Users"), []KindChoice{
		{pactius.UserAdded, pactius.T("User added")},
		{pactius.UserAdmitted, pactius.T("User given access by approval")},
		{pactius.UserLinked, pactius.T("Request linked to a user")},
		{pactius.UserBound, pactius.T("First sign-in")},
		{pactius.UserSignedIn, pactius.T("Sign-in")},
		{pactius.UserSignedOut, pactius.T("Sign-out")},
		{pactius.SignInRefused, pactius.T("Sign-in refused")},
		{pactius.UserSessionsEnded, pactius.T("Sessions ended")},
		{pactius.UserChanged, pactius.T("Details changed")},
		{pactius.UserUnitsAssigned, pactius.T("Business units changed")},
		{pactius.UserUnitsMoved, pactius.T("Moved to another business unit")},
		{pactius.UserDeactivated, pactius.T("User deactivated")},
		{pactius.UserReactivated, pactius.T("User reactivated")},
		{pactius.UserAccountGone, pactius.T("Account disabled or deleted in Microsoft 365")},
		{pactius.UserAccountBack, pactius.T("Account active again in Microsoft 365")},
		{pactius.UserRenamed, pactius.T("Account name changed in Microsoft 365")},
		{pactius.UserNameReleased, pactius.T("Account name taken by someone else")},
		{pactius.UserAccountChanged, pactius.T("Linked to another account")},
		{pactius.UserRelinked, pactius.T("Linked to the new tenant")},
		{pactius.UserRelinkUndone, pactius.T("Linked back to the previous tenant")},
		{pactius.UserMerged, pactius.T("Users merged")},
		{pactius.UserUnmerged, pactius.T("Merge undone")},
		{pactius.UserRemoved, pactius.T("User deleted")},
		{pactius.UserWelcomed, pactius.T("Welcome email resent")},
		{pactius.UserErased, pactius.T("User erased")},
	}},
	{"visitor.", pactius.T("Visitors"), []KindChoice{
		{pactius.VisitorSignedIn, pactius.T("Sign-in without access")}}},
	{"request.", pactius.T("Access requests"), []KindChoice{
		{pactius.RequestSent, pactius.T("Request sent")},
		{pactius.RequestApproved, pactius.T("Request approved")},
		{pactius.RequestDeclined, pactius.T("Request declined")},
		{pactius.RequestWithdrawn, pactius.T("Request withdrawn")},
		{pactius.RequestExpired, pactius.T("Request expired")},
		{pactius.RequestReminded, pactius.T("Reminder sent")},
		{pactius.RequestTakenBack, pactius.T("Approval undone")},
		{pactius.SameProposed, pactius.T("Same-person suggestion")},
		{pactius.SameRefused, pactius.T("Same-person suggestion rejected")},
	}},
	{"unit.", pactius.T("Business units"), []KindChoice{
		{pactius.UnitAdded, pactius.T("Unit added")},
		{pactius.UnitRenamed, pactius.T("Unit renamed")},
		{pactius.UnitMoved, pactius.T("Unit moved")},
		{pactius.UnitArchived, pactius.T("Unit archived")},
		{pactius.UnitRestored, pactius.T("Unit restored")},
		{pactius.UnitDeleted, pactius.T("Unit deleted")},
	}},
	{"application.", pactius.T("Applications"), []KindChoice{
		{pactius.ApplicationAdded, pactius.T("Application added")},
		{pactius.ApplicationChanged, pactius.T("Application changed")},
		{pactius.ApplicationRemoved, pactius.T("Application removed")},
		{pactius.ClientSecretMade, pactius.T("Client secret created")},
		{pactius.ClientTokenReused, pactius.T("Token used twice")},
		{pactius.ClientNotTold, pactius.T("Application not told of a sign-out")},
	}},
	{"environment.", pactius.T("Environment"), []KindChoice{
		{pactius.EnvironmentAdded, pactius.T("Environment set up")},
		{pactius.EnvironmentChanged, pactius.T("Settings changed")},
		{pactius.ConnectLinkMade, pactius.T("Link for connecting created")},
		{pactius.ConnectLinkUsed, pactius.T("Link for connecting used")},
		{pactius.SecretEndWarned, pactius.T("Secret expiring")},
		{pactius.KeysRotated, pactius.T("Signing keys replaced")},
		{pactius.SecretsResealed, pactius.T("Stored secrets encrypted anew")},
	}},
	{"directory.", pactius.T("Leavers"), []KindChoice{
		{pactius.SweepHeld, pactius.T("Many leavers found")},
		{pactius.SweepReleased, pactius.T("Leavers confirmed")},
		{pactius.SweepDropped, pactius.T("Leavers ignored")},
	}},
	{"mail.", pactius.T("Emails"), []KindChoice{
		{pactius.MailFailed, pactius.T("Email not delivered")},
		{pactius.MailHeld, pactius.T("Email not sent")},
		{pactius.MailRetried, pactius.T("Email resent")},
		{pactius.MailDropped, pactius.T("Email removed")},
	}},
	{"activity.", pactius.T("Activity"), []KindChoice{
		{pactius.ActivityExported, pactius.T("Activity exported")}}},
}

// KindName is what a kind of event, or all kinds of a noun, are called. An unknown kind has the zero Text.
func KindName(kind pactius.EventKind) pactius.Text {
	for _, g := range kindGroups {
		if kind == g.All {
			return g.Name
		}
		if i := slices.IndexFunc(g.Kinds, func(c KindChoice) bool { return c.Kind == kind }); i >= 0 {
			return g.Kinds[i].Name
		}
	}
	return pactius.Text{}
}
