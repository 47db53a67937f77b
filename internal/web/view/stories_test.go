package view

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
)

// story is one screen in one state.
type story struct {
	name string
	page Page
}

var (
	now       = time.Date(2026, 11, 22, 9, 41, 0, 0, time.UTC)
	yesterday = now.Add(-19 * time.Hour)
	lastMonth = now.AddDate(0, -1, -3)
)

const today = pactius.Date("2026-11-22")

// zone is fixed, so that stories do not depend on the machine's time zones.
var zone = time.FixedZone("CET", 3600)

const hostile = "<script>alert(1)</script>\u202E\"'&amp; Ünïcode"

const long = "Maximiliane-Theodora von Hohenstaufen-Wittelsbach zu Sayn-Wittgenstein-Berleburg " +
	"Donaudampfschifffahrtsgesellschaftskapitän"

func testUser(n int, name, username string, status pactius.Status) pactius.User {
	u := pactius.User{
		ID: pactius.UserID(fmt.Sprintf("0192a000-0000-7000-8000-%012d", n)), Name: name, Username: username,
		CreatedAt: lastMonth, CreatedBy: pactius.ByAdd, Version: 3,
	}
	if n > 1 && n%2 == 1 { // the reader of the pages is the first
		u.Profile = pactius.Profile{Title: "Regional manager for the Baltic and the North Sea",
			Department: "Key accounts", ManagerName: "Ada Holm", Photo: "5a1f"}
	}
	switch status {
	case pactius.StatusActive:
		u.FirstSignInAt, u.LastSignInAt = lastMonth.Add(time.Hour), yesterday
	case pactius.StatusDeactivated:
		u.FirstSignInAt, u.LastSignInAt, u.DeactivatedAt = lastMonth, lastMonth, yesterday
	case pactius.StatusEnded:
		u.FirstSignInAt, u.LastSignInAt, u.EndsOn = lastMonth, lastMonth, "2026-11-01"
	}
	return u
}

var (
	ada   = testUser(1, "Ada Holm", "ada.holm@nordhavn.example", pactius.StatusActive)
	bo    = testUser(2, "Bo Berg", "bo.berg@nordhavn.example", pactius.StatusActive)
	anna  = testUser(3, "Anna Hansen", "anna.hansen@nordhavn.example", pactius.StatusInvited)
	carl  = testUser(4, "Carl Østergaard", "carl.oestergaard@nordhavn.example", pactius.StatusDeactivated)
	dora  = testUser(5, "Dora Lind", "dora.lind@nordhavn.example", pactius.StatusEnded)
	evil  = testUser(6, hostile, "evil+\"><script>@nordhavn.example", pactius.StatusActive)
	lange = testUser(7, long,
		"maximiliane-theodora.von.hohenstaufen-wittelsbach@very-long-subsidiary-name.nordhavn.example",
		pactius.StatusActive)
)

var nordhavn = pactius.Environment{
	ID: "e1", Name: "Nordhavn Logistics", Host: "nordhavn.pactius.example", Language: "en",
	TimeZone: "Europe/Copenhagen", Version: 2,
	SupportContact: "support@pactius.example",
	Connection: pactius.Connection{TenantID: "7f0c1c4e-3f57-4a90-9a55-0c6a4b8f1a11",
		ClientID: "2a7d3c55-90aa-4f3c-8e2d-5e6f7a8b9c0d"},
}

func unit(id, parent, name string) pactius.Unit {
	return pactius.Unit{ID: pactius.UnitID(id), ParentID: pactius.UnitID(parent), Name: name, CreatedAt: lastMonth,
		Version: 1}
}

var company = func() *pactius.Tree {
	old := unit("old", "root", "Old warehouse")
	old.ArchivedAt = yesterday
	return pactius.NewTree([]pactius.Unit{
		unit("root", "", "Nordhavn Logistics"),
		unit("sales", "root", "Sales"), unit("north", "sales", "North"), unit("south", "sales", "South"),
		unit("key", "north", "Key accounts"),
		unit("ops", "root", "Operations"), unit("dock", "ops", "Harbour dock"), unit("cold", "ops", "Cold storage"),
		unit("trucks", "ops", "Trucks"),
		unit("fin", "root", "Finance"), unit("pay", "fin", "Payroll"), unit("it", "root", "IT and security"), old,
	})
}()

// manyUnits is a tree of 200 units with a long and a hostile name.
var manyUnits = func() *pactius.Tree {
	units := []pactius.Unit{unit("root", "", "Nordhavn Logistics"), unit("long", "root", long), unit("evil", "root",
		hostile)}
	for i := range 197 {
		parent := "root"
		if i >= 12 {
			parent = fmt.Sprintf("n%d", i%12)
		}
		units = append(units, unit(fmt.Sprintf("n%d", i), parent, fmt.Sprintf("Terminal %03d", i)))
	}
	return pactius.NewTree(units)
}()

func baseOf(current Item) Base {
	return Base{
		Reader:      language.Reader{Language: language.English, Zone: zone, Now: now},
		Environment: nordhavn, SupportContact: nordhavn.SupportContact, User: &ada,
		Menu: Menu{Administrator: true, RootAdministrator: true, Waiting: 3, Current: current},
		Path: "/settings/users?q=a",
	}
}

func signedOut() Base {
	b := baseOf("")
	b.User, b.Menu, b.Path = nil, Menu{}, "/"
	return b
}

func unconnected(b Base) Base {
	b.Environment.Connection = pactius.Connection{}
	return b
}

func flashed(b Base, f Flash) Base { b.Flash = &f; return b }

func idle(b Base) Base { b.Menu.Waiting = 0; return b }

func in(b Base, code language.Code) Base { b.Reader.Language = code; return b }

var annaAsks = pactius.Person{
	Identity: pactius.Identity{TenantID: nordhavn.Connection.TenantID, ObjectID: "0b0d"},
	Name:     "Anna Hansen", Username: "anna.hansen@nordhavn.example", Email: "anna@nordhavn.example",
}

var evilAsks = pactius.Person{Name: hostile, Username: "evil\u202E@nordhavn.example", Email: "javascript:alert(1)",
	Guest: true}

func request(state pactius.RequestState) pactius.AccessRequest {
	r := pactius.AccessRequest{
		ID: "r1", Person: annaAsks, Message: "I start in Sales North on Monday.\nBo Berg is my manager.",
		Units: []pactius.UnitID{"north", "dock"},
		State: state, CreatedAt: yesterday, ExpiresAt: yesterday.Add(pactius.RequestLifetime), Version: 1,
	}
	if state == pactius.StatePending {
		r.Profile = pactius.Profile{Title: "Account manager", Department: "Sales / North", ManagerName: "Bo Berg"}
	} else {
		r.DecidedAt = now.Add(-3 * time.Minute)
		r.DecidedBy = pactius.Actor{Kind: pactius.ActorUser, User: bo.ID, Name: "Bo Berg"}
		r.Note = "Welcome! Ask me for the rest."
	}
	if state == pactius.StateApproved {
		r.UserID, r.Created = anna.ID, true
	}
	return r
}

var wished = []string{"Sales / North", "Operations / Harbour dock"}

// partOf is what the rules read of a tree: all of it, or the root with a few units below.
func partOf(tree *pactius.Tree, few bool) units.Part {
	p := units.Part{Tree: tree, Rights: pactius.AllRights(tree)}
	if tree.Root().ID != "" {
		p.Rows = []units.Row{rowOf(tree, tree.Root(), few)}
	}
	return p
}

func rowOf(tree *pactius.Tree, u pactius.Unit, few bool) units.Row {
	row := units.Row{Unit: u}
	for _, child := range tree.Children(u.ID) {
		switch {
		case child.IsArchived():
		case !few:
			row.Rows = append(row.Rows, rowOf(tree, child, false))
		case len(row.Rows) < 12:
			row.Rows = append(row.Rows, units.Row{Unit: child, Below: len(tree.Children(child.ID)) > 0})
			row.Next = child.ID
		}
	}
	row.Below, row.Open = len(row.Rows) > 0, len(row.Rows) > 0
	return row
}

// few is a chooser that shows a part of manyUnits, with units chosen that are out of sight.
func few(access bool) UnitChoice {
	c := UnitChoice{Part: partOf(manyUnits, true), Access: access, Given: map[pactius.UnitID]pactius.Access{}}
	for i := 11; i < 34; i++ {
		id := pactius.UnitID(fmt.Sprint("n", i*5))
		c.Given[id], c.Chosen = pactius.Access(1+i%3), append(c.Chosen, id)
	}
	return c
}

// searchedFor is a chooser that shows what a search has found.
func searchedFor(access bool, ids ...pactius.UnitID) UnitChoice {
	c := choice(access)
	c.Search, c.Rows, c.More = "o", nil, len(ids) > 1
	for _, id := range ids {
		u, _ := company.Unit(id)
		c.Rows = append(c.Rows, units.Row{Unit: u})
	}
	return c
}

func choice(access bool) UnitChoice {
	part := partOf(company, false)
	part.Chosen = []pactius.UnitID{"sales", "dock"}
	return UnitChoice{Part: part, Access: access,
		Given: map[pactius.UnitID]pactius.Access{"sales": pactius.AccessWrite,
			"dock": pactius.AccessRead}}
}

func limited() UnitChoice {
	c := choice(true)
	c.Given["fin"], c.Chosen = pactius.AccessAdminister, append(c.Chosen, "fin")
	c.Reach = func(id pactius.UnitID) bool { return company.Within(id, "sales") }
	return c
}

func deciders() []Person {
	return []Person{PersonOf(bo), PersonOf(carl), {Name: hostile, Username: "x@y.example"}}
}

func approvers() []Helper {
	all := Helpers([]pactius.User{bo, carl})
	return append(all, Helper{Person: Person{Name: hostile, Username: "x@y.example"}})
}

func wrong(fields ...string) Form {
	f := Form{Problem: pactius.T("Please correct the highlighted entries."), Errors: Errors{}, Version: 3}
	for _, field := range fields {
		f.Errors[field] = pactius.T("Enter a name.")
	}
	return f
}

// userList is a page of users, some of them with business units.
func userList(n int) users.List {
	names := []string{"Birgit Madsen", "Christian Lund", "Dorthe Kjær", "Emil Frandsen", "Freja Nygaard",
		"Gustav Holst",
		"Hanne Vestergaard", "Ivan Petrović", "Jytte Skov", "Kasper Dam"}
	statuses := []pactius.Status{pactius.StatusActive, pactius.StatusActive, pactius.StatusInvited,
		pactius.StatusActive, pactius.StatusDeactivated,
		pactius.StatusEnded}
	l := users.List{UserPage: pactius.UserPage{Total: n}, Tree: company, Rights: pactius.AllRights(company),
		Today:       today,
		Memberships: map[pactius.UserID][]pactius.Membership{}}
	for i := range n {
		u := testUser(100+i, names[i%len(names)], fmt.Sprintf("person.%d@nordhavn.example", i), statuses[i%6])
		if i%6 != 2 {
			l.Memberships[u.ID] = memberships("north", pactius.AccessRead, "dock", pactius.AccessWrite)[:1+i%2]
			u.UnitCount = len(l.Memberships[u.ID])
		}
		l.Users = append(l.Users, u)
	}
	if n > 3 {
		l.Users[1].Name, l.Users[1].Username, l.Users[2].Name = lange.Name, lange.Username, evil.Name
	}
	return l
}

// memberships are pairs of a unit and the access to it.
func memberships(pairs ...any) []pactius.Membership {
	var all []pactius.Membership
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, pactius.Membership{UnitID: pactius.UnitID(pair[0].(string)),
			Access: pair[1].(pactius.Access)})
	}
	return all
}

func events() audit.Page {
	names := audit.Names{
		Users: map[pactius.UserID]string{anna.ID: "Anna Hansen", bo.ID: "Bo Berg", evil.ID: hostile},
		Units: map[pactius.UnitID]string{"north": "Sales / North", "dock": "Operations / Harbour dock",
			"sales": "Sales", "ops": "Operations"},
		Requests:     map[pactius.RequestID]string{"r1": "Anna Hansen"},
		OpenUsers:    map[pactius.UserID]pactius.UserID{anna.ID: anna.ID, evil.ID: evil.ID, ada.ID: ada.ID},
		OpenUnits:    map[pactius.UnitID]bool{"north": true, "sales": true},
		Applications: map[pactius.ApplicationID]bool{"a1": true},
	}
	by := pactius.Actor{Kind: pactius.ActorUser, User: ada.ID, Name: "Ada Holm", Address: "192.0.2.17"}
	all := []pactius.Event{
		{Kind: pactius.UserUnitsAssigned, Actor: by, User: anna.ID, Facts: pactius.Facts{"unit.north": "read>write",
			"unit.dock": "none>read", "unit.gone": "administer>none"}},
		{Kind: pactius.RequestApproved, Actor: by, Request: "r1", User: anna.ID,
			Detail: pactius.Facts{"note": "Welcome!"}},
		{Kind: pactius.UserAdmitted, Actor: by, User: anna.ID},
		{Kind: pactius.RequestSent, Actor: pactius.Actor{Kind: pactius.ActorVisitor, Name: "Anna Hansen"},
			Request: "r1"},
		{Kind: pactius.UserChanged, Actor: by, User: evil.ID, Facts: pactius.Facts{"fields": "username,name,ends_on"},
			Detail: pactius.Facts{"username.from": "a@x.example", "username": "b@x.example", "name": hostile}},
		{Kind: pactius.UserDeactivated, Actor: pactius.SupportActor("e1"), User: "gone"},
		{Kind: pactius.UnitRenamed, Actor: by, Unit: "north", Facts: pactius.Facts{}},
		{Kind: pactius.UnitMoved, Actor: by, Unit: "north", Facts: pactius.Facts{"from": "ops", "to": "sales"}},
		{Kind: pactius.UserBound, Actor: by, User: anna.ID}, {Kind: pactius.UserSignedIn, Actor: by, User: bo.ID},
		{Kind: pactius.MailFailed, Actor: pactius.System("e1", "outbox"), Facts: pactius.Facts{"kind": "welcome"},
			Detail: pactius.Facts{"to": hostile}}, {Kind: "new.kind", Actor: by},
		{Kind: pactius.EnvironmentChanged, Actor: by, Facts: pactius.Facts{"fields": "support_contact,language"}},
		{Kind: pactius.ApplicationChanged, Actor: by, Facts: pactius.Facts{"application": "a1", "fields": "icon"},
			Detail: pactius.Facts{"name": hostile}},
		{Kind: pactius.ActivityExported, Actor: by, Unit: "north", Facts: pactius.Facts{"format": "csv",
			"other": string(bo.ID), "kind": "request.", "days": "2026-10-01/"}},
	}
	for i := range all {
		all[i].ID, all[i].At = pactius.EventID(fmt.Sprint(i)), now.Add(-time.Duration(i*i)*time.Hour)
	}
	return audit.Page{EventPage: pactius.EventPage{Events: all, Next: "n"}, Names: names}
}

// approval is what one approval records, as one row.
func approval() audit.Page {
	page := events()
	all := slices.Clone(page.Events[:3])
	all[0], all[1] = all[1], all[0]
	for i := range all {
		all[i].At = now
	}
	page.Events = all
	return page
}

func decision(o users.Outcome, remedy pactius.Text, reasons ...pactius.Text) users.Decision {
	d := users.Decision{Outcome: o, Remedy: remedy}
	for _, r := range reasons {
		d.Reasons = append(d.Reasons, users.Reason{Text: r})
	}
	return d
}

func formerly(u pactius.User) users.FormerOwner {
	return users.FormerOwner{FormerUsername: pactius.FormerUsername{User: u.ID, Username: u.Username,
		Until: lastMonth}, Name: u.Name}
}

// days are the counts of a plot.
func days(most int) []int {
	list := make([]int, 30)
	for i := range list {
		list[i] = (i * 7 % 11) * most / 11
	}
	return list
}

func members(n int) []units.Member {
	list := make([]units.Member, n)
	for i, u := range userList(n).Users {
		list[i] = units.Member{User: u, Access: pactius.Access(1 + i%3), From: "sales"}
	}
	return list
}

func stories() []story {
	var all []story
	for _, group := range [][]story{doorStories(), homeStories(), userStories(), pickerStories(), leaversStories(),
		requestStories(), moreStories(), unitStories(), sessionStories(), searchStories(), helpStories(),
		settingStories(), brandingStories(), connectStories(), explainStories(), openingStories(),
		applicationStories(), errorStories()} {
		all = append(all, group...)
	}
	return all
}

func ticket(shown bool) Ticket {
	if !shown {
		return Ticket{}
	}
	return Ticket{At: now, Reference: "KJ4DZ2MXQ7RT5WBNA3VHC6YLPE", Problem: pactius.T("No access yet"),
		Person: annaAsks}
}

func doorStories() []story {
	ask := RequestAccess{Base: signedOut(), Person: annaAsks, Deciders: approvers(),
		Units:  UnitChoice{Part: partOf(company, false)},
		CanAsk: true, Ticket: ticket(true)}
	with := func(name string, change func(*RequestAccess)) story {
		page := ask
		change(&page)
		return story{"access-" + name, page}
	}
	state := func(s pactius.RequestState, can bool) func(*RequestAccess) {
		return func(p *RequestAccess) {
			p.Request, p.Wished, p.CanAsk = new(request(s)), wished, can
			if s == pactius.StateDeclined && !can {
				p.AskAgain = now.Add(20 * time.Hour)
			}
		}
	}
	failed := SignInFailed{
		Base: signedOut(), Title: pactius.T("Your organisation hasn't given you access to this application"),
		Explanation: pactius.T("You signed in with Microsoft, but your organisation lets only selected people use " +
			"this application."),
		Remedy: pactius.T("Ask your IT department to assign you to this application, then sign in again."),
		Helper: pactius.T("Your IT department can help."), Ticket: Ticket{At: now,
			Reference: "KJ4DZ2MXQ7RT5WBNA3VHC6YLPE",
			Problem:   pactius.T("Your organisation hasn't given you access to this application"), Code: "AADSTS50105"},
	}
	return []story{
		{"signin", SignIn{Base: signedOut(), Return: "/settings/requests/r1"}},
		{"signin-signed-out", SignIn{Base: signedOut(), Notice: &Flash{Tone: ToneGood,
			Message: pactius.T("You've signed out.")}}},
		{"signin-session-ended", SignIn{Base: signedOut(),
			Notice: &Flash{Message: pactius.T("Your session has ended. Sign in again to continue.")}}},
		{"signin-unconnected", SignIn{Base: unconnected(signedOut())}},
		{"leaving", Leaving{Base: signedOut(),
			To: "https://login.microsoftonline.com/8d3c1f6e/oauth2/v2.0/authorize?state=x&nonce=y"}},
		{"leaving-again", Leaving{Base: signedOut(), To: "https://login.microsoftonline.com/", Again: true}},
		{"signin-danish", SignIn{Base: in(signedOut(), language.Danish)}},
		{"signinfailed", failed},
		{"signinfailed-bare", SignInFailed{Base: signedOut(), Title: failed.Title, Ticket: Ticket{At: now}}},
		{"blocked-deactivated", Blocked{Base: signedOut(), Person: annaAsks, Status: pactius.StatusDeactivated,
			Helpers: approvers(), Ticket: ticket(true)}},
		{"blocked-ended", Blocked{Base: signedOut(), Person: evilAsks, Status: pactius.StatusEnded,
			EndsOn: "2026-11-01",
			Ticket: Ticket{At: now, Person: evilAsks}}},
		{"access-ask", ask},
		with("ask-hostile", func(p *RequestAccess) {
			p.Person, p.Message, p.Form = evilAsks, hostile, wrong("message",
				"unit")
		}),
		with("ask-200-units", func(p *RequestAccess) {
			p.Units, p.Browsing = few(false), true
		}),
		with("ask-application", func(p *RequestAccess) {
			p.Sought = &applications.Listed{Application: openable("Contracts", "", 0).Application,
				UnitPath: "Sales / South"}
		}),
		with("ask-no-units", func(p *RequestAccess) { p.Units, p.Deciders = UnitChoice{}, nil }),
		with("ask-other-account", func(p *RequestAccess) { p.Return = "/settings/requests/r1" }),
		with("pending-no-approver", func(p *RequestAccess) {
			state(pactius.StatePending, false)(p)
			p.Deciders = nil
		}),
		with("pending", state(pactius.StatePending, false)), with("approved", state(pactius.StateApproved, false)),
		with("declined", state(pactius.StateDeclined, false)),
		with("declined-ask-again", state(pactius.StateDeclined, true)),
		with("withdrawn", state(pactius.StateWithdrawn, true)), with("expired", state(pactius.StateExpired, true)),
		{"access-withdraw", Confirm{
			Base: signedOut(), Title: pactius.T("Withdraw the request"),
			Will:   []pactius.Text{pactius.T("Nothing has happened yet.")},
			Action: "/access/withdraw", Button: pactius.T("Withdraw"), Cancel: "/access",
		}},
	}
}

func userStories() []story {
	list := func(b Base, n int) Users { return Users{Base: b, List: userList(n)} }
	many := list(baseOf(AtUsers), 200)
	many.Total, many.More, many.Next = 1000, true, "abc&d=e"
	many.Filter = pactius.UserFilter{Sort: pactius.SortSeen, After: "x", Search: hostile}
	long, byUnit := many, list(baseOf(AtUsers), 14)
	long.Filter, long.Unsorted = pactius.UserFilter{Sort: pactius.SortStatus}, true
	byUnit.Filter.Sort = pactius.SortUnit
	alone, nothing := list(baseOf(AtUsers), 1), list(baseOf(AtUsers), 0)
	alone.Users = []pactius.User{ada}
	nothing.Filter = pactius.UserFilter{Search: "qwx", Unassigned: true}
	nothing.Cut, nothing.Next = true, "x"
	flash := Flash{ToneGood, pactius.T("%s has been added.", "Anna Hansen"), "/settings/users/x",
		pactius.T("Open this user"),
		pactius.T("No email was sent to %s because they've already received many from you today. Tell them yourself.",
			hostile), true}
	add := AddUser{Base: baseOf(AtUsers), Welcome: true, Units: choice(true)}
	adding := func(name string, change func(*AddUser)) story {
		page := add
		change(&page)
		return story{"user-add" + name, page}
	}
	user := func(u pactius.User, status pactius.Status, d users.Decision, change func(*OneUser)) OneUser {
		page := OneUser{Base: baseOf(AtUsers), View: users.View{User: u, Status: status, CanManage: true,
			Tree: company, Explanation: d}}
		if change != nil {
			change(&page)
		}
		return page
	}
	placed := func(p *OneUser) {
		p.Memberships = memberships("sales", pactius.AccessAdminister, "dock", pactius.AccessRead)
		p.View.Target = pactius.NewRights(company, p.Memberships)
	}
	enters := decision(users.OutcomeEnter, pactius.Text{},
		pactius.T("The Microsoft 365 account is linked to %s.", bo.Name))
	blocked := decision(users.OutcomeBlocked, pactius.T("Reactivate the user on the user's page."),
		pactius.T("The user is deactivated."))
	binds := decision(users.OutcomeLink, pactius.Text{})
	one := user(bo, pactius.StatusActive, enters, func(p *OneUser) {
		placed(p)
		p.Rights = pactius.AllRights(company)
		p.Sessions = []pactius.Session{
			{ID: "s1", Agent: "Edge on Windows", Address: "192.0.2.17", CreatedAt: yesterday, SeenAt: now},
			{ID: "s2", Address: "2001:db8::1", CreatedAt: lastMonth, SeenAt: yesterday},
		}
		p.CurrentSession, p.History, p.View.Request = "s1", events(), new(request(pactius.StateApproved))
	})
	looking := one
	looking.CanManage, looking.Rights, looking.View.User = false, pactius.Rights{}, lange
	others := looking
	others.OfOthers, others.Rights, others.Memberships, others.View.Target = true, pactius.AllRights(company), nil,
		pactius.Rights{}
	return []story{
		{"users", list(baseOf(AtUsers), 14)},
		{"users-danish", list(in(baseOf(AtUsers), language.Danish), 14)},
		{"users-200", many},
		{"users-unsorted", long},
		{"users-by-unit", byUnit},
		{"users-alone", alone},
		{"users-nothing", nothing},
		{"users-unconnected", list(unconnected(baseOf(AtUsers)), 1)},
		{"users-flash", list(flashed(baseOf(AtUsers), flash), 3)},
		adding("", func(*AddUser) {}),
		adding("-wrong", func(p *AddUser) {
			p.Form, p.Username, p.Name = wrong("username", "name", "email", "ends_on", "unknown"), hostile, hostile
		}),
		adding("-existing", func(p *AddUser) {
			p.Username, p.Notice.Existing, p.Notice.Visible = anna.Username, &anna,
				true
		}),
		adding("-pending", func(p *AddUser) {
			p.Username, p.Notice.Pending = anna.Username,
				new(request(pactius.StatePending))
		}),
		adding("-200-units", func(p *AddUser) { p.Units = few(true) }),
		adding("-unconnected", func(p *AddUser) { p.Base = unconnected(p.Base) }),
		{"user", one},
		{"user-looking", looking},
		{"user-of-others", others},
		{"user-just-approved", user(anna, pactius.StatusInvited, binds, func(p *OneUser) {
			p.JustApproved, p.Rights = true, pactius.AllRights(company)
		})},
		{"user-deactivated", user(carl, pactius.StatusDeactivated, blocked, placed)},
		{"user-asks-already", user(anna, pactius.StatusInvited, binds, func(p *OneUser) {
			p.Former = []pactius.FormerUsername{{Username: hostile, Until: lastMonth}}
			p.Around.Seen = []users.FormerOwner{formerly(evil),
				{FormerUsername: pactius.FormerUsername{Until: lastMonth}}}
			p.Proposed, p.Doubles = []pactius.AccessRequest{request(pactius.StatePending)}, []pactius.User{bo}
			p.Around.Waiting = []users.Similar{{Request: new(request(pactius.StatePending)),
				Reasons: []pactius.Text{pactius.T("Enter a name."), pactius.T("Enter a name.")}}}
		})},
		{"user-ended", user(dora, pactius.StatusEnded, blocked, placed)},
		{"user-last-root", user(evil, pactius.StatusActive, enters, func(p *OneUser) { placed(p); p.LastRoot = true })},
		{"user-edit", EditUser{Base: baseOf(AtUsers), Target: bo, CanIdentify: true, Name: bo.Name,
			EndsOn: "2027-03-31", Form: Form{Version: 3}}},
		{"user-edit-of-others", EditUser{Base: baseOf(AtUsers), Target: anna, Name: anna.Name}},
		{"user-edit-invited", EditUser{Base: baseOf(AtUsers), Target: anna, CanIdentify: true,
			Username: anna.Username, Name: anna.Name, Form: wrong("username")}},
		{"user-edit-misspelt", renaming(directory.Verdict{State: directory.NameMissing, Meant: found()[:2]},
			users.Meets{})},
		{"user-edit-asked", renaming(directory.Verdict{State: directory.NameUnchecked, Trouble: pactius.TroubleAway},
			users.Meets{Pending: new(request(pactius.StatePending)), Elsewhere: true})},
		{"user-units", ManageUnits{Base: baseOf(AtUsers), Target: bo, Units: choice(true)}},
		{"user-units-found", ManageUnits{Base: baseOf(AtUsers), Target: bo,
			Units: searchedFor(true, "north", "dock", "cold")}},
		{"user-units-not-found", ManageUnits{Base: baseOf(AtUsers), Target: bo, Units: searchedFor(true)}},
		{"user-units-200", ManageUnits{Base: baseOf(AtUsers), Target: bo, Units: few(true)}},
		{"user-units-changed", ManageUnits{Base: baseOf(AtUsers), Target: bo, Units: choice(true),
			Changed: &users.IdentityChange{By: pactius.Actor{Kind: pactius.ActorUser, Name: "Lars Local"}, At: now,
				Username: "ana@nordhavn.example"}}},
		{"user-units-limited", ManageUnits{Base: baseOf(AtUsers), Target: bo, Units: limited(), Form: wrong("unit")}},
		{"user-merged", user(anna, pactius.StatusInvited, binds, func(p *OneUser) {
			p.CanUnmerge, p.CanDelete, p.CanErase = true, true, true
			p.Merged = []pactius.MergedUser{{ID: "x", User: anna.ID, Username: hostile, At: yesterday}}
		})},
		{"user-merge", MergeUser{Base: baseOf(AtUsers), Target: anna}},
		{"user-merge-found", MergeUser{Base: baseOf(AtUsers), Target: anna, Search: hostile, More: true,
			Found: []pactius.User{bo, evil}}},
		{"user-merge-none", MergeUser{Base: baseOf(AtUsers), Target: anna, Search: "x", Form: wrong("unknown")}},
		{"user-merge-ask", MergeUser{Base: baseOf(AtUsers), Target: bo, Plan: merging(bo, evil, true)}},
		{"user-merge-ask-names", MergeUser{Base: baseOf(AtUsers), Target: anna, Plan: merging(anna, evil, true),
			Form: wrong("account")}},
		{"user-merge-ask-one-account", MergeUser{Base: baseOf(AtUsers), Target: bo, Plan: merging(bo, anna, false)}},
		{"user-deactivate", Confirm{
			Base: baseOf(AtUsers), Title: pactius.T("Deactivate %s", "Bo Berg"),
			Will: []pactius.Text{pactius.T("The user is signed out immediately and can't sign in. Nothing is " +
				"deleted, and it can be undone."), pactius.T("Nothing has happened yet.")},
			Action: "/settings/users/x/deactivate", Button: pactius.T("Deactivate"), Danger: true,
			Cancel: "/settings/users/x",
		}},
	}
}

// merging is the plan of a merge.
func merging(kept, other pactius.User, choose bool) *users.MergePlan {
	p := users.MergePlan{Kept: kept, Other: other, Result: kept, Status: pactius.StatusActive,
		OtherStatus: pactius.StatusInvited, Account: users.AccountOfKept, CanChoose: choose, Requests: 2, Sessions: 1,
		Tree: company, Seen: "1.2.3.4", Gains: []pactius.Grant{{Unit: "north", Access: pactius.AccessWrite}}}
	p.Other.EndsOn = "2027-03-31"
	if !choose {
		p.Gains = nil
	}
	return &p
}

// renaming is the form with a corrected account name that was asked about.
func renaming(v directory.Verdict, m users.Meets) EditUser {
	const typed = "anna.hanson@nordhavn.example"
	return EditUser{Base: baseOf(AtUsers), Target: anna, CanIdentify: true, Username: typed, Name: anna.Name,
		Form: Form{Version: 3}, Notice: AddNotice{Typed: typed, Rename: true, Verdict: v, Meets: m}}
}

func requestStories() []story {
	page := users.RequestPage{Paths: map[pactius.UnitID]string{
		"north": "Sales / North", "dock": "Operations / Harbour dock", "pay": "Finance / Payroll"}}
	states := []pactius.RequestState{pactius.StatePending, pactius.StateApproved, pactius.StateDeclined,
		pactius.StateWithdrawn,
		pactius.StateExpired}
	for i := range 200 {
		r := request(states[i%5])
		r.ID, r.Units = pactius.RequestID(fmt.Sprint("r", i)), []pactius.UnitID{"north", "dock", "pay"}[:i%4]
		page.Requests = append(page.Requests, r)
	}
	waiting, all := page, page
	waiting.Requests = []pactius.AccessRequest{page.Requests[0], {ID: "e", Person: evilAsks, CreatedAt: lastMonth,
		State: pactius.StatePending}}
	all.Next, waiting.Alike = "n", map[pactius.RequestID]bool{"r0": true, "e": true}
	one := OneRequest{Base: baseOf(AtRequests), Units: choice(true), RequestView: users.RequestView{
		Request: request(pactius.StatePending), Tree: company,
		Decision: decision(users.OutcomeUnrecognised, pactius.Text{}, pactius.T("No user has the account name %s.",
			annaAsks.Username)),
	}}
	with := func(name string, change func(*OneRequest)) story {
		page := one
		change(&page)
		return story{"request" + name, page}
	}
	invited, gone := anna, bo
	invited.FirstSignInAt, invited.LastSignInAt, invited.Identity = time.Time{}, time.Time{}, pactius.Identity{}
	gone.AccountState = pactius.AccountDeleted
	gone.Identity.ObjectID = "old"
	same := func(change func(*SamePerson)) SamePerson {
		page := SamePerson{Base: baseOf(AtRequests), SameView: users.SameView{Request: request(pactius.StatePending),
			Existing: gone, Visible: true, Decides: true, Manages: true}}
		page.Account = users.Asked{Known: true, State: pactius.AccountDeleted}
		change(&page)
		return page
	}
	settled := func(s pactius.RequestState) func(*OneRequest) {
		return func(p *OneRequest) { p.Request = request(s) }
	}
	return []story{
		{"requests", Requests{Base: baseOf(AtRequests), RequestPage: waiting}},
		{"requests-none-found", Requests{Base: baseOf(AtRequests), Search: hostile, State: RequestsDecided}},
		{"requests-empty", Requests{Base: idle(baseOf(AtRequests))}},
		{"requests-decided-empty", Requests{Base: baseOf(AtRequests), State: RequestsDecided}},
		{"requests-200", Requests{Base: baseOf(AtRequests), State: RequestsAll, RequestPage: all, Later: true}},
		with("", func(*OneRequest) {}),
		with("-hostile", func(p *OneRequest) {
			p.Request.Person, p.Request.Message, p.Form, p.Note, p.Units = evilAsks, hostile+"\n"+long,
				wrong("note", "unit"), hostile, few(true)
		}),
		with("-own", func(p *OneRequest) { p.Own = true }),
		with("-existing", func(p *OneRequest) { p.Existing = &anna }),
		with("-similar", func(p *OneRequest) {
			hanson, evil := anna, bo
			hanson.Username, hanson.FirstSignInAt = "anna.hanson@nordhavn.example", time.Time{}
			evil.Username, evil.Name = hostile, hostile
			p.Similar = []users.Similar{{User: &hanson, Reasons: []pactius.Text{pactius.T("One letter differs"),
				pactius.T("Same name")}}, {User: &evil, Reasons: []pactius.Text{pactius.T("Same name")}}}
			p.Hidden = 1
		}),
		with("-taken-over", func(p *OneRequest) {
			p.TakenOver, p.Former = &anna, []users.FormerOwner{formerly(bo)}
		}),
		with("-approved", func(p *OneRequest) {
			settled(pactius.StateApproved)(p)
			p.Result, p.CanTakeBack = &anna, true
			ends := anna
			ends.EndsOn, p.Request.Created, p.Result = "2027-03-31", true, &ends
			p.Given = []pactius.Grant{{Unit: "sales", Access: pactius.AccessRead},
				{Unit: "dock", Access: pactius.AccessWrite}}
		}),
		with("-approved-without", func(p *OneRequest) {
			settled(pactius.StateApproved)(p)
			none := anna
			none.UnitCount = 0
			p.Request.Created, p.Result, p.CanTakeBack = true, &none, true
		}),
		with("-like", func(p *OneRequest) {
			p.Units.Like = Like{Asked: true, Like: users.Like{User: bo, LeftOut: 2,
				Grants: []pactius.Grant{{Unit: "sales", Access: pactius.AccessRead}}}}
		}),
		with("-like-several", func(p *OneRequest) {
			p.Units.Like = Like{Asked: true, Typed: hostile,
				Like: users.Like{Found: []pactius.User{anna, bo}, More: true}}
		}),
		with("-like-none", func(p *OneRequest) { p.Units.Like = Like{Asked: true, Typed: hostile} }),
		with("-late", func(p *OneRequest) {
			settled(pactius.StateDeclined)(p)
			p.Late = &p.Request
		}),
		with("-withdrawn", settled(pactius.StateWithdrawn)),
		with("-expired", settled(pactius.StateExpired)),
		with("-existing-out-of-date", func(p *OneRequest) { p.Existing, p.OutOfDate = &bo, true }),
		with("-namesake", func(p *OneRequest) {
			p.Existing, p.Form = &invited, wrong("")
			p.Namesake = &users.NamesakeError{User: invited}
		}),
		with("-doubted", func(p *OneRequest) {
			p.Similar, p.Doubted, p.Form = []users.Similar{{User: &invited,
				Reasons: []pactius.Text{pactius.T("Same name")}}}, true, wrong("")
			p.NeedConfirm = map[pactius.UserID]bool{invited.ID: true}
		}),
		with("-recreated", func(p *OneRequest) { p.TakenOver = &gone }),
		with("-proposed", func(p *OneRequest) { p.Proposed, p.ProposedBy = &bo, hostile }),
		{"request-same", same(func(*SamePerson) {})},
		{"request-same-lives", same(func(p *SamePerson) { p.Account, p.By = users.Asked{Known: true}, hostile })},
		{"request-same-propose", same(func(p *SamePerson) {
			p.Manages, p.Visible, p.Existing = false, false, invited
		})},
		{"request-same-confirm", same(func(p *SamePerson) { p.Decides, p.By = false, "Lars Local" })},
		{"request-decline", DeclineRequest{Base: baseOf(AtRequests), Request: request(pactius.StatePending)}},
		{"request-decline-wrong", DeclineRequest{Base: baseOf(AtRequests), Request: request(pactius.StatePending),
			Note: hostile, Form: wrong("note")}},
		{"request-take-back", Confirm{Base: baseOf(AtRequests), Title: pactius.T("Undo"),
			Action: "/settings/requests/r1/take-back", Button: pactius.T("Undo"),
			Cancel: "/settings/requests/r1"}},
	}
}

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
