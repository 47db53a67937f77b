package names

import (
	"net/mail"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
)

// ParseContact reads a support contact: an e-mail address, a web address, or a
// telephone number with words, in one line; "" is none. The error is an Invalid
// *pactius.Error for the field.
func ParseContact(field, s string) (string, error) {
	contact, err := ParseText(field, s, pactius.MaxSupportContact)
	if err == nil && strings.Contains(contact, "\n") {
		err = pactius.RefuseField(field, pactius.T("Enter one email address, web address or phone number."))
	}
	if err != nil {
		return "", err
	}
	return contact, nil
}

// ContactURL returns the URL of a support contact: a mailto, http, https or tel
// URL, or "" if the contact cannot be a link.
func ContactURL(contact string) string {
	if address, err := mail.ParseAddress(contact); err == nil && !strings.ContainsAny(address.Address, ` :/<>"`) {
		return "mailto:" + url.PathEscape(address.Address)
	}
	if strings.Trim(contact, "+0123456789 ()-") == "" && strings.ContainsAny(contact, "0123456789") {
		return "tel:" + strings.NewReplacer(" ", "", "(", "", ")", "", "-", "").Replace(contact) // RFC 3966
	}
	u, err := url.Parse(contact)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}
