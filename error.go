package pactius

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is the kind of an Error. Every surface translates it in one place: pages
// and API to an HTTP status, the command line to an exit code.
type Kind int

// The kinds of error. The zero kind is internal: an unclassified error is a fault
// of PACTIUS and is shown as a sentence with a reference.
const (
	KindInternal     Kind = iota // 500: a fault; details only in the log
	KindInvalid                  // 422: the input is wrong; see Fields
	KindNotSignedIn              // 401: not signed in
	KindForbidden                // 403: signed in, but not allowed
	KindNotFound                 // 404: does not exist, or not for this actor
	KindConflict                 // 409: decided or changed meanwhile
	KindTooMany                  // 429: rate limit
	KindUnavailable              // 503: a dependency is away; try again
	KindTooLarge                 // 413: more than a limit allows
	KindNotConnected             // 409: the environment has no Microsoft 365 connection
)

// Error is a refusal in words for a person. Message says what happened and what
// to do next; Err is the cause and reaches the log only.
type Error struct {
	Kind    Kind
	Message Text
	Fields  []FieldError // for Invalid: all wrong fields at once
	Err     error

	RetryAfter time.Duration // for Unavailable: when it is worth trying again; 0 is not known
}

// FieldError is the fault of one field of a form or request body.
type FieldError struct {
	Field   string // name in forms, JSON and flags
	Message Text
}

// Error returns the English message, for logs and the command line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message.String())
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Field, f.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Refuse returns an Error of a kind with a sentence for the person.
func Refuse(kind Kind, message Text) *Error { return &Error{Kind: kind, Message: message} }

// RefuseField returns an Invalid error for a single field.
func RefuseField(field string, message Text) *Error {
	return &Error{Kind: KindInvalid, Message: T("Please correct the highlighted entry."),
		Fields: []FieldError{{field, message}}}
}

// KindOf returns the kind of the first *Error in err's chain, Internal if there
// is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// Fields collects field errors while a form is checked, so that all of them
// are reported at once.
type Fields []FieldError

// Add adds the fault of a field.
func (f *Fields) Add(field string, message Text) { *f = append(*f, FieldError{field, message}) }

// Collect adds the fields of an Invalid error; nil adds nothing. Any other error
// is added without a field, so that it is not lost.
func (f *Fields) Collect(err error) {
	if err == nil {
		return
	}
	if e, ok := errors.AsType[*Error](err); ok && len(e.Fields) > 0 {
		*f = append(*f, e.Fields...)
		return
	}
	f.Add("", T("Please check what you entered."))
}

// Err returns an Invalid error if any field is wrong, else nil.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	message := T("Please correct the highlighted entry.")
	if len(f) > 1 {
		message = T("Please correct the highlighted entries.")
	}
	return &Error{Kind: KindInvalid, Message: message, Fields: f}
}
