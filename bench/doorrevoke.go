package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// Kinds of revocations.
const (
	bySignOut      = "sign-out"
	byDeactivation = "deactivation"
	byUnit         = "unit removed"
	byEndDate      = "end date"
)

var revocations = []string{bySignOut, byDeactivation, byUnit, byEndDate}

// longAgo is an end date that is over.
const longAgo = "2020-01-01"

// revoke takes a person's access away. When it returns the change is durable.
func revoke(ctx context.Context, s *store.Store, env pactius.EnvironmentID, kind string, t holder) error {
	return s.Update(ctx, env, func(tx *store.Tx) error {
		u, err := tx.User(t.user)
		if err != nil {
			return err
		}
		switch kind {
		case bySignOut:
			_, err := tx.DeleteSession(t.session)
			return err
		case byUnit:
			return removeUnits(tx, u)
		case byDeactivation:
			u.DeactivatedAt = u.CreatedAt
		case byEndDate:
			u.EndsOn = longAgo
		default:
			return fmt.Errorf("there is no revocation %q", kind)
		}
		return tx.UpdateUser(u)
	})
}

// removeUnits removes all business units of a user.
func removeUnits(tx *store.Tx, u pactius.User) error {
	memberships, err := tx.Memberships(u.ID)
	if err != nil {
		return err
	}
	var none []pactius.Grant
	for _, m := range memberships {
		none = append(none, pactius.Grant{Unit: m.UnitID, Access: pactius.AccessNone})
	}
	return tx.SetMemberships(u.ID, none, u.CreatedAt)
}

// standing is what a revocation changes.
type standing struct {
	user        pactius.User
	memberships []pactius.Membership
}

func (c *doorCompany) standing(ctx context.Context, t holder) (standing, error) {
	var s standing
	err := c.plain.View(ctx, c.Environment, func(tx *store.Tx) error {
		var err error
		if s.user, err = tx.User(t.user); err == nil {
			s.memberships, err = tx.Memberships(t.user)
		}
		return err
	})
	return s, err
}

// restore undoes a revocation, but for the session that a sign-out has ended.
func (c *doorCompany) restore(ctx context.Context, kind string, s standing) error {
	return c.plain.Update(ctx, c.Environment, func(tx *store.Tx) error {
		if kind == byUnit {
			var grants []pactius.Grant
			for _, m := range s.memberships {
				grants = append(grants, pactius.Grant{Unit: m.UnitID, Access: m.Access})
			}
			return tx.SetMemberships(s.user.ID, grants, s.memberships[0].CreatedAt)
		}
		u, err := tx.User(s.user.ID)
		if err != nil {
			return err
		}
		u.DeactivatedAt, u.EndsOn = s.user.DeactivatedAt, s.user.EndsOn
		return tx.UpdateUser(u)
	})
}

// prime spreads revocations over the time between two looks at changes, to which the one before has been bound.
const prime = 97

// measureRevocations revokes on the instance that is asked, and in this process, which is another instance.
func (r *doorResult) measureRevocations(
	ctx context.Context, c *doorCompany, i *instance, p *proxy, times int,
) error {
	here := func(kind string, t holder) error {
		q := url.Values{"kind": {kind}, "environment": {string(c.Environment)}, "user": {string(t.user)},
			"session": {t.session}}
		answer, err := http.Get("http://" + i.address + revokePath + "?" + q.Encode())
		if err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s answered %d", kind, answer.StatusCode)
		}
		_ = answer.Body.Close()
		return err
	}
	elsewhere := func(kind string, t holder) error { return revoke(ctx, c.plain, c.Environment, kind, t) }
	next := 0
	for range times {
		for _, kind := range revocations {
			for n, revoke := range []func(string, holder) error{here, elsewhere} {
				t := c.holders[next]
				next++
				time.Sleep(time.Duration(next*prime%250) * time.Millisecond)
				took, err := c.heard(ctx, p, kind, t, revoke)
				if err != nil {
					return fmt.Errorf("%s: %w", kind, err)
				}
				r.heard[n] = append(r.heard[n], took)
			}
		}
	}
	return nil
}

// longestHeard is more than a revocation may ever take.
const longestHeard = 10 * time.Second

// heard revokes and returns how long a session is still admitted after that.
func (c *doorCompany) heard(
	ctx context.Context, p *proxy, kind string, t holder, revoke func(string, holder) error,
) (time.Duration, error) {
	text := ask("/verify", c.app.ID, t.token)
	if err := p.admitted(text); err != nil {
		return 0, err
	}
	before, err := c.standing(ctx, t)
	if err != nil {
		return 0, err
	}
	if err := revoke(kind, t); err != nil {
		return 0, err
	}
	committed := time.Now()
	for {
		status, err := p.status(text)
		took := time.Since(committed)
		if err == nil && status == http.StatusOK && took < longestHeard {
			time.Sleep(time.Millisecond) // a request that follows
			continue
		}
		if err == nil && status != http.StatusUnauthorized && status != http.StatusForbidden {
			err = fmt.Errorf("after %v the door answered %d", took, status)
		}
		if e := c.restore(context.WithoutCancel(ctx), kind, before); err == nil {
			err = e
		}
		return took, err
	}
}
