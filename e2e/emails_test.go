package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/testbed/mailserver"
)

// TestAllUndeliveredEmailsAreSentAgain lets a mail server refuse more emails than a page shows.
func TestAllUndeliveredEmailsAreSentAgain(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		server, err := mailserver.Start(t.Context(), "127.0.0.1:0", mailserver.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		c := newCompanyWith(t, []string{"PACTIUS_SMTP_URL=" + server.URL()})
		c.sent(server, 1)
		server.Behave(mailserver.Mood{At: mailserver.Recipient, Code: 550, Text: "No such mailbox"})
		c.plain = plain
		const many = pactius.PageSize + 5
		var batch strings.Builder
		for i := range many {
			fmt.Fprintf(&batch, `{"username": "person%02d@nordhavn.example", "name": "Person %02d", "welcome": true}
`, i, i)
		}
		if r := c.RunWith(batch.String(), "user", "add", "--batch", "-", "--offline"); r.Code != 0 {
			t.Fatalf("adding people ended with %d: %s", r.Code, r.Stderr)
		}
		adas := c.arrives(ada())
		adas.try(adas.seesUndelivered(many), "be told of all undelivered emails")
		adas.Open("/settings/environment")
		adas.Click("link", "Next page")
		adas.See("person00@nordhavn.example")
		server.Behave(mailserver.Mood{})
		adas.Click("link", "Send all again")
		adas.See("55 emails are sent again as they were written.")
		if plain {
			adas.Click("button", "Send all again")
		} else {
			adas.Look("environment-send-all-again")
			adas.Popup("Send all undelivered emails again").Click("button", "Send all again")
		}
		adas.See("55 emails are on their way again.")
		adas.See("Every email has been delivered.")
		c.sent(server, many+1)
	})
}

// sent waits until the mail server has so many emails. The first is to Ada, because her environment is connected.
func (c *company) sent(server *mailserver.Server, n int) (got []mailserver.Mail) {
	c.t.Helper()
	if err := eventually(c.t.Context(), Patience, func() error {
		if got = server.Mails(); len(got) != n {
			return fmt.Errorf("the mail server has %d emails, want %d", len(got), n)
		}
		return nil
	}); err != nil {
		c.t.Fatal(err)
	}
	return got
}

// seesUndelivered looks for the number of undelivered emails on the home page.
func (p *Person) seesUndelivered(n int) func(context.Context) error {
	return func(context.Context) error {
		p.Open("/")
		if !strings.Contains(p.Text(), fmt.Sprintf("%d emails couldn't be delivered.", n)) {
			return errors.New("not yet")
		}
		return nil
	}
}
