package view

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/users"
)

func leaversStories() []story {
	held := leavers.State{On: true, FinishedAt: now.Add(-4 * time.Minute), HeldAt: yesterday, Waiting: 120}
	gone := func(u pactius.User, state pactius.AccountState) pactius.User {
		u.AccountState, u.AccountStateAt = state, yesterday
		return u
	}
	var rows []pactius.Leaver
	for i, u := range userList(12).Users {
		state := []pactius.AccountState{pactius.AccountDisabled, pactius.AccountDeleted}[i%2]
		rows = append(rows, pactius.Leaver{User: u, Finding: pactius.AccountFinding{User: u.ID, State: state,
			FoundAt: yesterday}})
	}
	page := Leavers{Base: baseOf(AtUsers), View: leavers.View{State: held, Leavers: rows, Next: "abc&d=e", Bound: 10}}
	danish, small, empty, troubled, off, first := page, page, page, page, page, page
	danish.Base = in(danish.Base, language.Danish)
	small.View.Leavers, small.Next, small.Waiting, small.Later, small.Marks = rows[:1], "", 1, true, true
	empty.View.Leavers, empty.State = nil, leavers.State{On: true, FinishedAt: now}
	troubled.View.Leavers, troubled.State = nil, leavers.State{On: true, FinishedAt: lastMonth,
		Trouble: pactius.TroubleNoPermission, TroubleAt: lastMonth}
	off.View.Leavers, off.State = nil, leavers.State{}
	first.View.Leavers, first.State = nil, leavers.State{On: true, UnderWay: true}
	list := Users{Base: baseOf(AtUsers), List: userList(3), Filter: pactius.UserFilter{Gone: true}, Sweep: held}
	for i, u := range list.Users {
		list.Users[i] = gone(u, pactius.AccountDisabled)
	}
	trouble := list
	trouble.Sweep = troubled.State
	swept := gone(carl, pactius.AccountDeleted)
	swept.SweptOut = true
	one := func(name string, u pactius.User, status pactius.Status, last bool) story {
		return story{"user-gone-" + name, OneUser{Base: baseOf(AtUsers),
			View: users.View{User: u, Status: status, CanManage: true, LastRoot: last, Tree: company,
				Explanation: decision(users.OutcomeBlocked, pactius.Text{})}}}
	}
	return []story{
		{"leavers", page},
		{"leavers-danish", danish},
		{"leavers-one", small},
		{"leavers-none", empty},
		{"leavers-trouble", troubled},
		{"leavers-off", off},
		{"leavers-first", first},
		{"users-gone", list},
		{"users-gone-trouble", trouble},
		one("swept", swept, pactius.StatusDeactivated, false),
		one("by-hand", gone(carl, pactius.AccountDisabled), pactius.StatusDeactivated, false),
		one("active", gone(bo, pactius.AccountDisabled), pactius.StatusActive, false),
		one("last", gone(evil, pactius.AccountDisabled), pactius.StatusActive, true),
	}
}
