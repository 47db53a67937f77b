package devtenant

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Page sizes of Graph's lists (Microsoft Graph v1.0: "List users").
const (
	graphPage    = 100
	maxGraphPage = 999
)

// graphCall is a call of Graph by an application that has shown its token.
type graphCall struct {
	*Tenant
	w     http.ResponseWriter
	r     *http.Request
	roles []string // the application's permissions
}

// graphError is a refusal in Graph's words (Microsoft Graph: "Error responses").
type graphError struct {
	status        int
	code, message string
}

// Error gives Graph's code.
func (e *graphError) Error() string { return e.code }

// The refusals that are needed in more than one place.
var (
	errDenied = &graphError{http.StatusForbidden, "Authorization_RequestDenied",
		"Insufficient privileges to complete the operation."}
	errSkip      = badGraph("'$skip' is not supported by the service.")
	errSkipToken = badGraph("Invalid page size or skip token specified.")
)

// badGraph refuses a request that is wrong in itself.
func badGraph(message string) *graphError {
	return &graphError{http.StatusBadRequest, "Request_BadRequest", message}
}

// unsupported refuses a combination of query options.
func unsupported(message string) *graphError {
	return &graphError{http.StatusBadRequest, "Request_UnsupportedQuery", message}
}

// graphRoutes serves Graph for several tenants: everything below /v1.0/.
func graphRoutes(tenants []*Tenant) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1.0/$batch", func(w http.ResponseWriter, r *http.Request) {
		graph(w, r, tenants, func(c graphCall) error { return c.batch(mux) })
	})
	for pattern, answer := range map[string]func(graphCall) error{
		"GET /v1.0/users":                                            graphCall.users,
		"GET /v1.0/users/$count":                                     graphCall.count,
		"GET /v1.0/users/delta":                                      graphCall.delta,
		"GET /v1.0/users/microsoft.graph.delta":                      graphCall.delta,
		"GET /v1.0/users/microsoft.graph.delta()":                    graphCall.delta,
		"GET /v1.0/users/delta()":                                    graphCall.delta,
		"GET /v1.0/users/{id}":                                       graphCall.user,
		"GET /v1.0/users/{id}/photo/$value":                          graphCall.photo,
		"GET /v1.0/users/{id}/photos/{size}/$value":                  graphCall.photo,
		"GET /v1.0/{entity}":                                         graphCall.user,
		"GET /v1.0/directory/deletedItems/microsoft.graph.user":      graphCall.deletedUsers,
		"GET /v1.0/directory/deletedItems/microsoft.graph.user/{id}": graphCall.deletedUser,
		"GET /v1.0/directory/deletedItems/{id}":                      graphCall.deletedUser,
		"POST /v1.0/users/{id}/sendMail":                             graphCall.sendMail,
		"GET /v1.0/":                                                 graphCall.unknown,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { graph(w, r, tenants, answer) })
	}
	return mux
}

// graph finds the tenant by the access token and lets it answer.
func graph(w http.ResponseWriter, r *http.Request, tenants []*Tenant, answer func(graphCall) error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	var roles []string
	i := slices.IndexFunc(tenants, func(t *Tenant) bool {
		var honoured bool
		roles, honoured = t.honours(token)
		return ok && honoured
	})
	if i < 0 {
		w.Header().Set("WWW-Authenticate",
			`Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"`)
		refuseGraph(w, http.StatusUnauthorized, "InvalidAuthenticationToken",
			"Access token is empty, has expired or is not valid.")
		return
	}
	tenants[i].weather(func(w http.ResponseWriter, r *http.Request) {
		err := answer(graphCall{tenants[i], w, r, roles})
		if e, ok := errors.AsType[*graphError](err); ok {
			refuseGraph(w, e.status, e.code, e.message)
		}
	})(w, r)
}

// unknown answers for what is not served.
func (graphCall) unknown() error {
	return &graphError{http.StatusBadRequest, "BadRequest", "Resource not found for the segment."}
}

// mayRead reports whether the application has a permission that lets it read
// everything about users.
func (c graphCall) mayRead() bool {
	return slices.ContainsFunc(c.roles, func(role string) bool {
		return slices.Contains([]string{ReadAll, "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
			role)
	})
}

// mayReadBasic reports whether it may look people up at least.
func (c graphCall) mayReadBasic() bool { return c.mayRead() || slices.Contains(c.roles, ReadBasic) }

// eventual reports whether the caller agreed to be told what was true a while ago
// (Microsoft Graph: "Advanced query capabilities").
func (c graphCall) eventual() bool {
	return strings.EqualFold(c.r.Header.Get("ConsistencyLevel"), "eventual")
}

// link makes the address of a further page, with the options in this order.
func (c graphCall) link(path string, options ...string) string {
	c.mu.Lock()
	origin := c.graphAt
	if c.trouble.ForeignNext != "" {
		origin = c.trouble.ForeignNext
	}
	c.mu.Unlock()
	return origin + path + "?" + strings.Join(options, "&")
}

// refuseGraph answers with an error in Graph's form.
func refuseGraph(w http.ResponseWriter, status int, code, message string) {
	id := uuid.NewString()
	w.Header().Set("request-id", id)
	writeJSON(w, status, map[string]any{"error": map[string]any{
		"code": code, "message": message,
		"innerError": map[string]any{"request-id": id, "client-request-id": id},
	}})
}
