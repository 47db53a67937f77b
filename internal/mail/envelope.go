package mail

import (
	"bytes"
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/names"
)

// Envelope is a rendered email with the values of its headers.
type Envelope struct {
	ID       string // the outbox row's ID, for a Message-ID that is the same at every attempt
	To       string // bare address of the one recipient
	ToName   string // shown beside it, "" for none
	From     string // address, with or without a name: "PACTIUS <no-reply@host>"
	Rendered Rendered
	Logo     []byte // PNG that the HTML shows as cid:logo@pactius; nil is none
	Language language.Code
	Date     time.Time // of creation, not of sending: the same at every attempt
}

// messageIDLeft matches the part of a Message-ID before the @; it is narrower than
// RFC 5322 section 3.6.4 allows.
var messageIDLeft = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// maxSubject is the most characters of a subject; mail programs show far fewer.
const maxSubject = 250

// outgoing is an email as it goes to the mail server.
type outgoing struct {
	msg      *gomail.Msg
	sender   string // bare address
	from, to string // in angle brackets
	typed    string // the recipient as stored, which a server may repeat
	utf8     bool   // an address needs a server with SMTPUTF8 (RFC 6531)
}

// recipients lists the spellings of the recipient's address.
func (o *outgoing) recipients() []string { return []string{o.typed, strings.Trim(o.to, "<>")} }

// outgoing builds the email to send. Its errors are permanent.
func (e Envelope) outgoing() (*outgoing, error) {
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
	to.Name = headerText(e.ToName, maxValue)
	if !messageIDLeft.MatchString(e.ID) {
		return nil, fmt.Errorf("the ID must be letters, digits, dots and hyphens")
	}

	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	m.FromMailAddress(from)
	m.ToMailAddress(to)
	m.Subject(headerText(e.Rendered.Subject, maxSubject))
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
	if len(e.Logo) > 0 {
		if err := m.EmbedReader("logo.png", bytes.NewReader(e.Logo), gomail.WithFileContentType("image/png"),
			gomail.WithFileContentID("<logo@pactius>")); err != nil {
			return nil, fmt.Errorf("add the logo: %w", err)
		}
	}
	return &outgoing{msg: m, sender: from.Address, from: angle(from.Address), to: angle(to.Address), typed: e.To,
		utf8: names.NeedsSMTPUTF8(from.Address) || names.NeedsSMTPUTF8(to.Address)}, nil
}

// parseAddress parses an address with or without a name; its domain becomes A-labels.
// The error does not contain it: it may be personal, and the outbox stores the error.
func parseAddress(what, s string) (*netmail.Address, error) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return nil, fmt.Errorf("the %s holds control characters", what)
	}
	address, err := netmail.ParseAddress(s)
	if err != nil || strings.ContainsFunc(address.Address, unicode.IsSpace) {
		return nil, fmt.Errorf("the %s is no mail address", what)
	}
	wire, ok := names.WireAddress(address.Address)
	if !ok {
		return nil, fmt.Errorf("the %s has a domain that cannot exist", what)
	}
	address.Address = wire
	address.Name = headerText(address.Name, maxValue)
	return address, nil
}

// angle returns an address as MAIL and RCPT take it, a local part quoted where it must be.
func angle(address string) string { return (&netmail.Address{Address: address}).String() }
