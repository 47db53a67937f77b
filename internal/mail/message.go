package mail

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pactius/pactius"
)

// Message is something PACTIUS says by mail: one of the structs of this
// package, made by a rule and stored as JSON until it is delivered. The values
// are personal data; they live in a row that can be erased.
type Message interface {
	// Kind names the message in the outbox. It is stored: never rename one.
	Kind() string
	// compose puts the message into the words of a letter.
	compose(Letterhead) letter
}

// UnitAccess is a business unit with the access to it.
type UnitAccess struct {
	Unit   string         // name as shown, such as "Sales" or "Nordhavn / Sales"
	Access pactius.Access // what may be done there
}

// RequestArrived goes to the administrators who may decide a new access
// request.
type RequestArrived struct {
	Request     pactius.RequestID
	Name        string    // who asks, as Microsoft names the person
	AccountName string    // with which account
	Message     string    // the person's words, several lines, "" for none
	Units       []string  // names of the wished business units, empty for no wish
	Known       bool      // somebody who was added already is probably this person
	Since       time.Time // when it was sent
	Expires     time.Time // when it expires undecided
}

// RequestReminder goes to the administrators who may decide when a request has
// waited for pactius.RequestReminder. Convert the RequestArrived it reminds of.
type RequestReminder RequestArrived

// RequestApproved goes to the person who asked and is let in now.
type RequestApproved struct {
	By    string       // who approved, as shown
	Note  string       // the decider's words, several lines, "" for none
	Units []UnitAccess // empty: an administrator still assigns them (see AccessAssigned)
}

// RequestDeclined goes to the person who asked and is not let in.
type RequestDeclined struct {
	By       string    // who declined, as shown
	Note     string    // the decider's words, several lines, "" for none
	AskAgain time.Time // from when the person can ask again; zero says nothing about it
}

// RequestExpired goes to the person whose request nobody decided in time.
type RequestExpired struct {
	Since   time.Time // when it was sent
	Expired time.Time // when it expired
}

// Welcome goes to a person whom an administrator added.
type Welcome struct {
	By          string       // who added the person, as shown; "" is not said
	AccountName string       // the account to sign in with
	Units       []UnitAccess // business units given, may be empty
}

// ApprovalTakenBack goes to a person whose approval was undone before the
// first sign-in. Their request waits again.
type ApprovalTakenBack struct {
	By string // who took it back, as shown; "" is not said
}

// AccessAssigned goes to a person who was approved without business units and
// has got them now.
type AccessAssigned struct {
	By    string       // who assigned them, as shown; "" is not said
	Units []UnitAccess // all business units the person has now
}

// The kinds as they are stored.
const (
	kindRequestArrived    = "request-arrived"
	kindRequestReminder   = "request-reminder"
	kindRequestApproved   = "request-approved"
	kindRequestDeclined   = "request-declined"
	kindRequestExpired    = "request-expired"
	kindWelcome           = "welcome"
	kindApprovalTakenBack = "approval-taken-back"
	kindAccessAssigned    = "access-assigned"
	kindLeavers           = "leavers"
	kindSweepHeld         = "sweep-held"
	kindSecretEnds        = "secret-ends"
)

// Kind is "request-arrived".
func (RequestArrived) Kind() string { return kindRequestArrived }

// Kind is "request-reminder".
func (RequestReminder) Kind() string { return kindRequestReminder }

// Kind is "request-approved".
func (RequestApproved) Kind() string { return kindRequestApproved }

// Kind is "request-declined".
func (RequestDeclined) Kind() string { return kindRequestDeclined }

// Kind is "request-expired".
func (RequestExpired) Kind() string { return kindRequestExpired }

// Kind is "welcome".
func (Welcome) Kind() string { return kindWelcome }

// Kind is "approval-taken-back".
func (ApprovalTakenBack) Kind() string { return kindApprovalTakenBack }

// Kind is "access-assigned".
func (AccessAssigned) Kind() string { return kindAccessAssigned }

// Encode gives the message the form in which it waits in the outbox.
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

// Decode reads what Encode wrote. Unknown fields are ignored, so that an older
// program can send what a newer one has stored; an unknown kind is an error.
func Decode(kind string, data []byte) (Message, error) {
	switch kind {
	case kindRequestArrived:
		return decode[RequestArrived](data)
	case kindRequestReminder:
		return decode[RequestReminder](data)
	case kindRequestApproved:
		return decode[RequestApproved](data)
	case kindRequestDeclined:
		return decode[RequestDeclined](data)
	case kindRequestExpired:
		return decode[RequestExpired](data)
	case kindWelcome:
		return decode[Welcome](data)
	case kindApprovalTakenBack:
		return decode[ApprovalTakenBack](data)
	case kindAccessAssigned:
		return decode[AccessAssigned](data)
	case kindSecretEnds:
		return decode[SecretEnds](data)
	case kindLeavers:
		return decode[Leavers](data)
	case kindSweepHeld:
		return decode[SweepHeld](data)
	}
	return nil, fmt.Errorf("decoding a mail: unknown kind %q", kind)
}

func decode[M Message](data []byte) (Message, error) {
	var m M
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("decoding mail %s: %w", m.Kind(), err)
	}
	return m, nil
}
