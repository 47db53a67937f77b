package environments_test

import (
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/seal"
)

// rotate changes the secret of PACTIUS and keeps the one before.
func (s *scene) rotate(t *testing.T) {
	t.Helper()
	box, err := seal.New(strings.Repeat("n", seal.MinSecret), strings.Repeat("k", seal.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	s.Box = box
}

// TestAResealIsNotUndoneByATestUnderWay: an administrator's test with Microsoft has read the connection before.
func TestAResealIsNotUndoneByATestUnderWay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.rotate(t)
	s.ms.during = func() {
		if _, err := s.Reseal(t.Context(), pactius.SupportActor(s.Env), false); err != nil {
			t.Error(err)
		}
	}
	form := environments.ConnectionForm{ClientID: client, EndsOn: "2026-12-31"} // the stored secret stays
	if _, err := s.Connect(t.Context(), s.root, s.row(t).Version, form); pactius.KindOf(err) != pactius.KindConflict {
		t.Errorf("a test that began before: %v", err)
	}
	if found, err := s.Reseal(t.Context(), pactius.SupportActor(s.Env), true); err != nil || found.Old != 0 ||
		found.Current != 1 {
		t.Errorf("afterwards: %d old, %d current, %v", found.Old, found.Current, err)
	}
}

func TestOnlySupportReseals(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.rotate(t)
	for _, who := range []pactius.Actor{s.root, s.local} {
		refused(t, s.db, "not Support", pactius.KindForbidden, "Support", func() error {
			_, err := s.Reseal(t.Context(), who, false)
			return err
		})
	}
	s.Box = nil
	refused(t, s.db, "without a secret", pactius.KindInvalid, "PACTIUS_SECRET", func() error {
		_, err := s.Reseal(t.Context(), pactius.SupportActor(s.Env), false)
		return err
	})
}
