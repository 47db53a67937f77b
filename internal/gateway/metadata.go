package gateway

import (
	"net/http"
	"slices"

	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
)

// metadata describes an issuer (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2; RFC 9207, section 3).
type metadata struct {
	Issuer          string   `json:"issuer"`
	Authorize       string   `json:"authorization_endpoint"`
	Token           string   `json:"token_endpoint"`
	Userinfo        string   `json:"userinfo_endpoint"`
	Revoke          string   `json:"revocation_endpoint"`
	Logout          string   `json:"end_session_endpoint"` // RP-Initiated Logout 1.0, section 2.1
	Keys            string   `json:"jwks_uri"`
	Scopes          []string `json:"scopes_supported"`
	Claims          []string `json:"claims_supported"`
	ResponseTypes   []string `json:"response_types_supported"`
	ResponseModes   []string `json:"response_modes_supported"`
	GrantTypes      []string `json:"grant_types_supported"`
	SubjectTypes    []string `json:"subject_types_supported"`
	Algorithms      []string `json:"id_token_signing_alg_values_supported"`
	TokenAuth       []string `json:"token_endpoint_auth_methods_supported"`
	RevokeAuth      []string `json:"revocation_endpoint_auth_methods_supported"`
	Challenges      []string `json:"code_challenge_methods_supported"` // RFC 8414
	Prompts         []string `json:"prompt_values_supported"`
	IssuerIsSent    bool     `json:"authorization_response_iss_parameter_supported"`
	BackChannel     bool     `json:"backchannel_logout_supported"`
	BackChannelSID  bool     `json:"backchannel_logout_session_supported"`
	ClaimsParameter bool     `json:"claims_parameter_supported"`
	Request         bool     `json:"request_parameter_supported"`
	RequestURI      bool     `json:"request_uri_parameter_supported"` // absent would mean true
}

// claimNames are the claims of ID tokens; userinfo has those about the person.
var claimNames = []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "at_hash", "name",
	"preferred_username", "locale", "email", "pactius_units", "groups"}

// authMethods are the ways in which clients show who they are, see readClient.
var authMethods = []string{"client_secret_basic", "client_secret_post", "none"}

// metadata describes the environment as an issuer. Clients may keep the answer for some minutes, as the keys.
//
// GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server
func (g *Gateway) metadata(w http.ResponseWriter, r *http.Request) {
	e, err := g.environment(r)
	if err != nil {
		g.unanswered(w, r, err)
		return
	}
	issuer := g.Environments.BaseURL(e).String()
	var grantTypes []string
	for name := range grants {
		grantTypes = append(grantTypes, name)
	}
	slices.Sort(grantTypes)
	w.Header().Del("Pragma")
	w.Header().Set("Cache-Control", keysCached)
	writeJSON(w, http.StatusOK, metadata{Issuer: issuer, Authorize: issuer + clients.AuthorizePath,
		Token: issuer + clients.TokenPath, Userinfo: issuer + clients.UserinfoPath,
		Revoke: issuer + clients.RevokePath, Logout: issuer + clients.LogoutPath,
		Keys: issuer + applications.KeysPath, Scopes: clients.Scopes(), Claims: claimNames,
		ResponseTypes: []string{"code"},
		ResponseModes: []string{"query"}, GrantTypes: grantTypes, SubjectTypes: []string{"public"},
		Algorithms: []string{"ES256"}, TokenAuth: authMethods, RevokeAuth: authMethods,
		Challenges: []string{"S256"}, Prompts: clients.Prompts(), IssuerIsSent: true, BackChannel: true,
		BackChannelSID: true})
}
