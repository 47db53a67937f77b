package pactius_test

import (
	"testing"

	"github.com/pactius/pactius"
)

func TestAGuestsAccountNameIsNeverAnAddress(t *testing.T) {
	t.Parallel()
	const guest = "anna_partner.example#EXT#@customer.onmicrosoft.com"
	for _, test := range []struct {
		name, email string
		others      []string
		username    string
		want        string
	}{
		{"the email address counts", "anna@mail.example", []string{"other@x.example"}, guest, "anna@mail.example"},
		{"a member has the account name", "", []string{"private@x.example"}, "bo@nordhavn.example",
			"bo@nordhavn.example"},
		{"a guest has another address of the directory", "", []string{guest, "anna@x.example"}, guest,
			"anna@x.example"},
		{"a guest has the address at home", "", nil, guest, "anna@partner.example"},
		{"the last underscore separates", "", nil, "anna_b_hansen_partner.example#EXT#@c.onmicrosoft.com",
			"anna_b_hansen@partner.example"},
		{"the mark in small letters", "", nil, "anna_partner.example#ext#@c.onmicrosoft.com", "anna@partner.example"},
		{"letters beyond ASCII before the mark", "", nil, "ſøren_partner.example#EXT#@c.onmicrosoft.com",
			"ſøren@partner.example"},
		{"an email address that is the guest's name", guest, nil, guest, "anna@partner.example"},
		{"an email address that is a guest's name, of a member", guest, nil, "bo@nordhavn.example",
			"bo@nordhavn.example"},
		{"no underscore", "", nil, "anna#EXT#@c.onmicrosoft.com", ""},
		{"nothing before the underscore", "", nil, "_partner.example#EXT#@c.onmicrosoft.com", ""},
		{"no domain", "", nil, "anna_partner#EXT#@c.onmicrosoft.com", ""},
		{"a domain that ends with a dot", "", nil, "anna_partner.#EXT#@c.onmicrosoft.com", ""},
		{"only the mark", "", nil, "#EXT#", ""},
		{"no account name", "", nil, "", ""},
		{"an account name that is no address", "", nil, "anna", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := pactius.Account{Username: test.username, Email: test.email, OtherEmails: test.others}
			if got := a.MailAddress(); got != test.want {
				t.Errorf("the account's address is %q, want %q", got, test.want)
			}
			if test.others != nil {
				return
			}
			if got := (pactius.User{Username: test.username, Email: test.email}).MailAddress(); got != test.want {
				t.Errorf("the user's address is %q, want %q", got, test.want)
			}
			if got := (pactius.Person{Username: test.username, Email: test.email}).MailAddress(); got != test.want {
				t.Errorf("the person's address is %q, want %q", got, test.want)
			}
		})
	}
}
