package users_test

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

const otherTenant = "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e"

// move connects the environment to a tenant.
func (w *world) move(t storetest.TB, tenant string) {
	t.Helper()
	w.db.Exec(t, `UPDATE environments SET tenant_id = $1 WHERE id = $2`, tenant, w.Env)
}

// accountIn is the account of a user's name in a tenant.
func accountIn(tenant string, u pactius.User) pactius.Person {
	p := storetest.Person(u.Username, u.Name)
	p.TenantID = tenant
	return p
}

// TestAfterAMoveAllAgree: the sign-in, the explanation by account name and with an identity, and the user's page say
// the same of a user whose tenant is not connected any more.
func TestAfterAMoveAllAgree(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	invited := w.Invite(t, "invited@nordhavn.example", "Ida Invited", grant(w.sales, pactius.AccessRead))
	w.move(t, otherTenant)
	support := pactius.SupportActor(w.Env)
	for _, u := range []pactius.User{w.root, w.local, w.seller, w.both, w.loose, invited} {
		person := accountIn(otherTenant, u)
		byName, err := w.rules.Explain(t.Context(), support, pactius.Person{Username: u.Username})
		if err != nil {
			t.Fatal(err)
		}
		byIdentity, err := w.rules.Explain(t.Context(), support, person)
		if err != nil {
			t.Fatal(err)
		}
		page, err := w.rules.User(t.Context(), support, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		in := w.signIn(t, person).Decision
		for what, told := range map[string]users.Decision{"by name": byName.Decision,
			"by identity": byIdentity.Decision, "on the page": page.Explanation} {
			if told.Outcome != in.Outcome || told.Reasons[0].Code != in.Reasons[0].Code {
				t.Errorf("%s, %s: told %s %s, happened %s %s", u.Username, what, told.Outcome, told.Reasons[0].Code,
					in.Outcome, in.Reasons[0].Code)
			}
		}
		if want := u.ID != invited.ID; (in.Outcome == users.OutcomeUnrecognised) != want {
			t.Errorf("%s: %s", u.Username, in.Outcome)
		}
	}
}

// TestUsersOfAnotherTenantDoNothing: a user who is cut off neither acts nor counts as an administrator.
func TestUsersOfAnotherTenantDoNothing(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	second := w.User(t, "second@nordhavn.example", "Sanne Second", grant(w.Root, pactius.AccessAdminister))
	w.move(t, otherTenant)
	w.refused(t, "an administrator who is cut off", pactius.KindNotSignedIn, "", func() error {
		_, err := w.rules.Deactivate(t.Context(), w.Actor(w.root), w.plain.ID)
		return err
	})
	w.db.Exec(t, `UPDATE users SET tid = $1 WHERE id = $2`, otherTenant, second.ID)
	w.refused(t, "deactivating the last administrator who can sign in", pactius.KindConflict, "last administrator",
		func() error {
			_, err := w.rules.Deactivate(t.Context(), pactius.SupportActor(w.Env), second.ID)
			return err
		})
	err := w.db.Work().Read(t.Context(), pactius.SupportActor(w.Env), change.RoleUser, func(tx *change.Tx) error {
		all, err := tx.RootAdministrators()
		if len(all) != 1 || all[0].ID != second.ID {
			t.Errorf("administrators after the move: %v", all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestASessionIsOfTheLinkedAccount: a session ends when the user is linked to another account, wherever the tenant
// goes afterwards.
func TestASessionIsOfTheLinkedAccount(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	token := w.session(t, w.seller)
	w.db.Exec(t, `UPDATE users SET oid = $1 WHERE id = $2`, id.New(), w.seller.ID)
	if _, err := w.rules.Session(t.Context(), w.Env, token); pactius.KindOf(err) != pactius.KindNotSignedIn {
		t.Errorf("the session of the account before: %v", err)
	}
	page, err := w.rules.User(t.Context(), w.Actor(w.root), w.seller.ID)
	if err != nil || len(page.Sessions) != 0 {
		t.Errorf("the user's page shows sessions that are over: %v, %v", page.Sessions, err)
	}
}
