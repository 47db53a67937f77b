package pactius

import "time"

// Event is one line of the activity log. It names people by ID; personal data is
// in Detail, which can be erased.
type Event struct {
	ID      EventID
	At      time.Time
	Kind    EventKind
	Actor   Actor
	User    UserID    // the subject, if a user
	Request RequestID // the subject, if a request
	Unit    UnitID    // the subject, if a unit
	Facts   Facts     // canonical: no personal data, never erased
	Detail  Facts     // personal: old and new names, notes
}

// EventKind names an action as noun.verb.
type EventKind string

// The kinds of event.
const (
	UserAdded          EventKind = "user.added"
	UserAdmitted       EventKind = "user.admitted"        // by an approved request
	UserLinked         EventKind = "user.linked"          // an approved request led to an existing user
	UserBound          EventKind = "user.bound"           // identity linked at the first sign-in
	UserAccountChanged EventKind = "user.account_changed" // an approved request linked another account
	UserRenamed        EventKind = "user.renamed"         // account name followed a rename in Microsoft 365
	UserRelinked       EventKind = "user.relinked"        // after a move: linked to the account in the new tenant
	UserRelinkUndone   EventKind = "user.relink_undone"
	UserSignedIn       EventKind = "user.signed_in"
	UserSignedOut      EventKind = "user.signed_out"
	UserChanged        EventKind = "user.changed"
	UserUnitsAssigned  EventKind = "user.units_assigned"
	UserUnitsMoved     EventKind = "user.units_moved" // with all members of a unit that was archived
	UserDeactivated    EventKind = "user.deactivated"
	UserReactivated    EventKind = "user.reactivated"
	UserWelcomed       EventKind = "user.welcomed" // the welcome email was sent again
	UserSessionsEnded  EventKind = "user.sessions_ended"
	UserRemoved        EventKind = "user.removed" // deleted, or removed because the approval was taken back
	UserMerged         EventKind = "user.merged"  // another user was merged into this one
	UserUnmerged       EventKind = "user.unmerged"
	UserErased         EventKind = "user.erased" // the person's data is gone, IDs stay
	RequestSent        EventKind = "request.sent"
	RequestApproved    EventKind = "request.approved"
	RequestDeclined    EventKind = "request.declined"
	RequestWithdrawn   EventKind = "request.withdrawn"
	RequestExpired     EventKind = "request.expired"
	RequestReminded    EventKind = "request.reminded"
	RequestTakenBack   EventKind = "request.taken_back"
	SameProposed       EventKind = "request.same_proposed" // to be the request of a user, see Proposal
	SameRefused        EventKind = "request.same_refused"  // the proposal
	UnitAdded          EventKind = "unit.added"
	UnitRenamed        EventKind = "unit.renamed"
	UnitMoved          EventKind = "unit.moved"
	UnitArchived       EventKind = "unit.archived"
	UnitRestored       EventKind = "unit.restored"
	UnitDeleted        EventKind = "unit.deleted" // Unit is the parent; the name is a detail
	EnvironmentAdded   EventKind = "environment.added"
	EnvironmentChanged EventKind = "environment.changed"
	MailFailed         EventKind = "mail.failed"
	MailRetried        EventKind = "mail.retried"
	MailDropped        EventKind = "mail.dropped"         // not sent again: what it was about has been settled since
	MailHeld           EventKind = "mail.held"            // not sent: beyond the limits of one person's emails on a day
	SignInRefused      EventKind = "user.sign_in_refused" // known, but deactivated or past the end date
	UserNameReleased   EventKind = "user.name_released"   // another Microsoft 365 account has the account name now
	UserAccountGone    EventKind = "user.account_gone"    // disabled or deleted in Microsoft 365
	UserAccountBack    EventKind = "user.account_back"    // enabled or restored in Microsoft 365
	SweepHeld          EventKind = "directory.sweep_held"
	SweepReleased      EventKind = "directory.sweep_released"
	SweepDropped       EventKind = "directory.sweep_dropped"
	ConnectLinkMade    EventKind = "environment.connect_link_made"
	ConnectLinkUsed    EventKind = "environment.connect_link_used" // it connected the environment
	SecretEndWarned    EventKind = "environment.secret_end_warned" // administrators were warned by email
	ApplicationAdded   EventKind = "application.added"
	ApplicationChanged EventKind = "application.changed"
	ApplicationRemoved EventKind = "application.removed"
	ClientSecretMade   EventKind = "application.secret_made"
	ClientTokenReused  EventKind = "application.token_reused"    // refresh token or code: its sign-in ended
	ClientNotTold      EventKind = "application.sign_out_failed" // of a session that has ended
	KeysRotated        EventKind = "environment.keys_rotated"    // of the signed identity
	SecretsResealed    EventKind = "environment.resealed"        // with the present value of PACTIUS_SECRET
	VisitorSignedIn    EventKind = "visitor.signed_in"           // verified by Microsoft, without a user here
	ActivityExported   EventKind = "activity.exported"           // a file with events was downloaded
)

// SignInEvents are the kinds of event that lists leave out unless they are asked for: most events are of these kinds,
// and people look for the others. The first sign-in of a user and refused ones are not among them. An index of all
// other events depends on this list: a change of it needs a schema step.
var SignInEvents = []EventKind{UserSignedIn, UserSignedOut, VisitorSignedIn}

// LastingEvents are the kinds of event that rules read however old they are: who brought a user here, who gave the user
// access, and whether others have changed the account name since. They stay while the user is here, see
// PACTIUS_KEEP_EVENTS.
var LastingEvents = []EventKind{UserAdded, UserAdmitted, UserUnitsAssigned, UserUnitsMoved, UserChanged}

// CountedEvents are the kinds of event that are counted by day.
var CountedEvents = []EventKind{UserSignedIn, RequestSent}

// EventFilter chooses events for a list. Zero fields do not filter.
type EventFilter struct {
	Kind  EventKind // this kind, or all kinds of a noun if it ends with "."
	User  UserID    // about this user or done by them
	Also  []UserID  // with User: IDs that the user had before a merge
	Unit  UnitID    // about this unit, units below it, and members of these
	Quiet bool      // without SignInEvents, unless Kind is one of them
	From  time.Time // inclusive
	To    time.Time // exclusive
	After string    // cursor of the previous page
	Limit int       // rows; 0 is PageSize
}

// EventPage is one page of events, newest first.
type EventPage struct {
	Events []Event
	Next   string // cursor of the next page, "" at the end
	Cut    bool   // the log was looked through only back to Next: there may be more before a full page
}
