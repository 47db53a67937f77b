package users

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

// RelinkPlan finds the accounts of users who are cut off. It keeps no other accounts, so that a large directory can be
// read page by page.
type RelinkPlan struct {
	all    []Relinking
	named  []bool   // of all: a person has named the account
	wants  []string // of all: names.Key of the account name, or the object ID
	wanted map[string]bool
	found  map[string]pactius.Account // by object ID
}

// PlanRelink begins a plan for users who are cut off.
func PlanRelink(cut []pactius.User, said RelinkNames) *RelinkPlan {
	p := &RelinkPlan{wanted: map[string]bool{}, found: map[string]pactius.Account{}}
	unused := maps.Clone(said.Users)
	for _, u := range cut {
		key := names.Key(u.Username)
		byName, named := said.Users[key]
		byID, namedByID := said.Users[string(u.ID)]
		delete(unused, key)
		delete(unused, string(u.ID))
		r := Relinking{User: u}
		if named && namedByID {
			r.Left = RelinkNamedTwice
		}
		p.add(r, named || namedByID, cmp.Or(byName, byID, said.moved(u.Username)))
	}
	for _, who := range slices.Sorted(maps.Keys(unused)) {
		p.add(Relinking{User: pactius.User{Username: who}, Left: RelinkNoUser}, true, unused[who])
	}
	return p
}

// moved returns an account name in the domain that took the place of its own.
func (n RelinkNames) moved(username string) string {
	local, domain, _ := strings.Cut(username, "@")
	if to, ok := n.Domains[strings.ToLower(domain)]; ok {
		return local + "@" + to
	}
	return username
}

func (p *RelinkPlan) add(r Relinking, named bool, account string) {
	want := names.Key(account)
	p.all, p.named, p.wants = append(p.all, r), append(p.named, named), append(p.wants, want)
	p.wanted[want] = true
}

// Note takes a page of the directory. Of an account that occurs several times the last occurrence counts.
func (p *RelinkPlan) Note(accounts []pactius.Account) {
	for _, a := range accounts {
		oid := strings.ToLower(a.ObjectID)
		before, known := p.found[oid]
		if known && a.Username == "" && a.State == pactius.AccountUnknown {
			continue // nothing that matters here has changed
		}
		if a.Username == "" {
			a.Username = before.Username
		}
		if a.State == pactius.AccountDeleted || !p.wanted[oid] && !p.wanted[names.Key(a.Username)] {
			delete(p.found, oid)
			continue
		}
		p.found[oid] = a
	}
}

// Match returns what the relink does with each user, by account name, once the whole directory was noted. What the
// database says about it is CheckRelink's.
func (p *RelinkPlan) Match() []Relinking {
	byName := map[string][]string{}
	for oid, a := range p.found {
		byName[oid] = append(byName[oid], oid)
		if a.Username != "" {
			key := names.Key(a.Username)
			byName[key] = append(byName[key], oid)
		}
	}
	users := map[string]int{} // by object ID
	for i := range p.all {
		r := &p.all[i]
		if r.Left != "" {
			continue
		}
		switch oids := byName[p.wants[i]]; {
		case len(oids) == 0:
			r.Left = RelinkNoAccount
		case len(oids) > 1:
			r.Left = RelinkSeveralAccounts
		default:
			if r.Account = p.found[oids[0]]; !p.named[i] && !sameName(r.User, r.Account) {
				r.Left = RelinkOtherName
			} else {
				users[r.Account.ObjectID]++
			}
		}
	}
	for i := range p.all {
		if r := &p.all[i]; r.Left == "" && users[r.Account.ObjectID] > 1 {
			r.Left = RelinkSeveralUsers
		}
	}
	slices.SortStableFunc(p.all, func(a, b Relinking) int {
		return cmp.Compare(names.Key(a.User.Username), names.Key(b.User.Username))
	})
	return p.all
}

// sameName reports whether a user and an account have the same display name, in any order of its words. Account names
// are given to others, so a different display name may be a different person. A missing name proves nothing.
func sameName(u pactius.User, a pactius.Account) bool {
	words := func(name string) []string {
		return slices.Sorted(slices.Values(strings.FieldsFunc(names.Fold(name), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})))
	}
	one, other := words(u.Name), words(a.Name)
	return len(one) == 0 || len(other) == 0 || u.Name == u.Username || slices.Equal(one, other)
}
