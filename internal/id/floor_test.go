package id

import (
	"testing"
	"time"
)

func TestFloorIsBelowWhatIsMadeThenAndAboveWhatWasMadeBefore(t *testing.T) {
	t.Parallel()
	before := time.Now()
	made := New()
	if got := Floor(before); got > made {
		t.Errorf("Floor(%v) = %s, above %s made later", before, got, made)
	}
	if got := Floor(time.Now().Add(time.Second)); got <= made {
		t.Errorf("Floor a second later = %s, not above %s", got, made)
	}
	if got := Floor(time.Time{}); !Valid(got) {
		t.Errorf("Floor of the zero time = %s, which is no identifier", got)
	}
}
