package users_test

import (
	"context"

	"pgregory.net/rapid"

	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/users"
)

// decisions are what administrators do with requests.
func (m *machine) decisions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"approve": func(t *rapid.T) {
			by, id, grants := m.decider(t), m.someRequest(t), m.someGrants(t)
			despite := rapid.Bool().Draw(t, "despite")
			m.try(t, "approve", func(ctx context.Context) error {
				d, err := m.rules.Approve(ctx, by, id, users.Approval{Grants: grants, Despite: despite})
				i := d.Request.Person.Identity
				if err == nil && !d.Late && !d.Created && m.linked[i.ObjectID] != d.User.ID {
					a, err := m.Account(ctx, by, i.ObjectID)
					if err != nil || names.Key(a.Username) != names.Key(d.User.Username) {
						t.Fatalf("%s was linked by the account name %s, which is not theirs: %q, %v", i.ObjectID,
							d.User.Username, a.Username, err)
					}
				}
				return err
			})
		},
		"same person": func(t *rapid.T) {
			by, id, u, grants := m.decider(t), m.someRequest(t), m.someUser(t), m.someGrants(t)
			despite := rapid.Bool().Draw(t, "despite")
			m.try(t, "same person", func(ctx context.Context) error {
				d, err := m.rules.SamePerson(ctx, by, id, u.ID, users.Approval{Grants: grants, Despite: despite})
				m.unlinked = err == nil && !d.Proposed && !d.Late && !u.Identity.IsZero()
				return err
			})
		},
		"not the same person": func(t *rapid.T) {
			by, id := m.decider(t), m.someRequest(t)
			m.try(t, "not the same person", func(ctx context.Context) error {
				_, err := m.rules.RefuseSame(ctx, by, id)
				return err
			})
		},
		"decline": func(t *rapid.T) {
			by, id := m.decider(t), m.someRequest(t)
			m.try(t, "decline", func(ctx context.Context) error {
				_, err := m.rules.Decline(ctx, by, id, "no")
				return err
			})
		},
		"take back": func(t *rapid.T) {
			by, id := m.decider(t), m.someRequest(t)
			m.try(t, "take back", func(ctx context.Context) error {
				_, err := m.rules.TakeBack(ctx, by, id)
				m.unlinked = err == nil
				return err
			})
		},
	}
}
