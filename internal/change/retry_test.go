package change_test

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestAChangeThatIsTriedAgainRecordsOnce undoes the first attempt after it has recorded
// and after its rights were read: the second one reads them anew.
func TestAChangeThatIsTriedAgainRecordsOnce(t *testing.T) {
	t.Parallel()
	lost := storetest.Lost(t)
	c := newCompany(t)
	var seen []*change.Tx
	err := c.work.Change(t.Context(), c.Actor(c.local), change.RoleAdministrator, func(tx *change.Tx) error {
		seen = append(seen, tx)
		tx.Record(pactius.Event{Kind: pactius.UserChanged, User: c.plain.ID})
		tx.Mail(change.ToUser(c.plain), mail.RequestDeclined{By: "Lars Local"})
		if _, err := tx.TreeOf(c.legal); err != nil || len(seen) > 1 {
			return err
		}
		return lost
	})
	if err != nil || len(seen) != 2 || seen[0] == seen[1] {
		t.Fatalf("%d attempts: %v", len(seen), err)
	}
	events, mails := c.db.Count(t, `SELECT COUNT(*) FROM events`), c.db.Count(t, `SELECT COUNT(*) FROM mails`)
	if events != 1 || mails != 1 {
		t.Errorf("%d events and %d emails, want one of each", events, mails)
	}
	seen = nil
	err = c.work.Change(t.Context(), c.Actor(c.local), change.RoleAdministrator, func(tx *change.Tx) error {
		seen = append(seen, tx)
		return lost
	})
	if pactius.KindOf(err) != pactius.KindUnavailable || len(seen) < 2 {
		t.Errorf("a change that is always undone: %d attempts, %v", len(seen), err)
	}
	if n := c.db.Count(t, `SELECT COUNT(*) FROM events`); n != 1 {
		t.Errorf("%d events after a change that did not happen", n)
	}
}
