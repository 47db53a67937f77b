package register

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAccessDecidesWhatIsShown(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	for name, test := range map[string]struct {
		units          string
		shown, hidden  []string
		edit, new, add int // the answers to editing Cranes, to the form for a new contract, and to adding one in South
	}{
		"read of the unit": {
			company("none", "none", "read", "none"),
			[]string{"Cranes", "Kran &amp; Co", "Sales / South", "1,250,000", "2027-12-31"},
			[]string{"Audit", "Add contract"},
			http.StatusForbidden, http.StatusForbidden, http.StatusForbidden,
		},
		"read inherited from above": {
			company("none", "read", "read", "none"), []string{"Cranes"}, []string{"Audit", "Add contract"},
			http.StatusForbidden, http.StatusForbidden, http.StatusForbidden,
		},
		"write inherited from the company": {
			company("write", "write", "write", "write"), []string{"Cranes", "Audit", "Add contract"}, nil,
			http.StatusOK, http.StatusOK, http.StatusSeeOther,
		},
		"administer of the unit": {
			company("none", "none", "administer", "none"), []string{"Cranes", "Add contract"}, []string{"Audit"},
			http.StatusOK, http.StatusOK, http.StatusSeeOther,
		},
		"read of another unit": {
			company("none", "none", "none", "read"), []string{"Audit", "No end date"}, []string{"Cranes"},
			http.StatusNotFound, http.StatusForbidden, http.StatusUnprocessableEntity,
		},
		"an access that is unknown here": {
			company("none", "none", "owner", "none"), []string{"no contracts that you"}, []string{"Cranes"},
			http.StatusNotFound, http.StatusForbidden, http.StatusUnprocessableEntity,
		},
		"no units": {
			`{"units":[]}`, []string{"no contracts that you have access to"}, []string{"Cranes", "Audit"},
			http.StatusNotFound, http.StatusForbidden, http.StatusUnprocessableEntity,
		},
	} {
		o.with(func() { o.units[name], o.etag = test.units, `"`+name+`"` })
		token := o.token(t, name, nil)
		status, page := open(t, r, "/", token)
		if status != http.StatusOK {
			t.Errorf("%s: the list: got %d", name, status)
		}
		for _, text := range append(test.shown, "Freja Åkjær", `href="/.pactius/sign-out"`) {
			if !strings.Contains(page, text) {
				t.Errorf("%s: the list lacks %q", name, text)
			}
		}
		for _, text := range test.hidden {
			if strings.Contains(page, text) {
				t.Errorf("%s: the list shows %q", name, text)
			}
		}
		if status, _ := open(t, r, "/contracts/1", token); status != test.edit {
			t.Errorf("%s: editing: got %d, want %d", name, status, test.edit)
		}
		if status, _ := open(t, r, "/contracts/new", token); status != test.new {
			t.Errorf("%s: the form: got %d, want %d", name, status, test.new)
		}
		added := url.Values{"unit": {"south"}, "title": {"By " + name}, "partner": {"P"}, "value": {"1"}}
		if status, _ := send(t, r, "/contracts/new", token, added); status != test.add {
			t.Errorf("%s: adding: got %d, want %d", name, status, test.add)
		}
	}
}

// TestSavingNeedsWriteBeforeAndAfter moves contracts between units.
func TestSavingNeedsWriteBeforeAndAfter(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["both"] = company("none", "write", "write", "write")
	o.units["south"] = company("none", "none", "write", "read")
	o.units["finance"] = company("none", "none", "read", "write")
	cranes := func(version, unit string) url.Values {
		return url.Values{"version": {version}, "unit": {unit}, "title": {"Cranes II"}, "partner": {"Kran"},
			"value": {"2000"}, "ends_on": {""}}
	}
	for _, test := range []struct {
		name, person string
		form         url.Values
		status       int
	}{
		{"into a unit that the person reads", "south", cranes("1", "finance"), http.StatusForbidden},
		{"into a unit that does not exist", "south", cranes("1", "moon"), http.StatusUnprocessableEntity},
		{"out of a unit that the person reads", "finance", cranes("1", "finance"), http.StatusForbidden},
		{"between units that the person writes", "both", cranes("1", "finance"), http.StatusSeeOther},
		{"with the form of before", "both", cranes("1", "south"), http.StatusConflict},
		{"after the contract has left the unit", "south", cranes("2", "south"), http.StatusForbidden},
		{"back", "both", cranes("2", "south"), http.StatusSeeOther},
	} {
		if got, page := send(t, r, "/contracts/1", o.token(t, test.person, nil), test.form); got != test.status {
			t.Errorf("%s: got %d, want %d: %s", test.name, got, test.status, page)
		}
	}
	// The contract moves to South after the right was checked for Finance, and the form guesses its next version.
	moved := Contract{ID: 1, Version: 3, Unit: "finance", Title: "Taken"}
	if err := r.store.save(t.Context(), moved, "finance"); !errors.Is(err, errChanged) {
		t.Errorf("saving what has left its unit: got %v", err)
	}
	c, err := r.store.find(t.Context(), 1)
	if want := (Contract{1, 3, "south", "Cranes II", "Kran", 2000, ""}); err != nil || c != want {
		t.Errorf("got %+v, %v, want %+v", c, err, want)
	}
}

// TestAccessIsLostWithTheNextRequest relies on the door, which sends a new token as soon as something has changed.
func TestAccessIsLostWithTheNextRequest(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "write", "none")
	before := o.token(t, "freja", nil)
	expect := func(step, token string, status int, shown bool, asked int) {
		t.Helper()
		got, page := open(t, r, "/", token)
		if got != status || strings.Contains(page, "Cranes") != shown {
			t.Errorf("%s: got %d, %s", step, got, page)
		}
		if !strings.Contains(page, `<a href="`+o.server.URL+`/">PACTIUS Home</a>`) {
			t.Errorf("%s: no way back to PACTIUS: %s", step, page)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(o.asked) != asked {
			t.Errorf("%s: PACTIUS was asked %d times, want %d", step, len(o.asked), asked)
		}
	}
	expect("with access", before, http.StatusOK, true, 1)
	expect("the same token", before, http.StatusOK, true, 1)

	renewed := o.token(t, "freja", nil)
	expect("a renewed token", renewed, http.StatusOK, true, 2)
	if got, want := o.asked[1], renewed+` "1"`; got != want {
		t.Errorf("PACTIUS was asked with %q, want the new token and the ETag: %q", got, want)
	}

	o.with(func() { o.units["freja"], o.etag = company("none", "none", "none", "none"), `"2"` })
	expect("access was removed", o.token(t, "freja", nil), http.StatusOK, false, 3)
	edit := url.Values{"version": {"1"}, "unit": {"south"}, "title": {"Mine"}, "partner": {"P"}, "value": {"1"}}
	if got, _ := send(t, r, "/contracts/1", o.token(t, "freja", nil), edit); got != http.StatusNotFound {
		t.Errorf("saving after access was removed: got %d", got)
	}

	o.with(func() { delete(o.units, "freja") })
	expect("the person was deactivated", o.token(t, "freja", nil), http.StatusUnauthorized, false, 5)
	o.with(func() { o.down = true })
	expect("PACTIUS is away", o.token(t, "freja", nil), http.StatusServiceUnavailable, false, 5)
}

// TestAnswersEndWithTheToken keeps an answer no longer than the token lives, even if the token is still accepted
// because of the clocks.
func TestAnswersEndWithTheToken(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "read", "none")
	token := o.token(t, "freja", nil)
	for _, asked := range []int{1, 1, 2} {
		if got, _ := open(t, r, "/", token); got != http.StatusOK || len(o.asked) != asked {
			t.Errorf("%v: got %d, asked %d times, want %d", o.clock(), got, len(o.asked), asked)
		}
		o.with(func() { o.now = o.now.Add(30 * time.Second) })
	}
}

// TestTheTokensUnitsDecideNothing sends tokens with memberships and with the address to look them up instead: the
// units are always looked up, at PACTIUS and nowhere else, because only the tree tells what is inherited.
func TestTheTokensUnitsDecideNothing(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the token was sent elsewhere")
	}))
	t.Cleanup(elsewhere.Close)
	o, r := start(t)
	o.units["freja"] = company("none", "read", "read", "none")
	for name, claims := range map[string]map[string]any{
		"memberships":        {"units": map[string]string{"sales": "read"}},
		"no memberships":     {"units_url": o.server.URL + unitsPath},
		"old memberships":    {"units": map[string]string{"finance": "administer"}},
		"an address outside": {"units_url": elsewhere.URL},
	} {
		token := o.token(t, "freja", func(c map[string]any) {
			for k, v := range claims {
				c[k] = v
			}
		})
		status, page := open(t, r, "/", token)
		if status != http.StatusOK || !strings.Contains(page, "Cranes") || strings.Contains(page, "Audit") {
			t.Errorf("%s: got %d, %s", name, status, page)
		}
	}
}

func TestPeopleShareNoAnswer(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "read", "none")
	o.units["ada"] = company("none", "none", "none", "read")
	for range 2 {
		for person, shown := range map[string]string{"freja": "Cranes", "ada": "Audit"} {
			_, page := open(t, r, "/", o.token(t, person, nil))
			if !strings.Contains(page, shown) || strings.Count(page, "<tr>") != 2 {
				t.Errorf("%s: got %s", person, page)
			}
		}
	}
}

func TestWrongFormsComeBack(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "write", "none")
	for name, test := range map[string]struct{ field, value, want string }{
		"no title":             {"title", " ", `id="title-wrong"`},
		"a title too long":     {"title", strings.Repeat("å", maxText+1), `id="title-wrong"`},
		"no partner":           {"partner", "", `id="partner-wrong"`},
		"a value in words":     {"value", "much", `value="much"`},
		"a value below zero":   {"value", "-1", `id="value-wrong"`},
		"a value beyond limit": {"value", "99999999999999999999", `id="value-wrong"`},
		"a day that is none":   {"ends_on", "2027-02-30", `id="ends_on-wrong"`},
		"no unit":              {"unit", "", `id="unit-wrong"`},
		"markup":               {"value", `"><script>`, `value="&#34;&gt;&lt;script&gt;"`},
	} {
		form := url.Values{"unit": {"south"}, "title": {"New <i>"}, "partner": {"P"}, "value": {"1"}, "ends_on": {""}}
		form.Set(test.field, test.value)
		status, page := send(t, r, "/contracts/new", o.token(t, "freja", nil), form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, test.want) {
			t.Errorf("%s: got %d, %s", name, status, page)
		}
		if test.field != "title" && !strings.Contains(page, `value="New &lt;i&gt;"`) {
			t.Errorf("%s: the typed title is gone: %s", name, page)
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("none", "none", "write", "none")
	form := url.Values{"unit": {"south"}, "title": {"Forged"}, "partner": {"P"}, "value": {"1"}}
	body := strings.NewReader(form.Encode())
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/contracts/new", body)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	if status, _ := do(r, request, o.token(t, "freja", nil)); status != http.StatusForbidden {
		t.Errorf("got %d", status)
	}
}

func TestAddressesWithNothing(t *testing.T) {
	t.Parallel()
	o, r := start(t)
	o.units["freja"] = company("write", "write", "write", "write")
	for path, want := range map[string]int{
		"/contracts/0": 404, "/contracts/99": 404, "/contracts/x": 404, "/contracts/99999999999999999999": 404,
		"/contracts": 404, "/favicon.ico": 404, "/.pactius/": 404, "/style.css": 200,
	} {
		if got, _ := open(t, r, path, o.token(t, "freja", nil)); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
}

func TestAFileKeepsTheContracts(t *testing.T) {
	t.Parallel()
	config := Config{Pactius: "https://portal.example.com", Application: application,
		Data: t.TempDir() + "/100% søren?#.db", Sample: []Contract{{Unit: "south", Title: "Cranes"}}}
	for range 2 {
		r, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.store.list(t.Context(), []unit{{ID: "south"}})
		if err != nil || len(list) != 1 {
			t.Errorf("got %v, %v, want the sample once", list, err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWrongConfigurationIsRefused(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]Config{
		"no address":          {Application: application},
		"an address of files": {Pactius: "file:///etc", Application: application},
		"no application":      {Pactius: "https://portal.example.com"},
		"no folder":           {Pactius: "https://portal.example.com", Application: application, Data: "/no/folder"},
	} {
		if _, err := New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
