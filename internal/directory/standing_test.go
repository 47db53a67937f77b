package directory_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/devtenant"
)

// recreate deletes an account and makes another one with its name.
func (w *world) recreate(t *testing.T, name, objectID string) {
	t.Helper()
	if err := w.tenant.Delete(oid(name)); err != nil {
		t.Fatal(err)
	}
	p := accounts[name]
	p.ObjectID = objectID
	if err := w.tenant.Put(p); err != nil {
		t.Fatal(err)
	}
}

// explain looks a person up and explains the sign-in.
func (w *world) explain(t *testing.T, by pactius.Actor, p pactius.Person) users.Explanation {
	t.Helper()
	s, err := w.rules.Standing(t.Context(), by, p)
	if err != nil {
		t.Fatal(err)
	}
	x, err := users.New(w.db.Work()).ExplainOne(t.Context(), by, users.Question{Person: p, Standing: s})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func reasonCodes(d users.Decision) string {
	codes := make([]string, len(d.Reasons))
	for i, r := range d.Reasons {
		codes[i] = r.Code
	}
	return strings.Join(codes, " ")
}

// TestTheExplanationSaysWhatTheDirectorySays: each state of an account, of a user who is linked, invited or not there.
func TestTheExplanationSaysWhatTheDirectorySays(t *testing.T) {
	t.Parallel()
	const fresh = "0f3b6c1e-3333-4c5b-b112-0000000000ff"
	read := func(w *world) pactius.Grant { return pactius.Grant{Unit: w.sales, Access: pactius.AccessRead} }
	linked := func(name string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			p := accounts[name]
			w.Invite(t, p.AccountName, p.Name, read(w))
			in, err := users.New(w.db.Work()).SignIn(t.Context(), w.Env, pactius.Person{
				Identity: pactius.Identity{TenantID: tenant, ObjectID: oid(name)}, Username: p.AccountName,
				Name: p.Name}, users.Visit{})
			if err != nil || in.Decision.Outcome != users.OutcomeLink {
				t.Fatalf("%s, %v", in.Decision.Outcome, err)
			}
		}
	}
	invited := func(username string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { t.Helper(); w.Invite(t, username, "Ida Invited", read(w)) }
	}
	after := func(steps ...func(*testing.T, *world)) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			for _, step := range steps {
				step(t, w)
			}
		}
	}
	do := func(act func(*world) error) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			if err := act(w); err != nil {
				t.Fatal(err)
			}
		}
	}
	const anna = "anna.hansen@nordhavn.example"
	for _, test := range []struct {
		name    string
		make    func(*testing.T, *world)
		asked   string
		outcome users.Outcome
		reasons string
		verdict string
		remedy  string // part of it
	}{
		{"an account that is enabled, of a user", linked("anna"), anna, users.OutcomeEnter,
			"identity account_enabled", "anna can sign in.", ""},
		{"of an invited user", invited(anna), anna, users.OutcomeLink, "invited_name account_enabled",
			"anna can sign in for the first time.", ""},
		{"of a person who is no user", after(), anna, users.OutcomeUnrecognised, "unknown_name account_enabled",
			"anna isn't recognised and can only request access.", "request access"},
		{"a disabled account of an invited user", invited("mads.juhl@nordhavn.example"), "mads.juhl@nordhavn.example",
			users.OutcomeBlocked, "invited_name account_disabled", "anna is a user, but can't sign in.",
			"needs to enable"},
		{"a disabled account of a person who is no user", after(), "mads.juhl@nordhavn.example",
			users.OutcomeUnrecognised, "unknown_name account_disabled",
			"anna isn't recognised and can't sign in.", "enable the account in Microsoft 365 first"},
		{"a misspelt name of an invited user", invited("anna.hansn@nordhavn.example"), "anna.hansn@nordhavn.example",
			users.OutcomeBlocked, "invited_name account_missing", "anna is a user, but can't sign in.",
			"Microsoft 365 has an account " + anna},
		{"a misspelt name of no user", after(), "anna.hansn@nordhavn.example", users.OutcomeUnrecognised,
			"unknown_name account_missing", "anna isn't recognised.",
			"Microsoft 365 has an account " + anna},
		{"a name that nothing resembles", after(), "zzyzx@nordhavn.example", users.OutcomeUnrecognised,
			"unknown_name account_missing", "anna isn't recognised.", "create the account"},
		{"an account that was renamed", after(linked("anna"), do(func(w *world) error {
			return w.tenant.Rename(oid("anna"), "anna.dam@nordhavn.example", "")
		})), anna, users.OutcomeEnter, "identity account_enabled account_renamed", "anna can sign in.", ""},
		{"a deleted account", after(linked("anna"), do(func(w *world) error { return w.tenant.Delete(oid("anna")) })),
			anna, users.OutcomeBlocked, "bound_name account_deleted", "anna is a user, but can't sign in.", "30 days"},
		{"an account that is gone for good", after(linked("anna"), do(func(w *world) error {
			w.tenant.Remove(oid("anna"))
			return nil
		})), anna, users.OutcomeBlocked, "bound_name account_gone", "anna is a user, but can't sign in.", "deactivate"},
		{"a recreated account", after(linked("anna"), func(t *testing.T, w *world) {
			t.Helper()
			w.recreate(t, "anna", fresh)
		}), anna, users.OutcomeUnrecognised, "name_of_another account_enabled account_recreated",
			"anna isn't recognised and can only request access.", "“Same person”"},
		{"a name that was given to another account", after(linked("anna"), do(func(w *world) error {
			p := accounts["anna"]
			p.ObjectID = fresh
			return errors.Join(w.tenant.Rename(oid("anna"), "anna.dam@nordhavn.example", ""), w.tenant.Put(p))
		})), anna, users.OutcomeUnrecognised, "name_of_another account_enabled account_other",
			"anna isn't recognised and can only request access.", "two different accounts"},
		{"a guest", invited("petra_revision.example#EXT#@nordhavn.example"),
			"petra_revision.example#EXT#@nordhavn.example", users.OutcomeLink,
			"invited_name account_enabled account_guest", "anna can sign in for the first time.", ""},
		{"a guest's address at home", after(), "petra@revision.example", users.OutcomeUnrecognised,
			"unknown_name account_missing", "anna isn't recognised.", "guest's account name"},
		{"an account that may not be read in full", after(invited(anna), do(func(w *world) error {
			return w.tenant.Grant(application, "User.ReadBasic.All")
		})), anna, users.OutcomeLink, "invited_name account_exists",
			"anna has been added and has never signed in.", ""},
		{"a directory that is away", after(linked("anna"), do(func(w *world) error {
			w.tenant.SetTrouble(devtenant.Trouble{Down: true})
			return nil
		})), anna, users.OutcomeEnter, "bound_name", "anna has access.", ""},
		{"a name instead of an account name", after(linked("anna")), "Anna Hansen", users.OutcomeUnrecognised,
			"not_an_account_name", "Who do you mean?", "Choose"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.make(t, w)
			x := w.explain(t, w.root, pactius.Person{Username: test.asked})
			said := x.Remedy.String()
			if x.Outcome != test.outcome || x.Verdict("anna").String() != test.verdict ||
				!strings.Contains(said, test.remedy) || (said == "") != (test.remedy == "") {
				t.Errorf("%s: %q, remedy %q", x.Outcome, x.Verdict("anna"), said)
			}
			if diff := cmp.Diff(test.reasons, reasonCodes(x.Decision)); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			if x.Outcome == users.OutcomeEnter || x.Outcome == users.OutcomeLink {
				if unseen := x.Unseen(); !strings.Contains(unseen[len(unseen)-1].String(), "Conditional Access") {
					t.Errorf("not visible: %v", unseen)
				}
			}
		})
	}
}

// TestANameListsPeopleToChooseFrom: users here that the actor may see, and accounts of the directory.
func TestANameListsPeopleToChooseFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Invite(t, "anna.other@nordhavn.example", "Anna Hansen Other",
		pactius.Grant{Unit: w.Root, Access: pactius.AccessRead})
	for _, test := range []struct {
		by      pactius.Actor
		matches []string
	}{
		{w.root, []string{"anna.other@nordhavn.example"}},
		{w.local, nil},
	} {
		x := w.explain(t, test.by, pactius.Person{Username: "Anna  Hansen"})
		var matches []string
		for _, u := range x.Matches {
			matches = append(matches, u.Username)
		}
		if diff := cmp.Diff(test.matches, matches); diff != "" {
			t.Errorf("users (-want +got):\n%s", diff)
		}
		if near := x.Standing.Near; len(near) != 1 || near[0].Username != accounts["anna"].AccountName {
			t.Errorf("accounts %v", near)
		}
	}
}

// TestAHiddenUsersAccountIsNotFollowed: an administrator of other units learns neither the present name of the user's
// account nor that it is gone.
func TestAHiddenUsersAccountIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*world) error{
		func(w *world) error { return w.tenant.Rename(oid("seller"), "sara.newname@nordhavn.example", "") },
		func(w *world) error { return w.tenant.Delete(oid("seller")) },
	} {
		w := newWorld(t)
		w.db.Exec(t, `UPDATE users SET tid = $1, oid = $2 WHERE environment_id = $3 AND username_key = $4`, tenant,
			oid("seller"), w.Env, "seller@nordhavn.example")
		if err := change(w); err != nil {
			t.Fatal(err)
		}
		p := pactius.Person{Username: "seller@nordhavn.example"}
		x := w.explain(t, w.local, p)
		if x.User != nil || x.Standing.State != pactius.StandingMissing ||
			reasonCodes(x.Decision) != "bound_name account_missing" {
			t.Errorf("%s: %+v", reasonCodes(x.Decision), x.Standing)
		}
		if all := w.explain(t, w.root, p); all.Standing.State == pactius.StandingMissing {
			t.Errorf("the administrator of all reads %s", reasonCodes(all.Decision))
		}
	}
}

// TestALostAccountFindsTheNewOne: by the object ID, as a user's page and a request ask.
func TestALostAccountFindsTheNewOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := accounts["anna"]
	person := pactius.Person{Identity: pactius.Identity{TenantID: tenant, ObjectID: oid("anna")},
		Username: p.AccountName}
	w.Invite(t, p.AccountName, p.Name, pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	w.db.Exec(t, `UPDATE users SET tid = $1, oid = $2 WHERE environment_id = $3 AND username_key = $4`, tenant,
		oid("anna"), w.Env, p.AccountName)
	const fresh = "0f3b6c1e-3333-4c5b-b112-0000000000ff"
	w.recreate(t, "anna", fresh)
	x := w.explain(t, w.root, person)
	if x.Outcome != users.OutcomeBlocked || reasonCodes(x.Decision) != "identity account_deleted account_recreated" ||
		!strings.Contains(x.Remedy.String(), "“Same person”") {
		t.Errorf("%s, %s: %s", x.Outcome, reasonCodes(x.Decision), x.Remedy)
	}
	// The request of the new account is the next step.
	asked := person
	asked.ObjectID, asked.VouchedAt = fresh, w.db.Clock.Now()
	q, err := users.New(w.db.Work()).Ask(t.Context(), pactius.Visitor(w.Env, asked, ""), users.Wish{})
	if err != nil {
		t.Fatal(err)
	}
	w.db.Clock.Advance(time.Minute)
	if x = w.explain(t, w.root, person); x.Request == nil || x.Request.ID != q.ID {
		t.Errorf("request %v", x.Request)
	}
}

// TestAListIsExplainedWithTwoCalls: what StandingAll says of many account names is what Standing says of each.
func TestAListIsExplainedWithTwoCalls(t *testing.T) {
	t.Parallel()
	var people []pactius.Person
	for _, username := range []string{"Anna.Hansen@nordhavn.example", "mads.juhl@nordhavn.example",
		"petra_revision.example#EXT#@nordhavn.example", "anna.hanson@nordhavn.example", "zebedee@nordhavn.example",
		"anders.hølm@nordhavn.example"} {
		people = append(people, pactius.Person{Username: username})
	}
	w := newWorld(t)
	w.search(t, "warm up: the token")
	w.tenant.ForgetCalls()
	all, err := w.rules.StandingAll(t.Context(), w.root, people)
	if err != nil {
		t.Fatal(err)
	}
	if calls := w.tenant.Calls("/v1.0/"); len(calls) != 2 {
		t.Errorf("%d calls: %v", len(calls), calls)
	}
	each := make([]pactius.Standing, len(people))
	alone := newWorld(t)
	for i, p := range people {
		if each[i], err = alone.rules.Standing(t.Context(), alone.root, p); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(each, all); diff != "" {
		t.Errorf("alone and in the list (-alone +list):\n%s", diff)
	}
	w.tenant.SetTrouble(devtenant.Trouble{Down: true})
	all, err = w.rules.StandingAll(t.Context(), w.root, []pactius.Person{{Username: "seller@nordhavn.example"},
		{Identity: pactius.Identity{TenantID: "0f3b6c1e-9999-4c5b-b112-000000000009", ObjectID: oid("anna")}}})
	if err != nil || all[0].State != pactius.StandingUnknown || all[1].State != pactius.StandingNotAsked {
		t.Errorf("a directory that is down: %+v, %v", all, err)
	}
}
