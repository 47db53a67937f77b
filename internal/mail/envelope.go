package mail

import (
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/pactius/pactius/internal/language"
)

// Envelope is a rendered email with the values of its headers.
type Envelope struct {
	ID       string // the outbox row's ID, for a Message-ID that is the same at every attempt
	To       string // bare address of the one recipient
	ToName   string // shown beside it, "" for none
	From     string // address, with or without a name: "PACTIUS <no-reply@host>"
	Rendered Rendered
	Language language.Code
	Date     time.Time // of creation, not of sending: the same at every attempt
}

// messageIDLeft matches the part of a Message-ID before the @; it is narrower than
// RFC 5322 section 3.6.4 allows.
var messageIDLeft = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// maxSubject is the most characters of a subject; mail programs show far fewer.
const maxSubject = 250

// message builds the email to send. Its errors are permanent.
func (e Envelope) message() (*gomail.Msg, error) {
	from, err := parseAddress("sender", e.From)
	if err != nil {
		return nil, err
	}
	to, err := parseAddress("recipient", e.To)
	if err != nil {
		return nil, err
	}
	if to.Name != "" || strings.ContainsAny(e.To, "<>") {
		return nil, fmt.Errorf("the recipient must be a bare address")
	}
	to.Name = oneLine(e.ToName, maxValue)
	if !messageIDLeft.MatchString(e.ID) {
		return nil, fmt.Errorf("the ID must be letters, digits, dots and hyphens")
	}

	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	m.FromMailAddress(from)
	m.ToMailAddress(to)
	m.Subject(oneLine(e.Rendered.Subject, maxSubject))
	m.SetDateWithValue(e.Date)
	m.SetMessageIDWithValue(e.ID + "@" + from.Address[strings.LastIndexByte(from.Address, '@')+1:])
	// Suppress automatic answers (RFC 3834 section 5; Exchange honours the other
	// header, [MS-OXCMAIL] 2.2.3.2.14).
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	if e.Language.Valid() {
		m.SetGenHeader(gomail.HeaderContentLang, string(e.Language))
	}
	m.SetBodyString(gomail.TypeTextPlain, e.Rendered.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, e.Rendered.HTML)
	return m, nil
}

// parseAddress parses an address with or without a name. The error does not
// contain it: it may be personal, and the outbox stores the error.
func parseAddress(what, s string) (*netmail.Address, error) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return nil, fmt.Errorf("the %s holds control characters", what)
	}
	address, err := netmail.ParseAddress(s)
	if err != nil || strings.ContainsFunc(address.Address, unicode.IsSpace) {
		return nil, fmt.Errorf("the %s is no mail address", what)
	}
	address.Name = oneLine(address.Name, maxValue)
	return address, nil
}

// needsUTF8 reports whether an address needs a server with SMTPUTF8 (RFC 6531).
// Requesting it otherwise would make relays without it refuse the email.
func (e Envelope) needsUTF8() bool {
	beyondASCII := func(c rune) bool { return c > unicode.MaxASCII }
	return strings.ContainsFunc(e.To, beyondASCII) || strings.ContainsFunc(e.From, beyondASCII)
}
