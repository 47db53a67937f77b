package devtenant

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Page sizes of Graph's user list (Microsoft Graph v1.0: "List users").
const (
	graphPage    = 100
	maxGraphPage = 999
)

// graph finds the tenant by the bearer token and lets it answer.
func graph(w http.ResponseWriter, r *http.Request, tenants []*Tenant, answer func(*Tenant, http.ResponseWriter, *http.Request)) {
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	i := slices.IndexFunc(tenants, func(t *Tenant) bool { _, honoured := t.honours(bearer); return ok && honoured })
	if i < 0 {
		w.Header().Set("WWW-Authenticate", `Bearer realm=""`)
		refuseGraph(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is missing, unknown or has ended.")
		return
	}
	t := tenants[i]
	t.weather(func(w http.ResponseWriter, r *http.Request) { answer(t, w, r) })(w, r)
}

// graphUsers: GET /v1.0/users with $top, $select and $skiptoken. What is not
// served ($search, $filter, $orderby) is refused rather than passed over.
func (t *Tenant) graphUsers(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name := range q {
		if !slices.Contains([]string{"$top", "$select", "$skiptoken"}, name) {
			refuseGraph(w, http.StatusBadRequest, "BadRequest", "The query option '"+name+"' is not served by this tenant.")
			return
		}
	}
	top, err := strconv.Atoi(cmp.Or(q.Get("$top"), strconv.Itoa(graphPage)))
	start, startErr := strconv.Atoi(cmp.Or(q.Get("$skiptoken"), "0"))
	if err != nil || startErr != nil || top < 1 || top > maxGraphPage || start < 0 {
		refuseGraph(w, http.StatusBadRequest, "BadRequest", "Invalid page size or skip token specified.")
		return
	}
	people := t.People()
	people = people[min(start, len(people)):]
	answer := map[string]any{"@odata.context": t.origin + "/v1.0/$metadata#users"}
	if len(people) > top {
		people = people[:top]
		q.Set("$skiptoken", strconv.Itoa(start+top))
		answer["@odata.nextLink"] = t.origin + "/v1.0/users?" + q.Encode()
	}
	users := []map[string]any{}
	for _, p := range people {
		users = append(users, graphFields(p, q))
	}
	answer["value"] = users
	writeJSON(w, http.StatusOK, answer)
}

// graphUser: GET /v1.0/users/{object ID or account name}.
func (t *Tenant) graphUser(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	p, ok := t.named(id)
	if !ok || strings.HasPrefix(id, "O.") {
		refuseGraph(w, http.StatusNotFound, "Request_ResourceNotFound", "Resource '"+id+"' does not exist or one of its queried reference-property objects are not present.")
		return
	}
	user := graphFields(p, r.URL.Query())
	user["@odata.context"] = t.origin + "/v1.0/$metadata#users/$entity"
	writeJSON(w, http.StatusOK, user)
}

// graphFields are the selected properties of a user, or Graph's default ones.
func graphFields(p Person, q url.Values) map[string]any {
	given, surname, _ := strings.Cut(p.Name, " ")
	kind := "Member"
	if p.Guest {
		kind = "Guest"
	}
	all := map[string]any{
		"id": p.ObjectID, "userPrincipalName": p.AccountName, "displayName": p.Name,
		"givenName": orNull(given), "surname": orNull(surname), "mail": orNull(p.Mail),
		"jobTitle": orNull(p.JobTitle), "preferredLanguage": orNull(p.Language),
		"department": orNull(p.Department), "accountEnabled": !p.Disabled, "userType": kind,
	}
	wanted := []string{"id", "userPrincipalName", "displayName", "givenName", "surname", "mail", "jobTitle", "preferredLanguage"}
	if s := q.Get("$select"); s != "" {
		wanted = strings.Split(s, ",")
	}
	fields := map[string]any{}
	for _, name := range wanted {
		if v, ok := all[strings.TrimSpace(name)]; ok {
			fields[strings.TrimSpace(name)] = v
		}
	}
	return fields
}

// refuseGraph answers with an error in Graph's form.
func refuseGraph(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, map[string]any{"error": map[string]any{
		"code": code, "message": message,
		"innerError": map[string]any{"request-id": uuid.NewString()},
	}})
}
