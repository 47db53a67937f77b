package dbtool_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store/storetest"
)

func newUser() pactius.UserID { return pactius.UserID(id.New()) }

// check runs dbtool.Check by the clock of a test's database.
func check(ctx context.Context, db *storetest.DB) ([]dbtool.Flaw, error) {
	return dbtool.Check(ctx, db.URL, dbtool.Options{Now: db.Clock.Now})
}

// same compares two dumps.
func same(t *testing.T, before, after map[string][]string) {
	t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("something was changed (-before +after):\n%s", diff)
	}
}
