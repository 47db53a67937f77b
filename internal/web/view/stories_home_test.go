package view

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
)

func homeStories() []story {
	mine := []UnitAccess{{"sales", "Sales", pactius.AccessAdminister, "", false}, {"dock", "Operations / Harbour dock",
		pactius.AccessRead, "", false}, {"x", hostile, pactius.AccessWrite, "", true}}
	base, plain, local := baseOf(AtHome), baseOf(AtHome), baseOf(AtHome)
	plain.Menu, plain.User = Menu{Current: AtHome}, &anna
	local.Menu.RootAdministrator = false
	quiet := &HomeWaiting{Unfinished: users.Unfinished{SignIns: days(0), Sent: days(0), Today: today},
		Setup: SetupOf(users.OpenTasks{Units: true, People: true, Second: true, SignedIn: true}, true, "root")}
	alone, own := *quiet, busy()
	alone.Setup = SetupOf(users.OpenTasks{Units: true, People: true, SignedIn: true}, true, "root")
	own.Setup, own.SignIns, own.Sent, own.Decisions = nil, nil, nil, users.Decisions{}
	fresh := func(o users.OpenTasks, connected bool) *HomeWaiting {
		return &HomeWaiting{Unfinished: users.Unfinished{SignIns: days(0), Sent: days(0), Today: today},
			Setup: SetupOf(o, connected, "root"), Address: "https://nordhavn.example/"}
	}
	ended := plain
	ended.User = new(anna)
	ended.User.EndsOn = "2027-03-31"
	return []story{
		{"home", Home{Base: base, Access: mine, Waiting: busy()}},
		{"home-danish", Home{Base: in(base, language.Danish), Access: mine, Waiting: busy()}},
		{"home-local", Home{Base: local, Access: mine[:1], Waiting: own, More: true, Helpers: approvers()}},
		{"home-quiet", Home{Base: idle(base), Access: mine, Waiting: quiet}},
		{"home-alone", Home{Base: idle(base), Access: mine, Waiting: &alone}},
		{"home-fresh", Home{Base: idle(unconnected(base)), Access: mine[:1], Waiting: fresh(users.OpenTasks{}, false)}},
		{"home-fresh-danish", Home{Base: in(idle(unconnected(base)), language.Danish), Access: mine[:1],
			Waiting: fresh(users.OpenTasks{}, false)}},
		{"home-fresh-address", Home{Base: idle(base), Access: mine[:1],
			Waiting: fresh(users.OpenTasks{Units: true, Second: true, People: true}, true)}},
		{"home-user", Home{Base: plain, Access: mine[:1], More: true, Helpers: approvers()}},
		{"home-user-ends", Home{Base: ended, Access: mine, More: true, Helpers: approvers()[:1]}},
		{"home-no-units", Home{Base: flashed(plain, Flash{Tone: ToneGood, Message: pactius.T("You now have access")}),
			Helpers: approvers(), More: true}},
	}
}

// busy is what waits where much does: requests to be approved at a glance, by their pages only, and hostile ones.
func busy() *HomeWaiting {
	w := &HomeWaiting{Setup: SetupOf(users.OpenTasks{Units: true, People: true, Second: true, SignedIn: true}, true,
		"root")}
	w.Unassigned = users.OpenUsers{Count: users.Count{N: 12}, First: []pactius.User{anna, evil}}
	w.Invited = users.OpenUsers{Count: users.Count{N: 41, More: true}, First: []pactius.User{lange, bo}}
	w.Undelivered, w.SignIns, w.Sent, w.Today = 2, days(480), days(9), today
	w.Decisions = users.Decisions{Known: true, Median: 3 * time.Hour, Before: 27 * time.Hour}
	glance, more := request(pactius.StatePending), request(pactius.StatePending)
	glance.ID, glance.Units, glance.Message = "r3", []pactius.UnitID{"north"}, hostile+long
	more.ID, more.Units, more.UserID = "r4", []pactius.UnitID{"dock"}, anna.ID
	w.Requests.Requests = []pactius.AccessRequest{request(pactius.StatePending), glance, more,
		{ID: "r2", Person: evilAsks, State: pactius.StatePending, CreatedAt: lastMonth}}
	w.Requests.Paths = map[pactius.UnitID]string{}
	for _, u := range company.Units() {
		w.Requests.Paths[u.ID] = company.Path(u.ID)
	}
	w.Glance = map[pactius.RequestID]pactius.Grant{"r3": {Unit: "north", Access: pactius.AccessRead},
		"r4": {Unit: "dock", Access: pactius.AccessWrite}}
	return w
}
