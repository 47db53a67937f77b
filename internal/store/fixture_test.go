package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

func newUser() pactius.UserID { return pactius.UserID(id.New()) }

// same compares two dumps.
func same(t *testing.T, before, after map[string][]string) {
	t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("something was changed (-before +after):\n%s", diff)
	}
}
