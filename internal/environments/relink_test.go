package environments_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

const newTenant = "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e"

// pages is a directory of so many accounts on a page. during runs before each page and can fail it.
type pages struct {
	size     int
	accounts []pactius.Account
	during   func(ctx context.Context, page int) error
}

func (p *pages) Changes(ctx context.Context, c pactius.Credentials, cursor string) (pactius.DirectoryChanges, error) {
	page := 0
	if cursor != "" {
		if _, err := fmt.Sscan(cursor, &page); err != nil {
			return pactius.DirectoryChanges{}, err
		}
	}
	if p.during != nil {
		if err := p.during(ctx, page); err != nil {
			return pactius.DirectoryChanges{}, err
		}
	}
	from := min(page*p.size, len(p.accounts))
	to := min(from+p.size, len(p.accounts))
	changes := pactius.DirectoryChanges{Cursor: "end"}
	for _, a := range p.accounts[from:to] {
		a.TenantID = c.TenantID
		changes.Accounts = append(changes.Accounts, a)
	}
	if to < len(p.accounts) {
		changes.Next, changes.Cursor = fmt.Sprint(page+1), ""
	}
	return changes, nil
}

// moved is a company of n more users whose environment was connected to another tenant with an account for each.
func moved(t *testing.T, n int) (*scene, *pages) {
	t.Helper()
	s, d := newScene(t), &pages{size: 7}
	s.Directory = d
	for i := range n {
		s.User(t, fmt.Sprintf("user%03d@nordhavn.example", i), fmt.Sprintf("User %d", i))
	}
	for _, row := range s.db.Rows(t, `SELECT username, name FROM users ORDER BY id`) {
		username, name, _ := strings.Cut(strings.TrimSuffix(row, "|"), "|")
		d.accounts = append(d.accounts, pactius.Account{Identity: pactius.Identity{ObjectID: id.New()},
			Username: username, Name: name})
	}
	s.support(t, pactius.EnvironmentUpdate{TenantID: new(newTenant)})
	s.db.Clock.Advance(time.Hour)
	return s, d
}

func (s *scene) cutOff(t *testing.T) int {
	t.Helper()
	n, err := s.CountCutOff(t.Context(), pactius.SupportActor(s.Env))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAnotherTenantIsConfirmed: Support learns how many users lose access, and says so many.
func TestAnotherTenantIsConfirmed(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.User(t, "third@nordhavn.example", "Third")
	s.Invite(t, "invited@nordhavn.example", "Invited")
	change := func(tenant string, most int) func() error {
		return func() error {
			_, err := s.Update(t.Context(), pactius.SupportActor(s.Env), 0,
				pactius.EnvironmentUpdate{TenantID: &tenant, CutOff: most})
			return err
		}
	}
	refused(t, s.db, "without a confirmation", pactius.KindConflict, "3 users are linked", change(newTenant, 0))
	refused(t, s.db, "for fewer", pactius.KindConflict, "3 users are linked", change(newTenant, 2))
	refused(t, s.db, "disconnecting", pactius.KindConflict, "3 linked users can't", change("", 0))
	for _, step := range []struct {
		name, tenant string
		most, cut    int
	}{
		{"the same tenant in other letters cuts nobody off", strings.ToUpper(storetest.Tenant), 0, 0},
		{"another tenant", newTenant, 3, 3},
		{"a third one: nobody signs in with the second", "22222222-0b5a-4c7d-9e21-5f4a3b2c1d0e", 0, 3},
		{"disconnected", "", 0, 0},
		{"back", storetest.Tenant, 0, 0},
	} {
		if err := change(step.tenant, step.most)(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if n := s.cutOff(t); n != step.cut {
			t.Errorf("%s: %d users are cut off, want %d", step.name, n, step.cut)
		}
	}
	change("", 3)()
	refused(t, s.db, "another tenant after the disconnection", pactius.KindConflict, "3 users", change(newTenant, 2))
}

// TestARelinkOfACompany links everyone, in several transactions.
func TestARelinkOfACompany(t *testing.T) {
	t.Parallel()
	s, d := moved(t, 120)
	support := pactius.SupportActor(s.Env)
	before := s.db.Dump(t)
	plan, err := s.PlanRelink(t.Context(), support, users.RelinkNames{})
	if err != nil || len(plan) != 122 {
		t.Fatalf("%d users are planned: %v", len(plan), err)
	}
	if diff := cmp.Diff(before, s.db.Dump(t)); diff != "" {
		t.Errorf("a plan changed something:\n%s", diff)
	}
	stop := errors.New("interrupted")
	told := 0
	tell := func(r users.Relinking) error {
		told++
		if r.Left != "" {
			t.Errorf("%s is left: %s", r.User.Username, r.Left)
		}
		if told == 60 {
			return stop
		}
		return nil
	}
	if err := s.Relink(t.Context(), support, plan, tell); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	left := s.cutOff(t)
	if left == 0 || left > 122-60 {
		t.Errorf("%d users are cut off after an interruption", left)
	}
	d.accounts = append(d.accounts, pactius.Account{Identity: pactius.Identity{ObjectID: id.New()},
		Username: "newcomer@nordhavn.example"})
	again, err := s.PlanRelink(t.Context(), support, users.RelinkNames{})
	if err != nil || len(again) != left {
		t.Fatalf("the second plan has %d users, want %d: %v", len(again), left, err)
	}
	if err := s.Relink(t.Context(), support, again, tell); err != nil {
		t.Fatal(err)
	}
	if n := s.cutOff(t); n != 0 {
		t.Errorf("%d users are cut off at the end", n)
	}
	if n := s.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'user.relinked'`); n != 122 {
		t.Errorf("%d events for 122 users", n)
	}
	if n := s.db.Count(t, `SELECT COUNT(*) FROM users`); n != 122 {
		t.Errorf("%d users", n)
	}
	s.undoAll(t, support, 122)
}

// undoAll undoes the relinks in batches, interrupted once.
func (s *scene) undoAll(t *testing.T, support pactius.Actor, want int) {
	t.Helper()
	if n, err := s.CountRelinks(t.Context(), support); n != want || err != nil {
		t.Errorf("%d relinks can be undone, %v; want %d", n, err, want)
	}
	stop := errors.New("interrupted")
	if err := s.UndoRelink(t.Context(), support, func(users.Relinking) error { return stop }); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if n := s.cutOff(t); n == 0 || n == want && want > 50 {
		t.Errorf("%d users are cut off after an interruption", n)
	}
	if err := s.UndoRelink(t.Context(), support, func(users.Relinking) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if n := s.cutOff(t); n != want {
		t.Errorf("%d users are cut off after the undoing, want %d", n, want)
	}
}

// TestARelinkIsForSupport alone.
func TestARelinkIsForSupport(t *testing.T) {
	t.Parallel()
	s, _ := moved(t, 1)
	s.db.Exec(t, `UPDATE users SET tid = $1 WHERE username = 'root@nordhavn.example'`, newTenant)
	tell := func(users.Relinking) error { return nil }
	for name, actor := range map[string]pactius.Actor{"an administrator": s.root,
		"the system": pactius.System(s.Env, "test"), "nobody": {Environment: s.Env}} {
		refused(t, s.db, name+" plans", pactius.KindForbidden, "Support", func() error {
			_, err := s.PlanRelink(t.Context(), actor, users.RelinkNames{})
			return err
		})
		refused(t, s.db, name+" links", pactius.KindForbidden, "Support", func() error {
			return s.Relink(t.Context(), actor, []users.Relinking{{}}, tell)
		})
		refused(t, s.db, name+" undoes", pactius.KindForbidden, "Support", func() error {
			return s.UndoRelink(t.Context(), actor, tell)
		})
		refused(t, s.db, name+" counts", pactius.KindForbidden, "Support", func() error {
			_, err := s.CountRelinks(t.Context(), actor)
			return err
		})
	}
	s.support(t, pactius.EnvironmentUpdate{TenantID: new("")})
	if plan, err := s.PlanRelink(t.Context(), pactius.SupportActor(s.Env), users.RelinkNames{}); len(plan) != 0 ||
		pactius.KindOf(err) != pactius.KindNotConnected {
		t.Errorf("without a connection: %v, %v", plan, err)
	}
}

// TestADirectoryThatFails while it is read: nothing is planned, because an account that was not read could be the one.
func TestADirectoryThatFails(t *testing.T) {
	t.Parallel()
	s, d := moved(t, 20)
	for name, fail := range map[string]func(ctx context.Context) error{
		"throttled": func(context.Context) error {
			return &pactius.DirectoryError{Trouble: pactius.TroubleThrottled, RetryAfter: time.Minute}
		},
		"without permission": func(context.Context) error {
			return &pactius.DirectoryError{Trouble: pactius.TroubleNoPermission}
		},
		"after the deadline": func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("a page has no deadline")
			}
			return &pactius.DirectoryError{Trouble: pactius.TroubleSlow, Err: context.DeadlineExceeded}
		},
	} {
		d.during = func(ctx context.Context, page int) error {
			if page < 2 {
				return nil
			}
			return fail(ctx)
		}
		refused(t, s.db, name, pactius.KindUnavailable, "couldn't be read", func() error {
			plan, err := s.PlanRelink(t.Context(), pactius.SupportActor(s.Env), users.RelinkNames{})
			if len(plan) != 0 {
				t.Errorf("%s: %d users are planned", name, len(plan))
			}
			return err
		})
	}
	s.Directory = circle{}
	refused(t, s.db, "in a circle", pactius.KindUnavailable, "couldn't be read", func() error {
		_, err := s.PlanRelink(t.Context(), pactius.SupportActor(s.Env), users.RelinkNames{})
		return err
	})
}

// circle is a directory whose second page leads to itself.
type circle struct{}

func (circle) Changes(context.Context, pactius.Credentials, string) (pactius.DirectoryChanges, error) {
	return pactius.DirectoryChanges{Next: "1"}, nil
}

// TestWhatChangesAfterThePlan: the directory answers differently the second time, users change, the tenant changes.
func TestWhatChangesAfterThePlan(t *testing.T) {
	t.Parallel()
	s, d := moved(t, 3)
	support := pactius.SupportActor(s.Env)
	plan, err := s.PlanRelink(t.Context(), support, users.RelinkNames{})
	if err != nil {
		t.Fatal(err)
	}
	planned := map[pactius.UserID]string{}
	for _, r := range plan {
		planned[r.User.ID] = r.Account.ObjectID
	}
	for i := range d.accounts { // the plan counts, not another answer
		d.accounts[i].ObjectID = id.New()
	}
	gone, linked := plan[0].User, plan[1]
	s.Ground.Update(t, func(tx *store.Tx) error {
		u := linked.User
		u.Identity = pactius.Identity{TenantID: newTenant, ObjectID: id.New()}
		return errors.Join(tx.DeleteUser(s.Reload(t, gone.ID)), tx.UpdateUser(u))
	})
	got := map[users.RelinkReason]int{}
	err = s.Relink(t.Context(), support, plan, func(r users.Relinking) error {
		if got[r.Left]++; r.Left == "" && r.User.Identity.ObjectID != planned[r.User.ID] {
			t.Errorf("%s is linked to another account than was planned", r.User.Username)
		}
		return nil
	})
	if diff := cmp.Diff(map[users.RelinkReason]int{"": 3, users.RelinkChanged: 2}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	s.undoAll(t, support, 3)
	plan, err = s.PlanRelink(t.Context(), support, users.RelinkNames{})
	if err != nil {
		t.Fatal(err)
	}
	s.support(t, pactius.EnvironmentUpdate{TenantID: new("22222222-0b5a-4c7d-9e21-5f4a3b2c1d0e")})
	refused(t, s.db, "a plan for another tenant", pactius.KindConflict, "another tenant", func() error {
		return s.Relink(t.Context(), support, plan, func(users.Relinking) error { return nil })
	})
}

// TestTheOnlyAdministratorIsCutOff: Support links her, and she administers again.
func TestTheOnlyAdministratorIsCutOff(t *testing.T) {
	t.Parallel()
	s, _ := moved(t, 0)
	view := func() environments.View {
		v, err := s.View(t.Context(), pactius.SupportActor(s.Env))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := view(); len(v.Administrators) != 0 {
		t.Errorf("administrators who cannot sign in: %v", v.Administrators)
	}
	support := pactius.SupportActor(s.Env)
	plan, err := s.PlanRelink(t.Context(), support, users.RelinkNames{})
	if err == nil {
		err = s.Relink(t.Context(), support, plan, func(users.Relinking) error { return nil })
	}
	if v := view(); err != nil || len(v.Administrators) != 1 {
		t.Errorf("administrators after the relink: %v, %v", v.Administrators, err)
	}
	if _, err := s.View(t.Context(), s.root); err != nil {
		t.Errorf("she acts: %v", err)
	}
}

// TestALinkConnectsTheTenantOfTheLatestSignIn where users of several tenants are there.
func TestALinkConnectsTheTenantOfTheLatestSignIn(t *testing.T) {
	t.Parallel()
	s, _ := moved(t, 1)
	s.db.Exec(t, `UPDATE users SET tid = $1, last_sign_in_at = 9000000000000000
		WHERE username = 'root@nordhavn.example'`, "ffffffff-0b5a-4c7d-9e21-5f4a3b2c1d0e")
	s.support(t, pactius.EnvironmentUpdate{TenantID: new("")})
	link, _, err := s.NewLink(t.Context(), pactius.SupportActor(s.Env), "")
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.OpenLink(t.Context(), environments.Link{Environment: s.Env,
		Token: strings.TrimPrefix(link.Path, environments.LinkPath)})
	if err != nil || v.Tenant != "ffffffff-0b5a-4c7d-9e21-5f4a3b2c1d0e" {
		t.Errorf("the link is for %s, %v", v.Tenant, err)
	}
}
