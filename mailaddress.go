package pactius

import "strings"

// guestMark is in the account name of a guest: anna_partner.example#EXT#@customer.onmicrosoft.com.
const guestMark = "#EXT#"

// MailAddress returns the address for emails to the account's person, "" where none is known.
func (a Account) MailAddress() string { return mailAddress(a.Email, a.OtherEmails, a.Username) }

// mailAddress is the only place that chooses an address for emails: the email address, else the account name. The
// account name of a guest is no mailbox: there it is one of the other addresses (otherMails in the directory), else
// the address at home that the name was made of, else none.
func mailAddress(email string, others []string, username string) string {
	if email != "" && !isGuestName(email) {
		return email
	}
	if !isGuestName(username) {
		if strings.Contains(username, "@") {
			return username
		}
		return ""
	}
	for _, other := range others {
		if other != "" && !isGuestName(other) {
			return other
		}
	}
	return homeAddress(username)
}

// isGuestName reports whether an address is the account name of a guest.
func isGuestName(s string) bool { return guestMarkAt(s) >= 0 }

// guestMarkAt returns where guestMark begins in a text, in any case; -1 is nowhere.
func guestMarkAt(s string) int {
	for i := range len(s) - len(guestMark) + 1 {
		if strings.EqualFold(s[i:i+len(guestMark)], guestMark) {
			return i
		}
	}
	return -1
}

// homeAddress returns the address that a guest's account name was made of: the last "_" before the mark stands for its
// "@", as a domain has none. It is "" where the name is none of these.
func homeAddress(username string) string {
	home := username[:guestMarkAt(username)]
	at := strings.LastIndexByte(home, '_')
	if at < 1 || strings.Contains(home, "@") {
		return ""
	}
	domain := home[at+1:]
	if dot := strings.IndexByte(domain, '.'); dot < 1 || strings.HasSuffix(domain, ".") {
		return ""
	}
	return home[:at] + "@" + domain
}
