package users

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestADecisionThatIsTriedAgainRemembersNothing: an attempt that the database undid leaves no trace in the result of
// the next one, which may read another state.
func TestADecisionThatIsTriedAgainRemembersNothing(t *testing.T) {
	t.Parallel()
	lost := storetest.Lost(t)
	db := storetest.New(t)
	g := db.Ground(t, "nordhavn.example")
	r := New(db.Work())
	person := storetest.Person("anna@nordhavn.example", "Anna Hansen")
	q, err := r.Ask(t.Context(), pactius.Visitor(g.Env, person, ""), Wish{})
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	d, err := r.decide(t.Context(), pactius.SupportActor(g.Env), q.ID, Approval{},
		decidable, func(_ *change.Tx, _ Approval, d *Decided) error {
			if tries++; tries > 1 {
				return nil
			}
			d.User, d.Created, d.Late = pactius.User{ID: "undone"}, true, true
			return lost
		})
	if err != nil || tries != 2 {
		t.Fatalf("tried %d times: %v", tries, err)
	}
	if d.User.ID != "" || d.Created || d.Late || d.Request.ID != q.ID {
		t.Errorf("the second attempt tells of the first: %+v", d)
	}
}
