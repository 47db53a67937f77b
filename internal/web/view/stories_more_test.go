package view

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

// moreStories are a user's request for more access, and its approval.
func moreStories() []story {
	base := baseOf(AtHome)
	base.Menu, base.User = Menu{Current: AtHome}, &anna
	has := Explicit(company, memberships("sales", pactius.AccessRead, "dock", pactius.AccessWrite))
	more := func(name string, change func(*MoreAccess)) story {
		page := MoreAccess{Has: has, RequestAccess: RequestAccess{Base: base, Deciders: approvers(),
			Units: UnitChoice{Part: partOf(company, false), Address: MoreUnitsPath}, CanAsk: true}}
		change(&page)
		return story{"more" + name, page}
	}
	state := func(s pactius.RequestState, can bool) func(*MoreAccess) {
		return func(p *MoreAccess) {
			p.Request, p.Wished, p.CanAsk = new(request(s)), wished, can
			if s == pactius.StateDeclined && !can {
				p.AskAgain = now.Add(20 * time.Hour)
			}
		}
	}
	approve := func(name string, change func(*OneRequest)) story {
		page := OneRequest{Base: baseOf(AtRequests), Units: choice(true)}
		page.Request, page.Tree, page.More, page.Seen = request(pactius.StatePending), company, true, true
		page.Request.UserID, page.Existing = anna.ID, &anna
		page.Memberships = memberships("sales", pactius.AccessRead, "dock", pactius.AccessWrite)
		change(&page)
		return story{"request-more" + name, page}
	}
	user := OneUser{Base: baseOf(AtUsers)}
	user.View.User, user.Status, user.CanManage, user.Tree = anna, pactius.StatusActive, true, company
	user.Request = new(request(pactius.StatePending))
	user.Request.UserID = anna.ID
	return []story{
		more("", func(*MoreAccess) {}),
		more("-hostile", func(p *MoreAccess) {
			p.Message, p.Form, p.Has, p.Units = hostile, wrong("message", "unit"), nil, few(false)
			p.Purpose = pactius.T("Remove %s", hostile)
		}),
		more("-pending", state(pactius.StatePending, false)),
		more("-no-address", func(p *MoreAccess) {
			state(pactius.StatePending, false)(p)
			nameless := anna
			nameless.Email, nameless.Username, p.Wished, p.Deciders = "", "", nil, nil
			p.User = &nameless
		}),
		more("-approved", state(pactius.StateApproved, true)),
		more("-declined", state(pactius.StateDeclined, false)),
		more("-declined-ask-again", state(pactius.StateDeclined, true)),
		more("-withdrawn", state(pactius.StateWithdrawn, true)),
		more("-expired", state(pactius.StateExpired, true)),
		more("-all", func(p *MoreAccess) { p.All, p.CanAsk = true, false }),
		more("-danish", func(p *MoreAccess) { p.Base = in(base, language.Danish) }),
		approve("", func(*OneRequest) {}),
		approve("-hidden", func(p *OneRequest) {
			p.Seen, p.Memberships, p.Existing = false, nil, &pactius.User{Username: annaAsks.Username}
		}),
		approve("-barred", func(p *OneRequest) { p.Barred, p.Memberships = true, nil }),
		approve("-approved", func(p *OneRequest) {
			p.Request = request(pactius.StateApproved)
			p.Request.Created, p.Result, p.CanTakeBack = false, &anna, true
		}),
		{"user-more", user},
	}
}
