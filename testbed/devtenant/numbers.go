package devtenant

import "slices"

// Number is a refusal of Entra's that signing in can be made to end with
// (Microsoft: "Microsoft Entra authentication and authorization error codes").
type Number struct {
	Number int    // of AADSTS
	Error  string // OAuth error (RFC 6749 section 4.1.2.1, OpenID Connect Core section 3.1.2.6)
	Text   string
	Where  Where
}

// Where says who gets to see a refusal.
type Where int

// The places.
const (
	Returned Where = iota // the browser is sent back with it
	Shown                 // Microsoft shows it and does not send the browser back: the request may be forged
	AtToken               // the browser is sent back with a code, and the token endpoint refuses that
)

// numbers are all of them.
var numbers = []Number{
	{16000, "interaction_required",
		"The selected user account does not exist in the tenant and cannot access the application.", Returned},
	{50011, "invalid_request",
		"The redirect URI specified in the request does not match the redirect URIs configured for the application.",
		Shown},
	{50020, "access_denied",
		"User account from another identity provider does not exist in the tenant and cannot access the application.",
		Returned},
	{50034, "invalid_request", "The user account does not exist in the directory.", Returned},
	{50057, "access_denied", "The user account is disabled.", Returned},
	{50105, "access_denied", "The signed-in user is not assigned to a role for the application.", Returned},
	{50196, "server_error", "The server terminated an operation because it encountered a client request loop.",
		Returned},
	{53000, "access_denied", "Your device is required to be compliant to access this resource.", Returned},
	{53001, "access_denied", "Your device is required to be domain joined to access this resource.", Returned},
	{53003, "access_denied", "Access has been blocked by Conditional Access policies.", Returned},
	{54005, "invalid_grant", "OAuth2 Authorization code was already redeemed, please retry with a new valid code.",
		AtToken},
	{65001, "consent_required", "The user or administrator has not consented to use the application.", Returned},
	{65004, "access_denied", "User declined to consent to access the app.", Returned},
	{500021, "access_denied", "Access to the tenant is denied.", Returned},
	{500212, "access_denied",
		"The user's administrator has set an outbound access policy that does not allow access to the resource tenant.",
		Returned},
	{500213, "access_denied",
		"The resource tenant's cross-tenant access policy does not allow this user to access this tenant.", Returned},
	{700016, "unauthorized_client", "The application was not found in the directory.", Shown},
}

// Numbers lists the refusals that Person.Number and the sign-in page offer, in order.
func Numbers() []Number { return slices.Clone(numbers) }

// numbered finds a refusal.
func numbered(number int) (Number, bool) {
	i := slices.IndexFunc(numbers, func(n Number) bool { return n.Number == number })
	if i < 0 {
		return Number{}, false
	}
	return numbers[i], true
}

func isNumber(number int) bool {
	_, ok := numbered(number)
	return ok
}
