package devtenant

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// users: GET /v1.0/users with $search, $filter, $orderby, $count, $top, $select
// and $skiptoken.
func (c graphCall) users() error {
	if !c.mayReadBasic() {
		return errDenied
	}
	o, err := c.options("$search", "$filter", "$orderby", "$count", "$top", "$select", "$skiptoken")
	if err != nil {
		return err
	}
	l, err := c.list(o)
	if err != nil {
		return err
	}
	people := slices.DeleteFunc(c.People(), func(p Person) bool { return !l.fits(p) })
	if l.order == "userPrincipalName" {
		slices.SortFunc(people, func(a, b Person) int {
			return strings.Compare(strings.ToLower(a.AccountName), strings.ToLower(b.AccountName))
		})
	}
	answer := map[string]any{"@odata.context": c.context(o, "")}
	if l.counted && l.start == 0 {
		answer["@odata.count"] = len(people)
	}
	page := people[min(l.start, len(people)):]
	if len(page) > l.top {
		page = page[:l.top]
		answer["@odata.nextLink"] = c.next("/v1.0/users", o, l.start+l.top)
	}
	value := []map[string]any{}
	for _, p := range page {
		value = append(value, c.shape(properties(p), l.selected))
	}
	answer["value"] = value
	writeJSON(c.w, http.StatusOK, answer)
	return nil
}

// userList is what a list was asked for.
type userList struct {
	fits       func(Person) bool
	selected   []string
	order      string
	counted    bool
	top, start int
}

// list reads and checks the options of a list of users.
func (c graphCall) list(o options) (l userList, err error) {
	if l.top, err = o.top(); err != nil {
		return l, err
	}
	if l.selected, err = o.selected(); err != nil {
		return l, err
	}
	if l.counted, err = c.counted(o); err != nil {
		return l, err
	}
	if l.fits, err = c.conditions(o, l.counted); err != nil {
		return l, err
	}
	l.order = o["$orderby"]
	if name, direction, ok := strings.Cut(l.order, " "); ok && direction == "asc" {
		l.order = name
	}
	switch {
	case o.has("$orderby") && l.order != "displayName" && l.order != "userPrincipalName":
		return l, unsupported("Sorting not supported for property '" + l.order + "'.")
	case o.has("$orderby") && (o.has("$search") || o.has("$filter")) && !l.counted:
		return l, unsupported("Sorting not supported for current query.")
	}
	if o.has("$skiptoken") {
		cursor, ok := c.open("list", o["$skiptoken"])
		if !ok {
			return l, errSkipToken
		}
		l.start = cursor.Start
	}
	return l, nil
}

// conditions joins $search and $filter; both have to fit.
func (c graphCall) conditions(o options, counted bool) (func(Person) bool, error) {
	var conditions []condition
	var names []string
	if o.has("$search") {
		if !c.eventual() {
			return nil, unsupported("Request with $search query parameter only works through MSGraph with " +
				"a special request header: 'ConsistencyLevel: eventual'")
		}
		fits, met, err := parseSearch(o["$search"])
		if err != nil {
			return nil, err
		}
		conditions, names = append(conditions, fits), append(names, met...)
	}
	if o.has("$filter") {
		f, err := parseFilter(o["$filter"])
		if err != nil {
			return nil, err
		}
		if f.advanced && !(counted && c.eventual()) {
			return nil, unsupported("Unsupported Query.")
		}
		conditions, names = append(conditions, f.fits), append(names, f.names...)
	}
	if !c.mayRead() && slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(basic, n) }) {
		return nil, errDenied
	}
	return func(p Person) bool {
		all := properties(p)
		return !(o.has("$search") && c.tooNew(p)) &&
			!slices.ContainsFunc(conditions, func(fits condition) bool { return !fits(all) })
	}, nil
}

// tooNew reports whether the index of $search does not know someone yet.
func (c graphCall) tooNew(p Person) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.people[p.ObjectID]
	return ok && c.indexDelay > 0 && c.now().Before(r.created.Add(c.indexDelay))
}

// next is the address of the page that begins at start.
func (c graphCall) next(path string, o options, start int) string {
	var list []string
	for _, name := range []string{"$search", "$filter", "$orderby", "$count", "$top", "$select"} {
		if o.has(name) {
			list = append(list, name+"="+url.QueryEscape(o[name]))
		}
	}
	return c.link(path, append(list, "$skiptoken="+c.seal(cursor{Kind: "list", Start: start}))...)
}

// count: GET /v1.0/users/$count.
func (c graphCall) count() error {
	if !c.mayReadBasic() {
		return errDenied
	}
	if !c.eventual() {
		return unsupported(
			"Raw count (/$count) is not supported because the 'ConsistencyLevel:eventual' header is missing.",
		)
	}
	c.w.Header().Set("Content-Type", "text/plain")
	fmt.Fprint(c.w, strconv.Itoa(len(c.sorted())))
	return nil
}

// user: GET /v1.0/users/{object ID or account name}, and users('...') with single
// quotes doubled.
func (c graphCall) user() error {
	p, err := c.addressed()
	if err != nil {
		return err
	}
	o, err := c.options("$select", "$expand")
	if err != nil {
		return err
	}
	selected, err := o.selected()
	if err != nil {
		return err
	}
	user := c.shape(properties(p), selected)
	user["@odata.context"] = c.context(o, "/$entity")
	if o.has("$expand") {
		if err := c.expand(o["$expand"], p, user); err != nil {
			return err
		}
	}
	writeJSON(c.w, http.StatusOK, user)
	return nil
}

// expand adds a person's manager (Microsoft Graph: "List manager"). Without one the property is missing.
func (c graphCall) expand(what string, p Person, user map[string]any) error {
	inner, ok := strings.CutPrefix(what, "manager($select=")
	inner, closed := strings.CutSuffix(inner, ")")
	switch {
	case !ok || !closed:
		return badGraph("Parsing OData Select and Expand failed.")
	case !c.mayRead():
		return errDenied
	}
	selected, err := options{"$select": inner}.selected()
	if err != nil {
		return err
	}
	if m, ok := c.person(p.Manager); ok {
		manager := c.shape(properties(m), selected)
		manager["@odata.type"] = "#microsoft.graph.user"
		user["manager"] = manager
	}
	return nil
}

// addressed finds the person that the path names.
func (c graphCall) addressed() (Person, error) {
	id := c.r.PathValue("id")
	if entity := c.r.PathValue("entity"); entity != "" {
		quoted, ok := strings.CutPrefix(entity, "users('")
		quoted, closed := strings.CutSuffix(quoted, "')")
		if !ok || !closed || strings.Contains(strings.ReplaceAll(quoted, "''", ""), "'") {
			return Person{}, &graphError{http.StatusBadRequest, "BadRequest",
				"Resource not found for the segment '" + entity + "'."}
		}
		id = strings.ReplaceAll(quoted, "''", "'")
	} else if strings.HasPrefix(id, "$") {
		// OData keeps names with a dollar sign for itself (Microsoft Graph: "Get a user").
		return Person{}, badGraph("The request URI is not valid. '" + id + "' is not a segment.")
	}
	if !c.mayReadBasic() {
		return Person{}, errDenied
	}
	p, ok := c.account(id)
	if !ok {
		return Person{}, notFound(id)
	}
	return p, nil
}

// notFound is Graph's answer for someone who is not there.
func notFound(id string) *graphError {
	return &graphError{http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '" + id + "' does not exist or one of its queried reference-property objects are not present."}
}

// deletedUsers: GET /v1.0/directory/deletedItems/microsoft.graph.user.
func (c graphCall) deletedUsers() error {
	if !c.mayRead() {
		return errDenied
	}
	o, err := c.options("$select", "$top", "$filter", "$count", "$skiptoken")
	if err != nil {
		return err
	}
	l, err := c.list(o)
	if err != nil {
		return err
	}
	value := []map[string]any{}
	for _, p := range c.Deleted() {
		all := c.deletedProperties(p)
		if f, err := parseFilter(o["$filter"]); err == nil && !f.fits(all) {
			continue
		}
		value = append(value, c.shape(all, l.selected))
	}
	answer := map[string]any{"@odata.context": c.context(o, "")}
	page := value[min(l.start, len(value)):]
	if len(page) > l.top {
		page = page[:l.top]
		answer["@odata.nextLink"] = c.next("/v1.0/directory/deletedItems/microsoft.graph.user", o, l.start+l.top)
	}
	answer["value"] = page
	writeJSON(c.w, http.StatusOK, answer)
	return nil
}

// deletedUser: GET /v1.0/directory/deletedItems/{object ID}.
func (c graphCall) deletedUser() error {
	if !c.mayRead() {
		return errDenied
	}
	o, err := c.options("$select")
	if err != nil {
		return err
	}
	selected, err := o.selected()
	if err != nil {
		return err
	}
	id := strings.ToLower(c.r.PathValue("id"))
	for _, p := range c.Deleted() {
		if p.ObjectID == id {
			user := c.shape(c.deletedProperties(p), selected)
			user["@odata.context"] = c.context(o, "/$entity")
			writeJSON(c.w, http.StatusOK, user)
			return nil
		}
	}
	return notFound(id)
}

// deletedProperties are those of someone in the recycle bin: Entra frees the
// account name by putting the object ID before it.
func (c graphCall) deletedProperties(p Person) map[string]any {
	all := properties(p)
	all["userPrincipalName"] = strings.ReplaceAll(p.ObjectID, "-", "") + p.AccountName
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.bin[p.ObjectID]; ok {
		all["deletedDateTime"] = r.deleted.UTC().Format(time.RFC3339)
	}
	return all
}
