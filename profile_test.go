package pactius

import "testing"

func TestWorkSaysNothingTwice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ title, department, want string }{
		{"", "", ""},
		{"Captain", "", "Captain"},
		{"", "Fleet", "Fleet"},
		{"Captain", "Fleet", "Captain · Fleet"},
		{"Service desk", "Service Desk", "Service Desk"},
	} {
		if got := (Profile{Title: test.title, Department: test.department}).Work(); got != test.want {
			t.Errorf("%q in %q: got %q, want %q", test.title, test.department, got, test.want)
		}
	}
}
