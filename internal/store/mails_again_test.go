package store_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// putMails stores emails in a state.
func putMails(t *testing.T, g *storetest.Ground, db *storetest.DB, state pactius.MailState, n int) []pactius.MailID {
	t.Helper()
	mails, ids := make([]pactius.Mail, n), make([]pactius.MailID, n)
	for i := range mails {
		ids[i] = pactius.MailID(id.New())
		mails[i] = pactius.Mail{ID: ids[i], Kind: "k", Data: []byte("{}"), CreatedAt: db.Clock.Now()}
	}
	g.Update(t, func(tx *store.Tx) error { return tx.Enqueue(mails...) })
	db.Exec(t, `UPDATE mails SET state = $1, attempts = 7 WHERE id >= $2 AND id <= $3`, state, ids[0], ids[n-1])
	return ids
}

func TestOnlyEmailsThatWereGivenUpWaitAgain(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g, other := db.Ground(t, "a.example"), db.Ground(t, "b.example")
		dead := putMails(t, g, db, pactius.MailDead, 150)
		sent := putMails(t, g, db, pactius.MailSent, 1)
		waiting := putMails(t, g, db, pactius.MailWaiting, 1)
		foreign := putMails(t, other, db, pactius.MailDead, 1)
		later := db.Clock.Now().Add(time.Hour)
		select {
		case <-db.MailArrived():
		default:
		}
		all := append(append(append(dead, sent...), waiting...), foreign...)
		g.Update(t, func(tx *store.Tx) error { return tx.MailsAgain(all, later) })
		select {
		case <-db.MailArrived():
		default:
			t.Error("the delivery was not woken")
		}
		var got []string
		for _, row := range db.Rows(t, `SELECT state, attempts, next_at, COUNT(*) FROM mails
			GROUP BY state, attempts, next_at ORDER BY state, COUNT(*)`) {
			got = append(got, strings.Replace(strings.Replace(row, micros(later), "later", 1),
				micros(db.Clock.Now()), "now", 1))
		}
		want := []string{"dead|7|now|1|", "sent|7|now|1|", "waiting|7|now|1|", "waiting|7|later|150|"}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("the emails (-got +want)\n%s", diff)
		}
	})
}

func TestUnsentEmailsAreListedByState(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		dead := putMails(t, g, db, pactius.MailDead, 3)
		putMails(t, g, db, pactius.MailSent, 2)
		waiting := putMails(t, g, db, pactius.MailWaiting, 2)
		for _, test := range []struct {
			state  pactius.MailState
			before pactius.MailID
			limit  int
			want   []pactius.MailID
		}{
			{"", "", 10, []pactius.MailID{waiting[1], waiting[0], dead[2], dead[1], dead[0]}},
			{"", waiting[0], 2, []pactius.MailID{dead[2], dead[1]}},
			{pactius.MailDead, "", 2, []pactius.MailID{dead[2], dead[1]}},
			{pactius.MailDead, dead[1], 2, []pactius.MailID{dead[0]}},
			{pactius.MailWaiting, waiting[1], 2, []pactius.MailID{waiting[0]}},
		} {
			g.View(t, func(tx *store.Tx) error {
				mails, err := tx.UnsentMails(test.state, test.before, test.limit)
				var got []pactius.MailID
				for _, m := range mails {
					got = append(got, m.ID)
				}
				if diff := cmp.Diff(got, test.want); diff != "" {
					t.Errorf("%q before %q (-got +want)\n%s", test.state, test.before, diff)
				}
				return err
			})
		}
	})
}

func micros(at time.Time) string { return strconv.FormatInt(at.UnixMicro(), 10) }
