package view

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/leavers"
)

func leaversStories() []story {
	held := leavers.State{On: true, FinishedAt: now.Add(-4 * time.Minute), HeldAt: yesterday, Waiting: 120}
	gone := func(u pactius.User, state pactius.AccountState) pactius.User {
		u.AccountState, u.AccountStateAt = state, yesterday
		return u
	}
	var rows []pactius.Leaver
	for i, r := range userRows(12) {
		state := []pactius.AccountState{pactius.AccountDisabled, pactius.AccountDeleted}[i%2]
		rows = append(rows, pactius.Leaver{User: r.User, Finding: pactius.AccountFinding{User: r.User.ID, State: state, FoundAt: yesterday}})
	}
	page := Leavers{Base: baseOf(AtUsers), Sweep: held, Rows: rows, Next: "abc&d=e", Bound: 10}
	danish, small, empty, troubled, off, first := page, page, page, page, page, page
	danish.Base = in(danish.Base, language.Danish)
	small.Rows, small.Next, small.Sweep.Waiting, small.Later, small.Marks = rows[:1], "", 1, true, true
	empty.Rows, empty.Sweep = nil, leavers.State{On: true, FinishedAt: now}
	troubled.Rows, troubled.Sweep = nil, leavers.State{On: true, FinishedAt: lastMonth, Trouble: pactius.NoPermission, TroubleAt: lastMonth}
	off.Rows, off.Sweep = nil, leavers.State{}
	first.Rows, first.Sweep = nil, leavers.State{On: true, UnderWay: true}
	list := Users{Base: baseOf(AtUsers), Units: options(), Filter: pactius.UserFilter{Gone: true}, Rows: userRows(3), Total: 3, Sweep: held}
	for i := range list.Rows {
		list.Rows[i].User = gone(list.Rows[i].User, pactius.AccountDisabled)
	}
	trouble := list
	trouble.Sweep = troubled.Sweep
	swept := gone(carl, pactius.AccountDeleted)
	swept.SweptOut = true
	one := func(name string, u pactius.User, status pactius.Status, last bool) story {
		return story{"user-gone-" + name, OneUser{Base: baseOf(AtUsers), Target: u, Status: status, CanManage: true, LastRoot: last}}
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
		one("swept", swept, pactius.Deactivated, false),
		one("by-hand", gone(carl, pactius.AccountDisabled), pactius.Deactivated, false),
		one("active", gone(bo, pactius.AccountDisabled), pactius.Active, false),
		one("last", gone(evil, pactius.AccountDisabled), pactius.Active, true),
	}
}
