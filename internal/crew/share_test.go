package crew_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/crew"
)

// TestAnEnvironmentLeavesAsManyPlacesAsItOccupies: each environment takes what it may, one after the other.
func TestAnEnvironmentLeavesAsManyPlacesAsItOccupies(t *testing.T) {
	t.Parallel()
	for places, want := range map[int][]int{20: {10, 5, 3, 1, 1, 0}, 8: {4, 2, 1, 1, 0}, 1: {1, 0}} {
		var s crew.Share
		var got []int
		for i := range want {
			env, n := pactius.EnvironmentID(rune('a'+i)), 0
			for s.Take(env, places) {
				n++
			}
			got = append(got, n)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("of %d places: got - want +:\n%s", places, diff)
		}
		for i, n := range got {
			for range n {
				if s.Idle() {
					t.Error("it is idle with places occupied")
				}
				s.Free(pactius.EnvironmentID(rune('a' + i)))
			}
		}
		if !s.Idle() {
			t.Error("it is not idle with all places free")
		}
	}
}
