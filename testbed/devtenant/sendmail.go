package devtenant

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/mail"
	"slices"
	"strings"
)

// MailSend is the permission to send as every mailbox of the tenant.
const MailSend = "Mail.Send"

// Sent is an email that an application sent through Graph.
type Sent struct {
	Mailbox string // account name
	Source  string // MIME
}

// Sent lists the emails sent through Graph, the oldest first.
func (t *Tenant) Sent() []Sent {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.sent)
}

// sendMail takes an email in MIME format (Microsoft Graph: "user: sendMail"). Like Graph it judges the permission and
// the mailbox before the content.
func (c graphCall) sendMail() error {
	if !slices.Contains(c.roles, MailSend) {
		return &graphError{http.StatusForbidden, "ErrorAccessDenied",
			"Access is denied. Check credentials and try again."}
	}
	name := strings.ToLower(c.r.PathValue("id"))
	c.mu.Lock()
	_, known := c.names[name]
	c.mu.Unlock()
	if !known {
		return &graphError{http.StatusNotFound, "ErrorInvalidUser", "The requested user '" + name + "' is invalid."}
	}
	source, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, c.r.Body))
	if err != nil || len(source) == 0 {
		return &graphError{http.StatusBadRequest, "ErrorMimeContentInvalidBase64String",
			"Invalid base64 string for MIME content."}
	}
	if err := checkMIME(source); err != nil {
		return err
	}
	c.mu.Lock()
	c.sent = append(c.sent, Sent{name, string(source)})
	c.mu.Unlock()
	c.w.WriteHeader(http.StatusAccepted)
	return nil
}

// checkMIME refuses an email without a recipient that could exist.
func checkMIME(source []byte) error {
	m, err := mail.ReadMessage(bytes.NewReader(source))
	if err != nil {
		return &graphError{http.StatusBadRequest, "ErrorMimeContentInvalid", "The MIME content is invalid."}
	}
	to, err := m.Header.AddressList("To")
	if err == nil && strings.HasSuffix(to[0].Address, ".invalid") { // RFC 2606 section 2
		err = errors.New("no such domain")
	}
	if err != nil {
		return &graphError{http.StatusBadRequest, "ErrorInvalidRecipients",
			"At least one recipient is not valid., Recipient '" + m.Header.Get("To") + "' is not resolved."}
	}
	return nil
}
