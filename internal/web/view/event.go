package view

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
)

// EventText describes an event in one sentence. The actor comes first. Names in it are of type Named; that of a user
// who is gone is "someone who is no longer here".
func EventText(row EventRow) pactius.Text {
	e := row.Event
	who := row.actorName()
	switch noun, _, _ := strings.Cut(string(e.Kind), "."); noun {
	case "user", "visitor":
		return userEvent(row, who)
	case "request":
		return requestEvent(row, who)
	case "unit":
		return unitEvent(e, who, row.unit(e.Unit))
	case "application":
		return applicationEvent(row, who)
	}
	switch e.Kind {
	case pactius.EnvironmentAdded:
		return pactius.T("%s set up this environment", who)
	case pactius.EnvironmentChanged:
		return pactius.T("%s changed the settings of this environment", who)
	case pactius.KeysRotated:
		return pactius.T("%s replaced the signing keys", who)
	case pactius.SecretsResealed:
		return pactius.T("%s encrypted the stored secrets anew", who)
	case pactius.ConnectLinkMade:
		return pactius.T("%s created a link for connecting Microsoft 365", who)
	case pactius.SweepHeld:
		return pactius.T("Many accounts were disabled or deleted in Microsoft 365 at the same time; nothing is done " +
			"until someone decides")
	case pactius.SweepReleased:
		return pactius.T("%s confirmed the leavers found in the Microsoft 365 directory", who)
	case pactius.SweepDropped:
		return pactius.T("%s ignored the leavers found in the Microsoft 365 directory", who)
	case pactius.ConnectLinkUsed:
		return pactius.T("This environment was connected to Microsoft 365 with a link created by Support")
	case pactius.SecretEndWarned:
		return pactius.T("Administrators were reminded that the secret of the Microsoft 365 connection is expiring")
	case pactius.MailFailed:
		return pactius.T("An email couldn't be delivered")
	case pactius.MailHeld:
		return pactius.T("An email wasn't sent: %s has triggered too many today", who)
	case pactius.MailRetried:
		return pactius.T("%s resent an undelivered email", who)
	case pactius.MailDropped:
		return pactius.T("%s removed an outdated email that couldn't be delivered", who)
	case pactius.ActivityExported:
		return exported(row, who)
	}
	return pactius.T("%s did something this page can't describe: %s", who, string(e.Kind))
}

// exported says whose activity was exported.
func exported(row EventRow, who Named) pactius.Text {
	user := pactius.UserID(row.Event.Facts[pactius.FactOther])
	switch unit := row.Event.Unit; {
	case user != "" && unit != "":
		return pactius.T("%s exported the activity of %s in %s", who, row.userAt(user, ""), row.unit(unit))
	case user != "":
		return pactius.T("%s exported the activity of %s", who, row.userAt(user, ""))
	case unit != "":
		return pactius.T("%s exported the activity in %s", who, row.unit(unit))
	}
	return pactius.T("%s exported the activity log", who)
}

func userEvent(row EventRow, who Named) pactius.Text {
	e, user := row.Event, row.user()
	switch e.Kind {
	case pactius.UserAdded:
		return pactius.T("%s added %s", who, user)
	case pactius.UserAdmitted:
		return pactius.T("%s gave %s access", who, user)
	case pactius.UserLinked:
		return pactius.T("%s linked the request to the existing user %s", who, user)
	case pactius.UserBound:
		return pactius.T("%s signed in for the first time", user)
	case pactius.UserAccountChanged:
		return pactius.T("%s linked %s to another Microsoft 365 account", who, user)
	case pactius.UserRenamed:
		return pactius.T("The account name of %s changed in Microsoft 365", user)
	case pactius.UserNameReleased:
		return pactius.T("The account name of %s now belongs to someone else in Microsoft 365", user)
	case pactius.UserAccountGone:
		return pactius.T("The Microsoft 365 account of %s was disabled or deleted", user)
	case pactius.UserAccountBack:
		return pactius.T("The Microsoft 365 account of %s is active again", user)
	case pactius.UserRelinked:
		return pactius.T("%s linked %s to the account in the new Microsoft 365 tenant", who, user)
	case pactius.UserRelinkUndone:
		return pactius.T("%s linked %s back to the account in the previous Microsoft 365 tenant", who, user)
	case pactius.UserSignedIn:
		return pactius.T("%s signed in", user)
	case pactius.UserSignedOut:
		return pactius.T("%s signed out", user)
	case pactius.UserChanged:
		return pactius.T("%s changed the details of %s", who, user)
	case pactius.UserUnitsAssigned:
		return pactius.T("%s changed the business units for %s", who, user)
	case pactius.UserUnitsMoved:
		return pactius.T("%s moved %s to another business unit", who, user)
	case pactius.UserDeactivated:
		return pactius.T("%s deactivated %s", who, user)
	case pactius.UserReactivated:
		return pactius.T("%s reactivated %s", who, user)
	case pactius.UserWelcomed:
		return pactius.T("%s sent the welcome email to %s again", who, user)
	case pactius.UserSessionsEnded:
		if e.Actor.Kind == pactius.ActorUser && e.Actor.User == e.User {
			return pactius.T("%s ended their own sessions", user)
		}
		return pactius.T("%s signed %s out everywhere", who, user)
	case pactius.UserRemoved:
		if e.Request == "" {
			return pactius.T("%s deleted %s", who, user)
		}
		return pactius.T("%s removed %s when the approval was undone", who, user)
	case pactius.UserMerged:
		return pactius.T("%s merged %s into %s", who, row.other(), user)
	case pactius.UserUnmerged:
		return pactius.T("%s undid the merge of %s into %s", who, row.other(), user)
	case pactius.UserErased:
		return pactius.T("%s erased a user and all personal data", who)
	case pactius.SignInRefused:
		return pactius.T("%s tried to sign in but wasn't given access", user)
	case pactius.VisitorSignedIn:
		return pactius.T("%s signed in but doesn't have access yet", who)
	}
	return pactius.T("%s did something this page can't describe: %s", who, string(e.Kind))
}

func requestEvent(row EventRow, who Named) pactius.Text {
	e, person := row.Event, row.requester()
	switch e.Kind {
	case pactius.RequestSent:
		if e.User != "" {
			return pactius.T("%s requested more access", who)
		}
		return pactius.T("%s requested access", who)
	case pactius.RequestApproved:
		return pactius.T("%s approved the request from %s", who, person)
	case pactius.RequestDeclined:
		return pactius.T("%s declined the request from %s", who, person)
	case pactius.RequestWithdrawn:
		return pactius.T("%s withdrew the request", who)
	case pactius.RequestExpired:
		return pactius.T("The request from %s expired", person)
	case pactius.RequestReminded:
		return pactius.T("Local administrators were reminded of the request from %s", person)
	case pactius.RequestTakenBack:
		return pactius.T("%s undid the approval of %s", who, person)
	case pactius.SameProposed:
		return pactius.T("%s suggested that %s is an existing user", who, person)
	case pactius.SameRefused:
		return pactius.T("%s removed the suggestion that %s is an existing user", who, person)
	}
	return pactius.T("%s did something this page can't describe: %s", who, string(e.Kind))
}

func unitEvent(e pactius.Event, who, unit Named) pactius.Text {
	switch e.Kind {
	case pactius.UnitAdded:
		return pactius.T("%s added %s", who, unit)
	case pactius.UnitRenamed:
		return pactius.T("%s renamed %s", who, unit)
	case pactius.UnitMoved:
		return pactius.T("%s moved %s", who, unit)
	case pactius.UnitArchived:
		return pactius.T("%s archived %s", who, unit)
	case pactius.UnitRestored:
		return pactius.T("%s restored %s", who, unit)
	case pactius.UnitDeleted:
		return pactius.T("%s deleted the business unit %s", who, e.Detail[pactius.DetailName])
	}
	return pactius.T("%s did something this page can't describe: %s", who, string(e.Kind))
}

func applicationEvent(row EventRow, who Named) pactius.Text {
	e, name := row.Event, row.application()
	switch e.Kind {
	case pactius.ApplicationAdded:
		return pactius.T("%s added the application %s", who, name)
	case pactius.ApplicationChanged:
		return pactius.T("%s changed the application %s", who, name)
	case pactius.ApplicationRemoved:
		return pactius.T("%s removed the application %s", who, name)
	case pactius.ClientSecretMade:
		return pactius.T("%s created a client secret for the application %s", who, name)
	case pactius.ClientTokenReused:
		return pactius.T("A sign-in at the application %s was ended because one of its tokens was used twice", name)
	case pactius.ClientNotTold:
		return pactius.T("The application %s couldn't be told that a sign-in had ended", name)
	}
	return pactius.T("%s did something this page can't describe: %s", who, string(e.Kind))
}

// shownChanges is how many changes of an event the timeline shows: a user may get hundreds of units in one.
const shownChanges = 20

// changes is the template function that says what changed in an event, as far as there is room.
func changes(row EventRow) []pactius.Text {
	lines := EventDetails(row)
	if more := len(lines) - shownChanges; more > 0 {
		lines = append(lines[:shownChanges], pactius.T("+%d more", more))
	}
	return lines
}

// EventDetails says what changed in an event, one line each, in a stable order.
func EventDetails(row EventRow) []pactius.Text {
	e := row.Event
	lines := row.accessChanges()
	switch e.Kind {
	case pactius.UnitAdded:
		if parent := e.Facts[pactius.FactTo]; parent != "" {
			lines = append(lines, pactius.T("parent unit: %s", row.unit(pactius.UnitID(parent))))
		}
	case pactius.UnitDeleted:
		lines = append(lines, pactius.T("parent unit: %s", row.unit(e.Unit)))
	case pactius.UnitMoved:
		lines = append(lines, pactius.T("from %s to %s", row.unit(pactius.UnitID(e.Facts[pactius.FactFrom])),
			row.unit(pactius.UnitID(e.Facts[pactius.FactTo]))))
	case pactius.MailFailed, pactius.MailRetried, pactius.MailHeld, pactius.MailDropped:
		lines = append(lines, mailLine(e))
	case pactius.UserSessionsEnded:
		if n, err := strconv.Atoi(e.Facts[pactius.FactCount]); err == nil {
			lines = append(lines, pactius.Plural(n, "%d session", "%d sessions"))
		}
	case pactius.UserMerged, pactius.UserUnmerged:
		if other := e.Detail[pactius.DetailOtherUsername]; other != "" {
			lines = append(lines, pactius.T("Account name of the other user: %s", other))
		}
	case pactius.ActivityExported:
		lines = append(lines, exportLines(e)...)
	case pactius.UserAccountGone, pactius.UserAccountBack:
		lines = append(lines, accountLines(e)...)
	case pactius.SweepHeld, pactius.SweepReleased, pactius.SweepDropped:
		if n, err := strconv.Atoi(e.Facts[pactius.FactCount]); err == nil && n > 0 {
			lines = append(lines, pactius.Plural(n, "%d user", "%d users"))
		}
	}
	if before := e.Detail[pactius.DetailUsernameFrom]; before != "" {
		lines = append(lines, pactius.T("Account name: from %s to %s", before, e.Detail[pactius.DetailUsername]))
	}
	for field := range strings.SplitSeq(e.Facts[pactius.FactFields], ",") {
		name := fieldName(field)
		if field == pactius.DetailUsername && e.Detail[pactius.DetailUsernameFrom] != "" {
			continue // said above
		}
		if !name.IsZero() {
			lines = append(lines, pactius.T("Changed: %s", name))
		}
	}
	if end := e.Detail[pactius.DetailEndsOn]; end != "" {
		lines = append(lines, pactius.T("End date: %s", pactius.Date(end)))
	}
	if note := e.Detail[pactius.DetailNote]; note != "" {
		lines = append(lines, pactius.T("“%s”", note))
	}
	return lines
}

// accountLines say what became of an account, and of the user because of it.
func accountLines(e pactius.Event) []pactius.Text {
	var lines []pactius.Text
	if state := pactius.AccountState(e.Facts[pactius.FactTo]); state.Gone() {
		lines = append(lines, state.Text())
	}
	if done := e.Facts[pactius.FactOutcome]; done != "" {
		lines = append(lines, pactius.Leaving(done).Text())
	}
	return lines
}

// exportLines say what was exported.
func exportLines(e pactius.Event) []pactius.Text {
	lines := []pactius.Text{pactius.T("Format: %s", strings.ToUpper(e.Facts[pactius.FactFormat]))}
	if kind := e.Facts[pactius.FactKind]; kind != "" {
		lines = append(lines, pactius.T("Event type: %s", KindName(pactius.EventKind(kind))))
	}
	from, to, _ := strings.Cut(e.Facts[pactius.FactDays], "/")
	if from != "" {
		lines = append(lines, pactius.T("From: %s", pactius.Date(from)))
	}
	if to != "" {
		lines = append(lines, pactius.T("To: %s", pactius.Date(to)))
	}
	return lines
}

func (r EventRow) accessChanges() []pactius.Text {
	var lines []pactius.Text
	for _, name := range slices.Sorted(maps.Keys(r.Event.Facts)) {
		if c, ok := r.Event.Facts.AccessChange(name); ok {
			lines = append(lines, accessChange(c, r.unit(c.Unit)))
		}
	}
	return lines
}

func accessChange(c pactius.AccessChange, unit Named) pactius.Text {
	switch {
	case c.From == pactius.AccessNone:
		return pactius.T("%s in %s", c.To.Text(), unit)
	case c.To == pactius.AccessNone:
		return pactius.T("no longer %s in %s", c.From.Text(), unit)
	}
	return pactius.T("from %s to %s in %s", c.From.Text(), c.To.Text(), unit)
}

func mailLine(e pactius.Event) pactius.Text {
	if to := e.Detail[pactius.DetailTo]; to != "" {
		return pactius.T("%s, to %s", MailKind(e.Facts[pactius.FactKind]), to)
	}
	return MailKind(e.Facts[pactius.FactKind])
}

// MailKind says what a mail is about.
func MailKind(kind string) pactius.Text {
	switch kind {
	case "request-arrived":
		return pactius.T("New access request")
	case "request-reminder":
		return pactius.T("Access request reminder")
	case "request-approved":
		return pactius.T("Approved access request")
	case "request-declined":
		return pactius.T("Declined access request")
	case "request-expired":
		return pactius.T("Expired access request")
	case "welcome":
		return pactius.T("Welcome email")
	case "same-proposed":
		return pactius.T("Same-person suggestion")
	case "same-refused":
		return pactius.T("Same-person suggestion rejected")
	case "approval-taken-back":
		return pactius.T("Approval undone")
	case "account-name-changed":
		return pactius.T("Account name or email address changed")
	case "access-assigned":
		return pactius.T("Business units assigned")
	case "leavers":
		return pactius.T("Users who left or returned to Microsoft 365")
	case "sweep-held":
		return pactius.T("Many users seem to have left")
	case "secret-ends":
		return pactius.T("Microsoft 365 secret expiring")
	case "connected":
		return pactius.T("Connected to Microsoft 365")
	}
	return pactius.T("Email")
}

// fieldName is what a field is called on the pages, the zero Text for one
// without a name.
func fieldName(field string) pactius.Text {
	switch field {
	case pactius.DetailUsername:
		return pactius.T("Account name")
	case "name":
		return pactius.T("Name")
	case "email":
		return pactius.T("Email")
	case "ends_on":
		return pactius.T("End date")
	case "icon":
		return pactius.T("Icon")
	case "origin":
		return pactius.T("Addresses")
	case "unit":
		return pactius.T("Required business unit")
	case "access":
		return pactius.T("Required access")
	case "preflight":
		return pactius.T("CORS preflights")
	case "client":
		return pactius.T("OpenID Connect")
	case "upstream":
		return pactius.T("Internal address")
	case "identity":
		return pactius.T("Microsoft 365 account")
	case "support_contact":
		return pactius.T("Support contact")
	case "language":
		return pactius.T("Language")
	case "time_zone":
		return pactius.T("Time zone")
	case "host":
		return pactius.T("Host name")
	case "tenant":
		return pactius.T("Microsoft 365 tenant")
	case "client_id":
		return pactius.T("App registration")
	case "client_secret":
		return pactius.T("Client secret")
	case "certificate":
		return pactius.T("Certificate")
	case "secret_ends_on":
		return pactius.T("Secret expiry date")
	case "leaver_rule", "leaver_bound":
		return pactius.T("Users who have left Microsoft 365")
	case "accent":
		return pactius.T("Accent colour")
	case "logo":
		return pactius.T("Logo")
	case "welcome":
		return pactius.T("Welcome text")
	}
	return pactius.Text{}
}

// Icon is the event's icon.
func (r EventRow) Icon() string {
	switch r.Event.Kind {
	case pactius.UserAdded, pactius.UserAdmitted, pactius.RequestApproved, pactius.UserReactivated:
		return "check"
	case pactius.UserDeactivated, pactius.RequestDeclined, pactius.SignInRefused, pactius.UserRemoved,
		pactius.UserErased:
		return "blocked"
	case pactius.MailFailed, pactius.MailHeld:
		return "warning"
	case pactius.UserSignedIn, pactius.UserBound, pactius.VisitorSignedIn:
		return "enter"
	case pactius.UserSignedOut, pactius.UserSessionsEnded:
		return "leave"
	case pactius.RequestSent:
		return "inbox"
	case pactius.ActivityExported:
		return "download"
	}
	return "pencil"
}
