package torture_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/torture"
)

// TestPromisesAreKept runs the short form on both engines. A promise that cannot
// be tried here skips, loudly; without PostgreSQL it fails where CI requires it.
func TestPromisesAreKept(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	report, err := torture.Run(t.Context(), torture.Short())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range report {
		t.Run(l.Engine+"/"+l.Name, func(t *testing.T) {
			t.Logf("%s\n%s: %s", l.Promise, l.Took.Round(time.Millisecond), strings.Join(l.Figures, "; "))
			for _, c := range l.Broken {
				t.Error(c)
			}
			if l.Skipped != "" && l.Name == "all" && os.Getenv(storetest.Require) != "" {
				t.Fatal(l.Skipped)
			}
			if l.Skipped != "" {
				t.Skip("SKIPPED: ", l.Skipped)
			}
		})
	}
	if len(report) == 0 {
		t.Error("nothing was tried")
	}
}
