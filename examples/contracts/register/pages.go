package register

import (
	"bytes"
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxForm  = 64 << 10 // bytes
	maxText  = 200      // characters of a title and a partner
	maxValue = 1_000_000_000_000
)

// visit is a request by a person who was found.
type visit struct {
	*http.Request
	person person
	tree   *tree
}

// answer is a page: its status, its template and what that shows.
type answer struct {
	status   int
	template string
	Title    string
	Person   person // zero on the page for requests without one
	Pactius  string // address
	More     string // address of the page to request more access
	Text     string // of a message

	Rows []row // of the list
	Full bool  // the list shows only its first part
	Add  bool  // the person may add contracts

	Contract Contract // of the form
	Fields   []field
	Unit     field
	Units    []unit // to choose from
	Wrong    bool   // the form was not saved
}

// field is an input of the form.
type field struct{ Name, Label, Type, Value, Wrong string }

// row is a line of the list.
type row struct {
	Contract
	Path string
	Edit bool
}

// refusal is the error that a page returns to show another one.
type refusal struct{ answer }

// Error returns the heading of the page.
func (r refusal) Error() string { return r.Title }

// deny returns a refusal.
func deny(status int, title, text string) error { return refusal{message(status, title, text)} }

// page makes a handler of a function that needs a person. Person and units are looked up anew for each request.
func (r *Register) page(show func(visit) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		request.Body = http.MaxBytesReader(w, request.Body, maxForm)
		a := r.answer(visit{Request: request}, show)
		if a.status == http.StatusSeeOther {
			http.Redirect(w, request, "/", a.status)
			return
		}
		r.write(w, a)
	})
}

// answer finds the person and their units, and then what to show them.
func (r *Register) answer(v visit, show func(visit) (answer, error)) answer {
	var err error
	if v.person, err = r.verifier.person(v.Request); err == nil {
		v.tree, err = r.directory.tree(v.Context(), v.person)
	}
	if err != nil {
		return r.noPerson(err)
	}
	a, err := show(v)
	if no, ok := errors.AsType[refusal](err); ok {
		a = no.answer
	} else if err != nil {
		r.logger.Error("A page failed.", "error", err)
		a = message(http.StatusInternalServerError, "Something went wrong", "Try again in a moment.")
	}
	a.Person = v.person
	return a
}

// noPerson answers a request without a valid token, and one that PACTIUS could not be asked about.
func (r *Register) noPerson(err error) answer {
	if errors.Is(err, errRefused) {
		r.logger.Info("A request was refused.", "reason", err)
		return message(http.StatusUnauthorized, "Sign in with PACTIUS",
			"You can open the contract register only through PACTIUS. Find it there among your applications.")
	}
	r.logger.Error("PACTIUS can't be asked.", "error", err)
	return message(http.StatusServiceUnavailable, "The register isn't available right now",
		"We can't check what you have access to. Try again in a moment.")
}

func (r *Register) write(w http.ResponseWriter, a answer) {
	a.Pactius, a.More = r.pactius, cmp.Or(a.More, r.more(""))
	var b bytes.Buffer
	if err := r.pages.ExecuteTemplate(&b, a.template, a); err != nil {
		r.logger.Error("A page can't be shown.", "error", err)
		http.Error(w, "Something went wrong. Try again in a moment.", http.StatusInternalServerError)
		return
	}
	if a.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Pactius")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = b.WriteTo(w) // fails if the person has gone
}

func message(status int, title, text string) answer {
	return answer{status: status, template: "message", Title: title, Text: text}
}

// more returns the address at which a person requests more access, to a unit if one is given.
func (r *Register) more(unit string) string {
	query := url.Values{"application": {r.application}}
	if unit != "" {
		query.Set("unit", unit)
	}
	return r.pactius + "/access/more?" + query.Encode()
}

// mayWrite returns the refusal of a change in a unit that the person reads only.
func (r *Register) mayWrite(u unit) error {
	if u.Access.mayWrite() {
		return nil
	}
	a := message(http.StatusForbidden, "You can't edit contracts of "+u.Path,
		"You need write access to this business unit.")
	a.More = r.more(u.ID)
	return refusal{a}
}

// list handles GET /.
func (r *Register) list(v visit) (answer, error) {
	contracts, err := r.store.list(v.Context(), v.tree.readable())
	a := answer{status: http.StatusOK, template: "list", Title: "Contracts",
		Full: len(contracts) == maxContracts, Add: len(v.tree.writable()) > 0}
	for _, c := range contracts {
		u := v.tree.byID[c.Unit]
		a.Rows = append(a.Rows, row{Contract: c, Path: u.Path, Edit: u.Access.mayWrite()})
	}
	return a, err
}

// newContract handles GET /contracts/new.
func (r *Register) newContract(v visit) (answer, error) {
	if len(v.tree.writable()) == 0 {
		return answer{}, deny(http.StatusForbidden, "You can't add contracts",
			"You need write access to a business unit.")
	}
	return form(v, Contract{}, "", nil), nil
}

// add handles POST /contracts/new.
func (r *Register) add(v visit) (answer, error) {
	return r.keep(v, Contract{})
}

// edit handles GET /contracts/{id}.
func (r *Register) edit(v visit) (answer, error) {
	c, err := r.find(v)
	return form(v, c, strconv.FormatInt(c.Value, 10), nil), err
}

// save handles POST /contracts/{id}.
func (r *Register) save(v visit) (answer, error) {
	c, err := r.find(v)
	if err != nil {
		return answer{}, err
	}
	return r.keep(v, c)
}

// find returns the contract that the address names, if the person may edit it. A contract of a unit that the person
// does not read looks like one that does not exist.
func (r *Register) find(v visit) (Contract, error) {
	id, _ := strconv.ParseInt(v.PathValue("id"), 10, 64) // no contract has the ID 0
	c, err := r.store.find(v.Context(), id)
	u := v.tree.byID[c.Unit]
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !u.Access.mayRead():
		_, err = r.missing(v)
	case err == nil:
		err = r.mayWrite(u)
	}
	return c, err
}

// keep saves what a form holds in place of before, the zero Contract to add one.
func (r *Register) keep(v visit, before Contract) (answer, error) {
	c, wrong := read(v)
	c.ID = before.ID
	if u := v.tree.byID[c.Unit]; u.Access.mayRead() {
		if err := r.mayWrite(u); err != nil {
			return answer{}, err
		}
	}
	if len(wrong) > 0 {
		return form(v, c, v.PostFormValue("value"), wrong), nil
	}
	if before.ID == 0 {
		return answer{status: http.StatusSeeOther}, r.store.add(v.Context(), c)
	}
	err := r.store.save(v.Context(), c, before.Unit)
	if errors.Is(err, errChanged) {
		err = deny(http.StatusConflict, "Someone changed this contract before you",
			"Your changes weren't saved. Open the contract again to see the other changes, and repeat yours.")
	}
	return answer{status: http.StatusSeeOther}, err
}

// missing answers addresses at which there is nothing.
func (r *Register) missing(visit) (answer, error) {
	return answer{}, deny(http.StatusNotFound, "Page not found", "You don't have access to a page at this address.")
}

// form shows a contract for editing, its value as typed, and the faults of its fields.
func form(v visit, c Contract, value string, wrong map[string]string) answer {
	a := answer{status: http.StatusOK, template: "form", Title: "New contract", Contract: c, Units: v.tree.writable()}
	if c.ID != 0 {
		a.Title = "Edit contract"
	}
	if len(wrong) > 0 {
		a.status, a.Wrong = http.StatusUnprocessableEntity, true
	}
	a.Fields = []field{
		{"title", "Title", "text", c.Title, wrong["title"]},
		{"partner", "Partner", "text", c.Partner, wrong["partner"]},
		{"value", "Value, EUR", "text", value, wrong["value"]},
		{"ends_on", "Ends on (leave blank if there's no end date)", "date", c.EndsOn, wrong["ends_on"]},
	}
	a.Unit = field{Name: "unit", Wrong: wrong["unit"]}
	return a
}

// read returns the contract that a form holds, and the faults of its fields by name.
func read(v visit) (Contract, map[string]string) {
	text := func(name string) string { return strings.TrimSpace(v.PostFormValue(name)) }
	c := Contract{Unit: text("unit"), Title: text("title"), Partner: text("partner"), EndsOn: text("ends_on")}
	wrong := map[string]string{}
	for name, value := range map[string]string{"title": c.Title, "partner": c.Partner} {
		if n := len([]rune(value)); n == 0 || n > maxText {
			wrong[name] = fmt.Sprintf("Enter 1 to %d characters.", maxText)
		}
	}
	var err error
	if c.Value, err = strconv.ParseInt(text("value"), 10, 64); err != nil || c.Value < 0 || c.Value > maxValue {
		wrong["value"] = "Enter a whole number of euros, such as 25000."
	}
	if _, err := time.Parse(time.DateOnly, c.EndsOn); c.EndsOn != "" && err != nil {
		wrong["ends_on"] = "Enter a date such as 2027-12-31, or leave it blank."
	}
	if !v.tree.access(c.Unit).mayWrite() {
		wrong["unit"] = "Choose a business unit."
	}
	c.Version, _ = strconv.ParseInt(text("version"), 10, 64) // of a new contract there is none
	return c, wrong
}

// thousands writes 1250000 as 1,250,000.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
