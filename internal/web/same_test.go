package web

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// The request, the question and the message afterwards name the business units.
func TestSamePersonSaysWhichBusinessUnitsStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	user := string(w.user(human{"", "vara@nordhavn.example", "Vera Visitor"},
		pactius.Grant{Unit: w.sales, Access: pactius.AccessRead}))
	q := requestPath(w.request(vera, w.north))
	a.get(q).shows("If it's the same person, they'll keep: Sales (read).")
	a.get(q + "/same?user=" + user).shows("Business units and history are kept: Sales (read).").
		submit(q + "/same").to(view.RequestsPath).
		shows("Vera Visitor now has access as vera@nordhavn.example. Business units: Sales (read).")

	none := string(w.user(human{"", "wald@nordhavn.example", "Walt Waiting"}))
	q = requestPath(w.request(walt))
	a.get(q).shows("If it's the same person, they won't have any business units yet.")
	a.get(q + "/same?user=" + none).shows("The user has no business units yet").
		submit(q + "/same").to("/settings/users/" + none + "?approved=1").
		shows("Walt Waiting now has access as walt@nordhavn.example, but no business units yet.")
}
