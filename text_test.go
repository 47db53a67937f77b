package pactius_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
)

func TestATextIsStoredAndReadBack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text pactius.Text
	}{
		{"without arguments", pactius.T("Saved.")},
		{"empty", pactius.Text{}},
		{"with strings", pactius.T("%s is now %s.", `A "quoted" <b> %d 😀`, "")},
		{"plural", pactius.Plural(2, "%d user of %s", "%d users of %s", "Nordhavn")},
		{"with a text in a text",
			pactius.T("%s: %s", pactius.T("Ends on %s", "1 May"), pactius.Plural(1, "%d day", "%d days"))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data, err := json.Marshal(test.text)
			if err != nil {
				t.Fatal(err)
			}
			var got pactius.Text
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, test.text); diff != "" {
				t.Errorf("%s (-got +want):\n%s", data, diff)
			}
		})
	}
}

func TestATextThatCannotBeReadBackIsNotStored(t *testing.T) {
	t.Parallel()
	for _, arg := range []any{time.Now(), 1.5, nil, pactius.AccessAdminister, pactius.T("%s", true)} {
		if data, err := json.Marshal(pactius.T("%s", arg)); err == nil {
			t.Errorf("%T was stored as %s", arg, data)
		}
	}
	for _, data := range []string{`{"Key":"%s","Args":[true]}`, `{"Key":"%s","Args":[[]]}`, `{"Key":"%s","Args":[1.5]}`,
		`{"Key":1}`, `[]`} {
		var text pactius.Text
		if err := json.Unmarshal([]byte(data), &text); err == nil {
			t.Errorf("%s was read as %#v", data, text)
		}
	}
	if err := json.Unmarshal([]byte(strings.Repeat(`{"Args":[`, 20_000)), new(pactius.Text)); err == nil {
		t.Error("a text without end was read")
	}
}
