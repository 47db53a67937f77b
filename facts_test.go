package pactius_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
)

func TestAccessFacts(t *testing.T) {
	t.Parallel()
	type access = map[pactius.UnitID]pactius.Access
	tests := []struct {
		name          string
		before, after access
		want          pactius.Facts
	}{
		{"higher, lower and new access are told", access{"a": pactius.AccessRead, "b": pactius.AccessWrite},
			access{"a": pactius.AccessAdminister, "b": pactius.AccessNone, "c": pactius.AccessRead},
			pactius.Facts{"unit.a": "read>administer", "unit.b": "write>none", "unit.c": "none>read"}},
		{"access that stays is not told", access{"a": pactius.AccessRead, "b": pactius.AccessRead},
			access{"a": pactius.AccessRead, "b": pactius.AccessWrite}, pactius.Facts{"unit.b": "read>write"}},
		{"what is not named stays", access{"a": pactius.AccessRead}, nil, nil},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, pactius.AccessFacts(test.before, test.after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestAccessChange(t *testing.T) {
	t.Parallel()
	facts := pactius.Facts{"unit.a": "read>administer", "unit.b": "owner>read", "unit.c": "nonsense",
		pactius.FactFrom: "a>b"}
	tests := []struct {
		name string
		want pactius.AccessChange
		ok   bool
	}{
		{"unit.a", pactius.AccessChange{Unit: "a", From: pactius.AccessRead, To: pactius.AccessAdminister}, true},
		{"unit.b", pactius.AccessChange{Unit: "b", From: pactius.AccessNone, To: pactius.AccessRead}, true},
		{"unit.c", pactius.AccessChange{}, false},
		{pactius.FactFrom, pactius.AccessChange{}, false},
		{"unit.missing", pactius.AccessChange{}, false},
	}
	for _, test := range tests {
		if got, ok := facts.AccessChange(test.name); got != test.want || ok != test.ok {
			t.Errorf("%s: got %+v, %t; want %+v, %t", test.name, got, ok, test.want, test.ok)
		}
	}
}
