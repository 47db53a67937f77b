package mail

import (
	"encoding/json"
	"fmt"
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
	Path        string    // the request's page below the base URL, from "/"
	Name        string    // the person's name in Microsoft 365
	AccountName string    // the person's account
	Message     string    // from the person, several lines, "" for none
	Units       []string  // names of the requested business units, may be empty
	Known       bool      // there is a near miss: a user who is probably this person
	Since       time.Time // when the request was sent
	Expires     time.Time // when the pending request expires
}

// RequestReminder goes to the administrators who may decide when a request has been
// pending for pactius.RequestReminder.
type RequestReminder RequestArrived

// RequestApproved goes to the person whose request was approved.
type RequestApproved struct {
	By    string       // name of the approver
	Note  string       // from the approver, several lines, "" for none
	Units []UnitAccess // empty: an administrator still assigns them (see AccessAssigned)
}

// RequestDeclined goes to the person whose request was declined.
type RequestDeclined struct {
	By       string    // name of the administrator
	Note     string    // from the administrator, several lines, "" for none
	AskAgain time.Time // earliest next request; zero is not mentioned
}

// RequestExpired goes to the person whose request was not decided in time.
type RequestExpired struct {
	Since   time.Time // when the request was sent
	Expired time.Time // when it expired
}

// Welcome goes to a person added by an administrator.
type Welcome struct {
	By          string       // name of the administrator; "" is not mentioned
	AccountName string       // the account to sign in with
	Units       []UnitAccess // business units given, may be empty
}

// ApprovalTakenBack goes to a person whose approval was undone before the
// first sign-in. The request is pending again.
type ApprovalTakenBack struct {
	By string // name of the administrator; "" is not mentioned
}

// AccessAssigned goes to a person who was approved without business units when they
// are assigned.
type AccessAssigned struct {
	By    string       // name of the administrator; "" is not mentioned
	Units []UnitAccess // all business units of the person
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
