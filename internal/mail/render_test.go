package mail

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	asked   = time.Date(2026, 5, 3, 12, 2, 0, 0, time.UTC)
	expires = asked.Add(pactius.RequestLifetime)
)

// samples are all messages, with everything and with as little as possible.
func samples() map[string]Message {
	arrived := RequestArrived{
		Request: "0196a4f2-0000-7000-8000-000000000001", Name: "Anna Hansen",
		AccountName: "anna.hansen@nordhavn.example", Title: "Account manager", Department: "Sales",
		Message: "I started in Sales on Monday.\n\nMy manager is Bo & Søn <bo@nordhavn.example>.",
		Units:   []string{"Sales", "Sales / Export"}, Since: asked, Expires: expires,
	}
	more := arrived
	more.More = true
	units := []UnitAccess{{"Sales", pactius.AccessWrite}, {"Sales / Export", pactius.AccessRead}}
	return map[string]Message{
		"request-arrived": arrived,
		"request-arrived-bare": RequestArrived{Request: "0196a4f2-0000-7000-8000-000000000002", Name: "Bo",
			Since: asked, Expires: expires}, // without an account name, as Microsoft allows
		"request-reminder":         RequestReminder(arrived),
		"request-arrived-more":     more,
		"request-reminder-more":    RequestReminder(more),
		"request-approved-more":    RequestApproved{By: "Ida Lund", Units: units, More: true},
		"request-declined-more":    RequestDeclined{By: "Ida Lund", AskAgain: expires, More: true},
		"request-expired-more":     RequestExpired{Since: asked, Expired: expires, More: true},
		"approval-taken-back-more": ApprovalTakenBack{By: "Ida Lund", More: true},
		"request-approved": RequestApproved{By: "Ida Lund", Note: "Welcome on board!", Units: units,
			EndsOn: "2026-12-31"},
		"request-approved-no-units": RequestApproved{By: "Ida Lund"},
		"request-declined": RequestDeclined{By: "Ida Lund", Note: "Please ask for Finance instead.",
			AskAgain: asked.Add(pactius.AskAgainInterval)},
		"request-declined-bare": RequestDeclined{By: "PACTIUS Support"},
		"request-expired":       RequestExpired{Since: asked, Expired: expires},
		"welcome": Welcome{By: "Ida Lund", AccountName: "anna.hansen@nordhavn.example", Units: units[:1],
			EndsOn: "2026-12-31"},
		"welcome-bare":        Welcome{AccountName: "anna.hansen@nordhavn.example"},
		"approval-taken-back": ApprovalTakenBack{By: "Ida Lund"},
		"access-assigned":     AccessAssigned{By: "Ida Lund", Units: units},
		"account-name-changed": AccountNameChanged{By: "Ida Lund", AccountName: "ana.hansen@nordhavn.example",
			Email: "ana.hansen@nordhavn.example"},
		"account-name-changed-email": AccountNameChanged{By: "Ida Lund", Email: "anna@nordhavn.example"},
		"account-name-changed-name":  AccountNameChanged{AccountName: "ana.hansen@nordhavn.example"},
		"same-proposed": SameProposed{Request: "01980c5e-7d2a-7c1e-9b41-3f0a6d1c2b3e",
			User: "01980c5e-7d2a-7c1e-9b41-3f0a6d1c2b3f", By: "Lars Local", Name: "Rita Berg",
			AccountName: "rita.berg@nordhavn.example", Of: "Rita Lund", OfAccountName: "rita@nordhavn.example",
			Expires: expires},
		"same-refused": SameRefused{Request: "01980c5e-7d2a-7c1e-9b41-3f0a6d1c2b3e", By: "Ida Lund", Name: "Rita Berg"},
		"secret-ends": SecretEnds{EndsOn: "2026-06-02", Days: 30,
			ClientID: "2a7d3c55-90aa-4f3c-8e2d-5e6f7a8b9c0d"},
		"secret-ends-over": SecretEnds{Certificate: true,
			EndsOn: "2026-05-01", Days: -2, ClientID: "2a7d3c55-90aa-4f3c-8e2d-5e6f7a8b9c0d"},
		"connected": Connected{TenantID: "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e",
			Tested: true, Complete: true},
		"connected-partly":   Connected{TenantID: "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e", Tested: true},
		"connected-untested": Connected{TenantID: "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e"},
		"leavers": Leavers{Counts: map[pactius.Leaving]int{pactius.LeaverDeactivated: 40, pactius.LeaverLast: 1,
			pactius.ReturnedIn: 1,
			pactius.LeaverOff:  2},
			Some: []Leaver{{"Anna Hansen", "anna.hansen@nordhavn.example", pactius.AccountDisabled,
				pactius.LeaverDeactivated},
				{"Ida & Bo <Lund>", "ida@nordhavn.example", pactius.AccountDeleted, pactius.LeaverLast},
				{"Åse Søn", "aase@nordhavn.example", pactius.AccountPresent, pactius.ReturnedIn}}},
		"leavers-bare": Leavers{Counts: map[pactius.Leaving]int{pactius.ReturnedOn: 1}},
		"sweep-held": SweepHeld{Count: 120, Bound: 10,
			Some: []Leaver{{"Anna Hansen", "anna.hansen@nordhavn.example", pactius.AccountDisabled, ""},
				{"Bo Lund", "bo@nordhavn.example", pactius.AccountDeleted, ""}}},
	}
}

func letterhead(code language.Code) Letterhead {
	return Letterhead{
		EnvironmentName: "Nordhavn", BaseURL: "https://nordhavn.pactius.example",
		SupportContact: "support@nordhavn.example",
		RecipientName:  "Ida Lund", Reader: language.Reader{Language: code, Zone: time.FixedZone("CEST", 2*60*60)},
	}
}

func TestEveryMessageInEveryLanguage(t *testing.T) {
	t.Parallel()
	for name, message := range samples() {
		for _, code := range language.Supported() {
			t.Run(name+" in "+code.Name(), func(t *testing.T) {
				t.Parallel()
				rendered, err := Render(message, letterhead(code))
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+string(code)+".txt", "Subject: "+rendered.Subject+"\n\n"+rendered.Text)
				golden(t, name+"."+string(code)+".html", rendered.HTML)
				checkTags(t, rendered.HTML)
			})
		}
	}
}

// TestALookOfItsOwn renders the email of an environment with an accent and a logo. Without its image it is complete:
// the name of the environment stands below it, and the image has no words.
func TestALookOfItsOwn(t *testing.T) {
	t.Parallel()
	head := letterhead(language.English)
	head.Brand = pactius.Brand{Accent: "#ffdd00", Logo: pactius.Logo{Hash: "h", Width: 400, Height: 96}}
	rendered, err := Render(samples()["welcome"], head)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "branded.en.html", rendered.HTML)
	checkTags(t, rendered.HTML)
	plain, err := Render(samples()["welcome"], letterhead(language.English))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain.Text, rendered.Text); diff != "" {
		t.Errorf("the plain text has a look (-without +with):\n%s", diff)
	}
	if strings.Contains(rendered.HTML, "#006286") || strings.Contains(rendered.HTML, "#72cce8") {
		t.Error("the email has the accent of PACTIUS")
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("%s (-got +want):\n%s", name, diff)
	}
}

// voidTags close themselves.
var voidTags = map[string]bool{"meta": true, "br": true, "img": true}

// checkTags fails for a tag left open or closed twice: Outlook shows the rest
// of such an email wherever it likes.
func checkTags(t *testing.T, page string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("left open: %v", open)
			}
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); !voidTags[string(name)] {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				t.Fatalf("</%s> does not close %v", name, open)
			}
			open = open[:len(open)-1]
		}
	}
}

// hostile is what someone may have as a name.
const hostile = "Anna\r\nBcc: all@nordhavn.example\r\n\r\n" +
	"<script>alert(1)</script>\u202egnp.exe\u2066\x00\x1b[31m\u200b\u2028-- \nx{{.BaseURL}}"

func TestNothingAPersonWroteBreaksAMail(t *testing.T) {
	t.Parallel()
	for name, sample := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message := reflect.New(reflect.TypeOf(sample)).Elem()
			message.Set(reflect.ValueOf(sample))
			fill(message, hostile+strings.Repeat(" long", 2000))
			head := letterhead(language.English)
			head.EnvironmentName, head.RecipientName, head.SupportContact = hostile, hostile, hostile

			rendered, err := Render(message.Interface().(Message), head)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsFunc(rendered.Subject, unicode.IsControl) {
				t.Errorf("the subject holds control characters: %q", rendered.Subject)
			}
			for _, c := range rendered.Subject + rendered.Text + rendered.HTML {
				if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
					t.Fatalf("the mail holds the character %U", c)
				}
			}
			if strings.Contains(rendered.HTML, "<script") {
				t.Errorf("the HTML holds a script")
			}
			for line := range strings.Lines(rendered.Text) {
				if strings.HasPrefix(line, "Bcc:") || strings.HasPrefix(line, "<script>") {
					t.Errorf("somebody's words stand on a line of their own: %q", line)
				}
			}
			if got := strings.Count(rendered.Text, "\n-- \n"); got != 1 {
				t.Errorf("the text has %d signature separators, want 1", got)
			}
			if got, limit := len(rendered.HTML), 60_000; got > limit {
				t.Errorf("the HTML has %d bytes, want at most %d", got, limit)
			}
			checkTags(t, rendered.HTML)
		})
	}
}

// fill puts s into every string below v, and lists of a thousand.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), s)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1000, 1000))
		for i := range v.Len() {
			fill(v.Index(i), s)
		}
	}
}

// Programs before this one stored the path of a page in emails that lead to one.
// Such emails may still wait in the outbox.
func TestMailsThatAnOlderProgramStoredAreDelivered(t *testing.T) {
	t.Parallel()
	const base, request = "https://nordhavn.pactius.example", "0196a4f2-0000-7000-8000-000000000001"
	stored := func(path string) string {
		return `{"Path":` + strconv.Quote(path) +
			`,"Name":"Anna Hansen","AccountName":"anna@nordhavn.example"` +
			`,"Units":["Sales"],"Known":true,"Since":"2026-05-03T12:02:00Z"}`
	}
	for _, test := range []struct{ name, kind, data, want string }{
		{"a request", "request-arrived", stored("/settings/requests/" + request), "/settings/requests/" + request},
		{"a reminder", "request-reminder", stored("/settings/requests/" + request), "/settings/requests/" + request},
		{"leavers", "leavers", `{"Path":"/settings/users?status=gone","Counts":{"deactivated":1}}`,
			"/settings/users?status=gone"},
		{"leavers that wait", "sweep-held", `{"Path":"/settings/leavers","Count":3,"Bound":10}`, "/settings/leavers"},
		{"a secret that ends", "secret-ends",
			`{"Path":"/settings/environment/connection","EndsOn":"2026-06-02","Days":30}`,
			"/settings/environment/connection"},
		{"another host", "request-arrived", stored("//evil.example/x"), "/settings/requests"},
		{"an address", "request-arrived", stored("https://evil.example/settings/requests/" + request),
			"/settings/requests"},
		{"a way out", "request-arrived", stored("/settings/requests/../../x"), "/settings/requests"},
		{"no path", "request-reminder", `{"Name":"Anna Hansen"}`, "/settings/requests"},
		{"an ID that is none", "request-arrived", `{"Request":"../x"}`, "/settings/requests"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, err := Decode(test.kind, []byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.compose(letterhead(language.English)).Button.URL; got != base+test.want {
				t.Errorf("leads to %s, want %s", got, base+test.want)
			}
			kind, data, err := Encode(m)
			if err != nil || kind != test.kind {
				t.Fatal(kind, err)
			}
			again, err := Decode(kind, data)
			if diff := cmp.Diff(again, m); err != nil || diff != "" {
				t.Errorf("%v; stored anew (-got +want):\n%s", err, diff)
			}
			if arrived, ok := m.(RequestArrived); ok && strings.Contains(test.data, "Known") &&
				(arrived.Name != "Anna Hansen" || !arrived.Known || arrived.Since != asked) {
				t.Errorf("got %+v", arrived)
			}
		})
	}
}

func TestABaseURLThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "nordhavn.example", "javascript:alert(1)", "https://", "%"} {
		head := letterhead(language.English)
		head.BaseURL = base
		if _, err := Render(Welcome{}, head); err == nil {
			t.Errorf("Render with base URL %q succeeded, want an error", base)
		}
	}
}

func TestSupportContactIsALinkWhereItCanBe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, contact string
		want          contact
	}{
		{"a mail address", "support@nordhavn.example",
			contact{"support@nordhavn.example", "mailto:support@nordhavn.example"}},
		{"a web address", "https://help.example/x", contact{"https://help.example/x", "https://help.example/x"}},
		{"a telephone number", "+45 12 34 56 78", contact{"+45 12 34 56 78", ""}},
		{"a script", "javascript:alert(1)", contact{"javascript:alert(1)", ""}},
		{"nothing", "", contact{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(parseContact(test.contact), test.want); diff != "" {
				t.Errorf("parseContact(%q) (-got +want):\n%s", test.contact, diff)
			}
		})
	}
}

func TestMessagesSurviveTheOutbox(t *testing.T) {
	t.Parallel()
	for name, message := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, data, err := Encode(message)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(kind, data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, message); diff != "" {
				t.Errorf("decoded (-got +want):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	t.Parallel()
	if _, _, err := Encode(nil); err == nil {
		t.Error("Encode(nil) succeeded, want an error")
	}
	if _, err := Decode("lottery", []byte("{}")); err == nil {
		t.Error("decoding an unknown kind succeeded, want an error")
	}
	if _, err := Decode(Welcome{}.Kind(), []byte("{")); err == nil {
		t.Error("decoding torn JSON succeeded, want an error")
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add(hostile, 20)
	f.Add("plain", 1)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(1, min(limit, 1000))
		got := oneLine(s, limit)
		if n := len([]rune(got)); n > limit {
			t.Errorf("oneLine(%q, %d) has %d characters", s, limit, n)
		}
		if strings.ContainsFunc(got, unicode.IsControl) || strings.ContainsRune(got, '\u202e') {
			t.Errorf("oneLine(%q) = %q", s, got)
		}
		if again := oneLine(got, limit); again != got {
			t.Errorf("oneLine is not stable: %q, then %q", got, again)
		}
	})
}

// The email about a connection says no more than the test has shown.
func TestTheEmailAboutAConnectionSaysWhatWasTested(t *testing.T) {
	t.Parallel()
	step := func(o pactius.StepOutcome, needed bool) pactius.ConnectionStep {
		return pactius.ConnectionStep{Outcome: o, Needed: needed}
	}
	ok := step(pactius.StepOK, true)
	for name, test := range map[string]struct {
		steps            []pactius.ConnectionStep
		tested, complete bool
	}{
		"untested":        {},
		"all works":       {[]pactius.ConnectionStep{ok, step(pactius.StepOK, false)}, true, true},
		"something lacks": {[]pactius.ConnectionStep{ok, step(pactius.StepWarning, false)}, true, false},
		"not all tested":  {[]pactius.ConnectionStep{ok, step(pactius.StepSkipped, false)}, true, false},
	} {
		if m := ConnectedBy("t", test.steps); m.Tested != test.tested || m.Complete != test.complete {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
