package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/web/view"
)

// A form that names 10,000 business units, in boxes or kept without them, is refused in a few statements.
func TestTenThousandUnitsInAForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(walt, w.north))
	boxes, kept := url.Values{}, &strings.Builder{}
	for range 10_000 {
		boxes.Add(view.FieldUnit, id.New())
		kept.WriteString("r" + id.New() + " ")
	}
	for _, form := range []url.Values{boxes, {view.FieldKept: {kept.String()}}} {
		form.Set("message", "Let me in")
		form.Set("note", "Welcome")
		for path, b := range map[string]*browser{"/access": w.as(vera), q + "/approve": w.as(lone), addPath: w.as(lone),
			userPath(w.users[rikke.username]) + "/units": w.as(lone)} {
			before, ran := w.db.Dump(t), w.db.Statements()
			p := b.post(path, form)
			if ran = w.db.Statements() - ran; ran > 25 || len(p.Body) >= pageLimit {
				t.Errorf("%s runs %d statements and answers with %d bytes", path, ran, len(p.Body))
			}
			if p.StatusCode != http.StatusUnprocessableEntity && p.StatusCode != http.StatusConflict {
				t.Errorf("%s: status %d", path, p.StatusCode)
			}
			same(t, before, w.db.Dump(t))
		}
	}
}

// However many words are searched for, a list stays within its statements.
func TestASearchForManyWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.request(walt, w.north)
	words := url.QueryEscape("walt a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6 7 8 9")
	for _, b := range []*browser{w.as(ada), w.as(lone)} {
		for _, path := range []string{"/settings/requests?q=", "/settings/requests?state=decided&q=",
			"/settings/requests?state=all&q=", "/settings/users?q=", view.LikePath + "?q=",
			unitPath(w.north) + "/members/people?q="} {
			before := w.db.Statements()
			b.get(path + words).status(http.StatusOK).lacks(walt.username)
			if ran := w.db.Statements() - before; ran > 15 {
				t.Errorf("%s runs %d statements", path, ran)
			}
		}
	}
}

// Input that no form sends is refused without an internal error, on both engines, and is never markup.
func TestNonsenseInNewForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q, user := requestPath(w.request(vera, w.north)), userPath(w.users[rikke.username])
	member := unitPath(w.north) + "/members/" + string(w.users[rikke.username])
	nonsense := []string{"\x00", "' OR 1=1 --", strings.Repeat("9", 30), "<script>alert(1)</script>",
		strings.Repeat("w x ", 20_000), strings.Repeat("鷗", 300), string(w.north[:len(w.north)-1]) + "\x00"}
	b := w.as(lone)
	for path, fields := range map[string][]string{
		unitPath(w.north) + "/members/add": {"q", "user", "access", "found"},
		member:                             {"access", "version", "after"},
		member + "/remove":                 {"version"},
		unitPath(w.north) + "/archive":     {"parent", "find", "tree", "shown"},
		q + "/approve":                     {"like", "copy", "unit", "kept", "ends_on"},
		q + "/same":                        {"user"},
		q + "/not-same":                    {"user"},
		"/settings/units/add":              {"parent"},
		unitPath(w.north) + "/move":        {"parent"},
		user + "/merge":                    {"with"},
		user + "/edit":                     {"confirmed", "choose"},
		addPath:                            {"like", "copy", "unit", "kept", "confirmed", "same", "choose"},
		user + "/units":                    {"like", "copy", "version"},
	} {
		for _, field := range fields {
			for _, value := range nonsense {
				form := url.Values{"version": {"1"}, view.FieldMoves: {"1"}, field: {value}}
				if path == q+"/approve" && field != "ends_on" {
					form.Set(view.FieldTree, view.TreeOpen+string(w.north)) // else it would be approved
				}
				p := b.post(path, form)
				if p.StatusCode >= http.StatusInternalServerError {
					t.Errorf("%s with %s %.30q: status %d", path, field, value, p.StatusCode)
				}
				p.lacks("<script>alert")
			}
		}
	}
	for _, value := range nonsense {
		if p := w.as(walt).post("/access", url.Values{"unit": {value}, "return": {value}}); p.StatusCode >= 500 {
			t.Errorf("/access with the unit %.30q: status %d", value, p.StatusCode)
		}
	}
	for _, path := range []string{"/settings/users/like?q=", unitPath(w.north) + "/members/people?q=",
		unitPath(w.north) + "?after=", unitPath(w.north) + "/members/add?access=", "/settings/requests?q=",
		"/settings/requests?state=decided&after=", user + "/edit?username=", user + "/photo?v=", "/access?return="} {
		for _, value := range nonsense {
			p := b.get(path + url.QueryEscape(value)).lacks("<script>alert")
			if p.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s%.30q: status %d", path, value, p.StatusCode)
			}
		}
	}
}

// A new user is greeted however long the names of the units are.
func TestAGreetingWithLongNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deep := w.root
	for i := range 6 {
		deep = w.unit(deep, strings.Repeat("鷗", pactius.MaxUnitName-1)+fmt.Sprint(i))
	}
	var grants []pactius.Grant
	for i := range 3 {
		grants = append(grants, pactius.Grant{Unit: w.unit(deep, fmt.Sprint("Below ", i)), Access: pactius.AccessRead})
	}
	w.user(vera, grants...)
	w.as(vera).get("/").shows("You now have access: 3 business units")
}
