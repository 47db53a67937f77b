package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// impostor is a token that claims more than its account may.
type impostor struct {
	name    string
	account Account     // the person signs in with it
	token   TokenChange // the token differs by this
	status  int
	says    string // of the page the person lands on
}

// impostors want to be Ada, who administers everything, or Gu, who was added
// and has never signed in.
func impostors(ada, gu Account) []impostor {
	const elsewhere = "9f0c1e52-6f0e-4b51-9d0a-6f2f3f0b9a77"
	asks, foreign, unusable := "Request access to Nordhavn", "This account belongs to another organisation",
		"We couldn't use Microsoft's response"
	mallory := Account{Username: "mallory@nordhavn.example", Name: "Mallory"}
	with := func(claims map[string]any) TokenChange { return TokenChange{Claims: claims} }
	return []impostor{
		{
			"another tenant with the administrator's oid and name", ada, with(map[string]any{"tid": elsewhere}),
			http.StatusForbidden, foreign,
		},
		{
			"another tenant with the name of somebody invited", gu, with(map[string]any{"tid": elsewhere}),
			http.StatusForbidden, foreign,
		},
		{"a token that names no tenant", ada, TokenChange{Remove: []string{"tid"}}, http.StatusBadGateway, unusable},
		{
			"another issuer", ada,
			with(map[string]any{"iss": "https://login.microsoftonline.com/" + elsewhere + "/v2.0"}),
			http.StatusBadGateway, unusable,
		},
		{"another application's token", ada, with(map[string]any{"aud": elsewhere}), http.StatusBadGateway, unusable},
		{
			"the administrator's e-mail address", mallory,
			with(map[string]any{"email": ada.Email, "email_verified": true, "xms_edov": true}), http.StatusOK, asks,
		},
		{
			"the e-mail address of somebody invited", mallory,
			with(map[string]any{"email": gu.Username, "email_verified": true, "xms_edov": true}), http.StatusOK, asks,
		},
		{"the administrator's account name as every name there is", mallory,
			with(map[string]any{"preferred_username": ada.Username, "upn": ada.Username, "unique_name": ada.Username,
				"email": ada.Username, "login_hint": ada.Username}), http.StatusOK, asks},
		{
			"the administrator's account name in other letters", mallory,
			with(map[string]any{"preferred_username": "ADA@Nordhavn.EXAMPLE"}), http.StatusOK, asks,
		},
		{
			"a upn and an e-mail of somebody invited beside another name", mallory,
			with(map[string]any{"upn": gu.Username, "unique_name": gu.Username, "email": gu.Username}), http.StatusOK,
			asks,
		},
		{"a guest whose home account has the name of somebody invited", mallory,
			with(map[string]any{"preferred_username": "gu.berg_nordhavn.example#EXT#@customer.onmicrosoft.example",
				"email": gu.Username, "acct": 1}), http.StatusOK, asks},
		{"the administrator's oid as subject only", mallory, with(map[string]any{"sub": ada.OID}), http.StatusOK, asks},
	}
}

// A token makes no one someone else by its claims besides the tenant and the
// object ID: https://learn.microsoft.com/entra/identity-platform/claims-validation.
func TestForgedTokensLetNobodyInAsAnother(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	theAda := ada()
	c.Must(
		"user", "add", "--username", gu().Username, "--name", gu().Name, "--unit", "Sales / North", "--access", "write",
	)
	adas := c.arrives(theAda)
	adas.See("Welcome, Ada")
	admin := c.only(c.users(), theAda)
	theAda.OID = c.oid(theAda)
	theGu := gu()
	theGu.OID = uuid.NewString()

	for _, i := range impostors(theAda, theGu) {
		if i.account.OID == "" {
			i.account.OID = uuid.NewString() // a new person for every attempt
		}
		c.Tenant.Put(t, i.account)
		c.Tenant.Behave(t, Behaviour{Token: &i.token})
		w := newWire(t, c.URL)
		w.triesToSignIn(i)
		if got := w.get("/settings/users"); got.StatusCode == http.StatusOK {
			t.Errorf("%s: sees the users", i.name)
		}
		c.Tenant.Behave(t, Behaviour{})
		if i.account.OID != theAda.OID {
			c.Tenant.Remove(t, i.account.OID)
		}
		if got := c.users(); len(got) != 2 || c.only(got, theAda).ID != admin.ID ||
			c.only(got, gu()).Status != "invited" {
			t.Fatalf("%s: the users are %+v", i.name, got)
		}
	}

	// The true ones get in as before.
	adas.Reload()
	adas.See("Welcome, Ada")
	c.Tenant.Put(t, theGu)
	c.arrives(gu()).See("Sales / North Write")
}

// A person with a linked account comes with the account name of an invited one:
// the object ID alone counts, and the invited user stays free for its own account.
func TestKnownObjectIDTakesNobodysInvitation(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	evas := c.Tenant.Put(t, eva())
	c.Must("user", "add", "--username", eva().Username, "--name", eva().Name, "--unit", "Operations")
	c.arrives(evas).See("Operations Read")
	c.Must(
		"user", "add", "--username", gu().Username, "--name", gu().Name, "--unit", "Sales / North", "--access", "write",
	)
	invited := c.only(c.users(), gu())

	posing := evas
	posing.Username = gu().Username
	c.Tenant.Put(t, posing)
	p := c.arrives(posing)
	p.See("Welcome, Eva")
	p.See("Operations Read")
	p.SeeNot("North")
	if got := c.only(c.users(), gu()); got.ID != invited.ID || got.Status != "invited" {
		t.Errorf("Gu is %+v, want %+v", got, invited)
	}
	c.Tenant.Put(t, evas)
	gus := c.Tenant.Put(t, gu())
	c.arrives(gus).See("Sales / North Write")
	if got := c.only(c.users(), gu()); got.ID != invited.ID || got.Status != "active" || len(c.users()) != 3 {
		t.Errorf("the users are %+v", c.users())
	}
}

// oid is the object ID of an account, as Microsoft's page has it.
func (c *company) oid(a Account) string {
	c.t.Helper()
	w := newWire(c.t, c.URL)
	page := w.travel(http.MethodGet, w.post("/sign-in", nil).link(c.t, "/authorize", "/auth"), nil)
	return page.account(c.t, a.Username)
}

// triesToSignIn goes through Microsoft's page and checks where that leads.
func (w *wire) triesToSignIn(i impostor) {
	w.t.Helper()
	to := w.post("/sign-in", nil).link(w.t, "/authorize", "/auth")
	page := w.travel(http.MethodGet, to, nil)
	page = w.travel(http.MethodPost, page.at(), map[string][]string{"account": {i.account.OID}})
	if !strings.HasPrefix(page.at(), w.Origin) {
		w.t.Fatalf("%s: came to %s (status %d): %s", i.name, page.at(), page.StatusCode, page.Text())
	}
	page.wants(w.t, i.name, i.status, i.says)
	if strings.Contains(page.Text(), "Welcome") {
		w.t.Errorf("%s: is let in: %s", i.name, page.Text())
	}
}
