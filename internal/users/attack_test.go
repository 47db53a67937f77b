package users_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// An administrator cannot take emails of others out of the outbox by adding a user with their address and deleting it.
func TestDeletingAUserKeepsTheMailOfOthers(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	q := w.ask(t, storetest.Person("seeks@nordhavn.example", "Sia Seeks"), w.north)
	boss, err := w.rules.Add(ctx, w.Actor(w.local), users.NewUser{Username: "boss@nordhavn.example", Name: "Bea Boss",
		Welcome: true, Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}})
	must(t, err)
	accomplice := "accomplice@nordhavn.example"
	_, err = w.rules.Edit(ctx, w.Actor(w.local), boss.User.ID, 0, pactius.UserUpdate{Username: &accomplice,
		Despite: true})
	must(t, err)
	w.approve(t, w.local, q)
	mails := func() string { return strings.Join(w.db.Rows(t, `SELECT id, kind, to_address FROM mails`), "\n") }
	before := mails()
	for _, victim := range []struct{ address, name string }{{w.root.Username, w.root.Name},
		{"boss@nordhavn.example", "Bea Boss"}, {"seeks@nordhavn.example", "Sia Seeks"}} {
		trick, err := w.rules.Add(ctx, w.Actor(w.local), users.NewUser{Username: "trick@nordhavn.example",
			Name: victim.name, Email: victim.address, Despite: true})
		must(t, err)
		_, err = w.rules.Delete(ctx, w.Actor(w.local), trick.User.ID, 0)
		must(t, err)
		if now := mails(); now != before {
			t.Fatalf("deleting a user with the address %s has left of\n%s\nonly\n%s", victim.address, before, now)
		}
	}
}

// A leaver's user stays: deleting a fresh one that it was merged into does not erase it.
func TestALeaverIsNotDeletedByWayOfAMerge(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	p := storetest.Person("leaver@nordhavn.example", "Leo Leaver")
	leaver := w.approve(t, w.local, w.ask(t, p, w.north), grant(w.north, pactius.AccessRead)).User
	w.signIn(t, p)
	w.db.Exec(t, `UPDATE users SET account_state = 'deleted' WHERE id = $1`, leaver.ID)
	fresh, err := w.rules.Add(ctx, w.Actor(w.local), users.NewUser{Username: "fresh@nordhavn.example", Name: "F"})
	must(t, err)
	if _, err := w.rules.Merge(ctx, w.Actor(w.local), users.Merge{Kept: fresh.User.ID, Other: leaver.ID}); err != nil {
		t.Fatal(err)
	}
	w.refused(t, "deleting", pactius.KindConflict, "merged", func() error {
		_, err := w.rules.Delete(ctx, w.Actor(w.local), fresh.User.ID, 0)
		return err
	})
}

// "Same person" tells no more about a user that the approver may not see than approving does.
func TestSamePersonTellsNothingAboutHiddenUsers(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	q := w.ask(t, storetest.Person("hidden@nordhavn.example", "H"), w.north)
	hidden := w.Invite(t, "hidden@nordhavn.example", "Helle Hidden", grant(w.legal, pactius.AccessRead))
	unnamed := w.ask(t, storetest.Person("", "Nemo"), w.north)
	other := w.User(t, "", "Nadia Nameless", grant(w.legal, pactius.AccessRead))
	for state, sql := range map[string]string{"deactivated": `deactivated_at = 1`, "ended": `ends_on = '2020-01-01'`} {
		w.db.Exec(t, `UPDATE users SET `+sql+` WHERE id = $1`, hidden.ID)
		w.refused(t, state, pactius.KindConflict, "administer", func() error {
			_, err := w.rules.SamePerson(t.Context(), w.Actor(w.local), q.ID, hidden.ID, users.Approval{})
			if err != nil && (strings.Contains(err.Error(), "Helle") || strings.Contains(err.Error(), "deactivated")) {
				t.Errorf("%s: %v", state, err)
			}
			return err
		})
		w.db.Exec(t, `UPDATE users SET deactivated_at = 0, ends_on = '' WHERE id = $1`, hidden.ID)
	}
	w.refused(t, "people without an account name have none in common", pactius.KindForbidden, "outside", func() error {
		_, err := w.rules.Same(t.Context(), w.Actor(w.local), unnamed.ID, other.ID)
		return err
	})
}

// A session from before a rename carries the old account name, which may be another person's by now.
func TestAnOldSessionTakesNoAccountNameBack(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	p := storetest.Person("boss@nordhavn.example", "Former Boss")
	old := w.signIn(t, p).Token
	w.db.Clock.Advance(time.Minute)
	w.approve(t, w.local, w.ask(t, p, w.north))
	p.Username = "former@nordhavn.example"
	w.signIn(t, p)
	w.db.Clock.Advance(time.Minute)
	in, err := w.rules.Enter(ctx, w.Env, old, users.Visit{})
	must(t, err)
	if u := w.Reload(t, in.Session.UserID); u.Username != p.Username {
		t.Errorf("the old session has renamed the user to %s", u.Username)
	}
}

// A visitor whose account name another person has proved to have since cannot request access under it.
func TestAnOldSessionRequestsNothingUnderTheNameOfAnother(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	former := storetest.Person("boss@nordhavn.example", "Former Boss")
	former.VouchedAt = w.db.Clock.Now()
	w.db.Clock.Advance(time.Hour)
	boss := storetest.Person("boss@nordhavn.example", "Bea Boss")
	w.signIn(t, boss)
	asked := w.ask(t, boss, w.north)
	w.db.Clock.Advance(time.Minute)
	if q := w.ask(t, former, w.north); q.Person.Username == asked.Person.Username {
		t.Errorf("two requests are from %s", q.Person.Username)
	}
	if q := w.request(t, asked.ID); q.Person.Username != boss.Username {
		t.Errorf("the owner's request is from %s", q.Person.Username)
	}
	w.approve(t, w.local, asked)
	w.db.Clock.Advance(time.Minute)
	again := storetest.Person("boss@nordhavn.example", "Third Boss")
	again.VouchedAt = former.VouchedAt
	if q := w.ask(t, again, w.north); q.Person.Username == boss.Username {
		t.Errorf("a request is from the user %s", q.Person.Username)
	}
}

// The sessions that a person without access leaves behind by signing in again and again are bounded.
func TestAVisitorHasFewSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("visitor@nordhavn.example", "Vi Visitor")
	var last string
	for range pactius.MaxVisits + 5 {
		last = w.signIn(t, p).Token
	}
	other := w.signIn(t, storetest.Person("other@nordhavn.example", "Otto Other")).Token
	if n := w.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE oid = $1`, p.ObjectID); n != pactius.MaxVisits {
		t.Errorf("%d sessions of a visitor, want %d", n, pactius.MaxVisits)
	}
	for _, token := range []string{last, other} {
		_, err := w.rules.Session(t.Context(), w.Env, token)
		must(t, err)
	}
}

// Adding and renaming despite a very similar user shows each of the two on the other's page, like approving.
func TestUsersAddedOrRenamedDespiteASimilarOneHintAtEachOther(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	first := w.Invite(t, "anna.hansen@nordhavn.example", "Anna Hansen", grant(w.north, pactius.AccessRead))
	added, err := w.rules.Add(ctx, w.Actor(w.local),
		users.NewUser{Username: "anna.hanssen@nordhavn.example", Name: "Anna Hansen", Despite: true})
	must(t, err)
	other, err := w.rules.Add(ctx, w.Actor(w.local),
		users.NewUser{Username: "quite.different@nordhavn.example", Name: "Anna Hansen", Despite: true})
	must(t, err)
	name := "anna.hannsen@nordhavn.example"
	_, err = w.rules.Edit(ctx, w.Actor(w.local), other.User.ID, 0, pactius.UserUpdate{Username: &name, Despite: true})
	must(t, err)
	for what, id := range map[string]pactius.UserID{"added": added.User.ID, "renamed": other.User.ID} {
		if v, err := w.rules.User(ctx, w.Actor(w.local), id); err != nil || len(v.Doubles) == 0 {
			t.Errorf("%s: the page hints at %v, %v", what, v.Doubles, err)
		}
	}
	if v, err := w.rules.User(ctx, w.Actor(w.local), first.ID); err != nil || len(v.Doubles) < 2 {
		t.Errorf("the page of the user before hints at %v, %v", v.Doubles, err)
	}
}

// Confirming that a request is approved by adding or renaming is good for the request that was shown.
func TestAConfirmationIsForTheRequestThatWasShown(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	p := storetest.Person("anna@nordhavn.example", "Anna Hansen")
	shown := w.ask(t, p, w.north)
	_, err := w.rules.Withdraw(ctx, w.visitor(p))
	must(t, err)
	again := w.ask(t, p, w.north)
	invited := w.Invite(t, "x@nordhavn.example", "Xenia", grant(w.north, pactius.AccessRead))
	n := users.NewUser{Username: p.Username, Name: p.Name, Identity: p.Identity, Settle: true, Shown: shown.ID}
	up := pactius.UserUpdate{Username: &p.Username, Identity: p.Identity, Settle: true, Shown: shown.ID, Despite: true}
	w.refused(t, "adding", pactius.KindConflict, "requested access", func() error {
		_, err := w.rules.Add(ctx, w.Actor(w.local), n)
		return err
	})
	w.refused(t, "renaming", pactius.KindConflict, "requested access", func() error {
		_, err := w.rules.Edit(ctx, w.Actor(w.root), invited.ID, 0, up)
		return err
	})
	up.Shown = again.ID
	if e, err := w.rules.Edit(ctx, w.Actor(w.root), invited.ID, 0, up); err != nil || e.Settled == nil {
		t.Errorf("the request that was shown: %+v, %v", e, err)
	}
}

// An administrator who has added a user under the name of an accomplice, and said that the boss is the same person,
// cannot bring the accomplice back into what the boss has been given since.
func TestTakingBackReturnsNoUserToAnAccomplice(t *testing.T) {
	t.Parallel()
	for name, linked := range map[string]bool{"who was invited": false, "who has signed in": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			ctx := t.Context()
			accomplice := storetest.Person("al@nordhavn.example", "Al Accomplice")
			added, err := w.rules.Add(ctx, w.Actor(w.local), users.NewUser{Username: accomplice.Username, Name: "Bea"})
			must(t, err)
			if linked {
				w.signIn(t, accomplice)
			}
			q := w.ask(t, storetest.Person("boss@nordhavn.example", "Bea Boss"), w.north)
			approve := users.Approval{Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}, Despite: true}
			_, err = w.same(w.Actor(w.local), q, added.User, approve)
			must(t, err)
			_, err = w.rules.Assign(ctx, w.Actor(w.root), added.User.ID,
				[]pactius.Grant{grant(w.Root, pactius.AccessAdminister)})
			must(t, err)
			w.refused(t, "taking the approval back", pactius.KindForbidden, "", func() error {
				_, err := w.rules.TakeBack(ctx, w.Actor(w.local), q.ID)
				return err
			})
			if in := w.signIn(t, accomplice); in.Session.UserID != "" {
				t.Errorf("the accomplice is user %s", in.Session.UserID)
			}
			_, err = w.rules.TakeBack(ctx, w.Actor(w.root), q.ID)
			must(t, err)
		})
	}
}

// An approver does not undo what an administrator who may change the user has confirmed.
func TestAnApproverDoesNotTakeBackWhoAUserIs(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	boss := w.Invite(t, "bos@nordhavn.example", "Bea Boss")
	q := w.ask(t, storetest.Person("boss@nordhavn.example", "Bea Boss"), w.north)
	approve := users.Approval{Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}}
	if d, err := w.same(w.Actor(w.local), q, boss, approve); err != nil || !d.Proposed {
		t.Fatalf("the approver: %+v, %v", d, err)
	}
	_, err := w.same(w.Actor(w.root), q, boss, approve)
	must(t, err)
	w.refused(t, "by the approver", pactius.KindForbidden, "", func() error {
		_, err := w.rules.TakeBack(ctx, w.Actor(w.local), q.ID)
		return err
	})
}

// A proposal is for the approvers of the request and for those who may change the user: other administrators neither
// read it nor answer it.
func TestAProposalIsNothingForOtherAdministrators(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	legal := w.User(t, "legal@nordhavn.example", "Lise Legal", grant(w.legal, pactius.AccessAdminister))
	loose := w.Invite(t, "bos@nordhavn.example", "Bea Boss") // every administrator sees a user without units
	q := w.ask(t, storetest.Person("boss@nordhavn.example", "Bea Boss"), w.north)
	if d, err := w.same(w.Actor(w.local), q, loose, users.Approval{}); err != nil || !d.Proposed {
		t.Fatalf("the approver: %+v, %v", d, err)
	}
	for what, act := range map[string]func() error{
		"reading": func() error { _, err := w.rules.Same(ctx, w.Actor(legal), q.ID, loose.ID); return err },
		"confirming": func() error {
			_, err := w.same(w.Actor(legal), q, loose, users.Approval{Despite: true})
			return err
		},
		"refusing": func() error { _, err := w.rules.RefuseSame(ctx, w.Actor(legal), q.ID); return err },
		"naming another user": func() error {
			_, err := w.same(w.Actor(legal), q, w.plain, users.Approval{Despite: true})
			return err
		},
	} {
		w.refused(t, what, pactius.KindForbidden, "", act)
	}
}

// directoryThat is a directory that does something before it answers.
type directoryThat struct {
	does    func()
	account pactius.Account
}

func (d directoryThat) Account(context.Context, pactius.Actor, string) (pactius.Account, error) {
	d.does()
	return d.account, nil
}

// While the directory is asked about an invited user, the user signs in: the approver then only proposes.
func TestAUserWhoSignsInMeanwhileIsNotTakenOver(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	p := storetest.Person("hidden@nordhavn.example", "Helle Hidden")
	q := w.ask(t, p, w.north)
	hidden := w.Invite(t, p.Username, p.Name, grant(w.legal, pactius.AccessRead))
	first := storetest.Person(p.Username, p.Name)
	w.rules.Directory = directoryThat{func() { w.signIn(t, first) },
		pactius.Account{Identity: p.Identity, Username: p.Username}}
	d, err := w.same(w.Actor(w.local), q, hidden, users.Approval{Despite: true})
	if err != nil && pactius.KindOf(err) == pactius.KindInternal || err == nil && !d.Proposed {
		t.Errorf("the approver: %+v, %v", d, err)
	}
	if u := w.Reload(t, hidden.ID); u.Identity != first.Identity {
		t.Errorf("the user is linked to %+v", u.Identity)
	}
}

// After a move to another tenant an approver does not take the account name of a user of other units, by which a relink
// finds the user.
func TestAnApproverTakesNoNameOfAUserWhoIsCutOff(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	w.move(t, otherTenant)
	w.db.Exec(t, `UPDATE users SET tid = $1 WHERE id IN ($2, $3)`, otherTenant, w.local.ID, w.root.ID)
	w.db.Clock.Advance(time.Hour)
	q := w.ask(t, accountIn(otherTenant, w.plain), w.north)
	approve := users.Approval{Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}, Despite: true}
	w.refused(t, "by an approver", pactius.KindForbidden, "Same person", func() error {
		_, err := w.rules.Approve(ctx, w.Actor(w.local), q.ID, approve)
		return err
	})
	if d, err := w.same(w.Actor(w.local), q, w.plain, approve); err != nil || !d.Proposed {
		t.Errorf("the approver proposes: %+v, %v", d, err)
	}
	d, err := w.same(w.Actor(w.root), q, w.plain, approve)
	if err != nil || d.User.ID != w.plain.ID {
		t.Errorf("the administrator of all: %+v, %v", d, err)
	}
}

// A proposal is emailed to the administrator who added the user only as long as that one may confirm it.
func TestAProposalGoesToThoseWhoMayConfirmIt(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	legal := w.User(t, "legal@nordhavn.example", "Lise Legal", grant(w.legal, pactius.AccessAdminister))
	added, err := w.rules.Add(t.Context(), w.Actor(w.local),
		users.NewUser{Username: "bos@nordhavn.example", Name: "Bea Boss"})
	must(t, err)
	_, err = w.rules.Assign(t.Context(), w.Actor(w.root), added.User.ID,
		[]pactius.Grant{grant(w.legal, pactius.AccessRead)})
	must(t, err)
	q := w.ask(t, storetest.Person("boss@nordhavn.example", "Bea Boss"), w.legal)
	w.expect(t, "proposing", func() {
		if d, err := w.same(w.Actor(legal), q, added.User, users.Approval{}); err != nil || !d.Proposed {
			t.Errorf("the approver: %+v, %v", d, err)
		}
	}, []string{"request.same_proposed"}, []string{"same-proposed to root@nordhavn.example"})
}

// An answer of the directory about the account that a user was linked to counts for no other account.
func TestTheAnswerIsAboutTheAccountThatIsReplaced(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	q := w.ask(t, storetest.Person("sara@nordhavn.example", "Sara Seller"), w.north)
	next := storetest.Person(w.seller.Username, w.seller.Name)
	w.rules.Directory = directoryThat{
		func() { w.db.Exec(t, `UPDATE users SET oid = $1 WHERE id = $2`, next.ObjectID, w.seller.ID) },
		pactius.Account{Identity: w.seller.Identity, State: pactius.AccountDeleted}}
	d, err := w.same(w.Actor(w.root), q, w.seller, users.Approval{})
	if pactius.KindOf(err) != pactius.KindConflict || !strings.Contains(err.Error(), "couldn't ask") {
		t.Errorf("%+v, %v", d, err)
	}
}
