package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// Mailbox is the mail catcher: it takes every email for everyone.
type Mailbox struct {
	SMTP string `json:"smtp"` // host:port without TLS or sign-in
	Web  string `json:"web"`  // origin of maildev's pages and REST API
}

// Mail is an email as its recipient has it.
type Mail struct {
	ID      string            `json:"id"`
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	From    []MailAddress     `json:"from"`
	To      []MailAddress     `json:"to"`
	Headers map[string]string `json:"-"` // names in lower case; headers with structure are left out

	RawHeaders map[string]any `json:"headers"`
}

// MailAddress is one address of a mail.
type MailAddress struct {
	Address string `json:"address"`
	Name    string `json:"name"`
}

// Mailbox returns the shared mail catcher.
func (s *Stage) Mailbox(t testing.TB) *Mailbox {
	t.Helper()
	s.Need(t)
	box, err := s.mailbox()
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func (s *Stage) startMailbox() (*Mailbox, error) {
	box := &Mailbox{}
	_, err := s.startNode(box, "mailbox.mjs", filepath.Join(s.dir, "mail"))
	return box, err
}

// WaitFor waits for an email from one address to another whose subject contains
// a text, and returns the first. Addresses are compared without regard to case.
func (m *Mailbox) WaitFor(t testing.TB, from, to, subject string) Mail {
	t.Helper()
	var found Mail
	err := eventually(t.Context(), Patience, func() error {
		mails, err := m.all(t, from)
		if err != nil {
			return err
		}
		var others []string
		for _, mail := range mails {
			if mail.isTo(to) && strings.Contains(mail.Subject, subject) {
				found = mail
				return nil
			}
			others = append(others, fmt.Sprintf("%q to %v", mail.Subject, mail.To))
		}
		return fmt.Errorf("no mail to %s with %q in its subject; there are: %s", to, subject,
			strings.Join(others, ", "))
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Sent returns the emails that have arrived from one address to another so far.
func (m *Mailbox) Sent(t testing.TB, from, to string) []Mail {
	t.Helper()
	all, err := m.all(t, from)
	if err != nil {
		t.Fatal(err)
	}
	var mails []Mail
	for _, mail := range all {
		if mail.isTo(to) {
			mails = append(mails, mail)
		}
	}
	return mails
}

func (m *Mailbox) all(t testing.TB, from string) ([]Mail, error) {
	var all, mails []Mail
	if err := call(t.Context(), http.MethodGet, m.Web+"/email", nil, &all); err != nil {
		return nil, fmt.Errorf("read the mails: %w", err)
	}
	for _, mail := range all {
		if len(mail.From) == 0 || !strings.EqualFold(mail.From[0].Address, from) {
			continue
		}
		mail.Headers = map[string]string{}
		for name, value := range mail.RawHeaders {
			if text, ok := value.(string); ok {
				mail.Headers[strings.ToLower(name)] = text
			}
		}
		mails = append(mails, mail)
	}
	return mails, nil
}

func (mail Mail) isTo(address string) bool {
	for _, a := range mail.To {
		if strings.EqualFold(a.Address, address) {
			return true
		}
	}
	return false
}
