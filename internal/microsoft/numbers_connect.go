package microsoft

import "github.com/pactius/pactius"

// connecting returns what to do about a number of Microsoft, addressed to the customer's IT on the connect page. Its
// keys are the first codes of groups of numbers.
func connecting() map[string]pactius.Text {
	return map[string]pactius.Text{
		"50011": pactius.T("In Entra, open App registrations > the PACTIUS application > Authentication, and add the " +
			"redirect URI that this page shows as a Web address. Support does this for the shared registration."),
		"700016": pactius.T("Copy the application (client) ID again from the overview page of the app registration: " +
			"the object ID below it is a different one. For the shared registration, grant the permissions first."),
		"70001": pactius.T("In Entra, open Enterprise applications > the PACTIUS application > Properties, and set " +
			"Enabled for users to sign in to Yes."),
		"90002": pactius.T("Copy the directory (tenant) ID again: the overview page of the app registration shows it " +
			"below the application (client) ID."),
		"65005": pactius.T("In Entra, open App registrations > the PACTIUS application > API permissions, add " +
			"User.Read.All, openid, profile and email of Microsoft Graph, and choose Grant admin consent."),
		"50146": pactius.T("In Entra, open Enterprise applications > the PACTIUS application > Single sign-on, and " +
			"remove the custom claims: PACTIUS doesn't need them."),
		"7000215": pactius.T("In Entra, open App registrations > the PACTIUS application > Certificates & secrets, " +
			"create a new client secret and enter here what the column Value shows. A secret made a moment ago can " +
			"be refused for up to two minutes. Support does this for the shared registration."),
		"7000222": pactius.T("In Entra, open App registrations > the PACTIUS application > Certificates & secrets, " +
			"create a new client secret and enter its value here. Support does this for the shared registration."),
		"50012": pactius.T("In Entra, open App registrations > the PACTIUS application > Certificates & secrets > " +
			"Certificates, and upload the certificate that you entered here, without its key."),
		"7000218": pactius.T("In Entra, open App registrations > the PACTIUS application > Authentication, remove " +
			"the redirect URI and add it again under Web."),
		"65001": pactius.T("In Entra, open App registrations > the PACTIUS application > API permissions, and choose " +
			"Grant admin consent. For the shared registration, use the button on this page."),
		codeDenied: pactius.T("In Entra, open App registrations > the PACTIUS application > API permissions > Add a " +
			"permission > Microsoft Graph > Application permissions, select User.Read.All, and choose Grant admin " +
			"consent."),
		"Authorization_IdentityNotFound": pactius.T("Grant admin consent once: in Entra under API permissions, or " +
			"with the button on this page. That creates the enterprise application."),
	}
}
