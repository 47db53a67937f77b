package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/incidents"
	"github.com/pactius/pactius/internal/users"
)

// answer is a line that "explain --batch" prints, of either kind.
type answer struct {
	explainedLine
	Error string `json:"error"`
}

func answers(t testing.TB, stdout string) []answer {
	t.Helper()
	var all []answer
	for line := range strings.Lines(stdout) {
		var a answer
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("the line %q is no JSON: %v", line, err)
		}
		all = append(all, a)
	}
	return all
}

func TestExplainBatchLineByLine(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	w.must("user", "add", "--username", "bo@nordhavn.example", "--name", "Bo Lund", "--unit", "Sales")
	w.must("user", "add", "--username", "off@nordhavn.example", "--name", "Otto Off", "--unit", "Sales")
	w.must("user", "deactivate", "off@nordhavn.example")
	request := w.ask("gu@nordhavn.example", "Gu Berg", "")
	cases := []struct {
		name, line string
		decision   string
		says       string // part of the error
	}{
		{"an invited user", `{"username":"bo@nordhavn.example"}`, "bind", ""},
		{"an invited user in other letters, with all that is known",
			`{"username":" BO@Nordhavn.Example ","name":"Bo","email":"bo@x.example"}`, "bind", ""},
		{"somebody deactivated", `{"username":"off@nordhavn.example"}`, "blocked", ""},
		{"somebody unknown", `{"username":"new@nordhavn.example","name":"Nina New"}`, "unrecognised", ""},
		{"somebody who has asked", `{"username":"gu@nordhavn.example"}`, "unrecognised", ""},
		{"an identity nobody is bound to",
			`{"username":"new@nordhavn.example","oid":"8D3C1F6E-0B5A-4C7D-9E21-5F4A3B2C1D0E"}`, "unrecognised", ""},
		{"the name of an invited user under an identity",
			`{"username":"bo@nordhavn.example","oid":"8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e"}`, "bind", ""},
		{"a guest's account name", `{"username":"bo_partner.example#EXT#@nordhavn.onmicrosoft.example"}`,
			"unrecognised", ""},
		{"an account name that cannot be", `{"username":"'; DROP TABLE users; --"}`, "unrecognised", ""},
		{"emoji, quotes and backslashes", `{"username":"\"\\😀@nordhavn.example","name":"<b>&amp;"}`, "unrecognised",
			""},
		{"10,000 characters", `{"username":"` + strings.Repeat("x", 10_000) + `","name":"` +
			strings.Repeat("y ", 5_000) + `"}`, "unrecognised", ""},
		{"no account name", `{"name":"Bo Lund"}`, "", "username is missing"},
		{"an empty object", `{}`, "", "username is missing"},
		{"an oid that is none", `{"username":"bo@nordhavn.example","oid":"7"}`, "", "not a GUID"},
		{"a number for a name", `{"username":"bo@nordhavn.example","name":7}`, "", "name cannot be a number"},
		{"an unknown field", `{"username":"bo@nordhavn.example","department":"Sales"}`, "",
			`unknown field "department"`},
		{"no JSON", `username,name`, "", "not a JSON object"},
		{"a list", `["bo@nordhavn.example"]`, "", "not a JSON object"},
		{"half an object", `{"username":"bo@nordhavn.example"`, "", "does not end"},
		{"two objects", `{"username":"bo@nordhavn.example"} {}`, "", "after the JSON object"},
		{"a control character", `{"username":"bo\u0000@nordhavn.example"}`, "", "control character"},
		{"bytes that are no text", "{\"username\":\"bo\xff@nordhavn.example\"}", "", "UTF-8"},
		{"a line without end", `{"username":"` + strings.Repeat("x", maxBatchLine) + `"}`, "", "longer than"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := w.run("\n"+c.line, "explain", "--batch", "-")
			got := answers(t, r.stdout)
			if len(got) != 1 || got[0].Line != 2 || got[0].Decision != c.decision ||
				!strings.Contains(got[0].Error, c.says) {
				t.Fatalf("got %+v, want the decision %q and an error that says %q\n%s", got, c.decision, c.says,
					r.stderr)
			}
			if bad := c.says != ""; (r.code == exitRefused) != bad || (got[0].Error != "") != bad {
				t.Errorf("exit code %d, error %q", r.code, got[0].Error)
			}
			if asked := strings.Contains(c.line, "gu@"); asked != (got[0].Request == string(request)) {
				t.Errorf("request %q", got[0].Request)
			}
			if c.says == "" && (got[0].NearMisses == nil || got[0].Reasons == nil) {
				t.Errorf("a list is missing in %s", r.stdout)
			}
		})
	}
}

// The answers come in the order of the questions, also over the chunks.
func TestExplainBatchKeepsTheOrder(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	var in strings.Builder
	var want []string
	const lines = 3*explainChunk + 7
	for i := range lines {
		switch i % 5 {
		case 3:
			in.WriteString("broken\r\n")
			want = append(want, fmt.Sprint(i+1, " "))
		default:
			fmt.Fprintf(&in, `{"username":"p%d@nordhavn.example"}`+"\n", i)
			want = append(want, fmt.Sprintf("%d p%d@nordhavn.example", i+1, i))
		}
	}
	r := w.run("", "explain", "--batch", w.file("people.ndjson", in.String()))
	var got []string
	for _, a := range answers(t, r.stdout) {
		got = append(got, fmt.Sprint(a.Line, " ", a.Username))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers differ (-want +got):\n%s", diff)
	}
	if r.code != exitRefused || !strings.Contains(r.stderr, "couldn't be read: 155") {
		t.Errorf("exit code %d: %s", r.code, r.stderr)
	}
}

// A program may ask line by line and wait for each answer.
func TestExplainBatchAnswersAtOnce(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	in, ask := io.Pipe()
	printed, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), &app{stdin: in, stdout: out, stderr: io.Discard, environ: w.environ},
			[]string{"explain", "--batch", "-"})
	}()
	reader := bufio.NewReader(printed)
	for i := range 3 {
		if _, err := fmt.Fprintf(ask, `{"username":"p%d@nordhavn.example"}`+"\n", i); err != nil {
			t.Fatal(err)
		}
		line, err := reader.ReadString('\n')
		if err != nil || !strings.Contains(line, fmt.Sprintf(`"p%d@nordhavn.example"`, i)) {
			t.Fatalf("answer %d is %q: %v", i, line, err)
		}
	}
	if err := ask.Close(); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != exitDone {
		t.Errorf("ended with %d", code)
	}
}

func TestExplainBatchInterrupted(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, errs bytes.Buffer
	code := run(ctx, &app{stdin: strings.NewReader(`{"username":"p@nordhavn.example"}`), stdout: &out, stderr: &errs,
		environ: w.environ}, []string{"explain", "--batch", "-"})
	if code != exitRefused || out.Len() > 0 {
		t.Errorf("exit code %d, printed %q: %s", code, out.String(), errs.String())
	}
}

func TestExplainNamesNearMisses(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	w.must("user", "add", "--username", "birgitte.sondergaard@nordhavn.example", "--name", "Birgitte Søndergaard")
	line := `{"username":"birgite.sondergaard@nordhavn.example","name":"Birgitte Søndergaard"}`
	got := answers(t, w.run(line, "explain", "--batch", "-").stdout)[0]
	if diff := cmp.Diff([]string{"birgitte.sondergaard@nordhavn.example"}, got.NearMisses); diff != "" ||
		got.Likenesses != nil {
		t.Errorf("near misses differ (-want +got):\n%s%v", diff, got.Likenesses)
	}
	got = answers(t, w.run(line, "explain", "--batch", "-", "--verbose").stdout)[0]
	if len(got.Likenesses) != 1 || got.Likenesses[0].Score == 0 || len(got.Likenesses[0].Reasons) == 0 ||
		got.Likenesses[0].User == "" {
		t.Errorf("likenesses %+v", got.Likenesses)
	}
	said := w.must("explain", "birgite.sondergaard@nordhavn.example", "--name", "Birgitte Søndergaard", "--verbose")
	for _, want := range []string{"isn't recognised", "remedy   This is probably Birgitte Søndergaard",
		"similar  birgitte.sondergaard@nordhavn.example, Birgitte Søndergaard: ", "score "} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
}

// The batch predicts the sign-in of every person, whatever the user's state.
func TestExplainIsWhatTheSignInDoes(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	core := w.core(t.Context())
	defer core.Close()
	all, err := core.Environments.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	env := all[0].ID
	signIn := func(p pactius.Person) users.Outcome {
		in, err := core.Users.SignIn(t.Context(), env, p, users.Visit{})
		if err != nil {
			t.Fatal(err)
		}
		return in.Decision.Outcome
	}
	person := func(name, account string) pactius.Person {
		return pactius.Person{Identity: pactius.Identity{TenantID: tenant, ObjectID: objectID(account)},
			Username: name + "@nordhavn.example", Name: name}
	}
	var people []pactius.Person
	n := 0
	for _, user := range []string{"nobody", "invited", "bound", "invited off", "bound off"} {
		// other is the difference between person and user.
		for _, other := range []string{"", "name", "account", "name and account"} {
			for _, asked := range []bool{false, true} {
				n++
				name, account := fmt.Sprint("p", n), fmt.Sprint("a", n)
				if user != "nobody" {
					w.must("user", "add", "--username", name+"@nordhavn.example", "--name", name)
				}
				if strings.HasPrefix(user, "bound") {
					signIn(person(name, account))
				}
				if strings.HasSuffix(user, "off") {
					w.must("user", "deactivate", name+"@nordhavn.example")
				}
				if strings.Contains(other, "name") {
					name += "x"
				}
				if strings.Contains(other, "account") {
					account += "x"
				}
				p := person(name, account)
				if asked && user == "nobody" {
					if _, err := core.Users.Ask(t.Context(), pactius.Visitor(env, p, ""), users.Wish{}); err != nil {
						t.Fatal(err)
					}
				}
				people = append(people, p)
			}
		}
	}
	var in strings.Builder
	for _, p := range people {
		fmt.Fprintf(&in, `{"username":%q,"name":%q,"oid":%q}`+"\n", p.Username, p.Name, p.ObjectID)
	}
	said, seen := answers(t, w.run(in.String(), "explain", "--batch", "-").stdout), map[string]int{}
	for i, p := range people {
		if did := signIn(p); string(did) != said[i].Decision {
			t.Errorf("of %s it says %s, and the sign-in does %s", p.Username, said[i].Decision, did)
		}
		seen[said[i].Decision]++
	}
	if len(seen) < 4 {
		t.Errorf("only these decisions came up: %v", seen)
	}
}

// A batch looks up so many accounts and for so long; the lines after that are explained without, and it says how many.
func TestABatchLooksUpWithinItsLimits(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	core := w.core(t.Context())
	defer core.Close()
	all, err := core.Environments.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, limits := range map[string]lookups{
		"of accounts": {left: 2, time: time.Minute}, "of time": {left: 5, time: 0}, "offline": {left: 5, offline: true},
	} {
		var out, notes bytes.Buffer
		l := limits
		l.desk = &desk{Core: core, printer: &printer{out: &out, notes: &notes, asJSON: true},
			actor: pactius.SupportActor(all[0].ID)}
		lines := make([]batchLine, 5)
		for i := range lines {
			lines[i] = batchLine{number: i + 1, text: fmt.Appendf(nil, `{"username":"p%d@nordhavn.example"}`, i)}
		}
		if _, err := l.explainLines(t.Context(), lines, false); err != nil {
			t.Fatal(err)
		}
		if err := l.note(); err != nil {
			t.Fatal(err)
		}
		var states []string
		for _, a := range answers(t, out.String()) {
			states = append(states, a.Directory.State)
		}
		want, noted := []string{"unknown", "unknown", "not_asked", "not_asked", "not_asked"}, ": 3"
		switch name {
		case "of time":
			want, noted = slices.Repeat([]string{"not_asked"}, 5), ": 5"
		case "offline":
			want, noted = slices.Repeat([]string{"not_asked"}, 5), ""
		}
		if diff := cmp.Diff(want, states); diff != "" || !strings.Contains(notes.String(), noted) ||
			(noted == "") != (notes.Len() == 0) {
			t.Errorf("%s: noted %q, states (-want +got):\n%s", name, notes.String(), diff)
		}
	}
}

func TestExplainReference(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	w.must("environment", "add", "--name", "Sydhavn", "--host", "b.example", "--tenant",
		strings.Replace(tenant, "8", "9", 1))
	core := w.core(t.Context())
	defer core.Close()
	all, err := core.Environments.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	here, there := all[0], all[1]
	if here.Host == "b.example" {
		here, there = there, here
	}
	record := func(i pactius.Incident) string {
		i.Reference = rand.Text()
		if err := core.Incidents.Record(t.Context(), here.ID, i, incidents.Sender{Address: "192.0.2.7"}); err != nil {
			t.Fatal(err)
		}
		return i.Reference
	}
	failed := record(pactius.Incident{Kind: pactius.IncidentSignIn, Reason: "not assigned", Code: "AADSTS50105",
		Route: "GET /sign-in/callback"})
	known := pactius.Incident{Kind: pactius.IncidentNoAccess, Username: "gu@nordhavn.example"}
	known.TenantID, known.ObjectID = tenant, objectID("gu")
	shut := record(known)
	fault := record(pactius.Incident{Kind: pactius.IncidentFault, Route: "POST /settings/users/add"})
	for reference, want := range map[string][]string{
		failed: {"the sign-in failed: not assigned", "AADSTS50105", "the IT department"},
		shut:   {"signed in with Microsoft, but has no access", "gu@nordhavn.example", "isn't recognised"},
		fault:  {"an error in PACTIUS", "POST /settings/users/add", "Support"},
	} {
		said := w.must("explain", "--environment", here.Host, "--reference", "Reference: "+reference)
		for _, part := range want {
			if !strings.Contains(said, part) {
				t.Errorf("%q is missing in\n%s", part, said)
			}
		}
		if r := w.run("", "explain", "--environment", there.Host, "--reference", reference); r.code != exitRefused ||
			strings.Contains(r.stderr, "gu@") {
			t.Errorf("in another environment it ends with %d: %s%s", r.code, r.stdout, r.stderr)
		}
		var record incidentRecord
		if err := json.Unmarshal(
			[]byte(w.must("explain", "--environment", here.Host, "--reference", reference, "--json")),
			&record); err != nil || record.Reference != reference || record.Who == "" {
			t.Errorf("as JSON: %+v, %v", record, err)
		}
	}
}

func TestExplainTakesOneQuestion(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	for _, args := range [][]string{
		{}, {"a@b.example", "c@d.example"}, {" "}, {"a@b.example", "--batch", "-"},
		{"--batch", "-", "--number", "50105"}, {"--batch", ""},
		{"--reference", " "}, {"--number", "50105", "--name", "x"}, {"a@b.example", "--oid", "7"},
		{"--batch", "-", "--oid", "7"},
	} {
		if r := w.run("", append([]string{"explain"}, args...)...); r.code != exitUsage {
			t.Errorf("explain %q ends with %d: %s", args, r.code, r.stderr)
		}
	}
}

func FuzzExplainLine(f *testing.F) {
	f.Add([]byte(`{"username":"a@nordhavn.example","name":"A","email":"a@x.example",` +
		`"oid":"8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e"}`))
	f.Add([]byte(`{"username":7,"oid":{}}`))
	f.Add([]byte(`{"username":"\ud800"}{`))
	f.Add([]byte("\x00\n\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, fault := parsePerson(batchLine{text: b})
		if strings.Contains(fault, "main.") {
			t.Errorf("a word of the program is shown: %s", fault)
		}
		if fault == "" && (p.Username == "" || !utf8.ValidString(p.Username+p.Name+p.Email) ||
			strings.ContainsAny(p.Username+p.Name+p.Email, "\x00\n")) {
			t.Errorf("%q was taken as %+v", b, p)
		}
	})
}
