package view

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
)

func unitStories() []story {
	sales, _ := company.Unit("sales")
	root := company.Root()
	old, _ := company.Unit("old")
	part := partOf(company, false)
	part.Counts = true
	part.Members = map[pactius.UnitID]int{"root": 2, "sales": 14, "north": 1, "dock": 1001}
	part.Administrators = map[pactius.UnitID][]pactius.User{"root": {ada}, "sales": {bo, carl, evil, dora}}
	searched := part
	searched.Search, searched.Rows, searched.More = "n", []units.Row{{Unit: root}, {Unit: sales}}, true
	nothing := part
	nothing.Search, nothing.Rows = "xyz", nil
	many := partOf(manyUnits, true)
	many.Counts, many.Members = true, map[pactius.UnitID]int{"long": 1000}
	placed := partOf(company, false)
	placed.Chosen = []pactius.UnitID{"sales"}
	one := func(u pactius.Unit, explicit, above []units.Member) OneUnit {
		own := part
		own.Rows = rowOf(company, u, true).Rows
		return OneUnit{Base: baseOf(AtUnits), View: units.View{Part: own, Unit: u, Explicit: explicit,
			FromAbove: above, Today: today}}
	}
	paged := one(sales, members(8), nil)
	paged.View.After, paged.Following, paged.Form = "x", "y", wrong()
	candidates := users.Candidates{Unit: sales, Tree: company, More: true, Users: []users.Candidate{
		{User: anna, Status: pactius.StatusInvited},
		{User: evil, Status: pactius.StatusActive, Access: pactius.AccessWrite}, {User: lange}}}
	adding := AddMember{Base: baseOf(AtUnits), Access: pactius.AccessRead,
		Found: users.Candidates{Unit: sales, Tree: company}}
	found, refused := adding, adding
	found.Search, found.Searched, found.Found = "a", true, candidates
	refused.Search, refused.Searched, refused.Form = hostile, true, wrong("q", "access")
	archiving := func(o units.Obstacles) ArchiveUnit {
		return ArchiveUnit{Base: baseOf(AtUnits), Form: Form{Version: 1}, Unit: sales, Obstacles: o,
			Target: ChoosePlace(placed, "", "sales")}
	}
	leaving := users.Member{User: anna, Unit: sales, Tree: company, Access: pactius.AccessAdminister}
	keeping := leaving
	keeping.Inherited, keeping.From, keeping.Others, keeping.Own = pactius.AccessRead, "root", 1, true
	looking := one(unit("x", "root", hostile), nil, nil)
	looking.Rights = pactius.NewRights(company, nil)
	return []story{
		{"units", NewUnits(baseOf(AtUnits), part, true)},
		{"units-found", NewUnits(baseOf(AtUnits), searched, false)},
		{"units-not-found", NewUnits(baseOf(AtUnits), nothing, false)},
		{"units-200", NewUnits(baseOf(AtUnits), many, false)},
		{"units-empty", NewUnits(baseOf(AtUnits), partOf(pactius.NewTree(nil), false), false)},
		{"users-unit", NewChooseFilter(baseOf(AtUsers), many, pactius.UserFilter{Search: "a", Unit: "n1"})},
		{"unit", one(sales, members(8), members(2))},
		{"unit-root", one(root, members(2), nil)},
		{"unit-archived", one(old, nil, nil)},
		{"unit-unused", one(unit("x", "root", "Finanse"), nil, nil)},
		{"unit-delete", Confirm{Base: baseOf(AtUnits), Title: pactius.T("Delete %s", hostile), Will: []pactius.Text{
			pactius.T("%s is permanently deleted. This can't be undone.", hostile)}, Action: "/settings/units/x/delete",
			Button: pactius.T("Delete"), Danger: true, Cancel: "/settings/units/x", Form: wrong()}},
		{"unit-looking", looking},
		{"unit-members-page", paged},
		{"unit-member-add", adding},
		{"unit-member-found", found},
		{"unit-member-wrong", refused},
		{"unit-member-remove", asking(RemoveMember(leaving))},
		{"unit-member-remove-own", asking(RemoveMember(keeping))},
		{"unit-archive", archiving(units.Obstacles{Requests: 2})},
		{"unit-archive-moving", archiving(units.Obstacles{Members: 14})},
		{"unit-archive-blocked", archiving(units.Obstacles{Below: 2, Members: 1, Applications: 1})},
		{"unit-archive-crowded", archiving(units.Obstacles{Members: 12_000})},
		{"unit-add", AddUnit{Base: baseOf(AtUnits), Parent: ChoosePlace(placed, "sales", "")}},
		{"unit-add-wrong", AddUnit{Base: baseOf(AtUnits), Name: hostile, Parent: ChoosePlace(placed, "", ""),
			Form: wrong("name", "parent")}},
		{"unit-rename", RenameUnit{Base: baseOf(AtUnits), Unit: sales, Path: "Sales", Name: "Sales", Form: wrong()}},
		{"unit-move", MoveUnit{Base: baseOf(AtUnits), Unit: sales, Path: "Sales",
			Parent: ChoosePlace(placed, "root", "sales")}},
	}
}

func asking(c Confirm) Confirm {
	c.Base, c.Form, c.Cancel = baseOf(AtUnits), Form{Version: 3}, "/settings/units/sales"
	return c
}

func settingStories() []story {
	dead := environments.Undelivered{Total: 120, Next: "m2", Mails: []pactius.Mail{
		{ID: "m1", Kind: "request-arrived", To: "bo.berg@nordhavn.example", ToName: "Bo Berg", Attempts: 8,
			LastError: "550 5.1.1 No such mailbox here", CreatedAt: yesterday},
		{ID: "m2", Kind: "welcome", To: hostile, Attempts: 8, LastError: hostile, CreatedAt: lastMonth},
	}}
	env := EnvironmentSettings{Base: baseOf(AtEnvironment), Now: environments.View{CanEdit: true,
		Delay:          &environments.Delay{Since: now, Until: now},
		Administrators: []pactius.User{ada, evil}}, Name: nordhavn.Name, Contact: nordhavn.SupportContact,
		Language: "en", TimeZone: "Europe/Copenhagen", TimeZones: []string{"Europe/Copenhagen", "UTC"},
		LeaverBound: "10"}
	env.Now.Environment.TimeZone = hostile // cannot be loaded
	failed := env
	failed.Form, failed.Now.Undelivered, failed.Now.SharedClient = wrong("name", "support_contact", "time_zone"), dead,
		true
	looking := env
	looking.Now.CanEdit, looking.Now.Undelivered = false, dead
	lost := env
	lost.Base = unconnected(lost.Base)
	return []story{
		{"activity", Activity{Base: baseOf(AtActivity), Log: events()}},
		{"activity-danish", Activity{Base: in(baseOf(AtActivity), language.Danish), Log: events(), Later: true}},
		{"activity-person", Activity{Base: baseOf(AtActivity), Of: new(PersonOf(bo)),
			Log:         audit.Page{EventPage: pactius.EventPage{Events: events().Events[:2]}, Names: events().Names},
			EventChoice: EventChoice{From: "2026-11-01", SignIns: true}}},
		{"activity-approval", Activity{Base: baseOf(AtActivity), Log: approval()}},
		{"activity-unit", Activity{Base: baseOf(AtActivity), In: "north",
			EventChoice: EventChoice{Kind: "request.sent"},
			Log: audit.Page{EventPage: pactius.EventPage{Next: "n", Cut: true}, Unit: pactius.Unit{ID: "north"},
				Path: "Sales / " + hostile}}},
		{"activity-matches", Activity{Base: baseOf(AtActivity), Search: "a", Matches: deciders()}},
		{"activity-nothing", Activity{Base: baseOf(AtActivity), EventChoice: EventChoice{Kind: "unit.", From: "x",
			Form: wrong("kind", "unit", "from")}}},
		{"activity-archived", Activity{Base: baseOf(AtActivity), Log: audit.Page{Before: lastMonth}}},
		{"activity-discarded", Activity{Base: baseOf(AtActivity), Log: audit.Page{Before: lastMonth, Discarded: true}}},
		{"activity-empty", Activity{Base: baseOf(AtActivity)}},
		{"environment", env}, {"environment-wrong", failed}, {"environment-looking", looking},
		{"environment-unconnected", lost},
	}
}

// sessionStories are a user's own sessions.
func sessionStories() []story {
	here := pactius.Session{ID: "s1", Agent: "Edge on Windows", Address: "192.0.2.17", CreatedAt: yesterday,
		SeenAt: now}
	others := []pactius.Session{here,
		{ID: "s2", Address: "2001:db8::1", CreatedAt: lastMonth, SeenAt: yesterday},
		{ID: "s3", Agent: hostile, Address: hostile, CreatedAt: lastMonth, SeenAt: yesterday}}
	plain := baseOf("")
	plain.Menu = Menu{}
	return []story{
		{"sessions", Sessions{Base: baseOf(""), Sessions: others, Current: "s1"}},
		{"sessions-one", Sessions{Base: plain, Sessions: others[:1], Current: "s1"}},
		{"sessions-danish", Sessions{Base: in(plain, language.Danish), Sessions: others, Current: "s1"}},
		{"sessions-end-others", Confirm{Base: plain, Title: pactius.T("End all other sessions"), Will: []pactius.Text{
			pactius.Plural(2, "%d other session ends immediately.", "%d other sessions end immediately.")},
			Action: "/sessions/end-others", Cancel: "/sessions", Button: pactius.T("End all other sessions"),
			Danger: true}},
	}
}

func errorStories() []story {
	all := []story{{"error-unknown-host", ErrorPage{Status: http.StatusMisdirectedRequest}}, {"error-message",
		ErrorPage{Base: baseOf(""), Status: 409,
			Message: pactius.T("Someone else changed this before you. Go back and reload the page to see the latest " +
				"version."),
			Ticket: Ticket{Reference: hostile}}}}
	all = append(all, story{"error-typed", ErrorPage{Base: baseOf(""), Status: 403, Typed: []Typed{
		{pactius.T("Name"), hostile}, {pactius.T("End date"), "2027-03-31"},
		{pactius.T("Note"), strings.Repeat("W", 2000)}}}})
	for _, status := range []int{400, 401, 403, 404, 405, 409, 413, 421, 422, 429, 500, 503} {
		b := baseOf("")
		if status == 401 {
			b = signedOut()
		}
		all = append(all, story{fmt.Sprintf("error-%d", status), ErrorPage{Base: b, Status: status,
			Ticket: ticket(status >= 500)}})
	}
	return all
}
