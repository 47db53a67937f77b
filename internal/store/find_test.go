package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// typedTexts are texts whose words many users have, few, or none.
var typedTexts = []string{"user0042", "a", "an", "nordhavn", "anna nordhavn", "hansen nordhavn example", "user00",
	"nobody", "user0042 nobody", "%", "a b c", strings.Repeat("nordhavn anna ", 40)}

// TestWhatIsTypedFindsTheFirstOfTheList compares with the list in its plainest way. What is cut may lack some.
func TestWhatIsTypedFindsTheFirstOfTheList(t *testing.T) {
	t.Parallel()
	const limit = 5
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := gather(t, db)
		for at, units := range map[string][]pactius.UnitID{"root": nil, "part": c.units[:2], "leaf": c.units[11:]} {
			scope := store.UserScope{All: units == nil, Units: units, Today: c.today}
			for _, bounds := range []store.Bounds{{}, store.TightBounds} {
				store.SetBounds(db.Store, bounds)
				for _, typed := range typedTexts {
					var page pactius.UserPage
					before := db.Statements()
					c.View(t, func(tx *store.Tx) (err error) {
						page, err = tx.FindUsers(typed, scope, limit)
						return err
					})
					if ran := db.Statements() - before; ran > 5 {
						t.Errorf("%s, %.20q: %d statements", at, typed, ran)
					}
					name := fmt.Sprintf("%s, %.20q, tight %t", at, typed, bounds != store.Bounds{})
					compareFound(t, name, page, limit, c.expect(pactius.UserFilter{Search: typed}, scope),
						len(cut(typed)) == 0)
				}
			}
		}
	})
}

func compareFound(t *testing.T, name string, page pactius.UserPage, limit int, want []pactius.UserID, wordless bool) {
	t.Helper()
	if wordless {
		want = nil
	}
	var got []pactius.UserID
	for _, u := range page.Users {
		got = append(got, u.ID)
	}
	switch first := want[:min(len(want), limit)]; {
	case page.Cut && len(got) > len(first), page.Cut && !slices.Equal(got, first[:len(got)]):
		t.Errorf("%s: found %v, which is not the beginning of %v", name, got, first)
	case !page.Cut && !slices.Equal(got, first):
		t.Errorf("%s: found %v, want %v", name, got, first)
	}
	if page.Total > len(want) || !page.More && page.Total != len(want) {
		t.Errorf("%s: counted %d (more: %t), want %d", name, page.Total, page.More, len(want))
	}
}
