package view

import (
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
)

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
