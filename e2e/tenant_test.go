package e2e

import (
	"net/url"
	"path/filepath"
	"testing"
)

// The last step of the tour: someone marries in Microsoft 365, and signs in as
// before. The tenant's own pages are looked at on the way.
func TestDemoPeopleAreAdministered(t *testing.T) {
	t.Parallel()
	d := startDemo(t, filepath.Join(t.TempDir(), "demo"))
	it := stage.Person(t, "the customer's IT", d.tenant)
	it.Open("/")
	it.Look("demo-tenant-home")
	it.Click("link", "Administer this tenant")
	it.Look("demo-admin")
	it.Validate()
	it.Fill("Search people", "rasmus")
	it.Click("button", "Search")
	it.Click("link", "Rasmus Toft rasmus.toft@nordhavn.example Sales")
	it.Look("demo-admin-person")
	it.Validate()
	it.Fill("Account name", "ada.lund@nordhavn.example")
	it.Click("button", "Save")
	it.See("The account name ada.lund@nordhavn.example is taken.")
	it.Fill("Name", "Rasmus Holm")
	it.Fill("Account name", "rasmus.holm@nordhavn.example")
	it.Click("button", "Save")
	it.See("Saved.")

	rasmus := stage.Person(t, "Rasmus", d.pactius)
	rasmus.Open("/")
	rasmus.Click("button", "Sign in with Microsoft")
	rasmus.picks("Rasmus Holm")
	rasmus.See("Sales / North")

	it.Click("button", "Delete")
	it.See("This account is in the recycle bin.")
	it.Validate()
	it.Click("button", "Restore")
	it.See("Restored.")
}

// The page on which an administrator agrees for the whole company, and what
// anyone else sees there.
func TestDemoConsent(t *testing.T) {
	t.Parallel()
	d := startDemo(t, filepath.Join(t.TempDir(), "demo"))
	q := url.Values{"client_id": {"c0de1a5e-77aa-4b0b-8f3d-91e2d6a4b3c2"}, "redirect_uri": {d.pactius + "/"},
		"scope": {d.tenant + "/.default"}, "state": {"x"}}
	consent := "/organizations/v2.0/adminconsent?" + q.Encode()

	bo := stage.Person(t, "Bo", d.tenant)
	bo.Open(consent)
	bo.picks("Bo Berg")
	bo.See("Need admin approval")
	bo.Look("demo-consent-refused")
	bo.Validate()
	bo.Click("button", "Return without granting consent")
	bo.See("Sign in to Nordhavn Shipping")

	ada := stage.Person(t, "Ada", d.tenant)
	ada.Open(consent)
	ada.picks("Ada Lund")
	ada.See("Permissions requested")
	ada.Look("demo-consent")
	ada.Validate()
	ada.Click("button", "Accept")
	ada.See("Sign in to Nordhavn Shipping")
}
