package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/pactius/pactius"
)

// page is something to look at.
type page struct {
	name   string // of the row
	path   string
	status int // of the answer; 0 is 200
}

// emptyPage is the page of someone who is not signed in: what every page costs beside its contents.
var emptyPage = page{name: "sign-in page (signed out)", path: "/?signed-out"}

// Words to search for: the number of people who have them is what matters.
var searches = []struct{ name, words string }{
	{"search: a rare word", "quistgaard"},
	{"search: a common word", "nordhavn"},
	{"search: two common words", "nordhavn jensen"},
	{"search: two common words, hardly anyone has both", "nguyen hansen"},
	{"search: a full name", "Zebulon Quistgaard"},
	{"search: a b c d e", "a b c d e"},
	{"search: one letter", "a"},
	{"search: no match", "qqqq"},
	{"search: wildcards", "% _ *"},
	{"search: 200 words", manyWords(200)},
}

// manyWords are different words, as someone pastes a letter into the field.
func manyWords(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "word%d ", i)
	}
	return strings.TrimSpace(b.String())
}

// pagesFor are all pages that a visitor looks at.
func (s *subject) pagesFor(ctx context.Context, v visitor) ([]page, error) {
	deep, err := s.deep(ctx, v)
	if err != nil {
		return nil, err
	}
	const list, log = "/settings/users", "/settings/activity"
	user := func(u pactius.UserID) string { return list + "/" + string(u) }
	unit, request, someone := s.own(v)
	all := []page{
		{name: "home", path: "/"},
		{name: "users, by name", path: list},
		{name: "users, newest first", path: list + "?sort=newest"},
		{name: "users, last seen", path: list + "?sort=seen"},
	}
	if deep != "" {
		all = append(all, page{name: "users, far down the list", path: list + "?after=" + url.QueryEscape(deep)})
	}
	for _, status := range []string{"invited", "active", "ended", "deactivated", "unassigned", "gone"} {
		all = append(all, page{name: "users, " + status, path: list + "?status=" + status})
	}
	all = append(all, page{name: "users of one business unit", path: list + "?unit=" + string(unit)},
		page{name: "users of one business unit, active, last seen",
			path: list + "?status=active&sort=seen&unit=" + string(unit)})
	for _, q := range searches {
		all = append(all, page{name: q.name, path: list + "?q=" + url.QueryEscape(q.words)})
	}
	for _, q := range searches {
		name := strings.Replace(q.name, "search:", "search everything, as typed:", 1)
		all = append(all, page{name: name, path: "/search?part=1&q=" + url.QueryEscape(q.words)})
		name = strings.Replace(q.name, "search:", "search everything, the page:", 1)
		all = append(all, page{name: name, path: "/search?q=" + url.QueryEscape(q.words)})
	}
	all = append(all, page{name: "one user", path: user(someone)})
	if v.name != roleLeaf {
		all = append(all, page{name: "one user with 500 business units", path: user(s.Tied.ID)})
	}
	all = append(all,
		page{name: "a user's business units", path: user(someone) + "/units"},
		page{name: "add a user", path: list + "/add"},
		page{name: "requests, pending", path: "/settings/requests"},
		page{name: "requests, decided", path: "/settings/requests?state=decided"},
		page{name: "one request", path: "/settings/requests/" + string(request)},
		page{name: "business units", path: "/settings/units"},
		page{name: "one business unit", path: "/settings/units/" + string(unit)})
	if v.name == roleRoot {
		all = append(all, page{name: "one business unit with the most members", path: "/settings/units/" +
			string(s.Crowded)}, page{name: "one business unit with the most below it", path: "/settings/units/" +
			string(s.Wide)})
	}
	day := func(ago int) string { return s.Now.AddDate(0, 0, -ago).Format(time.DateOnly) }
	of, span := "user="+string(someone), "from="+day(400)+"&to="+day(370)
	all = append(all,
		page{name: "activity", path: log},
		page{name: "activity of one user", path: log + "?" + of},
		page{name: "activity of one kind", path: log + "?kind=request."},
		page{name: "activity of a month a year ago", path: log + "?" + span},
		page{name: "activity of one user and kind in that month", path: log + "?kind=user.&" + of + "&" + span})
	if v.name == roleRoot {
		all = append(all, page{name: "activity of the administrator who does the most",
			path: log + "?user=" + string(s.Root.ID)})
	} else {
		all = append(all, page{name: "refused: the environment's leavers (403)", path: "/settings/leavers",
			status: http.StatusForbidden})
	}
	return all, nil
}

// own are a business unit, a pending request and a user that the visitor may see.
func (s *subject) own(v visitor) (pactius.UnitID, pactius.RequestID, pactius.UserID) {
	if v.name == roleLeaf {
		return s.LeafUnit, s.LeafRequest, s.Plain.ID
	}
	return s.Region, s.Request, s.Plain.ID
}
