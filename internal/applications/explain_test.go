package applications_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// TestJudge: the first thing in the way is the outcome, and everything in the way is a reason.
func TestJudge(t *testing.T) {
	t.Parallel()
	const today = pactius.Date("2026-11-29")
	user := func(change func(*pactius.User)) *pactius.User {
		u := &pactius.User{Name: "Freja", Identity: pactius.Identity{TenantID: "t", ObjectID: "o"}}
		change(u)
		return u
	}
	plain := user(func(*pactius.User) {})
	tests := []struct {
		name    string
		e       applications.Evidence
		want    applications.Outcome
		reasons int
		remedy  bool
	}{
		{"nobody", applications.Evidence{Have: pactius.AccessAdminister}, applications.OutcomeNoUser, 1, true},
		{"enough", applications.Evidence{User: plain, Have: pactius.AccessWrite}, applications.OutcomeOpens, 2, false},
		{"more than enough", applications.Evidence{User: plain, Have: pactius.AccessAdminister},
			applications.OutcomeOpens, 2, false},
		{"too little", applications.Evidence{User: plain, Have: pactius.AccessRead}, applications.OutcomeNoAccess, 2,
			true},
		{"none", applications.Evidence{User: plain}, applications.OutcomeNoAccess, 2, true},
		{"the last day", applications.Evidence{User: user(func(u *pactius.User) { u.EndsOn = today }),
			Have: pactius.AccessWrite}, applications.OutcomeOpens, 2, false},
		{"the day after", applications.Evidence{User: user(func(u *pactius.User) { u.EndsOn = "2026-11-28" }),
			Have: pactius.AccessWrite}, applications.OutcomeEnded, 3, true},
		{"another tenant", applications.Evidence{User: plain, CutsOff: true, Have: pactius.AccessWrite},
			applications.OutcomeCutOff, 3, true},
		{"never signed in", applications.Evidence{User: user(func(u *pactius.User) { u.Identity = pactius.Identity{} }),
			Have: pactius.AccessWrite}, applications.OutcomeNotLinked, 3, false},
		{"everything at once", applications.Evidence{User: user(func(u *pactius.User) {
			u.Identity, u.EndsOn, u.DeactivatedAt = pactius.Identity{}, "2020-01-01", time.Unix(1, 0)
		})}, applications.OutcomeDeactivated, 5, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.e.Application = pactius.Application{Name: "Contracts", Access: pactius.AccessWrite}
			test.e.Path, test.e.Today = "Sales / South", today
			x := applications.Judge(test.e)
			got := []any{x.Outcome, len(x.Reasons), !x.Remedy.IsZero(), x.Opens()}
			opens := test.want == applications.OutcomeOpens || test.want == applications.OutcomeNotLinked
			if diff := cmp.Diff([]any{test.want, test.reasons, test.remedy, opens}, got); diff != "" {
				t.Errorf("outcome, reasons, remedy, opens (-want +got):\n%s\n%v", diff, x.Reasons)
			}
		})
	}
}
