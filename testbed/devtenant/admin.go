package devtenant

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The tenant's administration: the demo's stand-in for the Microsoft Entra admin
// centre, where someone who looks around marries people, lets them go and takes
// permissions away. Like everything here it asks for no password.

// adminScreen lists people, the recycle bin and the applications.
type adminScreen struct {
	base
	Path, Query    string
	People, Bin    []entry
	Total, More    int
	Apps           []App
	Weather        string
	Done, Problem  string
	NewName, NewAt string // as typed for a new person
}

// adminPersonScreen is one person.
type adminPersonScreen struct {
	base
	Path          string // of the list
	Person        entry
	Deleted       bool
	Done, Problem string
}

// done are the sentences after a change, by the word in the address.
var done = map[string]string{
	"saved":    "Saved. Applications see the change the next time they ask.",
	"disabled": "Sign-in is blocked.",
	"enabled":  "Sign-in is allowed again.",
	"deleted":  "Deleted. The account can be restored from the recycle bin.",
	"restored": "Restored.",
	"removed":  "Deleted for good.",
	"granted":  "The permission was changed. Applications notice within an hour, when their token ends.",
	"weather":  "Microsoft Graph behaves so from now on.",
}

// The kinds of weather that the page offers.
var weathers = map[string]Trouble{
	"fair":      {},
	"slow":      {Delay: 3 * time.Second}, // longer than anyone waits for a list that opens while they type
	"throttled": {Throttled: 1000, RetryAfter: time.Minute},
	"down":      {Down: true},
}

// adminRoutes serves the administration of a tenant below /{tid}/admin.
func (t *Tenant) adminRoutes(mux *http.ServeMux) {
	path := "/" + t.id + "/admin"
	pages(mux, path, t.adminPage)
	pages(mux, path+"/people/{id}", t.adminPersonPage)
}

// AdminPath is where the administration of this tenant is.
func (t *Tenant) AdminPath() string { return "/" + t.id + "/admin" }

// adminPage: GET /{tid}/admin shows everyone; POST adds a person, changes a
// permission or the weather.
func (t *Tenant) adminPage(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		t.adminList(w, http.StatusOK, adminScreen{Query: r.URL.Query().Get("q"), Done: done[r.URL.Query().Get("done")]})
		return
	}
	if err := r.ParseForm(); err != nil {
		t.adminList(w, http.StatusBadRequest, adminScreen{Problem: "The form could not be read."})
		return
	}
	to, err := t.change(r.PostForm)
	if err != nil {
		t.adminList(w, http.StatusUnprocessableEntity,
			adminScreen{Problem: sentence(err), NewName: r.PostForm.Get("name"), NewAt: r.PostForm.Get("account")})
		return
	}
	http.Redirect(w, r, t.AdminPath()+to, http.StatusSeeOther)
}

// errNoButton is the answer to a form that no page here has.
var errNoButton = errors.New("there is no such button here")

// change does what a button of the list says, and tells where to go then.
func (t *Tenant) change(form url.Values) (to string, err error) {
	switch form.Get("action") {
	case "add":
		p := Person{ObjectID: uuid.NewString(), AccountName: strings.TrimSpace(form.Get("account")),
			Name: strings.TrimSpace(form.Get("name"))}
		p.Mail = p.AccountName
		return "/people/" + p.ObjectID + "?done=saved", t.Put(p)
	case "grant":
		var granted []string
		if name := form.Get("permission"); name == ReadAll || name == ReadBasic {
			granted = []string{name}
		}
		return "?done=granted", t.Grant(form.Get("app"), granted...)
	case "weather":
		if trouble, ok := weathers[form.Get("weather")]; ok {
			t.SetTrouble(trouble)
			return "?done=weather", nil
		}
	}
	return "", errNoButton
}

// adminList fills in the page of everyone.
func (t *Tenant) adminList(w http.ResponseWriter, status int, s adminScreen) {
	s.base, s.Path, s.Apps, s.Weather = t.base("Administration"), t.AdminPath(), t.Apps(), t.weatherName()
	s.Query = strings.TrimSpace(strings.ToValidUTF8(s.Query[:min(len(s.Query), maxQuery)], ""))
	for _, p := range t.sorted() {
		s.Total++
		if !matches(p, s.Query) {
			continue
		}
		if len(s.People) == maxShown {
			s.More++
			continue
		}
		s.People = append(s.People, entry{Person: p})
	}
	for _, p := range t.Deleted() {
		s.Bin = append(s.Bin, entry{Person: p})
	}
	t.render(w, status, "admin.html", s)
}

// weatherName is the name of the trouble there is, as far as it has one.
func (t *Tenant) weatherName() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.trouble
	for name, trouble := range weathers {
		if now.Throttled > 0 && trouble.Throttled > 0 || now == trouble {
			return name
		}
	}
	return "fair"
}

// adminPersonPage: GET /{tid}/admin/people/{id} shows a person; POST changes them.
func (t *Tenant) adminPersonPage(w http.ResponseWriter, r *http.Request) {
	id := strings.ToLower(r.PathValue("id"))
	p, there := t.person(id)
	if !there {
		bin := t.Deleted()
		i := slices.IndexFunc(bin, func(p Person) bool { return p.ObjectID == id })
		if i < 0 {
			t.adminList(w, http.StatusNotFound,
				adminScreen{Problem: "There is nobody with this ID, not even in the recycle bin."})
			return
		}
		p = bin[i]
	}
	s := adminPersonScreen{base: t.base(p.Name), Path: t.AdminPath(), Person: entry{Person: p}, Deleted: !there}
	if r.Method == http.MethodGet {
		s.Done = done[r.URL.Query().Get("done")]
		t.render(w, http.StatusOK, "adminperson.html", s)
		return
	}
	if err := r.ParseForm(); err != nil {
		s.Problem = "The form could not be read."
		t.render(w, http.StatusBadRequest, "adminperson.html", s)
		return
	}
	word, err := t.administer(&s.Person.Person, r.PostForm)
	if err != nil {
		s.Problem = sentence(err)
		t.render(w, http.StatusUnprocessableEntity, "adminperson.html", s)
		return
	}
	to := t.AdminPath()
	if word != "removed" {
		to += "/people/" + id
	}
	http.Redirect(w, r, to+"?done="+word, http.StatusSeeOther)
}

// administer does what a button of the person's page says. What was typed is left
// in p for the page to show again.
func (t *Tenant) administer(p *Person, form url.Values) (word string, err error) {
	switch form.Get("action") {
	case "save":
		typed := func(field string) string { return strings.TrimSpace(form.Get(field)) }
		p.Name, p.AccountName, p.Mail = typed("name"), typed("account"), typed("mail")
		p.JobTitle, p.Department = typed("title"), typed("department")
		return "saved", t.edit(p.ObjectID, func(now *Person) {
			now.Name, now.AccountName, now.Mail = p.Name, p.AccountName, p.Mail
			now.JobTitle, now.Department = p.JobTitle, p.Department
		})
	case "disable":
		return "disabled", t.Disable(p.ObjectID)
	case "enable":
		return "enabled", t.Enable(p.ObjectID)
	case "delete":
		return "deleted", t.Delete(p.ObjectID)
	case "restore":
		return "restored", t.Restore(p.ObjectID)
	case "remove":
		t.Remove(p.ObjectID)
		return "removed", nil
	}
	return "", errNoButton
}

// sentence makes one of an error of this package.
func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
