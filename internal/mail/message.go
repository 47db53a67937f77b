package mail

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pactius/pactius"
)

// Message is an email of PACTIUS: one of the structs of this package, made by a
// rule and stored as JSON until it is delivered. The values are personal data in a
// row that can be erased.
type Message interface {
	// Kind is the message's kind in the outbox. It is stored: never rename one.
	Kind() string
	// compose returns the message as a letter.
	compose(Letterhead) letter
}

// UnitAccess is a business unit with access to it.
type UnitAccess struct {
	Unit   string         // name for display, such as "Sales" or "Nordhavn / Sales"
	Access pactius.Access // NoAccess is not shown
}

// RequestArrived goes to the administrators who may decide a new access request.
type RequestArrived struct {
	Request     pactius.RequestID
	Name        string    // the person's name in Microsoft 365
	AccountName string    // the person's account
	Title       string    // the person's, from Microsoft 365; "" is unknown
	Department  string    // likewise
	Message     string    // from the person, several lines, "" for none
	Units       []string  // names of the requested business units, may be empty
	Known       bool      // there is a near miss: a user who is probably this person
	More        bool      // the person is a user who asks for more access
	Since       time.Time // when the request was sent
	Expires     time.Time // when the pending request expires
}

// RequestReminder goes to the administrators who may decide when a request has been
// pending for pactius.RequestReminder.
type RequestReminder RequestArrived

// RequestApproved goes to the person whose request was approved.
type RequestApproved struct {
	By     string       // name of the approver
	Note   string       // from the approver, several lines, "" for none
	Units  []UnitAccess // empty: an administrator still assigns them (see AccessAssigned)
	EndsOn pactius.Date // end date of the user, "" for none
	More   bool         // the person was a user already, and Units are those of this request
}

// RequestDeclined goes to the person whose request was declined.
type RequestDeclined struct {
	By       string    // name of the administrator
	Note     string    // from the administrator, several lines, "" for none
	AskAgain time.Time // earliest next request; zero is not mentioned
	More     bool      // it was a user's, for more access
}

// RequestExpired goes to the person whose request was not decided in time.
type RequestExpired struct {
	Since   time.Time // when the request was sent
	Expired time.Time // when it expired
	More    bool      // it was a user's, for more access
}

// Welcome goes to a person added by an administrator.
type Welcome struct {
	By          string       // name of the administrator; "" is not mentioned
	AccountName string       // the account to sign in with
	Units       []UnitAccess // business units given, may be empty
	EndsOn      pactius.Date // end date of the user, "" for none
}

// ApprovalTakenBack goes to a person whose approval was undone. The request is pending again.
type ApprovalTakenBack struct {
	By   string // name of the administrator; "" is not mentioned
	More bool   // it was a user's, for more access
}

// AccessAssigned goes to a person who was approved without business units when they
// are assigned.
type AccessAssigned struct {
	By    string       // name of the administrator; "" is not mentioned
	Units []UnitAccess // all business units of the person
}

// AccountNameChanged goes to the address that was used before, when an administrator
// changes a user's account name or email address. It does not tell the new one: the
// old address may be a stranger's.
type AccountNameChanged struct {
	By          string // name of the administrator; "" is not mentioned
	AccountName string // before; "" is unchanged
	Email       string // the address for emails before; "" is unchanged
}

// SameProposed goes to the administrators who may confirm that a pending request is
// from a user.
type SameProposed struct {
	Request       pactius.RequestID
	User          pactius.UserID
	By            string    // name of the approver who proposed it
	Name          string    // the person's name in Microsoft 365
	AccountName   string    // the person's account
	Of            string    // name of the user
	OfAccountName string    // account name of the user
	Expires       time.Time // when the request expires, and the proposal with it
}

// SameRefused goes to the approver who had proposed that a request is from a user.
type SameRefused struct {
	Request pactius.RequestID
	By      string // name of the administrator who refused it
	Name    string // the person of the request
}

// Kind is "request-arrived".
func (RequestArrived) Kind() string { return "request-arrived" }

// Kind is "request-reminder".
func (RequestReminder) Kind() string { return "request-reminder" }

// Kind is "request-approved".
func (RequestApproved) Kind() string { return "request-approved" }

// Kind is "request-declined".
func (RequestDeclined) Kind() string { return "request-declined" }

// Kind is "request-expired".
func (RequestExpired) Kind() string { return "request-expired" }

// Kind is "welcome".
func (Welcome) Kind() string { return "welcome" }

// Kind is "approval-taken-back".
func (ApprovalTakenBack) Kind() string { return "approval-taken-back" }

// Kind is "access-assigned".
func (AccessAssigned) Kind() string { return "access-assigned" }

// Kind is "account-name-changed".
func (AccountNameChanged) Kind() string { return "account-name-changed" }

// Kind is "same-proposed".
func (SameProposed) Kind() string { return "same-proposed" }

// Kind is "same-refused".
func (SameRefused) Kind() string { return "same-refused" }

// Encode returns the message in the form that the outbox stores.
func Encode(m Message) (kind string, data []byte, err error) {
	if m == nil {
		return "", nil, fmt.Errorf("encoding a mail: there is no message")
	}
	data, err = json.Marshal(m)
	if err != nil {
		return "", nil, fmt.Errorf("encoding mail %s: %w", m.Kind(), err)
	}
	return m.Kind(), data, nil
}

// Decode decodes the result of Encode. It ignores unknown fields, so that an older
// program can send the messages of a newer one; an unknown kind is an error.
func Decode(kind string, data []byte) (Message, error) {
	if read, ok := decoders[kind]; ok {
		return read(data)
	}
	return nil, fmt.Errorf("decoding a mail: unknown kind %q", kind)
}

// Kinds lists the kinds of all messages, in alphabetical order.
func Kinds() []string { return slices.Sorted(maps.Keys(decoders)) }

// decoders decode the messages of all kinds.
var decoders = func() map[string]func([]byte) (Message, error) {
	all := map[string]func([]byte) (Message, error){}
	add[RequestArrived](all)
	add[RequestReminder](all)
	add[RequestApproved](all)
	add[RequestDeclined](all)
	add[RequestExpired](all)
	add[Welcome](all)
	add[ApprovalTakenBack](all)
	add[AccessAssigned](all)
	add[AccountNameChanged](all)
	add[SameProposed](all)
	add[SameRefused](all)
	add[SecretEnds](all)
	add[Connected](all)
	add[Leavers](all)
	add[SweepHeld](all)
	return all
}()

func add[M Message](all map[string]func([]byte) (Message, error)) {
	var m M
	all[m.Kind()] = decode[M]
}

func decode[M Message](data []byte) (Message, error) {
	var m M
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("decoding mail %s: %w", m.Kind(), err)
	}
	return m, nil
}
