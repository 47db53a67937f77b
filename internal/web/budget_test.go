package web

import (
	"net/http"
	"testing"

	"github.com/pactius/pactius"
)

// budget is the most SQL statements that a route may run for a visitor, a local
// administrator and an administrator of the root. A page that reads once per row
// exceeds it. Raise a number only for a statement that the page needs. Two statements of a
// change that takes access away or changes what applications know tell the instances to look again at sessions of
// applications, and the job to look again at those of clients.
var budget = map[string]int64{
	"GET /{$}":                                        14,
	"POST /sign-in":                                   5,
	"GET /enter":                                      9,
	"GET /applications/{id}":                          9,
	"GET /oauth/authorize":                            14,
	"GET /oauth/logout":                               5,
	"POST /oauth/logout":                              12,
	"GET /sign-in/callback":                           3,
	"POST /sign-out":                                  11,
	"POST /language":                                  7,
	"GET /brand/{file}":                               4,
	"GET /search":                                     15,
	"GET /help":                                       5,
	"GET /help/{topic}":                               5,
	"GET /sessions":                                   5,
	"POST /sessions/{id}/end":                         8,
	"GET /sessions/end-others":                        5,
	"POST /sessions/end-others":                       8,
	"GET /access":                                     10,
	"POST /access":                                    20,
	"GET /access/units":                               6,
	"GET /access/state":                               6,
	"GET /access/withdraw":                            3,
	"POST /access/withdraw":                           11,
	"POST /access/enter":                              12,
	"GET /access/more":                                8,
	"POST /access/more":                               16, // one reads title and department for the email
	"GET /access/more/units":                          8,
	"GET /access/more/withdraw":                       4,
	"POST /access/more/withdraw":                      11,
	"GET /settings/users":                             13,
	"GET /settings/users/unit":                        5,
	"GET /settings/users/add":                         7,
	"GET /settings/users/add/check":                   14,
	"GET /settings/users/add/people":                  7,
	"GET /settings/users/like":                        13,
	"GET /settings/users/add/photo":                   4,
	"POST /settings/users/filters":                    17,
	"POST /settings/users/filters/remove":             17,
	"POST /settings/users/add":                        17,
	"GET /settings/users/{id}":                        15,
	"GET /settings/users/{id}/photo":                  7,
	"GET /settings/users/{id}/edit":                   9,
	"POST /settings/users/{id}/edit":                  26,
	"GET /settings/users/{id}/units":                  9,
	"POST /settings/users/{id}/units":                 18,
	"GET /settings/users/{id}/deactivate":             9,
	"POST /settings/users/{id}/deactivate":            17,
	"GET /settings/users/{id}/reactivate":             9,
	"POST /settings/users/{id}/reactivate":            16,
	"GET /settings/users/{id}/sign-out-everywhere":    9,
	"POST /settings/users/{id}/sign-out-everywhere":   17,
	"POST /settings/users/{id}/welcome":               15,
	"GET /settings/users/{id}/merge":                  9,
	"POST /settings/users/{id}/merge":                 47,
	"GET /settings/users/{id}/unmerge":                9,
	"POST /settings/users/{id}/unmerge":               38,
	"GET /settings/users/{id}/delete":                 9,
	"POST /settings/users/{id}/delete":                16,
	"GET /settings/users/{id}/erase":                  7,
	"POST /settings/users/{id}/erase":                 25,
	"GET /settings/leavers":                           6,
	"GET /settings/leavers/carry-out":                 6,
	"POST /settings/leavers/carry-out":                7,
	"GET /settings/leavers/drop":                      6,
	"POST /settings/leavers/drop":                     7,
	"GET /settings/requests":                          12,
	"GET /settings/requests/{id}":                     12,
	"GET /settings/requests/{id}/photo":               7,
	"POST /settings/requests/{id}/approve":            21,
	"GET /settings/requests/{id}/same":                10,
	"POST /settings/requests/{id}/not-same":           20,
	"POST /settings/requests/{id}/same":               44, // the message says what the person has now
	"GET /settings/requests/{id}/decline":             11,
	"POST /settings/requests/{id}/decline":            13,
	"GET /settings/requests/{id}/take-back":           15,
	"POST /settings/requests/{id}/take-back":          25,
	"GET /settings/units":                             8,
	"GET /settings/units/add":                         7,
	"POST /settings/units/add":                        13,
	"GET /settings/units/{id}":                        9,
	"GET /settings/units/{id}/members/add":            9,
	"POST /settings/units/{id}/members/add":           15,
	"GET /settings/units/{id}/members/people":         9,
	"POST /settings/units/{id}/members/{user}":        15,
	"GET /settings/units/{id}/members/{user}/remove":  9,
	"POST /settings/units/{id}/members/{user}/remove": 15,
	"GET /settings/units/{id}/rename":                 9,
	"POST /settings/units/{id}/rename":                11,
	"GET /settings/units/{id}/move":                   6,
	"POST /settings/units/{id}/move":                  15,
	"GET /settings/units/part":                        5,
	"GET /settings/units/{id}/archive":                9,
	"POST /settings/units/{id}/archive":               13,
	"GET /settings/units/{id}/restore":                9,
	"POST /settings/units/{id}/restore":               13,
	"GET /settings/units/{id}/delete":                 9,
	"POST /settings/units/{id}/delete":                13,
	"GET /settings/applications":                      7,
	"GET /settings/applications/add":                  9,
	"POST /settings/applications/add":                 20,
	"GET /settings/applications/keys":                 7,
	"POST /settings/applications/keys":                12,
	"GET /settings/applications/keys/now":             7,
	"POST /settings/applications/keys/now":            12,
	"GET /settings/applications/{id}":                 9,
	"POST /settings/applications/{id}":                20,
	"GET /settings/applications/{id}/secret":          7,
	"POST /settings/applications/{id}/secret":         18,
	"GET /settings/applications/{id}/remove":          7,
	"POST /settings/applications/{id}/remove":         14,
	"GET /settings/activity":                          13,
	"POST /settings/activity/export":                  25,
	"GET /settings/explain":                           11,
	"POST /settings/explain":                          5,
	"GET /settings/environment":                       8,
	"POST /settings/environment":                      11,
	"GET /settings/environment/branding":              7,
	"GET /settings/environment/branding/preview.css":  7,
	"POST /settings/environment/branding":             10,
	"POST /settings/environment/mails/{id}/retry":     9, // one reads the request that the email is about
	"GET /settings/environment/mails/retry":           7,
	"POST /settings/environment/mails/retry":          14,
	"GET /settings/environment/connection":            7,
	"POST /settings/environment/connection":           7,
	"POST /settings/environment/connection/test":      7,
	"POST /settings/environment/connection/consent":   7,
	"GET /connect/{token}":                            7,
	"POST /connect/{token}":                           7,
	"POST /connect/{token}/consent":                   7,
}

// mostStatements is the most that any page may run, however large the company is.
const mostStatements = 15

// TestEveryPageIsSmall opens every page of the table, by every role, in a company with 10,000 business units and twice
// as many users. A new route is in it without more. The pages that show most of people and units come again with all
// that there can be: a profile, a manager, hundreds of business units, members that have to move.
func TestEveryPageIsSmall(t *testing.T) {
	onceOnly(t)
	t.Parallel()
	f := newForest(t, 9_900) // the targets need some
	f.fill(f.wide)
	targets := f.targets()
	led := pactius.Profile{Title: "Clerk", Department: "Sales", ManagerID: lone.oid, ManagerName: "Lone"}
	full := human{"0f3b6c1e-3333-4c5b-b112-0000000000aa", "full@nordhavn.example", "Full Profile"}
	f.must(f.tenants[nordHost].Put(full.account()))
	user := userPath(f.user(full, pactius.Grant{Unit: f.first, Access: pactius.AccessRead},
		pactius.Grant{Unit: f.deep, Access: pactius.AccessWrite}))
	f.as(lone)
	f.profile(full, led, "photo")
	f.profile(walt, led, "photo")
	all := map[string]string{"a user with a manager": user, "their units": user + "/units",
		"a user with hundreds of units": userPath(f.rich), "a request with a manager": requestPath(f.request),
		"archiving with a choice":  unitPath(f.last) + "/archive",
		"archiving with thousands": unitPath(f.wide) + "/archive",
		"a unit with thousands":    unitPath(f.wide),
		"a search for one letter":  "/search?q=n", "a search for two words": "/search?q=member+nordhavn",
		"a search for an account name": "/search?q=full@nordhavn.example",
		"a search while one types":     "/search?part=1&q=full+nordhavn",
		"too many users by status":     "/settings/users?sort=status",
		"users by status":              "/settings/users?status=unassigned&sort=status",
		"users by unit":                "/settings/users?q=lone&sort=unit"}
	for _, rt := range routes() {
		if method, path := targets.address(rt.pattern); method == http.MethodGet {
			all[rt.pattern] = path
		}
	}
	for _, column := range []int{0, 1, 2, 3, 4, 5} {
		b := f.inRole(column)
		for name, path := range all {
			before := f.db.Statements()
			page := b.send(http.MethodGet, path, "")
			most := int64(mostStatements)
			if path == "/" {
				most = budget[name]
			}
			if ran := f.db.Statements() - before; ran > most {
				t.Errorf("%s runs %d statements for a %s, want at most %d", name, ran, roles[column], most)
			}
			if len(page.Body) > pageLimit {
				t.Errorf("%s has %d bytes for a %s, want at most %d", name, len(page.Body), roles[column], pageLimit)
			}
		}
	}
}

func TestNoRouteRunsMoreStatementsThanItsBudget(t *testing.T) {
	t.Parallel()
	for _, column := range []int{1, 4, 5} {
		w := newWorld(t)
		targets := w.targets()
		b := w.inRole(column)
		for _, rt := range lastSignOut() {
			method, path := targets.address(rt.pattern)
			before := w.db.Statements()
			b.send(method, path, targets.form(rt.pattern).Encode())
			ran, most := w.db.Statements()-before, budget[rt.pattern]
			if ran > most {
				t.Errorf("%s ran %d statements for a %s, its budget is %d", rt.pattern, ran, roles[column], most)
			}
		}
	}
}
