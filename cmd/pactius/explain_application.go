package main

import (
	"context"
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// openingRecord says whether a person can open an application.
type openingRecord struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Outcome string   `json:"outcome"` // opens, not_linked, no_access, cut_off, ended, deactivated or no_user
	Reasons []string `json:"reasons"`
	Remedy  string   `json:"remedy"` // "" if nothing is in the way
}

func newOpeningRecord(x *applications.Explanation) *openingRecord {
	if x == nil {
		return nil
	}
	return &openingRecord{ID: string(x.Application.ID), Name: x.Application.Name, Outcome: string(x.Outcome),
		Reasons: texts(x.Reasons), Remedy: x.Remedy.String()}
}

// opening explains whether a user, nil for none, can open the application with a name; nil without a name.
func (d *desk) opening(ctx context.Context, u *pactius.User, name string) (*applications.Explanation, error) {
	if name == "" {
		return nil, nil
	}
	l, err := d.application(ctx, name)
	if err != nil {
		return nil, err
	}
	var id pactius.UserID
	if u != nil {
		id = u.ID
	}
	x, err := d.Applications.Explain(ctx, d.actor, id, l.ID)
	return &x, err
}

// sayOpening prints whether a person can open an application.
func (d *desk) sayOpening(username string, x *applications.Explanation) error {
	if x == nil {
		return nil
	}
	all := []error{d.say("%s (%s)", x.Verdict(username), x.Outcome)}
	for _, why := range x.Reasons {
		all = append(all, d.say("  because  %s", why))
	}
	if !x.Remedy.IsZero() {
		all = append(all, d.say("  remedy   %s", x.Remedy))
	}
	return errors.Join(all...)
}
