package users_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// TestPlanOfARelink matches users with a directory.
func TestPlanOfARelink(t *testing.T) {
	t.Parallel()
	const one, two = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	account := func(oid, username, name string) pactius.Account {
		return pactius.Account{Identity: pactius.Identity{TenantID: otherTenant, ObjectID: oid}, Username: username,
			Name: name}
	}
	ada := pactius.User{ID: "ada", Username: "Ada@old.example", Name: "Ada Lund"}
	bo := pactius.User{ID: "bo", Username: "bo@old.example", Name: "Bo Berg"}
	there := account(one, "ada@old.example", "Ada Lund")
	deleted := there
	deleted.State = pactius.AccountDeleted
	named := func(pairs ...string) users.RelinkNames {
		all := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return users.RelinkNames{Users: all}
	}
	domain := users.RelinkNames{Domains: map[string]string{"old.example": "new.example"}}
	tests := map[string]struct {
		cut   []pactius.User
		said  users.RelinkNames
		pages [][]pactius.Account
		want  string // account and reason of each user
	}{
		"the same account name in other letters": {[]pactius.User{ada}, named(),
			[][]pactius.Account{{there}}, one},
		"no account": {[]pactius.User{ada}, named(),
			[][]pactius.Account{{account(one, "adam@old.example", "Ada Lund")}}, "no_account"},
		"an empty directory": {[]pactius.User{ada}, named(), [][]pactius.Account{nil}, "no_account"},
		"a deleted account":  {[]pactius.User{ada}, named(), [][]pactius.Account{{deleted}}, "no_account"},
		"deleted later":      {[]pactius.User{ada}, named(), [][]pactius.Account{{there}, {deleted}}, "no_account"},
		"restored later":     {[]pactius.User{ada}, named(), [][]pactius.Account{{deleted}, {there}}, one},
		"on two pages":       {[]pactius.User{ada}, named(), [][]pactius.Account{{there}, {there}}, one},
		"another display name": {[]pactius.User{ada}, named(),
			[][]pactius.Account{{account(one, "ada@old.example", "Adam Lund")}}, one + " other_name"},
		"the words of the display name in another order": {[]pactius.User{ada}, named(),
			[][]pactius.Account{{account(one, "ada@old.example", "LUND, Ada")}}, one},
		"no display name": {[]pactius.User{ada}, named(),
			[][]pactius.Account{{account(one, "ada@old.example", "")}}, one},
		"another display name, named by a person": {[]pactius.User{ada}, named("ada@old.example", "ada@old.example"),
			[][]pactius.Account{{account(one, "ada@old.example", "Adam Lund")}}, one},
		"renamed on a later page": {[]pactius.User{ada}, named(),
			[][]pactius.Account{{there}, {account(one, "other@old.example", "Ada Lund")}}, "no_account"},
		"renamed to the name on a later page": {[]pactius.User{ada}, named(),
			[][]pactius.Account{{account(one, "other@old.example", "Ada Lund")}, {there}}, one},
		"told of again without a name": {[]pactius.User{ada}, named(), [][]pactius.Account{{there},
			{{Identity: there.Identity, State: pactius.AccountUnknown}}}, one},
		"two accounts of the name": {[]pactius.User{ada}, named(),
			[][]pactius.Account{{there, account(two, "ADA@old.example", "Ada Lund")}}, "several_accounts"},
		"one of two by its object ID": {[]pactius.User{ada}, named("ada", two),
			[][]pactius.Account{{there, account(two, "ADA@old.example", "Ada Lund")}}, two},
		"an object ID that does not exist": {[]pactius.User{ada}, named("ada", two), [][]pactius.Account{{there}},
			"no_account"},
		"a renamed domain": {[]pactius.User{ada}, domain,
			[][]pactius.Account{{there, account(two, "ada@new.example", "Ada Lund")}}, two},
		"two users for an account": {[]pactius.User{ada, bo}, named("bo@old.example", "ada@old.example"),
			[][]pactius.Account{{there}}, one + " several_users, " + one + " several_users"},
		"two users for an account, one of another name": {
			[]pactius.User{ada, {ID: "x", Username: "ada@new.example", Name: "Ada Ek"}}, domain,
			[][]pactius.Account{{account(two, "ada@new.example", "Ada Lund")}}, two + " other_name, " + two},
		"named by account name and by ID": {[]pactius.User{ada}, named("ada@old.example", one, "ada", one),
			[][]pactius.Account{{there}}, "named_twice"},
		"nobody of that name": {[]pactius.User{ada}, named("nobody@old.example", one),
			[][]pactius.Account{{there}}, one + ", no_user"},
	}
	for name, test := range tests {
		p := users.PlanRelink(test.cut, test.said)
		for _, page := range test.pages {
			p.Note(page)
		}
		var got []string
		for _, r := range p.Match() {
			got = append(got, strings.TrimSpace(r.Account.ObjectID+" "+string(r.Left)))
			if r.Left != "" && r.Left.Text().IsZero() {
				t.Errorf("%s: %s has no words", name, r.Left)
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, ", "), test.want)
		}
	}
}

// relink links a user to an account.
func (w *world) relink(t storetest.TB, u pactius.User, p pactius.Person) users.Relinking {
	t.Helper()
	var r users.Relinking
	err := w.db.Work().Change(context.Background(), pactius.SupportActor(w.Env), change.RoleRootAdministrator,
		func(tx *change.Tx) error {
			r = users.Relinking{User: u, Account: pactius.Account{Identity: p.Identity, Username: p.Username,
				Name: p.Name}}
			return users.Relink(tx, &r)
		})
	if err != nil {
		t.Fatalf("relink: %v", err)
	}
	return r
}

// undoRelinks undoes all relinks and returns the reasons of the users who are left.
func (w *world) undoRelinks(t storetest.TB) (left []users.RelinkReason) {
	t.Helper()
	err := w.db.Work().Change(context.Background(), pactius.SupportActor(w.Env), change.RoleRootAdministrator,
		func(tx *change.Tx) error {
			left = nil
			all, err := tx.Relinks("", tx.Now, 100)
			for _, k := range all {
				r, undoErr := users.UndoRelink(tx, k)
				err = errors.Join(err, undoErr)
				left = append(left, r.Left)
			}
			return err
		})
	if err != nil {
		t.Fatalf("undo: %v", err)
	}
	return left
}

// TestARelinkKeepsTheUser: units and history stay, the request of the new account is approved, sessions end.
func TestARelinkKeepsTheUser(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	token := w.session(t, w.seller)
	w.move(t, otherTenant)
	person := accountIn(otherTenant, w.seller)
	q := w.ask(t, person)
	w.expect(t, "relinking", func() { w.relink(t, w.seller, person) },
		[]string{"user.relinked", "request.approved"}, []string{"request-approved to seller@nordhavn.example"})
	u := w.Reload(t, w.seller.ID)
	if u.Identity != person.Identity || u.UnitCount != 1 || u.Name != w.seller.Name {
		t.Errorf("after the relink: %+v", u)
	}
	if got := w.request(t, q.ID); got.State != pactius.StateApproved || got.UserID != u.ID || got.Created {
		t.Errorf("the request is %s, of %s", got.State, got.UserID)
	}
	if _, err := w.rules.Session(t.Context(), w.Env, token); pactius.KindOf(err) != pactius.KindNotSignedIn {
		t.Errorf("the old session: %v", err)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE user_id = $1`, u.ID); n != 0 {
		t.Errorf("%d sessions of the account before", n)
	}
	if in := w.signIn(t, person); in.Decision.Outcome != users.OutcomeEnter || in.Decision.User.ID != u.ID {
		t.Errorf("signing in: %+v", in.Decision)
	}
	if n := w.users(t); n != 6 {
		t.Errorf("%d users", n)
	}
}

// TestARelinkLeavesWhatIsNotItsOwn: users who changed in the meantime, and accounts that others have.
func TestARelinkLeavesWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.move(t, otherTenant)
	taken := accountIn(otherTenant, pactius.User{Username: "new@nordhavn.example", Name: "Nina New"})
	w.approve(t, pactius.User{ID: w.prepare(t)}, w.ask(t, taken))
	w.Invite(t, "again@new.example", "Lou Loose")
	moved := accountIn(otherTenant, w.both)
	w.relink(t, w.both, moved)
	before := w.db.Dump(t)
	for _, test := range []struct {
		name    string
		user    pactius.User
		account pactius.Person
		want    users.RelinkReason
	}{
		{"an account that another user has", w.plain, taken, users.RelinkTaken},
		{"a user who was added again under the new name", w.loose,
			accountIn(otherTenant, pactius.User{Username: "again@new.example"}), users.RelinkAddedAgain},
		{"a user who has been linked already", w.both, accountIn(otherTenant, w.both), users.RelinkChanged},
		{"a user who is gone", pactius.User{ID: "none"}, accountIn(otherTenant, w.plain), users.RelinkChanged},
	} {
		if r := w.relink(t, test.user, test.account); r.Left != test.want {
			t.Errorf("%s: %q, want %q", test.name, r.Left, test.want)
		}
	}
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Errorf("what is left was changed (-before +after):\n%s", diff)
	}
	w.refused(t, "an account of the earlier tenant", pactius.KindConflict, "another tenant", func() error {
		return w.db.Work().Change(t.Context(), pactius.SupportActor(w.Env), change.RoleRootAdministrator,
			func(tx *change.Tx) error {
				return users.Relink(tx, &users.Relinking{User: w.plain,
					Account: pactius.Account{Identity: w.plain.Identity, Username: w.plain.Username}})
			})
	})
}

// prepare adds an administrator of the connected tenant.
func (w *world) prepare(t *testing.T) pactius.UserID {
	t.Helper()
	u := w.User(t, "here@nordhavn.example", "Hans Here", grant(w.Root, pactius.AccessAdminister))
	w.db.Exec(t, `UPDATE users SET tid = $1 WHERE id = $2`, otherTenant, u.ID)
	return u.ID
}

// TestAddingDoesNotDoubleAUserWhoIsCutOff: an account of the new tenant's directory with the account name of a user
// who is cut off is probably the same person.
func TestAddingDoesNotDoubleAUserWhoIsCutOff(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	admin := w.prepare(t)
	w.move(t, otherTenant)
	w.db.Clock.Advance(time.Hour)
	account := accountIn(otherTenant, w.seller)
	for name, identity := range map[string]pactius.Identity{"by name": {}, "by the directory": account.Identity} {
		w.refused(t, name, pactius.KindConflict, "already", func() error {
			_, err := w.rules.Add(t.Context(), pactius.UserActor(w.Env, admin, ""), users.NewUser{
				Username: w.seller.Username, Name: w.seller.Name, Identity: identity, Settle: true, Despite: true})
			return err
		})
	}
}

// TestARelinkIsUndoneUntilTheUserSignsIn or for a week.
func TestARelinkIsUndoneUntilTheUserSignsIn(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.move(t, otherTenant)
	renamed := accountIn(otherTenant, pactius.User{Username: "sara@new.example", Name: "Sara Seller-Holm"})
	w.relink(t, w.seller, renamed)
	if u := w.Reload(t, w.seller.ID); u.Username != renamed.Username || u.Name != renamed.Name {
		t.Errorf("the account name does not follow the directory: %+v", u)
	}
	entered := accountIn(otherTenant, w.both)
	w.relink(t, w.both, entered)
	w.db.Clock.Advance(time.Minute)
	w.signIn(t, entered)
	replaced := accountIn(otherTenant, w.plain)
	w.relink(t, w.plain, replaced)
	w.db.Exec(t, `UPDATE users SET oid = $1 WHERE id = $2`, id.New(), w.plain.ID)
	w.expect(t, "undoing", func() {
		want := []users.RelinkReason{"", users.RelinkSignedIn, users.RelinkChanged}
		if got := w.undoRelinks(t); !slices.Equal(got, want) {
			t.Errorf("left %q, want %q", got, want)
		}
	}, []string{"user.relink_undone"}, nil)
	u := w.Reload(t, w.seller.ID)
	if u.Identity != w.seller.Identity || u.Username != w.seller.Username || u.Name != w.seller.Name {
		t.Errorf("after undoing: %+v", u)
	}
	w.relink(t, w.seller, renamed)
	w.Invite(t, w.seller.Username, "Another Sara")
	w.undoRelinks(t)
	if u = w.Reload(t, w.seller.ID); u.Identity != w.seller.Identity || u.Username != renamed.Username {
		t.Errorf("after undoing beside another user with the old name: %+v", u)
	}
	w.relink(t, w.loose, accountIn(otherTenant, w.loose))
	w.db.Clock.Advance(users.RelinkTime)
	if got := w.undoRelinks(t); len(got) != 0 {
		t.Errorf("after a week: %q", got)
	}
}

// TestASweptOutUserIsLinked: the sweep of the earlier tenant had deactivated the user when the accounts moved. The
// sign-in proves the new account; what the sweep had found of the old one does not count any more.
func TestASweptOutUserIsLinked(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.Update(t, func(tx *store.Tx) error {
		u := w.seller
		u.AccountState, u.AccountStateAt, u.SweptOut = pactius.AccountDeleted, w.db.Clock.Now(), true
		u.DeactivatedAt = w.db.Clock.Now()
		return errors.Join(tx.UpdateUser(u), tx.PutFinding(pactius.AccountFinding{User: u.ID,
			State: pactius.AccountDeleted, FoundAt: w.db.Clock.Now()}))
	})
	w.move(t, otherTenant)
	w.db.Clock.Advance(time.Hour)
	person := accountIn(otherTenant, w.seller)
	q := w.ask(t, person)
	w.relink(t, w.Reload(t, w.seller.ID), person)
	if got := w.request(t, q.ID).State; got != pactius.StatePending {
		t.Errorf("the request of a deactivated user is %s", got)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM sweep_findings WHERE done_at = 0`); n != 0 {
		t.Errorf("%d findings about the account before", n)
	}
	if in := w.signIn(t, person); in.Decision.Outcome != users.OutcomeEnter {
		t.Errorf("signing in: %+v", in.Decision)
	}
}

// TestHistoriesOfMoves plays moves, relinks, their undoing, sign-ins and requests in any order: the explanation and the
// sign-in agree after each, no person becomes two users by a relink, and an account has one user.
func TestHistoriesOfMoves(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		w := build(rt, db, fmt.Sprintf("moves%d.example", round))
		tenants := []string{storetest.Tenant, otherTenant, "22222222-0b5a-4c7d-9e21-5f4a3b2c1d0e"}
		staff := []pactius.User{w.root, w.local}
		for i := range 3 {
			staff = append(staff, w.User(rt, fmt.Sprintf("user%d@nordhavn.example", i), fmt.Sprintf("User %d", i)))
		}
		people := map[string][]pactius.Person{}
		for _, tenant := range tenants {
			for _, u := range staff {
				p := accountIn(tenant, u)
				if tenant == storetest.Tenant {
					p.Identity = u.Identity
				}
				people[tenant] = append(people[tenant], p)
			}
		}
		now, count := storetest.Tenant, w.users(rt)
		someone := func(rt *rapid.T) int { return rapid.IntRange(0, len(staff)-1).Draw(rt, "user") }
		rt.Repeat(map[string]func(*rapid.T){
			"move": func(rt *rapid.T) {
				now = rapid.SampledFrom(tenants).Draw(rt, "tenant")
				w.move(rt, now)
			},
			"relink": func(rt *rapid.T) {
				i := someone(rt)
				w.db.Clock.Advance(time.Minute)
				w.relink(rt, w.Reload(rt, staff[i].ID), people[now][i])
			},
			"relink to the account of another": func(rt *rapid.T) {
				w.relink(rt, w.Reload(rt, staff[someone(rt)].ID), people[now][someone(rt)])
			},
			"undo": func(rt *rapid.T) { w.undoRelinks(rt) },
			"ask": func(rt *rapid.T) {
				_, err := w.rules.Ask(context.Background(), w.visitor(people[now][someone(rt)]), users.Wish{})
				if pactius.KindOf(err) == pactius.KindInternal && err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) {
				if n := w.users(rt); n != count {
					rt.Fatalf("%d users, want %d", n, count)
				}
				p := people[now][someone(rt)]
				told, err := w.rules.Explain(context.Background(), pactius.SupportActor(w.Env), p)
				if err != nil {
					rt.Fatal(err)
				}
				byName, err := w.rules.Explain(context.Background(), pactius.SupportActor(w.Env),
					pactius.Person{Username: p.Username})
				if err != nil {
					rt.Fatal(err)
				}
				w.db.Clock.Advance(time.Second)
				in := w.signIn(rt, p)
				agree(rt, told.Decision, in.Decision)
				entered := in.Decision.Outcome == users.OutcomeEnter
				if byName.Reasons[0].Code == "cut_off" && entered && in.Decision.User.Username == p.Username {
					rt.Fatalf("%s is cut off by name, and enters", p.Username)
				}
				if entered {
					if _, err := w.rules.Session(context.Background(), w.Env, in.Token); err != nil {
						rt.Fatalf("%s entered and has no session: %v", p.Username, err)
					}
				}
			},
		})
	})
}

// TestAPersonIsErasedAfterARelink: what the account of the earlier tenant has left is found too.
func TestAPersonIsErasedAfterARelink(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	u := traces(t, w)
	w.move(t, otherTenant)
	account := accountIn(otherTenant, pactius.User{Username: "zorba@moved.example", Name: "Zorba Quist"})
	if r := w.relink(t, u, account); r.Left != "" {
		t.Fatal(r.Left)
	}
	w.signIn(t, account)
	w.db.Clock.Advance(users.RelinkTime)
	if _, err := w.rules.Erase(t.Context(), pactius.SupportActor(w.Env), u.ID, 0); err != nil {
		t.Fatal(err)
	}
	nowhere(t, w.world, "zorba", "quist", "private.example", u.Identity.ObjectID, account.ObjectID)
}

// TestARelinkTakesNoAccountThatAMergeGaveUp: the account belongs to the person of the merged user.
func TestARelinkTakesNoAccountThatAMergeGaveUp(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	given := pactius.Identity{TenantID: otherTenant, ObjectID: w.loose.Identity.ObjectID}
	w.merge(t, w.Actor(w.root), users.Merge{Kept: w.both.ID, Other: w.loose.ID, Account: users.AccountOfKept})
	w.db.Exec(t, `UPDATE merged_users SET tid = $1`, otherTenant)
	w.move(t, otherTenant)
	r := w.relink(t, w.seller, pactius.Person{Identity: given, Username: w.seller.Username})
	if r.Left != users.RelinkTaken {
		t.Errorf("left: %q", r.Left)
	}
}
