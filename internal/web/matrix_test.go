package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/incidents"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// roles are the columns of the matrix.
var roles = []string{"signed out", "visitor", "user without units", "user who reads", "local administrator",
	"root administrator",
	"root of another environment, with its cookie here", "root of another environment, at home with the IDs from here"}

// Rows that many routes share.
const (
	adminGet  = "303 303 403 403 200 200 303 404" // of something with an ID
	adminList = "303 303 403 403 200 200 303 200"
	adminPost = "401 403 403 403 303 303 401 404"
	rootPost  = "401 403 403 403 403 303 401 404"
)

// matrix is what every role gets from every route, with targets in Sales, which
// the local administrator has.
var matrix = map[string]string{
	"GET /{$}":               "200 303 200 200 200 200 200 200",
	"POST /sign-in":          "200 200 200 200 200 200 200 200",
	"GET /enter":             "200 303 403 403 303 303 200 404",
	"GET /applications/{id}": "200 303 403 403 303 303 200 404",
	"GET /oauth/authorize":   "200 303 403 403 303 303 200 404",
	"GET /oauth/logout":      "200 200 200 200 200 200 200 200",
	"POST /oauth/logout":     "200 200 200 200 200 200 200 200",
	"GET /sign-in/callback":  "400 303 303 303 303 303 400 303",
	"POST /sign-out":         "303 200 200 200 200 200 303 200",
	"POST /language":         "303 303 303 303 303 303 303 303",
	"GET /brand/{file}":      "200 200 200 200 200 200 200 404",
	"GET /help":              "200 200 200 200 200 200 200 200",
	"GET /help/{topic}":      "200 200 200 200 200 200 200 200",

	"GET /search": "303 303 200 200 200 200 303 200",

	"GET /sessions":             "303 303 200 200 200 200 303 200",
	"POST /sessions/{id}/end":   "401 403 303 303 303 303 401 303", // another's session: nothing ends
	"GET /sessions/end-others":  "303 303 200 200 200 200 303 200",
	"POST /sessions/end-others": "401 403 303 303 303 303 401 303",

	"GET /access":           "303 200 303 303 303 303 303 303",
	"POST /access":          "401 303 303 303 303 303 401 303",
	"GET /access/units":     "303 403 303 303 303 303 303 303", // the visitor has asked
	"GET /access/state":     "303 200 200 200 200 200 303 200",
	"GET /access/withdraw":  "303 200 303 303 303 303 303 303",
	"POST /access/withdraw": "401 303 303 303 303 303 401 303",
	"POST /access/enter":    "303 303 303 303 303 303 303 303",

	"GET /access/more":           "303 303 200 200 200 200 303 200",
	"POST /access/more":          "401 403 303 303 303 409 401 409", // an administrator of everything needs no more
	"GET /access/more/units":     "303 303 409 409 409 409 303 409", // the users have asked
	"GET /access/more/withdraw":  "303 303 200 200 200 200 303 200",
	"POST /access/more/withdraw": "401 403 303 303 303 303 401 303",

	"GET /settings/users":                           adminList,
	"GET /settings/users/unit":                      adminList,
	"GET /settings/users/add":                       adminList,
	"GET /settings/users/add/check":                 adminList,
	"GET /settings/users/add/people":                adminList,
	"GET /settings/users/like":                      adminList,
	"GET /settings/users/add/photo":                 "303 303 403 403 404 404 303 404", // no account is named
	"POST /settings/users/filters":                  "401 403 403 403 303 303 401 303",
	"POST /settings/users/filters/remove":           "401 403 403 403 303 303 401 303",
	"POST /settings/users/add":                      "401 403 403 403 303 303 401 422",
	"GET /settings/users/{id}":                      adminGet,
	"GET /settings/users/{id}/photo":                "303 303 403 403 404 404 303 404", // there is none
	"GET /settings/users/{id}/edit":                 adminGet,
	"POST /settings/users/{id}/edit":                adminPost,
	"GET /settings/users/{id}/units":                adminGet,
	"POST /settings/users/{id}/units":               adminPost,
	"GET /settings/users/{id}/deactivate":           adminGet,
	"POST /settings/users/{id}/deactivate":          adminPost,
	"GET /settings/users/{id}/reactivate":           adminGet,
	"POST /settings/users/{id}/reactivate":          adminPost,
	"GET /settings/users/{id}/sign-out-everywhere":  adminGet,
	"POST /settings/users/{id}/sign-out-everywhere": adminPost,
	"POST /settings/users/{id}/welcome":             adminPost,

	"GET /settings/users/{id}/merge":    adminGet,
	"POST /settings/users/{id}/merge":   adminPost,
	"GET /settings/users/{id}/unmerge":  adminGet,
	"POST /settings/users/{id}/unmerge": adminPost,
	"GET /settings/users/{id}/delete":   adminGet,
	"POST /settings/users/{id}/delete":  adminPost,
	"GET /settings/users/{id}/erase":    "303 303 403 403 403 200 303 404",
	"POST /settings/users/{id}/erase":   rootPost,

	"GET /settings/leavers":            "303 303 403 403 403 200 303 200",
	"GET /settings/leavers/carry-out":  "303 303 403 403 403 303 303 303", // no leavers wait
	"POST /settings/leavers/carry-out": "401 403 403 403 403 303 401 303",
	"GET /settings/leavers/drop":       "303 303 403 403 403 303 303 303",
	"POST /settings/leavers/drop":      "401 403 403 403 403 303 401 303",

	"GET /settings/requests":                 adminList,
	"GET /settings/requests/{id}":            adminGet,
	"GET /settings/requests/{id}/photo":      "303 303 403 403 404 404 303 404", // there is none
	"POST /settings/requests/{id}/approve":   adminPost,
	"GET /settings/requests/{id}/same":       "303 303 403 403 404 404 303 404", // no user is named
	"POST /settings/requests/{id}/same":      adminPost,
	"POST /settings/requests/{id}/not-same":  adminPost,
	"GET /settings/requests/{id}/decline":    adminGet,
	"POST /settings/requests/{id}/decline":   adminPost,
	"GET /settings/requests/{id}/take-back":  adminGet,
	"POST /settings/requests/{id}/take-back": adminPost,

	"GET /settings/units":                             adminList,
	"GET /settings/units/part":                        adminList,
	"GET /settings/units/add":                         adminList,
	"POST /settings/units/add":                        adminPost,
	"GET /settings/units/{id}":                        adminGet,
	"GET /settings/units/{id}/members/add":            adminGet,
	"POST /settings/units/{id}/members/add":           adminPost,
	"GET /settings/units/{id}/members/people":         adminGet,
	"POST /settings/units/{id}/members/{user}":        adminPost,
	"GET /settings/units/{id}/members/{user}/remove":  adminGet,
	"POST /settings/units/{id}/members/{user}/remove": adminPost,

	"GET /settings/units/{id}/rename":   adminGet,
	"POST /settings/units/{id}/rename":  adminPost,
	"GET /settings/units/{id}/move":     adminGet,
	"POST /settings/units/{id}/move":    adminPost,
	"GET /settings/units/{id}/archive":  adminGet,
	"POST /settings/units/{id}/archive": adminPost,
	"GET /settings/units/{id}/restore":  adminGet,
	"POST /settings/units/{id}/restore": adminPost,
	"GET /settings/units/{id}/delete":   adminGet,
	"POST /settings/units/{id}/delete":  adminPost,

	"GET /settings/applications":              "303 303 403 403 403 200 303 200",
	"GET /settings/applications/add":          "303 303 403 403 403 200 303 200",
	"POST /settings/applications/add":         "401 403 403 403 403 303 401 422", // the unit is of another environment
	"GET /settings/applications/keys":         "303 303 403 403 403 200 303 200",
	"POST /settings/applications/keys":        "401 403 403 403 403 303 401 303",
	"GET /settings/applications/keys/now":     "303 303 403 403 403 200 303 200",
	"POST /settings/applications/keys/now":    "401 403 403 403 403 303 401 303",
	"GET /settings/applications/{id}":         "303 303 403 403 403 200 303 404",
	"POST /settings/applications/{id}":        rootPost,
	"GET /settings/applications/{id}/secret":  "303 303 403 403 403 200 303 404",
	"POST /settings/applications/{id}/secret": "401 403 403 403 403 200 401 404",
	"GET /settings/applications/{id}/remove":  "303 303 403 403 403 200 303 404",
	"POST /settings/applications/{id}/remove": rootPost,

	"GET /settings/activity":         adminList,
	"POST /settings/activity/export": "401 403 403 403 200 200 401 200",

	"GET /settings/explain":  adminList,
	"POST /settings/explain": "401 403 403 403 303 303 401 422",

	"GET /settings/environment":                      adminList,
	"POST /settings/environment":                     "401 403 403 403 403 303 401 303",
	"GET /settings/environment/branding":             "303 303 403 403 403 200 303 200",
	"GET /settings/environment/branding/preview.css": "303 303 403 403 403 200 303 200",
	"POST /settings/environment/branding":            "401 403 403 403 403 303 401 303",
	"POST /settings/environment/mails/{id}/retry":    rootPost,
	"GET /settings/environment/mails/retry":          "303 303 403 403 403 200 303 303",
	"POST /settings/environment/mails/retry":         "401 403 403 403 403 303 401 303",
	"GET /settings/environment/connection":           "303 303 403 403 403 200 303 200",
	// the form as it stands: tested, and nothing to save
	"POST /settings/environment/connection":         "401 403 403 403 403 303 401 303",
	"POST /settings/environment/connection/test":    "401 403 403 403 403 200 401 200",
	"POST /settings/environment/connection/consent": "401 403 403 403 403 200 401 200",

	// the environment is connected, so no link works
	"GET /connect/{token}":          "404 404 404 404 404 404 404 404",
	"POST /connect/{token}":         "404 404 404 404 404 404 404 404",
	"POST /connect/{token}/consent": "404 404 404 404 404 404 404 404",
}

func TestEveryRoleGetsFromEveryRouteWhatItShould(t *testing.T) {
	t.Parallel()
	for column, role := range roles {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			targets := w.targets()
			b := w.inRole(column)
			for _, rt := range lastSignOut() {
				row, ok := matrix[rt.pattern]
				if !ok {
					t.Errorf("%s is missing from the matrix", rt.pattern)
					continue
				}
				want, err := strconv.Atoi(strings.Fields(row)[column])
				w.must(err)
				before := w.db.Dump(t)
				method, path := targets.address(rt.pattern)
				got := b.send(method, path, targets.form(rt.pattern).Encode())
				if got.StatusCode != want {
					t.Errorf("%s: status %d, want %d (location %q)\n%s", rt.pattern, got.StatusCode, want,
						got.Header.Get("Location"), got.text())
				}
				if method == http.MethodGet || got.StatusCode >= 400 {
					same(t, before, w.db.Dump(t))
				}
				keeps := "no-store"
				if strings.HasPrefix(path, view.BrandPath) { // everyone's, under an address with its hash
					keeps = "public, max-age=31536000, immutable"
				}
				if cached := got.Header.Get("Cache-Control"); got.StatusCode < 300 && cached != keeps {
					t.Errorf("%s: Cache-Control %q, want %s", rt.pattern, cached, keeps)
				}
			}
		})
	}
}

func TestTheMatrixHasNoRouteTooMany(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, rt := range routes() {
		known[rt.pattern] = true
	}
	for pattern := range matrix {
		if !known[pattern] {
			t.Errorf("%s is in the matrix and is no route", pattern)
		}
	}
}

// The table's column and the matrix say the same.
func TestTheColumnOfTheTableIsTrue(t *testing.T) {
	t.Parallel()
	least := map[access]int{visitor: 1, user: 2, administrator: 4, rootAdministrator: 5}
	for _, rt := range routes() {
		codes := strings.Fields(matrix[rt.pattern])
		for column := 2; column <= 5 && rt.access >= administrator; column++ {
			if refused := codes[column] == "403"; refused != (column < least[rt.access]) {
				t.Errorf("%s: a %s gets %s, which its access in the table does not say", rt.pattern, roles[column],
					codes[column])
			}
		}
	}
}

// lastSignOut is the table with the route that ends the session at the end.
func lastSignOut() []route {
	var all, last []route
	for _, rt := range routes() {
		if rt.pattern == "POST /sign-out" || rt.pattern == "POST "+clients.LogoutPath {
			last = append(last, rt)
		} else {
			all = append(all, rt)
		}
	}
	return append(all, last...)
}

// inRole is the browser of a role, which opens pages from within the site. From outside, as from an email, it a person
// without a session would be sent to Microsoft.
func (w *world) inRole(column int) *browser {
	w.Helper()
	b := w.roleOf(column)
	b.Header.Set("Sec-Fetch-Site", "same-origin")
	return b
}

func (w *world) roleOf(column int) *browser {
	w.Helper()
	switch column {
	case 1:
		return w.as(vera)
	case 2:
		return w.as(nils)
	case 3:
		return w.as(rikke)
	case 4:
		return w.as(lone)
	case 5:
		return w.as(ada)
	case 6:
		b := w.browser(nordHost)
		b.setCookie("__Host-pactius", w.as(sara).token())
		return b
	case 7:
		return w.as(sara)
	}
	return w.browser(nordHost)
}

// targets are things in Nordhavn's Sales for every route to act on.
type targets struct {
	ids    map[string]string // by pattern
	user   pactius.UserID    // the member in the paths of units
	forms  map[string]url.Values
	enter  string // path of a hand-over
	asking string // path of a client's authorization request
	logo   string // name of the environment's
}

func (w *world) targets() targets {
	w.Helper()
	ctx, support := w.Context(), pactius.SupportActor(w.nord.ID)
	read := pactius.Grant{Unit: w.north, Access: pactius.AccessRead}
	member := w.user(human{"", "member@nordhavn.example", "Mia Member"}, read)
	off := w.user(human{"", "off@nordhavn.example", "Otto Off"}, read)
	_, err := w.site.Users.Deactivate(ctx, support, off)
	w.must(err)
	ask := func(oid, name string) pactius.RequestID {
		return w.request(human{"0f3b6c1e-5555-4c5b-b112-00000000000" + oid, name + "@nordhavn.example", name}, w.north)
	}
	approve, decline, taken, same := ask("1", "petra"), ask("2", "dan"), ask("3", "tove"), ask("4", "sanne")
	mistyped, err := w.site.Users.Add(ctx, pactius.UserActor(w.nord.ID, w.users[lone.username], ""),
		users.NewUser{Username: "sane@nordhavn.example", Name: "Sanne", Grants: []pactius.Grant{read}, Despite: true})
	w.must(err)
	_, err = w.site.Users.Approve(ctx, support, taken, users.Approval{Grants: []pactius.Grant{read}})
	w.must(err)
	plain, old := w.unit(w.sales, "Plain"), w.unit(w.sales, "Old")
	archive, unused := w.unit(w.sales, "Archive"), w.unit(w.sales, "Unused")
	_, err = w.site.Units.Archive(ctx, support, old, 1)
	w.must(err)
	memberView, err := w.site.Users.User(ctx, support, member)
	w.must(err)
	mail := w.deadMail()
	_, err = w.site.Environments.Update(ctx, pactius.SupportActor(w.syd.ID), 0,
		pactius.EnvironmentUpdate{Accent: new("#0f6cbd")}) // so that both have the same version
	w.must(err)
	version := func(n int, pairs ...string) url.Values {
		f := url.Values{"version": {strconv.Itoa(n)}}
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	grant := func(f url.Values) url.Values {
		f.Set("unit", string(w.north))
		f.Set("access."+string(w.north), "write")
		return f
	}
	unitMember := w.user(human{"", "northerner@nordhavn.example", "Nora North"}, read)
	parting, contracts := w.partingTargets(read), w.client()
	t := targets{ids: map[string]string{}, user: unitMember, forms: parting.forms, enter: entering(contracts, "/x"),
		asking: asking(contracts), logo: w.logo()}
	for _, rt := range routes() {
		id := ""
		switch {
		case strings.Contains(rt.pattern, "/users/{id}/reactivate"):
			id = string(off)
		case parting.ids[rt.pattern] != "":
			id = parting.ids[rt.pattern]
		case strings.Contains(rt.pattern, "/users/"):
			id = string(member)
		case strings.Contains(rt.pattern, "/take-back"):
			id = string(taken)
		case strings.HasSuffix(rt.pattern, "/same"):
			id = string(same)
		case strings.Contains(rt.pattern, "/decline"):
			id = string(decline)
		case strings.Contains(rt.pattern, "/requests/"):
			id = string(approve)
		case strings.Contains(rt.pattern, "/restore"):
			id = string(old)
		case strings.Contains(rt.pattern, "/archive"):
			id = string(archive)
		case strings.Contains(rt.pattern, "/sessions/"):
			id = string(w.sessionOf(walt))
		case strings.HasSuffix(rt.pattern, "/units/{id}/delete"):
			id = string(unused)
		case strings.Contains(rt.pattern, "/units/{id}/members"):
			id = string(w.north)
		case strings.Contains(rt.pattern, "/units/"):
			id = string(plain)
		case strings.Contains(rt.pattern, "/applications/"):
			id = string(contracts.ID)
		case strings.Contains(rt.pattern, "/mails/"):
			id = mail
		}
		t.ids[rt.pattern] = id
	}
	t.forms["POST /language"] = url.Values{"language": {"da"}}
	t.forms["POST /access/more"] = url.Values{"message": {"I have a new task."}}
	t.forms["POST /settings/users/filters"] = url.Values{"filter_name": {"New"}, "status": {"invited"}}
	t.forms["POST /settings/users/filters/remove"] = url.Values{"filter_name": {"New"}}
	t.forms["POST /settings/users/add"] = grant(url.Values{"username": {"new@nordhavn.example"}, "name": {"Nina New"}})
	t.forms["POST /settings/users/{id}/edit"] = version(memberView.User.Version, "name", "Mia M", "username",
		"member@nordhavn.example")
	t.forms["POST /settings/users/{id}/units"] = grant(
		version(pactius.AccessVersion(memberView.User, memberView.Memberships)))
	t.forms["POST /settings/requests/{id}/approve"] = grant(url.Values{})
	t.forms["POST /settings/requests/{id}/same"] = url.Values{"user": {string(mistyped.User.ID)}}
	t.forms["POST /settings/units/{id}/members/add"] = url.Values{"user": {string(w.users[nils.username])},
		"access": {"read"}}
	t.forms["POST /settings/units/{id}/members/{user}"] = version(1, "access", "write")
	t.forms["POST /settings/units/{id}/members/{user}/remove"] = version(2)
	t.forms["POST /settings/activity/export"] = url.Values{"format": {"csv"}}
	t.forms["POST /settings/units/add"] = url.Values{"name": {"Fresh"}, "parent": {string(w.sales)}}
	t.forms["POST /settings/units/{id}/rename"] = version(1, "name", "Plainer")
	t.forms["POST /settings/units/{id}/move"] = version(2, "parent", string(w.north))
	t.forms["POST /settings/units/{id}/archive"] = version(1)
	t.forms["POST /settings/units/{id}/restore"] = version(2)
	t.forms["POST /settings/units/{id}/delete"] = version(1)
	t.forms["POST /settings/applications/add"] = url.Values{"name": {"Orders"}, "access": {"read"},
		"origin": {"https://orders.example"}, "parent": {string(w.sales)}}
	t.forms["POST /settings/applications/{id}"] = version(2, "name", "Register", "access", "write", "origin",
		contractsOrigin, "parent", string(w.sales), "client", "web", "redirect", clientBack)
	t.forms["POST /settings/applications/{id}/secret"] = version(3)
	t.forms["POST /settings/explain"] = url.Values{"pasted": {"Reference: " +
		w.incident(pactius.Incident{Kind: pactius.IncidentFault})}}
	t.forms["POST /settings/environment"] = version(2, "name", "New name", "language", "da", "time_zone", "UTC")
	t.forms["POST /settings/environment/branding"] = version(3, "accent", "#4a4fc4", "welcome", "Welcome")
	t.forms["POST /settings/environment/connection"] = version(3, "registration", "shared")
	return t
}

// sessionOf returns the ID of the one session of a person.
func (w *world) sessionOf(h human) pactius.SessionID {
	w.Helper()
	rows := w.db.Rows(w.TB.(*testing.T), `SELECT id FROM sessions WHERE oid = $1`, h.oid)
	if len(rows) == 0 {
		w.as(h)
		return w.sessionOf(h)
	}
	return pactius.SessionID(strings.TrimSuffix(rows[0], "|"))
}

// partingTargets are users to be merged, separated, deleted and erased.
func (w *world) partingTargets(access pactius.Grant) targets {
	w.Helper()
	ctx, local := w.Context(), pactius.UserActor(w.nord.ID, w.users[lone.username], "")
	t := targets{ids: map[string]string{}, forms: map[string]url.Values{}}
	add := func(name string) pactius.UserID {
		a, err := w.site.Users.Add(ctx, local, users.NewUser{Username: name + "@nordhavn.example", Name: name,
			Grants: []pactius.Grant{access}, Despite: true})
		w.must(err)
		return a.User.ID
	}
	target := func(act string, id pactius.UserID, form url.Values) {
		t.ids["GET /settings/users/{id}/"+act], t.ids["POST /settings/users/{id}/"+act] = string(id), string(id)
		t.forms["POST /settings/users/{id}/"+act] = form
	}
	kept, other := add("keeper"), add("double")
	plan, err := w.site.Users.PlanMerge(ctx, local, users.Merge{Kept: kept, Other: other})
	w.must(err)
	target("merge", kept, url.Values{"with": {string(other)}, "seen": {plan.Seen}})
	one, two := add("one"), add("two")
	_, err = w.site.Users.Merge(ctx, local, users.Merge{Kept: one, Other: two})
	w.must(err)
	target("unmerge", one, url.Values{})
	target("delete", add("mistake"), url.Values{"version": {"1"}})
	target("erase", add("leaver"), url.Values{"version": {"1"}})
	return t
}

// incident makes one in Nordhavn and returns its reference.
func (w *world) incident(i pactius.Incident) string {
	w.Helper()
	i.Reference = rand.Text()
	w.must(w.site.Incidents.Record(w.Context(), w.nord.ID, i, incidents.Sender{Address: "192.0.2.7"}))
	return i.Reference
}

// deadMail makes one of the mails in the outbox undeliverable.
func (w *world) deadMail() string {
	w.Helper()
	claimed, err := w.db.ClaimMails(w.Context(), w.nord.ID, w.db.Clock.Now(), 1, 1)
	w.must(err)
	w.must(w.db.Update(w.Context(), w.nord.ID, func(tx *store.Tx) error {
		_, err := tx.MailDead(claimed[0].Mail, "no such mailbox")
		return err
	}))
	return string(claimed[0].ID)
}

func (t targets) address(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.ReplaceAll(strings.TrimSuffix(path, "{$}"), "{id}", t.ids[pattern])
	path = strings.ReplaceAll(path, "{user}", string(t.user))
	path = strings.ReplaceAll(path, "{file}", t.logo)
	path = strings.ReplaceAll(path, "{topic}", "create-a-user")
	switch path {
	case view.EnterPath:
		path = t.enter
	case clients.AuthorizePath:
		path = t.asking
	}
	return method, path
}

func (t targets) form(pattern string) url.Values { return t.forms[pattern] }
