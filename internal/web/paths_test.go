package web

import (
	"net/url"
	"slices"
	"testing"

	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/web/view"
)

// TestMailsLeadToPages: rules write paths into mails, and know nothing of the pages.
func TestMailsLeadToPages(t *testing.T) {
	t.Parallel()
	gone, err := url.Parse(leavers.GonePath)
	if err != nil {
		t.Fatal(err)
	}
	if got := gone.Query().Get("status"); got != view.Gone {
		t.Errorf("the list of those who are gone is asked for by %q, want %q", got, view.Gone)
	}
	tests := []struct{ name, mailed, page string }{
		{"deciding about leavers", leavers.Path, view.LeaversPath},
		{"seeing who is gone", gone.Path, view.UsersPath},
		{"renewing the connection's secret", environments.ConnectionPath, view.ConnectionPath},
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
