package web

import (
	"cmp"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/web/view"
)

// maxFields bounds the fields of a form: a tree of pactius.MaxUnits rows posts
// an access for every row, and a choice for some.
const maxFields = 2*pactius.MaxUnits + 100

// form is a posted form. Every field occurs once, except the boxes of a tree.
type form map[string][]string

// readForm reads the body of a POST (WHATWG URL, application/x-www-form-urlencoded).
// It refuses input that our pages never send: other types, broken escapes, text that
// is not UTF-8, a field twice. Unknown fields are ignored.
func readForm(r *http.Request) (form, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, edge.BodyError(err)
	}
	if len(raw) == 0 {
		return form{}, nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, errMalformed
	}
	return parseForm(string(raw))
}

func parseForm(raw string) (form, error) {
	f, n := form{}, 0
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		if n++; n > maxFields {
			return nil, edge.TooLarge()
		}
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil || !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, errMalformed
		}
		if len(f[name]) > 0 && name != view.FieldUnit {
			return nil, errMalformed // which of the two would count?
		}
		f[name] = append(f[name], value)
	}
	return f, nil
}

// text is a field as typed, "" where it is missing.
func (f form) text(name string) string {
	if len(f[name]) == 0 {
		return ""
	}
	return f[name][0]
}

// typed is what a person has typed by hand: for the page that is shown where the form cannot be, because the person
// has lost the right, or is signed out. Secrets are not among it.
func (f form) typed() []view.Typed {
	var all []view.Typed
	for _, field := range []struct {
		name  string
		label pactius.Text
	}{
		{"username", pactius.T("Account name")}, {"name", pactius.T("Name")}, {"email", pactius.T("Email")},
		{"ends_on", pactius.T("End date")}, {"message", pactius.T("Message")}, {"note", pactius.T("Note")},
	} {
		if value := strings.TrimSpace(f.text(field.name)); value != "" {
			all = append(all, view.Typed{Label: field.label, Value: shorten(value, maxTyped)})
		}
	}
	return all
}

// maxTyped bounds what an error page repeats of one field, in bytes: the longest note that the rules accept, in any
// script.
const maxTyped = 4 * pactius.MaxNote

// shorten cuts a text at a limit in bytes, between letters, and marks that something is left out.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + " …"
}

// has reports whether a field was posted.
func (f form) has(name string) bool { return len(f[name]) > 0 }

// noVersion is the version of a form that does not say one: it is stale.
const noVersion = -1

// version is the version the form was made from.
func (f form) version() int {
	n, err := strconv.Atoi(f.text("version"))
	if err != nil || n <= 0 { // the rules would not check 0
		return noVersion
	}
	return n
}

// units are the chosen business units, each once.
func (f form) units() []pactius.UnitID {
	var chosen []pactius.UnitID
	for _, s := range f[view.FieldUnit] {
		chosen = f.with(chosen, pactius.UnitID(s))
	}
	for s := range strings.FieldsSeq(f.text(view.FieldKept)) {
		chosen = f.with(chosen, view.KeptUnit(s))
	}
	return chosen
}

// with adds a unit to the chosen ones, unless it is there or removed.
func (f form) with(chosen []pactius.UnitID, u pactius.UnitID) []pactius.UnitID {
	if len(chosen) > pactius.MaxGrants || u == f.dropped() || slices.Contains(chosen, u) { // the rules refuse so many
		return chosen
	}
	return append(chosen, u)
}

// access is the chosen access to a unit: in a field of its own, or kept with the unit.
func (f form) access(u pactius.UnitID, kept map[pactius.UnitID]string) pactius.Access {
	a, err := pactius.ParseAccess(cmp.Or(f.text(view.FieldAccess(u)), kept[u]))
	if err != nil || a == pactius.AccessNone || !id.Valid(string(u)) {
		return wrongAccess
	}
	return a
}

// keptAccess are the words of access by their first letter.
var keptAccess = map[byte]string{'r': "read", 'w': "write", 'a': "administer"}

// wrongAccess is an access that no form offers: the rules refuse it.
const wrongAccess pactius.Access = -1

// grants are the chosen business units with their access.
func (f form) grants() []pactius.Grant {
	chosen, kept := f.units(), map[pactius.UnitID]string{}
	for s := range strings.FieldsSeq(f.text(view.FieldKept)) {
		kept[view.KeptUnit(s)] = keptAccess[s[0]]
	}
	grants := make([]pactius.Grant, len(chosen))
	for i, u := range chosen {
		grants[i] = pactius.Grant{Unit: u, Access: f.access(u, kept)}
	}
	return grants
}

// chosen is a choice of business units as typed, to show it again.
func chosen(grants []pactius.Grant) map[pactius.UnitID]pactius.Access {
	m := make(map[pactius.UnitID]pactius.Access, len(grants))
	for _, g := range grants {
		m[g.Unit] = max(g.Access, pactius.AccessRead)
	}
	return m
}

// Limits of a query field in bytes.
const (
	maxSearch = 200 // a name and an account name
	maxCursor = 1000
)

// query is a field of the address, without control characters and cut at the
// limit.
func (v *visit) query(name string, limit int) string {
	return cut(v.r.URL.Query().Get(name), limit)
}

// cut is a text without control characters and cut at a limit in bytes.
func cut(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s))
}

// queryID is an identifier in the address, "" where it has another form.
func queryID[ID ~string](v *visit, name string) ID { return idIn[ID](v.query, name) }

// idIn is queryID of a field of the address or of a form.
func idIn[ID ~string](get source, name string) ID {
	s := get(name, id.Length)
	if !id.Valid(s) {
		return ""
	}
	return ID(s)
}
