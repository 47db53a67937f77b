package leavers_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/devtenant"
)

// inTenant is a company whose directory is read through Graph from a tenant.
func inTenant(t *testing.T, staff int) (*company, *devtenant.Tenant) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	db := storetest.New(t)
	tenant, err := devtenant.New(devtenant.Config{URL: origin, TenantID: storetest.Tenant, TenantName: "Nordhavn",
		ClientID: "app", ClientSecret: "secret", Now: db.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = tenant.Handler()
	server.Start()
	t.Cleanup(server.Close)
	c := newCompany(t, db, "nordhavn.example", staff)
	config := c.rules.Config
	config.Directory = microsoft.NewGraph(microsoft.New(microsoft.Options{Authority: origin, Now: db.Clock.Now}),
		origin)
	config.Credentials = func(e pactius.Environment) (pactius.Credentials, error) {
		return pactius.Credentials{TenantID: e.Connection.TenantID, ClientID: "app", ClientSecret: "secret"}, nil
	}
	c.rules = leavers.New(config)
	for _, u := range append([]pactius.User{c.root, c.vic}, c.staff...) {
		person := devtenant.Person{ObjectID: u.Identity.ObjectID, AccountName: u.Username, Name: u.Name}
		if err := tenant.Put(person); err != nil {
			t.Fatal(err)
		}
	}
	return c, tenant
}

// TestALifeInATenant follows people through what Microsoft 365 does to accounts.
func TestALifeInATenant(t *testing.T) {
	t.Parallel()
	c, tenant := inTenant(t, 12)
	if err := tenant.Populate(1200); err != nil { // strangers, on several pages
		t.Fatal(err)
	}
	if report := c.sweep(t); report.Pages < 3 || report.Found != 0 {
		t.Fatalf("the first round: %+v", report)
	}
	anna, bo, carl := c.staff[0], c.staff[1], c.staff[2]
	id := func(u pactius.User) string { return u.Identity.ObjectID }
	steps := []struct {
		name           string
		do             func() error
		anna, bo, carl string
		trouble        devtenant.Trouble
	}{
		{"disabled, deleted, removed for good", func() error {
			tenant.Remove(id(carl))
			return errors.Join(tenant.Disable(id(anna)), tenant.Delete(id(bo)))
		}, "deactivated, by the sweep, disabled", "deactivated, by the sweep, deleted",
			"active, signed in", devtenant.Trouble{}}, // an account removed for good gets a second look
		{"renamed while disabled", func() error { return tenant.Rename(id(anna), "new@nordhavn.example", "New") },
			"deactivated, by the sweep, disabled", "deactivated, by the sweep, deleted",
			"deactivated, by the sweep, deleted", devtenant.Trouble{Lean: true}},
		{"enabled and restored", func() error { return errors.Join(tenant.Enable(id(anna)), tenant.Restore(id(bo))) },
			"active", "active", "deactivated, by the sweep, deleted", devtenant.Trouble{EmptyPages: true, Lean: true}},
		{"disabled, while the cursor expires",
			func() error { tenant.ExpireDeltaTokens(); return tenant.Disable(id(bo)) },
			"active", "deactivated, by the sweep, disabled", "deactivated, by the sweep, deleted", devtenant.Trouble{}},
		{"enabled, told in lean answers", func() error { return tenant.Enable(id(bo)) },
			"active", "active", "deactivated, by the sweep, deleted", devtenant.Trouble{Lean: true, EmptyPages: true}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		tenant.SetTrouble(step.trouble)
		c.sweep(t)
		c.want(t, step.name, anna, step.anna)
		c.want(t, step.name, bo, step.bo)
		c.want(t, step.name, carl, step.carl)
		c.db.Clock.Advance(leavers.SecondLook)
	}
}

// TestHostileAnswersChangeNobody and the sweep goes on when they end.
func TestHostileAnswersChangeNobody(t *testing.T) {
	t.Parallel()
	troubles := map[string]devtenant.Trouble{
		"a page for people":   {Answer: devtenant.HTML},
		"half a JSON":         {Answer: devtenant.HalfJSON},
		"nothing":             {Answer: devtenant.Nothing},
		"null":                {Answer: devtenant.Null},
		"50,000 users":        {Answer: devtenant.Flood},
		"a link to elsewhere": {ForeignNext: "https://evil.example"},
		"down":                {Down: true},
		"throttled":           {Throttled: 1, RetryAfter: 30 * time.Second},
		"no tokens either":    {Path: "/", Down: true},
	}
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, tenant := inTenant(t, 3)
			c.sweep(t)
			if err := tenant.Disable(c.staff[0].Identity.ObjectID); err != nil {
				t.Fatal(err)
			}
			tenant.SetTrouble(trouble)
			report, err := c.rules.Sweep(t.Context(), pactius.SupportActor(c.Env))
			if err == nil || report.Outcome != leavers.RoundTroubled {
				t.Errorf("%+v, %v", report, err)
			}
			c.want(t, "while there is trouble", c.staff[0], "active, signed in")
			tenant.SetTrouble(devtenant.Trouble{})
			c.db.Clock.Advance(time.Hour)
			if n, err := c.rules.SweepDue(t.Context(), nil); n != 1 || err != nil {
				t.Errorf("an hour later %d are due, %v", n, err)
			}
			c.want(t, "afterwards", c.staff[0], "deactivated, by the sweep, disabled")
		})
	}
}

// TestMissingPermissionIsSaid to administrators of the whole company.
func TestMissingPermissionIsSaid(t *testing.T) {
	t.Parallel()
	c, tenant := inTenant(t, 1)
	if err := tenant.Grant("app"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.rules.SweepDue(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	state, err := c.rules.State(t.Context(), c.Actor(c.root))
	if err != nil || state.Trouble != pactius.TroubleNoPermission ||
		fmt.Sprint(leavers.TroubleText(state.Trouble)) == "" {
		t.Errorf("%+v, %v", state, err)
	}
}

// TestASweepKeepsTitles: changes of title and department are stored with the round that tells them, also in answers
// that name only what has changed. A sweep that names neither forgets neither.
func TestASweepKeepsTitles(t *testing.T) {
	t.Parallel()
	c, tenant := inTenant(t, 2)
	anna, bo := c.staff[0], c.staff[1]
	put := func(u pactius.User, title, department string) {
		t.Helper()
		if err := tenant.Put(devtenant.Person{ObjectID: u.Identity.ObjectID, AccountName: u.Username, Name: u.Name,
			JobTitle: title, Department: department}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(when string, u pactius.User, title, department string) {
		t.Helper()
		c.View(t, func(tx *store.Tx) error {
			all, err := tx.Profiles([]pactius.Identity{u.Identity})
			if got := all[u.Identity]; got != (pactius.Profile{Title: title, Department: department}) {
				t.Errorf("%s: %+v", when, got)
			}
			return err
		})
	}
	put(anna, "Broker", "Sales")
	c.sweep(t)
	want("after the first round", anna, "Broker", "Sales")
	want("of a person without", bo, "", "")
	tenant.SetTrouble(devtenant.Trouble{Lean: true})
	put(anna, "Head of Sales", "Sales")
	put(bo, "", "Legal")
	c.sweep(t)
	want("after a promotion", anna, "Head of Sales", "Sales")
	want("after a first department", bo, "", "Legal")
	if err := tenant.Disable(anna.Identity.ObjectID); err != nil {
		t.Fatal(err)
	}
	c.sweep(t)
	want("after another change", anna, "Head of Sales", "Sales")
}
