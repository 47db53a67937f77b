package pactius_test

import (
	"testing"

	"github.com/pactius/pactius"
)

func TestRights(t *testing.T) {
	t.Parallel()
	tree := company()
	type access = map[pactius.UnitID]pactius.Access
	with := func(units access) pactius.Rights {
		var memberships []pactius.Membership
		for u, a := range units {
			memberships = append(memberships, pactius.Membership{UnitID: u, Access: a})
		}
		return pactius.NewRights(tree, memberships)
	}
	type units = []pactius.UnitID
	tests := []struct {
		name                     string
		rights                   pactius.Rights
		far, legal               pactius.Access
		all, any                 bool
		decideFar, decideNothing bool
		seeLoose, seeBoth        bool
		manageLoose, manageBoth  bool
		manageFar                bool
		vouchLoose, vouchBoth    bool
	}{
		{name: "nobody", rights: pactius.Rights{}},
		{name: "without units", rights: with(nil)},
		{name: "a unit that is not in the tree counts for nothing",
			rights: with(access{"gone": pactius.AccessAdminister})},
		{name: "reading the company", rights: with(access{"root": pactius.AccessRead}),
			far: pactius.AccessRead, legal: pactius.AccessRead},
		{name: "the highest on the way up counts",
			rights: with(access{"root": pactius.AccessRead, "sales": pactius.AccessWrite, "far": pactius.AccessRead}),
			far:    pactius.AccessWrite, legal: pactius.AccessRead},
		{name: "administering Sales", rights: with(access{"sales": pactius.AccessAdminister}),
			far: pactius.AccessAdminister, any: true, decideFar: true, seeLoose: true, seeBoth: true, manageFar: true,
			vouchLoose: true},
		{name: "administering beneath is not administering above",
			rights: with(access{"far": pactius.AccessAdminister}),
			far:    pactius.AccessAdminister, any: true, decideFar: true, seeLoose: true, seeBoth: true,
			manageFar:  true,
			vouchLoose: true},
		{name: "administering the company", rights: with(access{"root": pactius.AccessAdminister}),
			far: pactius.AccessAdminister, legal: pactius.AccessAdminister, all: true, any: true, decideFar: true,
			decideNothing: true, seeLoose: true, seeBoth: true, manageLoose: true, manageBoth: true, manageFar: true,
			vouchLoose: true, vouchBoth: true},
		{name: "Support", rights: pactius.AllRights(tree),
			far: pactius.AccessAdminister, legal: pactius.AccessAdminister, all: true, any: true, decideFar: true,
			decideNothing: true, seeLoose: true, seeBoth: true, manageLoose: true, manageBoth: true, manageFar: true,
			vouchLoose: true, vouchBoth: true},
	}
	for _, test := range tests {
		r := test.rights
		if got := r.Access("far"); got != test.far {
			t.Errorf("%s: access beneath %v, want %v", test.name, got, test.far)
		}
		if got := r.Access("legal"); got != test.legal {
			t.Errorf("%s: access elsewhere %v, want %v", test.name, got, test.legal)
		}
		both := units{"far", "legal"}
		for what, pair := range map[string][2]bool{
			"AdministersAll":                {r.AdministersAll(), test.all},
			"AdministersAny":                {r.AdministersAny(), test.any},
			"CanDecide a wish":              {r.CanDecide(units{"far"}), test.decideFar},
			"CanDecide no wish":             {r.CanDecide(nil), test.decideNothing},
			"CanSee without units":          {r.CanSee(nil), test.seeLoose},
			"CanSee with both":              {r.CanSee(both), test.seeBoth},
			"CanManage without":             {r.CanManage(nil, pactius.Ties{}), test.manageLoose},
			"CanManage with both":           {r.CanManage(both, pactius.Ties{}), test.manageBoth},
			"CanManage beneath":             {r.CanManage(units{"far"}, pactius.Ties{}), test.manageFar},
			"CanManage without, vouching":   {r.CanManage(nil, pactius.Ties{Vouches: true}), test.vouchLoose},
			"CanManage with both, vouching": {r.CanManage(both, pactius.Ties{Vouches: true}), test.vouchBoth},
			"CanManage with what was given": {r.CanManage(units{"far"}, pactius.Ties{Gave: units{"far"}}),
				test.manageLoose},
			"CanManage with what was given, vouching": {
				r.CanManage(units{"far"}, pactius.Ties{Vouches: true, Gave: units{"far"}}), test.manageFar},
			"CanIdentify beneath, given by others": {r.CanIdentify(units{"far"}, pactius.Ties{}), test.all},
			"CanIdentify beneath, vouching": {
				r.CanIdentify(units{"far"}, pactius.Ties{Vouches: true}), test.manageFar},
			"CanIdentify with both, vouching": {
				r.CanIdentify(both, pactius.Ties{Vouches: true}), test.vouchBoth},
			"CanIdentify without": {r.CanIdentify(nil, pactius.Ties{}), test.all},
			"CanManage with one given by another": {r.CanManage(units{"far", "north"},
				pactius.Ties{Gave: units{"north"}}),
				test.manageFar && r.Administers("north")},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s is %v, want %v", test.name, what, pair[0], pair[1])
			}
		}
	}
	inherited, from := with(access{"root": pactius.AccessRead, "sales": pactius.AccessWrite,
		"north": pactius.AccessAdminister}).Inherited("north")
	if inherited != pactius.AccessWrite || from != "sales" {
		t.Errorf("inherited %v from %s", inherited, from)
	}
}

func TestAccessWords(t *testing.T) {
	t.Parallel()
	for a := pactius.AccessNone; a <= pactius.AccessAdminister; a++ {
		if got, err := pactius.ParseAccess(a.String()); got != a || err != nil {
			t.Errorf("%v reads back as %v, %v", a, got, err)
		}
	}
	for _, s := range []string{"", "Read", "owner"} {
		if _, err := pactius.ParseAccess(s); pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("%q: %v", s, err)
		}
	}
	if got := pactius.Access(99).String() + pactius.Access(-1).String(); got != "nonenone" {
		t.Errorf("levels that do not exist are called %s", got)
	}
}
