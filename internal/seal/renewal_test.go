package seal

import (
	"slices"
	"testing"
)

// TestARenewalMovesWhatOldSecretsSealed byte for byte, and leaves the rest alone.
func TestARenewalMovesWhatOldSecretsSealed(t *testing.T) {
	t.Parallel()
	const plain = "a secret\nthe one before\n2026-12-01T00:00:00Z\x00\xff"
	another := box(t, "another secret of more than 32 characters")
	marked := &Box{secrets: [][]byte{[]byte(byteOrderMark + oldSecret)}}
	n := Renewal{Box: box(t, newSecret, oldSecret)}
	alone := box(t, newSecret)
	for name, by := range map[string]*Box{"old": box(t, oldSecret), "old with a mark": marked} {
		renewed := n.Renew(name, "purpose", by.Seal("purpose", []byte(plain), "row"), "row")
		if got, err := alone.Open("purpose", renewed, "row"); err != nil || string(got) != plain {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, sealed := range map[string]string{
		"current": alone.Seal("purpose", []byte(plain), "row"), "none": "",
		"of another secret": another.Seal("purpose", []byte(plain), "row"),
		"of another row":    box(t, oldSecret).Seal("purpose", []byte(plain), "other"),
		"not sealed":        "plain text",
	} {
		if got := n.Renew(name, "purpose", sealed, "row"); got != sealed {
			t.Errorf("%s was changed", name)
		}
	}
	slices.Sort(n.Lost)
	if want := []string{"not sealed", "of another row", "of another secret"}; n.Old != 2 || n.Current != 1 ||
		!slices.Equal(n.Lost, want) {
		t.Errorf("counted %d old, %d current, lost %q", n.Old, n.Current, n.Lost)
	}
}
