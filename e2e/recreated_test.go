package e2e

import (
	"testing"

	"github.com/pactius/pactius/testbed/devtenant"
)

// Rita's account is deleted in Microsoft 365 and created again under the same name: another account, and the same
// person. She keeps her business units and history; her old session ends.
func TestARecreatedAccountIsTheSamePerson(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		o := newSwept(t)
		o.plain = plain
		rita := devtenant.Person{ObjectID: "0f3b6c1e-7777-4c5b-b112-000000000001",
			AccountName: "rita.lund@nordhavn.example", Name: "Rita Lund"}
		o.must(o.tenant.Put(rita))
		o.joins(rita)
		old := o.comes(rita.Name)
		old.See("Welcome, Rita")
		before := o.only(o.users(), Account{Username: rita.AccountName})

		o.must(o.tenant.Delete(rita.ObjectID))
		rita.ObjectID = "0f3b6c1e-7777-4c5b-b112-000000000002"
		o.must(o.tenant.Put(rita))
		ritas := o.comes(rita.Name)
		ritas.Click("button", "Request access")
		ritas.See("Your request is pending")

		adas := o.comes("Ada Lind")
		adas.Open("/settings/requests")
		adas.Click("link", "Rita Lund "+rita.AccountName)
		request := adas.path()
		adas.See("This is another Microsoft 365 account with the account name of an existing user")
		adas.SeeNot("new person")
		adas.Has("button", "No, create a new user")
		adas.Validate()
		if !plain {
			adas.Look("request-recreated")
		}
		adas.Click("link", "Yes, same person")
		form := adas.Popup("Is this the same person?")
		form.See("Microsoft 365 says that the account this user signed in with has been deleted.")
		form.See("Business units and history are kept: Sales / North (read).")
		if plain {
			adas.Validate()
		} else {
			adas.Look("popup-same-person")
		}
		form.Click("button", "Yes, same person")
		adas.See("Rita Lund now has access as rita.lund@nordhavn.example.")
		old.Reload()
		old.SeeNot("Sales / North")

		ritas.sees("Sales / North Read")
		adas.Open(request)
		adas.Click("link", "Undo")
		adas.Popup("Undo the approval of Rita Lund").Click("button", "Undo")
		adas.See("The approval has been undone.")
		ritas.waitsAgain()
		adas.Click("link", "Yes, same person")
		adas.Popup("Is this the same person?").Click("button", "Yes, same person")
		adas.See("Rita Lund now has access as rita.lund@nordhavn.example.")

		ritas.goesInAgain()
		ritas.See("Sales / North Read")
		after := o.only(o.users(), Account{Username: rita.AccountName})
		if after.ID != before.ID {
			t.Errorf("there are %+v, want Rita as %s", o.users(), before.ID)
		}
		adas.Open("/settings/activity?user=" + before.ID)
		adas.See("Ada Lind linked Rita Lund to another Microsoft 365 account")
	})
}
