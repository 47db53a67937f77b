package view

import (
	"html/template"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
)

func TestInitials(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, username, want string }{
		{"Anna Hansen", "", "AH"},
		{"anna maria hansen", "", "AH"},
		{"Anna-Lise", "", "AL"},
		{"Østen", "", "Ø"},
		{"", "bo.berg@x.example", "B"},
		{"  ", "", ""},
		{"李 小龙", "", "李小"},
		{"(Anna) \"Hansen\"", "", "AH"},
		{"!!! ???", "9lives@x.example", "9"},
	} {
		if got := (Person{Name: test.name, Username: test.username}).Initials(); got != test.want {
			t.Errorf("initials of %q, %q = %q, want %q", test.name, test.username, got, test.want)
		}
	}
}

func TestAPersonKeepsTheirHue(t *testing.T) {
	t.Parallel()
	asking := visitor(pactius.Person{Name: "Anna", Username: "Anna.Hansen@nordhavn.example"})
	user := person(pactius.User{ID: "u1", Name: "Anna Hansen", Username: "anna.hansen@nordhavn.example"})
	if asking.Hue() != user.Hue() {
		t.Errorf("the hue changes from %s to %s when the person is let in", asking.Hue(), user.Hue())
	}
}

func TestAContactIsALinkWhereItCanBeOne(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		contact Contact
		want    template.URL
	}{
		{"support@pactius.example", "mailto:support@pactius.example"},
		{"https://help.example/pactius?a=b", "https://help.example/pactius?a=b"},
		{"+45 12 34 56 78", "tel:+4512345678"},
		{"(045) 12-34", "tel:0451234"},
		{"Ask Bo in the basement", ""},
		{"javascript:alert(1)", ""},
		{"https://", ""},
		{"a@b@c", ""},
		{"x@y.example?subject=<b>", ""},
		{"", ""},
	} {
		if got := test.contact.Link(); got != test.want {
			t.Errorf("%q leads to %q, want %q", test.contact, got, test.want)
		}
	}
}

func TestTheSummaryOfAFormLosesNothing(t *testing.T) {
	t.Parallel()
	form := FormOf(&pactius.Error{
		Kind: pactius.KindInvalid, Message: pactius.T("Please correct the highlighted entries."),
		Fields: []pactius.FieldError{{Field: "zzz", Message: pactius.T("Name")},
			{Field: "note", Message: pactius.T("Note")}, {Field: "name", Message: pactius.T("Email")}},
	}).At(7)
	got := form.Summary("name", "email", "note#f-decline-note")
	want := Problems{
		Problem: pactius.T("Please correct the highlighted entries."),
		Fields: []FieldProblem{{"f-name", pactius.T("Email")}, {"f-decline-note", pactius.T("Note")},
			{"", pactius.T("Name")}},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("summary (-got +want):\n%s", diff)
	}
	if form.Version != 7 || !got.Any() || FormOf(nil).Summary("name").Any() {
		t.Errorf("version %d, anything to say %t; of a form without an error %t", form.Version, got.Any(),
			FormOf(nil).Summary("name").Any())
	}
}

func TestTheCheckTreeTellsWhatIsInherited(t *testing.T) {
	t.Parallel()
	old, _ := company.Unit("old")
	nodes := UnitChoice{
		Part: partOf(company, false), Access: true, Reach: func(id pactius.UnitID) bool { return id != "north" },
		Given: map[pactius.UnitID]pactius.Access{"sales": pactius.AccessWrite, "key": pactius.AccessRead},
	}.Nodes()
	found := map[pactius.UnitID]UnitNode{}
	var walk func([]UnitNode)
	walk = func(list []UnitNode) {
		for _, n := range list {
			found[n.ID] = n
			walk(n.Children)
		}
	}
	walk(nodes)
	if _, shown := found[old.ID]; shown {
		t.Error("an archived unit that is not chosen is shown")
	}
	if n := found["sales"]; !n.Checked || n.From != "" || n.Access != pactius.AccessWrite {
		t.Errorf("sales: %+v", n)
	}
	if n := found["north"]; n.Checked || !n.Fixed || n.From != "Sales" || n.Inherited != pactius.AccessWrite ||
		n.Access != pactius.AccessNone {
		t.Errorf("north: %+v", n)
	}
	if n := found["root"]; n.Checked || !n.Partly {
		t.Errorf("root: %+v", n)
	}
	if n := found["key"]; !n.Checked || n.Fixed || n.From != "Sales" || len(n.Offered) != 3 {
		t.Errorf("key: %+v", n)
	}
}

func TestEveryChosenUnitIsPostedOnce(t *testing.T) {
	t.Parallel()
	c := few(true)
	c.Given["n3"], c.Chosen = pactius.AccessWrite, append(c.Chosen, "n3") // a row shows it
	posted := map[string]int{}
	rows := map[pactius.UnitID]bool{}
	collect(c.Rows, rows)
	for from := 0; from < c.Count(); from += chipsShown {
		clear(posted)
		c.From = from
		chosen := c.Chips()
		for _, chip := range chosen.Chips {
			if chip.Carries {
				posted[string(chip.ID)]++
			}
		}
		for _, kept := range strings.Fields(chosen.Kept) {
			posted[kept[1:]]++
			if access := c.Given[pactius.UnitID(kept[1:])].String(); access[0] != kept[0] {
				t.Errorf("%s is kept as %s", kept[1:], kept[:1])
			}
		}
		for id := range rows {
			if c.chosen(id) {
				posted[string(id)]++
			}
		}
		for id := range c.Given {
			if posted[string(id)] != 1 {
				t.Errorf("from %d on, %s is posted %d times", from, id, posted[string(id)])
			}
		}
	}
}

func TestLinksKeepWhatNarrowsTheList(t *testing.T) {
	t.Parallel()
	list := Users{Filter: pactius.UserFilter{Search: "a&b", Unassigned: true, Unit: "u", Sort: pactius.SortSeen},
		List: users.List{UserPage: pactius.UserPage{Next: "c d"}}}
	activity := Activity{EventChoice: EventChoice{Kind: "user.", From: "2026-01-01"}, Of: &Person{ID: "u1"}, In: "s",
		Log: audit.Page{EventPage: pactius.EventPage{Next: "n"}}}
	for _, test := range []struct{ name, got, want string }{
		{"the next page of users", list.Following(),
			"/settings/users?after=c+d&q=a%26b&sort=seen&status=unassigned&unit=u"},
		{"the order is left out where it is the usual one", list.By("name"),
			"/settings/users?q=a%26b&status=unassigned&unit=u"},
		{"the last page leads nowhere", Users{}.Following(), ""},
		{"nothing to keep", Users{}.First(), "/settings/users"},
		{"the next page of requests", Requests{State: RequestsAll,
			RequestPage: users.RequestPage{RequestPage: pactius.RequestPage{Next: "x"}}}.Following(),
			"/settings/requests?after=x&state=all"},
		{"the next page of the activity", activity.Following(),
			"/settings/activity?after=n&from=2026-01-01&kind=user.&unit=s&user=u1"},
		{"one of several people", activity.Choose(Person{ID: "u2"}),
			"/settings/activity?from=2026-01-01&kind=user.&unit=s&user=u2"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
}

// TestAnApprovalIsOneLine: what it did to the user is told with it; another change stays a line.
func TestAnApprovalIsOneLine(t *testing.T) {
	t.Parallel()
	at := func(kind pactius.EventKind, at time.Time, facts pactius.Facts) pactius.Event {
		return pactius.Event{Kind: kind, At: at, User: anna.ID, Facts: facts}
	}
	byAnother := at(pactius.UserUnitsAssigned, now, nil)
	byAnother.Actor = pactius.UserActor("", anna.ID, "")
	p := audit.Page{EventPage: pactius.EventPage{Events: []pactius.Event{
		at(pactius.RequestApproved, now, pactius.Facts{"x": "y"}),
		at(pactius.UserUnitsAssigned, now, pactius.Facts{"unit.north": "none>read"}),
		at(pactius.UserAdmitted, now, nil), byAnother, at(pactius.UserUnitsAssigned, lastMonth, nil)}}}
	rows := Base{}.Timeline(p).Rows
	if len(rows) != 3 || len(EventDetails(rows[0])) != 1 || rows[0].Event.Facts["x"] != "y" {
		t.Errorf("the lines are %+v", rows)
	}
	if len(p.Events[0].Facts) != 1 {
		t.Error("the event itself was changed")
	}
}

func TestEventsAreSentences(t *testing.T) {
	t.Parallel()
	reader := language.Reader{Language: language.English}
	type said struct {
		Sentence string
		Details  []string
	}
	got := map[pactius.EventKind]said{}
	for _, row := range (Base{}).Timeline(events()).Rows {
		s := said{Sentence: Said(reader, EventText(row))}
		for _, line := range EventDetails(row) {
			s.Details = append(s.Details, Said(reader, line))
		}
		got[row.Event.Kind] = s
	}
	for kind, want := range map[pactius.EventKind]said{
		pactius.UserUnitsAssigned: {"Ada Holm changed the business units for Anna Hansen", []string{
			"Read in Operations / Harbour dock", "no longer Administer in a business unit that no longer exists",
			"from Read to Write in Sales / North"}},
		pactius.RequestApproved: {"Ada Holm approved the request from Anna Hansen", []string{"“Welcome!”"}},
		pactius.UserDeactivated: {"PACTIUS Support deactivated someone who is no longer here", nil},
		pactius.UnitMoved:       {"Ada Holm moved Sales / North", []string{"from Operations to Sales"}},
		pactius.MailFailed:      {"An email couldn't be delivered", []string{"Welcome email, to " + hostile}},
		"new.kind":              {"Ada Holm did something this page can't describe: new.kind", nil},
	} {
		if diff := cmp.Diff(got[kind], want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", kind, diff)
		}
	}
}

func TestBarsOfAPlot(t *testing.T) {
	t.Parallel()
	plot := Plot{Days: []DayCount{{Count: 0}, {Count: 1}, {Count: 500}}}
	want := []Bar{{plotStep, plotHeight - plotLeast, plotBar, plotLeast}, {2 * plotStep, 0, plotBar, plotHeight}}
	if diff := cmp.Diff(plot.Bars(), want); diff != "" {
		t.Errorf("bars (-got +want):\n%s", diff)
	}
	if empty := (Plot{}); len(empty.Bars()) != 0 || empty.Width() == 0 || empty.Week() != 0 || empty.Top() != 1 {
		t.Errorf("a plot of nothing: %v", empty.Bars())
	}
	for most, want := range map[int]int{1: 1, 2: 2, 3: 5, 7: 10, 11: 20, 50: 50, 480: 500, 5001: 10_000} {
		if got := (Plot{Days: []DayCount{{Count: most}}}).Top(); got != want {
			t.Errorf("the axis of %d ends at %d, want %d", most, got, want)
		}
	}
	var counts []int
	for i := range 30 {
		counts = append(counts, i)
	}
	weeks := Base{}.Plot("", "2026-11-30", counts)
	if weeks.Week() != 7*26 || weeks.WeekBefore() != 7*19 {
		t.Errorf("a week of %d, and %d before", weeks.Week(), weeks.WeekBefore())
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		_ = newRenderer(b)
	}
}

func TestAVisitorIsNamedByTheirRequest(t *testing.T) {
	t.Parallel()
	visitor := pactius.Actor{Kind: pactius.ActorVisitor}
	asked := pactius.Event{Kind: pactius.RequestSent, Actor: visitor, Request: "r1"}
	came := pactius.Event{Kind: pactius.VisitorSignedIn, Actor: visitor, Detail: pactius.Facts{"name": "Freja Holm"}}
	for _, test := range []struct {
		row  EventRow
		want string
	}{
		{EventRow{Event: asked, Names: audit.Names{Requests: map[pactius.RequestID]string{"r1": "Anna Hansen"}}},
			"Anna Hansen requested access"},
		{EventRow{Event: came}, "Freja Holm signed in but doesn't have access yet"},
		{EventRow{Event: asked}, "Someone no longer here requested access"},
	} {
		if got := Said(language.Reader{}, EventText(test.row)); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestAddressesBreakBeforeTheirSigns(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"": "", "a": "a", "anna@nordhavn.example": "anna@nordhavn.example",
		"anna.berg@nordhavn.example":         "anna|.berg|@nordhavn|.example",
		".å" + strings.Repeat("ø", 20) + "@": ".å" + strings.Repeat("ø", 20) + "|@",
		strings.Repeat("漢", 200):             strings.Repeat("漢", 200),
	} {
		if got := strings.Join(breaks(address), "|"); got != want {
			t.Errorf("%q breaks as %q, want %q", address, got, want)
		}
	}
}

func TestSentencesKeepAddressesWhole(t *testing.T) {
	t.Parallel()
	for sentence, want := range map[string]string{
		"":                                    "",
		"No address here.":                    "No address here.",
		"a@b.c":                               "[a@b.c]",
		"Tell a.b@c.example. Then x@y.zz, so": "Tell [a.b@c.example].| Then [x@y.zz],| so",
		"@ and a@ and a.b":                    "@ and a@ and a.b",
		"No \u2068a@b.c\u2069.":               "No [\u2068a@b.c\u2069].",
	} {
		var parts []string
		for _, part := range spoken(sentence) {
			shown := part.Before
			if part.Address != "" {
				shown += "[" + part.Address + "]" + part.After
			}
			if shown != "" {
				parts = append(parts, shown)
			}
		}
		if got := strings.Join(parts, "|"); got != want {
			t.Errorf("%q is %q, want %q", sentence, got, want)
		}
	}
}
