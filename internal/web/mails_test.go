package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/web/view"
)

// following returns where the link to the next page leads.
func (p *page) following() string {
	p.b.Helper()
	links := p.Elements(func(n *html.Node) bool {
		return slices.Contains(n.Attr, html.Attribute{Key: "rel", Val: "next"})
	})
	if len(links) != 1 {
		p.b.Fatalf("%d links lead to a next page", len(links))
	}
	for _, a := range links[0].Attr {
		if a.Key == "href" {
			path, _, _ := strings.Cut(a.Val, "#")
			return path
		}
	}
	return ""
}

// giveUp stores emails that were given up, to people whose request was declined.
func (w *world) giveUp(n int) {
	w.Helper()
	kind, data, err := mail.Encode(mail.RequestDeclined{By: "Ada"})
	w.must(err)
	mails := make([]pactius.Mail, n)
	for i := range mails {
		mails[i] = pactius.Mail{ID: pactius.MailID(id.New()), Kind: kind, Data: data,
			To: fmt.Sprintf("person%03d@nordhavn.example", i), CreatedAt: w.db.Clock.Now()}
	}
	w.must(w.db.Update(w.Context(), w.nord.ID, func(tx *store.Tx) error { return tx.Enqueue(mails...) }))
	w.db.Exec(w, `UPDATE mails SET state = 'dead', last_error = 'no such mailbox' WHERE kind = $1`, kind)
}

func TestAllUndeliveredEmailsAreSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	waiting := func() int { return int(w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'waiting'`)) }
	a.post(view.RetryMailsPath, nil).status(http.StatusSeeOther)
	a.get(view.EnvironmentPath).shows("There are no undelivered emails left.").lacks("Send all again")
	w.giveUp(1)
	a.get(view.EnvironmentPath).shows("Send again").lacks("Send all again")

	w.giveUp(119)
	before := waiting()
	first := a.get(view.EnvironmentPath).shows("person118", "Send all again", "Next page").lacks("person068@")
	a.get(first.following()).shows("person068", "First page", "Next page").lacks("person118", "person018")
	a.get(view.EnvironmentPath + "?after=nonsense").shows("person118")
	a.post(view.RetryMailsPath, nil).status(http.StatusSeeOther)
	if n := waiting(); n != before {
		t.Fatalf("%d emails were sent again without being asked", n-before)
	}
	a.get(view.RetryMailsPath).shows("120 emails are sent again as they were written.").submit(view.RetryMailsPath)
	a.get(view.EnvironmentPath).shows("120 emails are on their way again.", "Every email has been delivered.")
	if n := waiting(); n != before+120 {
		t.Errorf("%d emails wait, want 120", n-before)
	}

	w.giveUp(2) // few: without a question; the 120 before are given up anew
	w.db.Exec(t, `DELETE FROM mails WHERE id NOT IN
		(SELECT id FROM mails WHERE state = 'dead' ORDER BY id DESC LIMIT 2)`)
	a.get(view.EnvironmentPath).shows("Send all again").submit(view.RetryMailsPath).status(http.StatusSeeOther)
	a.get(view.EnvironmentPath).shows("2 emails are on their way again.")
}

func TestOutdatedEmailsAreNotSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Exec(t, `DELETE FROM mails`)
	w.request(vera)
	w.db.Exec(t, `UPDATE mails SET state = 'dead'`)
	asked := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'dead' AND kind = 'request-arrived'`)
	w.db.Exec(t, `UPDATE access_requests SET state = 'declined'`)
	w.giveUp(1)
	a := w.as(ada)
	one := w.db.Rows(t, `SELECT id FROM mails WHERE kind = 'request-arrived' ORDER BY id LIMIT 1`)[0]
	a.post(view.EnvironmentPath+"/mails/"+strings.TrimSuffix(one, "|")+"/retry", nil).status(http.StatusSeeOther)
	a.get(view.EnvironmentPath).shows("The email was outdated")
	a.post(view.RetryMailsPath, nil).status(http.StatusSeeOther)
	page := a.get(view.EnvironmentPath).shows("1 email is on its way again.", "Every email has been delivered.")
	if asked > 1 {
		page.shows("removed")
	}
	a.get("/settings/activity").shows("Ada Root removed an outdated email that couldn't be delivered")
}
