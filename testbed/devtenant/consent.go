package devtenant

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// consentRequest is what the application asks an administrator for (Microsoft:
// "Admin consent on the Microsoft identity platform").
type consentRequest struct {
	ClientID, RedirectURL, Scope, State string
}

// parameters pairs the fields with their names on the wire.
func (q *consentRequest) parameters() []parameter {
	return []parameter{
		{"client_id", &q.ClientID}, {"redirect_uri", &q.RedirectURL}, {"scope", &q.Scope}, {"state", &q.State},
	}
}

// consentScreen asks an administrator to accept.
type consentScreen struct {
	base
	Action      string
	Hidden      []parameter
	Person      entry
	App         App
	Permissions []string // in words
	Refused     bool     // the person is no administrator
}

// permissionWords are how the consent page shows permissions.
var permissionWords = map[string]string{
	ReadAll:   "Read all users' full profiles",
	ReadBasic: "Read all users' basic profiles",
}

// consentHandler serves the admin consent endpoint of these tenants: one for its
// own address, all of the origin for organizations and common.
func consentHandler(path string, tenants []*Tenant) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			tenants[0].errorPage(w, http.StatusBadRequest, errForm)
			return
		}
		var q consentRequest
		for _, p := range q.parameters() {
			*p.Value = r.Form.Get(p.Name)
		}
		c := consent{w, r, path, q, tenants}
		if p := c.unsafe(); p != nil {
			tenants[0].errorPage(w, http.StatusBadRequest, *p)
			return
		}
		c.serve()
	}
}

// consent is one call of the endpoint.
type consent struct {
	w       http.ResponseWriter
	r       *http.Request
	path    string
	request consentRequest
	tenants []*Tenant
}

// unsafe returns the reason why the browser may not be sent back, nil for none.
func (c consent) unsafe() *problem {
	known := false
	for _, t := range c.tenants {
		app, ok := t.App(c.request.ClientID)
		known = known || ok
		if ok && slices.Contains(app.RedirectURLs, c.request.RedirectURL) {
			return nil
		}
	}
	if !known {
		return &problem{"unauthorized_client", "AADSTS700016",
			"Application with identifier '" + c.request.ClientID + "' was not found in the directory."}
	}
	return &problem{
		"invalid_request", "AADSTS50011",
		"The redirect URI '" + c.request.RedirectURL +
			"' specified in the request does not match the redirect URIs configured for the application.",
	}
}

// serve shows the next page, or sends back with the decision.
func (c consent) serve() {
	if c.r.Form.Get("action") == "cancel" {
		c.sendBack(nil, url.Values{"error": {"access_denied"}, "error_subcode": {"cancel"}})
		return
	}
	t, p, ok := c.person()
	switch decision := c.r.PostForm.Get("decision"); {
	case !ok:
		c.choose()
	case !p.Admin && decision == "back":
		c.refuse(t, problem{"access_denied", "AADSTS90094", "The grant requires admin permission."})
	case !p.Admin:
		c.page(t, p, http.StatusForbidden)
	case decision == "accept":
		c.accept(t)
	case decision == "cancel":
		c.refuse(
			t,
			problem{"consent_required", "AADSTS65004",
				"The resource owner or authorization server denied the request."},
		)
	default:
		c.page(t, p, http.StatusOK)
	}
}

// person is who was chosen or is signed in, and their tenant.
func (c consent) person() (*Tenant, Person, bool) {
	id, typed := c.r.PostForm.Get("person"), strings.TrimSpace(c.r.PostForm.Get("account"))
	for _, t := range c.tenants {
		p, ok := t.person(id)
		if !ok && typed != "" {
			p, ok = t.named(typed)
		}
		if !ok && c.r.Method == http.MethodGet {
			var s session
			s, ok = t.session(c.r)
			p = s.person
		}
		if _, known := t.App(c.request.ClientID); ok && known && !p.Disabled {
			return t, p, true
		}
	}
	return nil, Person{}, false
}

// choose asks for an account.
func (c consent) choose() {
	s := signInScreen{Action: c.path, Hidden: filled(c.request.parameters()), Target: c.request.RedirectURL,
		Query: c.r.Form.Get("q"), Typed: strings.TrimSpace(c.r.PostForm.Get("account"))}
	status := http.StatusOK
	if c.r.Method == http.MethodPost {
		s.Error = "There's no such account here. Choose a person, or type an account name."
		status = http.StatusUnprocessableEntity
	}
	var people []Person
	for _, t := range c.tenants {
		people = append(people, t.sorted()...)
	}
	c.tenants[0].signInPage(c.w, c.r, status, s, people)
}

// page asks an administrator to accept; someone else learns that they cannot.
func (c consent) page(t *Tenant, p Person, status int) {
	app, _ := t.App(c.request.ClientID)
	s := consentScreen{base: t.base("Permissions requested"), Action: c.path, Hidden: filled(c.request.parameters()),
		Person: entry{Person: p}, App: app, Refused: !p.Admin}
	if s.Refused {
		s.Title = "Need admin approval"
	}
	for _, name := range app.Requested {
		s.Permissions = append(s.Permissions, permissionWords[name]+" ("+name+")")
	}
	t.render(c.w, status, "consent.html", s)
}

// accept grants what was asked for and says so to the application.
func (c consent) accept(t *Tenant) {
	app, _ := t.App(c.request.ClientID)
	for scope := range strings.FieldsSeq(c.request.Scope) {
		resource, static := strings.CutSuffix(scope, "/.default")
		switch {
		case static && resource != t.graphAt:
			c.refuse(t, unknownResource(resource))
			return
		case static:
			app.Granted = append(slices.Clone(app.Granted), app.Requested...)
			slices.Sort(app.Granted)
			app.Granted = slices.Compact(app.Granted)
		}
	}
	if c.request.Scope == "" {
		c.refuse(
			t,
			problem{"invalid_request", "AADSTS900144",
				"The request body must contain the following parameter: 'scope'."},
		)
		return
	}
	app.Stranger = false
	if err := t.PutApp(app); err != nil { // it was put before, so it fits
		c.refuse(t, problem{"server_error", "AADSTS90033", "A transient error has occurred."})
		return
	}
	c.sendBack(t, url.Values{"scope": {c.request.Scope}})
}

// refuse sends back with an error.
func (c consent) refuse(t *Tenant, p problem) {
	c.sendBack(t,
		url.Values{"error": {p.err}, "error_description": {p.description(uuid.NewString(), uuid.NewString(), t.now())}})
}

// sendBack sends the browser to the application. Once a tenant is known, it is
// named, with the mark of this endpoint.
func (c consent) sendBack(t *Tenant, q url.Values) {
	if t == nil {
		t = c.tenants[0]
	} else {
		q.Set("admin_consent", "True")
		q.Set("tenant", t.id)
	}
	t.sendBack(c.w, c.r, authorizeRequest{RedirectURL: c.request.RedirectURL, State: c.request.State}, q)
}

// filled are the parameters that have a value, for hidden fields.
func filled(list []parameter) []parameter {
	return slices.DeleteFunc(list, func(p parameter) bool { return *p.Value == "" })
}
