package environments_test

import (
	"errors"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/store"
)

func TestOnlySupportAddsEnvironments(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for name, actor := range map[string]pactius.Actor{
		"an administrator of the root": s.root, "the system": pactius.System(s.Env, "test"), "no actor": {},
	} {
		n := newEnvironment()
		n.Host = "another.example"
		refused(t, s.db, name, pactius.KindForbidden, "Support", func() error {
			_, err := s.Add(t.Context(), actor, n)
			return err
		})
	}
}

func TestOnlyAdministratorsOfTheRootRetryMail(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Ground.Update(t, func(tx *store.Tx) error {
		return tx.Enqueue(pactius.Mail{ID: "m", Kind: "welcome", Data: []byte("{}"), To: "x@nordhavn.example",
			CreatedAt: s.db.Clock.Now()})
	})
	s.db.Exec(t, `UPDATE mails SET state = 'dead'`)
	refused(t, s.db, "a local administrator", pactius.KindForbidden, "whole company", func() error {
		_, err := s.RetryMail(t.Context(), s.local, "m")
		return err
	})
	refused(t, s.db, "a local administrator, for all", pactius.KindForbidden, "whole company", func() error {
		_, err := s.RetryAllMails(t.Context(), s.local, environments.MaxMailsAgain, nil)
		return err
	})
	for name, read := range map[string]func() error{
		"a page of them": func() error { _, err := s.Undelivered(t.Context(), s.local, ""); return err },
		"the list":       func() error { _, err := s.Mails(t.Context(), s.local, "", "", 10); return err },
		"their number":   func() error { _, err := s.GivenUp(t.Context(), s.local); return err },
	} {
		refused(t, s.db, name, pactius.KindForbidden, "whole company", read)
	}
	for actor, want := range map[pactius.Actor]int{s.root: 1, s.local: 0} {
		v, err := s.View(t.Context(), actor)
		if err != nil || v.Undelivered.Total != want {
			t.Errorf("%s sees %d emails, %v; want %d", actor.User, v.Undelivered.Total, err, want)
		}
	}
}

// TestRightsThatEndDuringTheTestStoreNothing takes the access from the administrator
// while Microsoft is asked.
func TestRightsThatEndDuringTheTestStoreNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	before := s.row(t)
	s.ms.during = func() {
		s.db.Exec(t, `UPDATE memberships SET access = 3, unit_id = (SELECT id FROM units WHERE name = 'Sales')
			WHERE user_id = $1`, s.root.User)
	}
	_, err := s.Connect(t.Context(), s.root, before.Version, environments.ConnectionForm{ClientID: client,
		ClientSecret: "a new secret", EndsOn: "2027-12-31"})
	if pactius.KindOf(err) != pactius.KindForbidden {
		t.Errorf("connected by a local administrator: %v", err)
	}
	if after := s.row(t); after.Version != before.Version {
		t.Errorf("the connection was stored: version %d, want %d", after.Version, before.Version)
	}
}

// TestALinkEndsWithTheConnection connects the environment by other means while a link
// is open.
func TestALinkEndsWithTheConnection(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	l := s.link(t, "")
	s.db.Exec(t, `UPDATE environments SET tenant_id = 'd', client_id = 'c' WHERE id = $1`, s.Env)
	if _, err := s.OpenLink(t.Context(), l); !errors.Is(err, environments.ErrDeadLink) {
		t.Errorf("the link of a connected environment: %v", err)
	}
}

// TestALinkRaisesNoUserToAdministrator adds a user with the account name that Support
// gave to the link's first administrator.
func TestALinkRaisesNoUserToAdministrator(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	l := s.link(t, "anna@nordhavn.example")
	s.Invite(t, "anna@nordhavn.example", "Another Anna")
	refused(t, s.db, "connecting", pactius.KindConflict, "already a user with the account name anna@nordhavn.example",
		func() error {
			_, err := s.ConnectByLink(t.Context(), l, firstForm)
			return err
		})
}
