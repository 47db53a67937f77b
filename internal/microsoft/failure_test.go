package microsoft_test

import (
	"errors"
	"testing"

	"github.com/pactius/pactius/internal/microsoft"
)

// TestEveryReasonHasWords: no two reasons have the same words.
func TestEveryReasonHasWords(t *testing.T) {
	t.Parallel()
	titles := map[string]microsoft.Reason{}
	for _, r := range microsoft.Reasons() {
		f := &microsoft.Failure{Reason: r}
		for part, text := range map[string]string{"title": f.Title().String(), "explanation": f.Explanation().String(),
			"remedy": f.Remedy().String()} {
			if text == "" {
				t.Errorf("%s: no %s", r, part)
			}
		}
		if other, ok := titles[f.Title().String()]; ok {
			t.Errorf("%s has the title of %s", r, other)
		}
		titles[f.Title().String()] = r
	}
}

func TestFailureIsAnOrdinaryError(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	f := &microsoft.Failure{Reason: microsoft.ReasonNotAssigned, Code: "AADSTS50105", Err: cause}
	if got, want := f.Error(), "signing in with Microsoft: not assigned (AADSTS50105): cause"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(f, cause) {
		t.Error("the cause is lost")
	}
	if got := f.Helper(); got != microsoft.HelperCustomerIT {
		t.Errorf("got helper %v, want CustomerIT", got)
	}
}
