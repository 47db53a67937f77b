package devtenant

import "net/http"

// homeScreen lists every tenant with its people.
type homeScreen struct {
	base
	Tenants []homeTenant
}

type homeTenant struct {
	Name, ID, Issuer, ClientID string
	Admin                      string // path of the administration
	People                     []entry
}

// Noted are the people with a part in the demo.
func (h homeTenant) Noted() []entry { return h.pick(func(e entry) bool { return e.Note != "" }) }

// Others are all other people.
func (h homeTenant) Others() []entry { return h.pick(func(e entry) bool { return e.Note == "" }) }

func (h homeTenant) pick(keep func(entry) bool) []entry {
	var list []entry
	for _, e := range h.People {
		if keep(e) {
			list = append(list, e)
		}
	}
	return list
}

// home: GET / shows people who look around what they find here.
func home(w http.ResponseWriter, tenants []*Tenant) {
	s := homeScreen{base: base{Title: "Microsoft 365, for trying out"}}
	for _, t := range tenants {
		h := homeTenant{Name: t.config.TenantName, ID: t.id, Issuer: t.issuer(), ClientID: t.config.ClientID,
			Admin: t.AdminPath()}
		for _, p := range t.People() {
			h.People = append(h.People, entry{Person: p})
		}
		s.Tenants = append(s.Tenants, h)
	}
	if len(tenants) > 0 {
		s.Tenant = tenants[0].config.TenantName
		tenants[0].render(w, http.StatusOK, "home.html", s)
		return
	}
	http.Error(w, "There is no tenant here.", http.StatusNotFound)
}

// homeJSON: GET /people.json tells programs the same.
func homeJSON(w http.ResponseWriter, tenants []*Tenant) {
	type person struct {
		ObjectID    string `json:"objectId"`
		AccountName string `json:"accountName"`
		Name        string `json:"name"`
		Mail        string `json:"mail,omitempty"`
		Note        string `json:"note,omitempty"`
		Guest       bool   `json:"guest,omitempty"`
		Disabled    bool   `json:"disabled,omitempty"`
		NotAssigned bool   `json:"notAssigned,omitempty"`
		SignInName  string `json:"signInName,omitempty"`
	}
	type tenant struct {
		ID     string   `json:"id"`
		Name   string   `json:"name"`
		Issuer string   `json:"issuer"`
		People []person `json:"people"`
	}
	list := []tenant{}
	for _, t := range tenants {
		one := tenant{ID: t.id, Name: t.config.TenantName, Issuer: t.issuer(), People: []person{}}
		for _, p := range t.People() {
			one.People = append(
				one.People,
				person{p.ObjectID, p.AccountName, p.Name, p.Mail, p.Note, p.Guest, p.Disabled, p.NotAssigned,
					p.SignInName},
			)
		}
		list = append(list, one)
	}
	writeJSON(w, http.StatusOK, map[string]any{"tenants": list})
}
