package web

import (
	"net/url"
	"slices"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/web/view"
)

// Mails lead to pages, and package mail knows nothing of the routes.
func TestMailsLeadToPages(t *testing.T) {
	t.Parallel()
	gone, err := url.Parse(mail.GonePage)
	if err != nil {
		t.Fatal(err)
	}
	if got := gone.Query().Get("status"); got != pactius.FilterGone {
		t.Errorf("the list of users who are gone is at %q, want %q", got, pactius.FilterGone)
	}
	tests := []struct{ name, mailed, page string }{
		{"deciding about leavers", mail.LeaversPage, view.LeaversPath},
		{"seeing who is gone", gone.Path, view.UsersPath},
		{"renewing the connection's secret", mail.ConnectionPage, view.ConnectionPath},
		{"the requests", mail.RequestsPage, view.RequestsPath},
		{"a request for more access", mail.MorePage, view.MorePath},
		{"going in", mail.StartPage, accessPath},
		{"deciding a request", mail.RequestsPage + "/{id}", view.RequestsPath + "/{id}"},
	}
	for _, test := range tests {
		if test.mailed != test.page {
			t.Errorf("%s: a mail leads to %s, the page is %s", test.name, test.mailed, test.page)
		}
		if !slices.ContainsFunc(routes(), func(r route) bool { return r.pattern == "GET "+test.mailed }) {
			t.Errorf("%s: there is no page at %s", test.name, test.mailed)
		}
	}
}
