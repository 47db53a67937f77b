package gateway

import (
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

func TestATokenIsRenewedInTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	b.enter("/")
	token := func() string { return b.verify().Header().Get("Pactius-Token") }
	first := token()
	w.pass(tokenRenewed-time.Second, w.instance)
	if token() != first {
		t.Error("signed anew too early")
	}
	w.pass(time.Second, w.instance)
	second := token()
	if second == first {
		t.Error("not signed anew after half of its life")
	}
	w.Update(t, func(tx *store.Tx) error { return tx.SetUserLanguage(w.freja.ID, "da") })
	r := b.verify()
	if r.Header().Get("Pactius-Token") == second || w.claims(t, r).Locale != "da" {
		t.Error("the token of before a change is used on")
	}
}

// TestANewKeySignsEverywhere: after an immediate rotation applications refuse the tokens of the key before.
func TestANewKeySignsEverywhere(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, w *world) {
		b, second := w.browser(w.app), w.second(t)
		b.enter("/")
		b.verify()
		b.at(second).verify()
		if _, err := w.rules.Rotate(t.Context(), w.root, true); err != nil {
			t.Fatal(err)
		}
		w.claims(t, b.verify())
		second.door.dropAll() // makes an answer that includes the change, with the key that is still in memory
		b.at(second).verify()
		w.pass(lookEvery, second)
		w.claims(t, b.at(second).verify())
	})
}

// TestALaterChangeDoesNotHideANewKey: an answer includes the change of the keys and a later one, but was made with the
// keys that the instance had in memory.
func TestALaterChangeDoesNotHideANewKey(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"before a look": false, "after looks have failed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, w *world) {
				b, second := w.browser(w.app), w.second(t)
				b.enter("/")
				b.at(second).verify()
				w.pass(lookEvery, second)
				if _, err := w.rules.Rotate(t.Context(), w.root, true); err != nil {
					t.Fatal(err)
				}
				w.Update(t, func(tx *store.Tx) error { return tx.SetUserLanguage(w.freja.ID, "da") })
				if late {
					w.db.Clock.Advance(believed)
					w.claims(t, b.at(second).verify())
					return
				}
				second.door.dropAll()
				b.at(second).verify()
				w.pass(lookEvery, second)
				w.claims(t, b.at(second).verify())
			})
		})
	}
}

// TestAnAnswerOfOldKeysIsNotKept: the keys change while an answer is made.
func TestAnAnswerOfOldKeysIsNotKept(t *testing.T) {
	t.Parallel()
	b := newBook(time.Now())
	h := b.home("e")
	p := &passage{kept: kept{home: h, seq: 9}, user: "freja", session: "s", renewals: h.renewals.Load()}
	b.caughtUp(nil, []pactius.DoorChange{{Environment: "e", Seq: 7}}, 0)
	if b.keepPassage(p); len(b.passages) != 0 {
		t.Error("kept")
	}
}
