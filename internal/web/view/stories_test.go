package view

import (
	"fmt"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/audit"
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
		applicationStories(), authorizeStories(), errorStories()} {
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
		{"stranded", Stranded{Title: pactius.T("Start at your company's address"), Explanation: failed.Explanation,
			Remedy: failed.Remedy, Reference: failed.Ticket.Reference}},
		{"stranded-late", Stranded{Title: pactius.T("This sign-in is no longer valid"), Explanation: failed.Explanation,
			Remedy: failed.Remedy, To: "https://nordhavn.pactius.example/"}},
		{"stranded-signed-out", Stranded{Title: pactius.T("You've signed out"), Explanation: failed.Explanation,
			Fine: true}},
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
