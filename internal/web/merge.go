package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// shownToMerge is how many found users are offered for a merge.
const shownToMerge = 10

// openMerge searches for a user to merge into the one that the path names, or asks
// before the chosen one is merged.
//
// GET /settings/users/{id}/merge; who may change the identity of both users.
func (s *Site) openMerge(v *visit) error {
	u, err := s.managed(v)
	if err != nil {
		return err
	}
	page := view.MergeUser{Base: v.page(view.AtUsers), Target: u.User, Search: v.query("q", maxSearch)}
	if with := queryID[pactius.UserID](v, "with"); with != "" {
		return s.askMerge(v, page, users.Merge{Kept: u.User.ID, Other: with}, nil)
	}
	if page.Search != "" {
		l, err := s.Users.Users(v.r.Context(), v.actor,
			pactius.UserFilter{Search: page.Search, Limit: shownToMerge + 1})
		if err != nil {
			return err
		}
		for _, other := range l.Users {
			if other.ID != u.User.ID {
				page.Found = append(page.Found, other)
			}
		}
		if page.More = len(page.Found) > shownToMerge || l.Next != ""; len(page.Found) > shownToMerge {
			page.Found = page.Found[:shownToMerge]
		}
	}
	return s.ok(v, page)
}

// askMerge shows what a merge would do, or why it cannot be done.
func (s *Site) askMerge(v *visit, page view.MergeUser, m users.Merge, problem *pactius.Error) error {
	status := http.StatusOK
	if problem != nil {
		status = statusOf(problem)
	}
	plan, err := s.Users.PlanMerge(v.r.Context(), v.actor, m)
	if e, ok := inForm(err); ok {
		if problem == nil {
			status, problem = statusOf(err), e
		}
	} else if err != nil {
		return err
	} else {
		page.Plan = &plan
	}
	page.Form = view.FormOf(problem)
	s.show(v, status, page)
	return nil
}

// mergeUser merges the chosen user into the one that the path names.
//
// POST /settings/users/{id}/merge; who may change the identity of both users.
func (s *Site) mergeUser(v *visit) error {
	u, err := s.managed(v)
	if err != nil {
		return err
	}
	m := users.Merge{Kept: u.User.ID, Other: pactius.UserID(v.form.text("with")),
		Account: users.MergeAccount(v.form.text("account")), Seen: v.form.text("seen")}
	if m.Seen == "" {
		m.Seen = "nothing" // the rule would not check an empty one
	}
	done, err := s.Users.Merge(v.r.Context(), v.actor, m)
	if e, ok := inForm(err); ok {
		page := view.MergeUser{Base: v.page(view.AtUsers), Target: u.User}
		return s.askMerge(v, page, users.Merge{Kept: m.Kept, Other: m.Other}, e)
	}
	if err != nil {
		return err
	}
	s.say(v, merged(done))
	return redirect(v, userPath(done.Kept.ID))
}

// merged is the message after a merge, with the way back.
func merged(p users.MergePlan) view.Flash {
	return linked(done(pactius.T("%s has been merged into %s.", p.Other.Name, p.Kept.Name)),
		userPath(p.Kept.ID)+"/unmerge", pactius.T("Undo"))
}

func separation(u users.View) view.Confirm {
	return view.Confirm{Title: pactius.T("Undo the merge of %s", u.User.Name), Will: []pactius.Text{
		pactius.T("Both users are restored to how they were before the merge, with their own business units and " +
			"Microsoft 365 accounts."),
		pactius.T("Anyone signed in with one of the accounts may have to sign in again."),
	}, Action: userPath(u.User.ID) + "/unmerge", Button: pactius.T("Undo the merge")}
}

// confirmUnmerge asks before the latest merge of a user is undone.
//
// GET /settings/users/{id}/unmerge; as openMerge.
func (s *Site) confirmUnmerge(v *visit) error { return s.ask(v, http.StatusOK, nil, separation) }

// unmergeUser undoes the latest merge of a user.
//
// POST /settings/users/{id}/unmerge; as openMerge.
func (s *Site) unmergeUser(v *visit) error {
	return s.confirmed(v, separation, func(id pactius.UserID) error {
		kept, other, err := s.Users.Unmerge(v.r.Context(), v.actor, id)
		if err == nil {
			s.say(v, linked(done(pactius.T("%s and %s are separate users again.", kept.Name, other.Name)),
				userPath(other.ID), pactius.T("Open %s", other.Name)))
		}
		return err
	})
}
