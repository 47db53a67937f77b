package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pactius/pactius"
)

// probe is a request to a surface.
type probe struct {
	path string
	form url.Values
}

// names are what a reader can type: account names of others, and the beginnings of their names.
var (
	typedNames = []string{"eva@nordhavn.example", "dina@nordhavn.example", "otto@nordhavn.example",
		"olga@nordhavn.example", "freed@nordhavn.example", "quinn@nordhavn.example", "simon.simonson@nordhavn.example",
		"iris@nordhavn.example.", "bo@nordhavn.example"}
	typedWords = []string{"eva", "dina", "otto", "olga", "fie", "quinn", "simon", "iris", "someone", "rita", "netscape"}
)

func queries(path, field string, values []string, more ...string) []probe {
	all := make([]probe, 0, len(values)+1)
	all = append(all, probe{path: path})
	for _, v := range values {
		q := url.Values{field: {v}}
		for pair := range slices.Chunk(more, 2) {
			q.Set(pair[0], pair[1])
		}
		all = append(all, probe{path: path + "?" + q.Encode()})
	}
	return all
}

// surfaces are the requests to each route that could tell one of the facts. A route without any needs none, because it
// shows nothing but what was typed there; it is listed all the same.
func (s *secrets) surfaces() map[string][]probe {
	ids := func(path string, forms ...url.Values) []probe {
		var all []probe
		each := func(id string) {
			p := strings.ReplaceAll(path, "{id}", id)
			if len(forms) == 0 {
				all = append(all, probe{path: p})
			}
			for _, f := range forms {
				all = append(all, probe{p, f})
			}
		}
		switch {
		case strings.Contains(path, "/users/"):
			for _, id := range s.people {
				each(string(id))
			}
		case strings.Contains(path, "/requests/"):
			for _, id := range s.requests {
				each(string(id))
			}
		case strings.Contains(path, "/units/"):
			for _, id := range []pactius.UnitID{s.root, s.sales, s.north, s.it} {
				each(string(id))
			}
		case strings.Contains(path, "/mails/"):
			each(s.mail)
		case strings.Contains(path, "/sessions/"):
			for _, row := range s.db.Rows(s, `SELECT id FROM sessions WHERE environment_id = $1`, s.nord.ID) {
				each(strings.Trim(row, "|"))
			}
		}
		return all
	}
	page := func(path string) []probe { return []probe{{path: path}} }
	var added, same []url.Values
	for _, name := range typedNames {
		for _, more := range []string{"welcome", "confirmed", "look_up"} {
			added = append(added, url.Values{"username": {name}, "name": {"Some Name"}, more: {"1"}})
		}
	}
	for _, q := range s.requests {
		added = append(added, url.Values{"username": {"x@nordhavn.example"}, "name": {"X"}, "same": {string(q)}})
	}
	for n := range 10 {
		added = append(added, url.Values{"choose": {oid(n)}}, url.Values{"oid": {oid(n)}, "username": {"x"}})
	}
	for _, u := range s.people {
		same = append(same, url.Values{"user": {string(u)}})
		added = append(added, url.Values{"username": {"x"}, "copy": {string(u)}})
	}
	for _, typed := range slices.Concat(typedNames, typedWords) {
		added = append(added, url.Values{"username": {"x"}, "like": {typed}})
	}
	authorizing := asking(s.app)
	asking := ids("/settings/requests/{id}/same")
	for _, u := range s.people {
		asking = append(asking, ids("/settings/requests/{id}/same?user="+string(u))...)
	}
	var adding []probe
	for _, f := range added {
		adding = append(adding, probe{"/settings/users/add", f})
	}
	var subjects []string
	for _, u := range s.people {
		subjects = append(subjects, string(u))
	}
	renames := []url.Values{}
	for _, name := range typedNames {
		renames = append(renames, url.Values{"username": {name}, "name": {"Some Name"}})
	}
	post := url.Values{"version": {"0"}}
	return map[string][]probe{
		"GET /{$}":               page("/"),
		"POST /sign-in":          {{"/sign-in", post}},
		"GET /enter":             page(entering(s.app, "/")),
		"GET /applications/{id}": page("/applications/" + string(s.app.ID)),
		"GET /oauth/authorize":   page(authorizing),
		"GET /oauth/logout":      page("/oauth/logout?client_id=" + string(s.app.ID)),
		"POST /oauth/logout":     {{"/oauth/logout", url.Values{"client_id": {string(s.app.ID)}}}},
		"GET /sign-in/callback":  page("/sign-in/callback?error=access_denied&state=x"),
		"POST /sign-out":         {{"/sign-out", post}},
		"POST /language":         {{"/language", url.Values{"language": {"en"}}}},
		"GET /brand/{file}":      page("/brand/x.png"),
		"GET /help":              {{path: "/help"}, {path: "/help?q=user"}},
		"GET /help/{topic}":      page("/help/create-a-user"),

		"GET /access":           page("/access"),
		"POST /access":          {{"/access", url.Values{"message": {"x"}}}},
		"GET /access/units":     queries("/access/units", "find", typedWords),
		"GET /access/state":     page("/access/state"),
		"GET /access/withdraw":  page("/access/withdraw"),
		"POST /access/withdraw": {{"/access/withdraw", post}},
		"POST /access/enter":    {{"/access/enter", post}},

		"GET /access/more":           queries("/access/more", "unit", []string{string(s.it), string(s.north)}),
		"POST /access/more":          {{"/access/more", url.Values{"message": {"x"}}}},
		"GET /access/more/units":     queries("/access/more/units", "find", typedWords),
		"GET /access/more/withdraw":  page("/access/more/withdraw"),
		"POST /access/more/withdraw": {{"/access/more/withdraw", post}},

		"GET /sessions":             page("/sessions"),
		"POST /sessions/{id}/end":   ids("/sessions/{id}/end", post),
		"GET /sessions/end-others":  page("/sessions/end-others"),
		"POST /sessions/end-others": {{"/sessions/end-others", post}},

		"GET /settings/users": slices.Concat(queries("/settings/users", "q", typedWords),
			queries("/settings/users", "status", []string{"deactivated", "invited", "unassigned", "gone"}),
			queries("/settings/users", "unit", []string{string(s.root), string(s.it), string(s.north)}),
			queries("/settings/users", "sort", []string{"newest", "seen"})),
		"GET /settings/users/unit": queries("/settings/users/unit", "find", typedWords),
		"GET /settings/users/add":  queries("/settings/users/add", "username", typedNames),
		"GET /settings/users/add/check": slices.Concat(
			queries("/settings/users/add/check", "username", typedNames, "name", "Simon Simonsen"),
			queries("/settings/users/add/check", "username", typedNames)),
		"GET /settings/users/add/people": queries("/settings/users/add/people", "q",
			slices.Concat(typedNames, typedWords)),
		"GET /settings/users/like":      queries("/settings/users/like", "q", slices.Concat(typedNames, typedWords)),
		"GET /settings/users/add/photo": queries("/settings/users/add/photo", "oid", []string{oid(3), oid(4)}),
		"POST /settings/users/filters": {{"/settings/users/filters",
			url.Values{"filter_name": {"Mine"}, "status": {"invited"}}}},
		"POST /settings/users/filters/remove": {{"/settings/users/filters/remove",
			url.Values{"filter_name": {"Mine"}}}},
		"POST /settings/users/add":         adding,
		"GET /settings/leavers":            page("/settings/leavers"),
		"GET /settings/leavers/carry-out":  page("/settings/leavers/carry-out"),
		"POST /settings/leavers/carry-out": {{"/settings/leavers/carry-out", post}},
		"GET /settings/leavers/drop":       page("/settings/leavers/drop"),
		"POST /settings/leavers/drop":      {{"/settings/leavers/drop", post}},

		"GET /settings/users/{id}":       ids("/settings/users/{id}"),
		"GET /settings/users/{id}/photo": ids("/settings/users/{id}/photo"),
		"GET /settings/users/{id}/edit":  ids("/settings/users/{id}/edit"),
		"POST /settings/users/{id}/edit": ids("/settings/users/{id}/edit", renames...),
		"GET /settings/users/{id}/units": ids("/settings/users/{id}/units"),
		"POST /settings/users/{id}/units": ids("/settings/users/{id}/units",
			url.Values{"version": {"1"}}),
		"GET /settings/users/{id}/deactivate":           ids("/settings/users/{id}/deactivate"),
		"POST /settings/users/{id}/deactivate":          ids("/settings/users/{id}/deactivate", post),
		"GET /settings/users/{id}/reactivate":           ids("/settings/users/{id}/reactivate"),
		"POST /settings/users/{id}/reactivate":          ids("/settings/users/{id}/reactivate", post),
		"GET /settings/users/{id}/sign-out-everywhere":  ids("/settings/users/{id}/sign-out-everywhere"),
		"POST /settings/users/{id}/sign-out-everywhere": ids("/settings/users/{id}/sign-out-everywhere", post),

		"POST /settings/users/{id}/welcome": ids("/settings/users/{id}/welcome", post),

		"GET /settings/users/{id}/merge": slices.Concat(ids("/settings/users/{id}/merge"),
			ids("/settings/users/{id}/merge?q=secret"), ids("/settings/users/{id}/merge?q=iris"),
			ids("/settings/users/{id}/merge?with="+string(s.people[0])), s.mergers()),
		"POST /settings/users/{id}/merge":   ids("/settings/users/{id}/merge", post),
		"GET /settings/users/{id}/unmerge":  ids("/settings/users/{id}/unmerge"),
		"POST /settings/users/{id}/unmerge": ids("/settings/users/{id}/unmerge", post),
		"GET /settings/users/{id}/delete":   ids("/settings/users/{id}/delete"),
		"POST /settings/users/{id}/delete":  ids("/settings/users/{id}/delete", post),
		"GET /settings/users/{id}/erase":    ids("/settings/users/{id}/erase"),
		"POST /settings/users/{id}/erase":   ids("/settings/users/{id}/erase", post),

		"GET /search": slices.Concat(page("/search"), queries("/search", "q", typedWords),
			queries("/search", "q", typedNames, "part", "1")),

		"GET /settings/requests": slices.Concat(queries("/settings/requests", "state", []string{"decided", "all"}),
			queries("/settings/requests", "q", typedWords, "state", "all")),

		"GET /settings/requests/{id}":            ids("/settings/requests/{id}"),
		"GET /settings/requests/{id}/photo":      ids("/settings/requests/{id}/photo"),
		"POST /settings/requests/{id}/approve":   ids("/settings/requests/{id}/approve", post),
		"GET /settings/requests/{id}/same":       asking,
		"POST /settings/requests/{id}/same":      ids("/settings/requests/{id}/same", same...),
		"POST /settings/requests/{id}/not-same":  ids("/settings/requests/{id}/not-same", post),
		"GET /settings/requests/{id}/decline":    ids("/settings/requests/{id}/decline"),
		"POST /settings/requests/{id}/decline":   ids("/settings/requests/{id}/decline", post),
		"GET /settings/requests/{id}/take-back":  ids("/settings/requests/{id}/take-back"),
		"POST /settings/requests/{id}/take-back": ids("/settings/requests/{id}/take-back", post),

		"GET /settings/units": queries("/settings/units", "archived", []string{"1"}),
		"GET /settings/units/part": slices.Concat(
			queries("/settings/units/part", "find", typedWords, "for", "list"),
			queries("/settings/units/part", "open", []string{string(s.root), string(s.it), string(s.north)}),
			queries("/settings/units/part", "see", []string{string(s.it)}, "for", "filter")),
		"GET /settings/units/add": queries("/settings/units/add", "parent", []string{string(s.it)}),
		"POST /settings/units/add": {
			{"/settings/units/add", url.Values{"parent": {string(s.it)}, "name": {"X"}}}},
		"GET /settings/units/{id}":                        ids("/settings/units/{id}"),
		"GET /settings/units/{id}/members/add":            ids("/settings/units/{id}/members/add"),
		"POST /settings/units/{id}/members/add":           s.memberships("/add", true),
		"GET /settings/units/{id}/members/people":         s.candidates(typedWords),
		"POST /settings/units/{id}/members/{user}":        s.memberships("/{user}", true),
		"GET /settings/units/{id}/members/{user}/remove":  s.memberships("/{user}/remove", false),
		"POST /settings/units/{id}/members/{user}/remove": s.memberships("/{user}/remove", true),

		"GET /settings/units/{id}/rename":   ids("/settings/units/{id}/rename"),
		"POST /settings/units/{id}/rename":  ids("/settings/units/{id}/rename", post),
		"GET /settings/units/{id}/move":     ids("/settings/units/{id}/move"),
		"POST /settings/units/{id}/move":    ids("/settings/units/{id}/move", post),
		"GET /settings/units/{id}/archive":  ids("/settings/units/{id}/archive"),
		"POST /settings/units/{id}/archive": ids("/settings/units/{id}/archive", post),
		"GET /settings/units/{id}/restore":  ids("/settings/units/{id}/restore"),
		"POST /settings/units/{id}/restore": ids("/settings/units/{id}/restore", post),
		"GET /settings/units/{id}/delete":   ids("/settings/units/{id}/delete"),
		"POST /settings/units/{id}/delete":  ids("/settings/units/{id}/delete", post),

		"GET /settings/applications":              page("/settings/applications"),
		"GET /settings/applications/add":          page("/settings/applications/add"),
		"POST /settings/applications/add":         {{"/settings/applications/add", post}},
		"GET /settings/applications/keys":         page("/settings/applications/keys"),
		"POST /settings/applications/keys":        {{"/settings/applications/keys", post}},
		"GET /settings/applications/keys/now":     page("/settings/applications/keys/now"),
		"POST /settings/applications/keys/now":    {{"/settings/applications/keys/now", post}},
		"GET /settings/applications/{id}":         page("/settings/applications/" + string(s.app.ID)),
		"POST /settings/applications/{id}":        {{"/settings/applications/" + string(s.app.ID), post}},
		"GET /settings/applications/{id}/secret":  page("/settings/applications/" + string(s.app.ID) + "/secret"),
		"POST /settings/applications/{id}/secret": {{"/settings/applications/" + string(s.app.ID) + "/secret", post}},
		"GET /settings/applications/{id}/remove":  page("/settings/applications/" + string(s.app.ID) + "/remove"),
		"POST /settings/applications/{id}/remove": {{"/settings/applications/" + string(s.app.ID) + "/remove", post}},

		"GET /settings/activity": slices.Concat(queries("/settings/activity", "q", typedWords),
			queries("/settings/activity", "user", subjects),
			queries("/settings/activity", "kind", []string{"user.", "request.", "mail.", "environment."}),
			queries("/settings/activity", "unit", []string{string(s.root), string(s.it), string(s.north)},
				"signins", "1")),
		"POST /settings/activity/export": s.exports(subjects),

		"GET /settings/explain": slices.Concat(queries("/settings/explain", "username", typedNames),
			queries("/settings/explain", "username", typedNames, "name", "Simon Simonson"),
			queries("/settings/explain", "username", typedNames, "application", string(s.app.ID))),
		"POST /settings/explain": {{"/settings/explain", url.Values{"pasted": {"AADSTS50105"}}}},

		"GET /settings/environment":                      page("/settings/environment"),
		"POST /settings/environment":                     {{"/settings/environment", post}},
		"GET /settings/environment/branding":             page("/settings/environment/branding"),
		"GET /settings/environment/branding/preview.css": page("/settings/environment/branding/preview.css"),
		"POST /settings/environment/branding":            {{"/settings/environment/branding", post}},
		"POST /settings/environment/mails/{id}/retry":    ids("/settings/environment/mails/{id}/retry", post),
		"GET /settings/environment/mails/retry":          page("/settings/environment/mails/retry"),
		"POST /settings/environment/mails/retry":         {{"/settings/environment/mails/retry", post}},
		"GET /settings/environment/connection":           page("/settings/environment/connection"),
		"POST /settings/environment/connection":          {{"/settings/environment/connection", post}},
		"POST /settings/environment/connection/test":     {{"/settings/environment/connection/test", post}},
		"POST /settings/environment/connection/consent": {
			{"/settings/environment/connection/consent", post}},

		"GET /connect/{token}":          page("/connect/x"),
		"POST /connect/{token}":         {{"/connect/x", post}},
		"POST /connect/{token}/consent": {{"/connect/x/consent", post}},
	}
}

// exports export everything, and the events of everybody and in every unit.
func (s *secrets) exports(subjects []string) []probe {
	all := []probe{{"/settings/activity/export", url.Values{"format": {"ndjson"}, "signins": {"1"}}},
		{"/settings/activity/export", url.Values{"format": {"csv"}}}}
	for _, user := range subjects {
		all = append(all, probe{"/settings/activity/export", url.Values{"format": {"ndjson"}, "signins": {"1"},
			"user": {user}}})
	}
	for _, unit := range []pactius.UnitID{s.root, s.it, s.north} {
		all = append(all, probe{"/settings/activity/export", url.Values{"format": {"csv"}, "signins": {"1"},
			"unit": {string(unit)}}})
	}
	return all
}

// memberships ask about everybody in every unit.
func (s *secrets) memberships(page string, posts bool) []probe {
	var all []probe
	for _, unit := range []pactius.UnitID{s.root, s.it, s.north} {
		for _, u := range s.people {
			p := probe{path: unitPath(unit) + "/members" + strings.ReplaceAll(page, "{user}", string(u))}
			if posts {
				p.form = url.Values{"version": {"2"}, "user": {string(u)}, "access": {"write"}}
			}
			all = append(all, p)
		}
	}
	return all
}

// candidates search for new members of every unit.
func (s *secrets) candidates(words []string) []probe {
	var all []probe
	for _, unit := range []pactius.UnitID{s.root, s.it, s.north} {
		for _, word := range words {
			all = append(all, probe{path: unitPath(unit) + "/members/people?q=" + url.QueryEscape(word)})
		}
	}
	return all
}

// mergers merge a member of Sales with everybody.
func (s *secrets) mergers() []probe {
	var all []probe
	for _, u := range s.people {
		all = append(all, probe{path: "/settings/users/" + string(s.people[0]) + "/merge?with=" + string(u)})
	}
	return all
}
