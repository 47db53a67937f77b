package view

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/language"
)

func TestNamesAreLinksToWhatTheReaderMayOpen(t *testing.T) {
	t.Parallel()
	by := pactius.Actor{Kind: pactius.ActorUser, User: "a", Name: "Ada %s \x000\x00"}
	names := audit.Names{Users: map[pactius.UserID]string{"b": "Bo", "c": "Carl"},
		Erased: map[pactius.UserID]bool{"e": true}, Units: map[pactius.UnitID]string{"n": "North", "s": "Sales"},
		OpenUsers: map[pactius.UserID]pactius.UserID{"a": "a", "b": "b2"},
		OpenUnits: map[pactius.UnitID]bool{"n": true},
		Requests:  map[pactius.RequestID]string{"r": "Dora"}, Applications: map[pactius.ApplicationID]bool{"x": true}}
	ada := Piece{by.Name, true, "/settings/users/a"}
	for _, test := range []struct {
		name string
		e    pactius.Event
		want []Piece
	}{
		{"a merged user leads to the one it is now", pactius.Event{Kind: pactius.UserAdded, User: "b"},
			[]Piece{ada, {Text: " added "}, {"Bo", true, "/settings/users/b2"}}},
		{"a user elsewhere is no link", pactius.Event{Kind: pactius.UserAdded, User: "c"},
			[]Piece{ada, {Text: " added "}, {"Carl", true, ""}}},
		{"an erased user", pactius.Event{Kind: pactius.UserDeactivated, User: "e"},
			[]Piece{ada, {Text: " deactivated "}, {"Erased user", true, ""}}},
		{"a unit", pactius.Event{Kind: pactius.UnitRenamed, Unit: "n"},
			[]Piece{ada, {Text: " renamed "}, {"North", true, "/settings/units/n"}}},
		{"a unit elsewhere", pactius.Event{Kind: pactius.UnitRenamed, Unit: "s"},
			[]Piece{ada, {Text: " renamed "}, {"Sales", true, ""}}},
		{"a request", pactius.Event{Kind: pactius.RequestDeclined, Request: "r"},
			[]Piece{ada, {Text: " declined the request from "}, {"Dora", true, "/settings/requests/r"}}},
		{"an application", pactius.Event{Kind: pactius.ApplicationChanged, Facts: pactius.Facts{"application": "x"},
			Detail: pactius.Facts{"name": "Contracts"}},
			[]Piece{ada, {Text: " changed the application "}, {"Contracts", true, "/settings/applications/x"}}},
	} {
		test.e.Actor = by
		got := pieces(language.Reader{}, EventText(EventRow{Event: test.e, Names: names}))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	ends := pactius.Plural(3, "%d session", "%d sessions")
	if got := Said(language.Reader{}, ends); got != "3 sessions" {
		t.Errorf("a number is said as %q", got)
	}
}
