package rest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// doorToken is the name of the security scheme of operations that take a token of the door.
const doorToken = "doorToken"

// Refusals of requests before their operation.
var (
	errMissing = &refusal{kind: missing,
		detail: "Send the token that came with the request you are answering, as Authorization: Bearer TOKEN."}
	errSeveral   = &refusal{kind: several, detail: "Send one Authorization header with one token."}
	errParameter = &refusal{kind: parameter, detail: "The address has a parameter that this operation doesn't know."}
	errHost      = &refusal{kind: host, detail: "No environment of PACTIUS has this host name."}
)

// bearerKey finds the bearer in a context.
type bearerKey struct{}

// bearerOf returns the bearer of a request that admit has let pass.
func bearerOf(ctx context.Context) applications.Bearer {
	b, _ := ctx.Value(bearerKey{}).(applications.Bearer)
	return b
}

// admit lets requests with known parameters and a good token pass to their operation. All operations need a token.
func (a *api) admit(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if !knowsParameters(ctx.Operation(), r.URL.RawQuery) {
		a.refuse(w, r, errParameter)
		return
	}
	b, err := a.bearer(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	next(huma.WithValue(ctx, bearerKey{}, b))
}

// bearer returns the bearer of a request's token.
func (a *api) bearer(r *http.Request) (applications.Bearer, error) {
	token, err := tokenOf(r)
	if err != nil {
		return applications.Bearer{}, err
	}
	env, err := a.Environments.ByHost(r.Context(), r.Host)
	if pactius.KindOf(err) == pactius.KindNotFound {
		return applications.Bearer{}, errHost
	}
	if err != nil {
		return applications.Bearer{}, err
	}
	return a.Clients.Bearer(r.Context(), env.ID, token)
}

// tokenOf returns the token of a request (RFC 6750, section 2.1).
func tokenOf(r *http.Request) (string, error) {
	all := r.Header.Values("Authorization")
	if len(all) > 1 {
		return "", errSeveral
	}
	if len(all) == 0 {
		return "", errMissing
	}
	scheme, token, found := strings.Cut(all[0], " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", errMissing
	}
	return strings.TrimSpace(token), nil
}

// knowsParameters reports whether an operation knows all parameters of a query. A misspelt one must not be ignored.
func knowsParameters(op *huma.Operation, query string) bool {
	sent, err := url.ParseQuery(query)
	for name := range sent {
		is := func(p *huma.Param) bool { return p.In == "query" && p.Name == name }
		if !slices.ContainsFunc(op.Parameters, is) {
			return false
		}
	}
	return err == nil
}
