package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pactius/pactius"
)

// register adds the operations.
func (a *api) register(h huma.API) {
	huma.Register(h, huma.Operation{
		Method: http.MethodGet, Path: "/units", OperationID: "listUnits", Summary: "List business units",
		Description: "Lists the business units in use that the user of the token has access to, inherited " +
			"access included, and all units above them with the access none. Parents come before their children, " +
			"children in natural order.",
		Security: []map[string][]string{{doorToken: {}}},
		Responses: map[string]*huma.Response{"304": {
			Description: "Not Modified: the answer with an entity tag of If-None-Match is still right"}},
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusMisdirectedRequest,
			http.StatusServiceUnavailable},
	}, a.listUnits)
}

// Unit is a business unit.
type Unit struct {
	_ struct{} `additionalProperties:"true"`

	ID     pactius.UnitID `json:"id" doc:"Stays the same when the unit is renamed or moved"`
	Parent pactius.UnitID `json:"parent,omitempty" doc:"The unit directly above; absent for the company itself"`
	Name   string         `json:"name" doc:"Unique among the units directly below the same unit"`
	Access string         `json:"access" enum:"none,read,write,administer" doc:"The user's effective access"`
}

// Units is the answer of listUnits.
type Units struct {
	_ struct{} `additionalProperties:"true"`

	Units []Unit `json:"units" nullable:"false" doc:"Parents come before their children"`
}

type listUnitsInput struct {
	IfNoneMatch string `header:"If-None-Match" doc:"Entity tags of answers that the client has (RFC 9110)"`
}

type listUnitsOutput struct {
	Status       int
	ETag         string `header:"ETag" doc:"Changes with the answer"`
	CacheControl string `header:"Cache-Control"`
	Body         Units
}

// listUnits lists the units that the bearer can reach.
//
//	GET /api/v1/units  the user of a token
func (a *api) listUnits(ctx context.Context, in *listUnitsInput) (*listUnitsOutput, error) {
	b := bearerOf(ctx)
	out := &listUnitsOutput{Status: http.StatusOK, ETag: `"` + b.Tag + `"`, CacheControl: "private, no-cache"}
	if isETagOf(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
		return out, nil
	}
	reached, tag, err := a.Applications.Reach(ctx, b)
	if err != nil {
		p := a.problem(ctx, err)
		return nil, huma.ErrorWithHeaders(p, p.header)
	}
	out.ETag, out.Body.Units = `"`+tag+`"`, make([]Unit, len(reached))
	for i, u := range reached {
		out.Body.Units[i] = Unit{ID: u.ID, Parent: u.ParentID, Name: u.Name, Access: u.Access.String()}
	}
	return out, nil
}
