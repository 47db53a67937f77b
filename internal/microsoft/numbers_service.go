package microsoft

import "github.com/pactius/pactius"

// secretNumbers are about the application's credential.
func secretNumbers() []group {
	return []group{
		{"7000215 70002", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleBadSecret,
			pactius.T("The client secret is wrong"),
			pactius.T("Microsoft doesn't accept the connection's secret. Usually the secret's ID was copied instead " +
				"of its value, or the secret was deleted."),
			pactius.T("The company's IT needs to create a new secret in the Microsoft Entra admin centre > App " +
				"registrations > the PACTIUS application > Certificates & secrets, and store its value under " +
				"Settings > Environment. For the shared registration, Support does this.")},
		{"7000222", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleBadSecret,
			pactius.T("The client secret has expired"),
			pactius.T("Secrets are valid for two years at most. No one can sign in until a new one is stored."),
			pactius.T("The company's IT needs to create a new secret in the Microsoft Entra admin centre > App " +
				"registrations > the PACTIUS application > Certificates & secrets. Because no one can sign in to " +
				"store it, Support needs to do that from the command line.")},
		{"50012 50013 700021 700024 700027 700030 1000502",
			ReasonMisconfigured, HelperCustomerIT, pactius.TroubleBadSecret,
			pactius.T("The certificate isn't accepted"),
			pactius.T("The certificate isn't in the app registration, has expired or was replaced by another one. A " +
				"wrong server clock causes the same number."),
			pactius.T("The company's IT needs to compare the thumbprint under Settings > Environment with those in " +
				"the Microsoft Entra admin centre > App registrations > the PACTIUS application > Certificates & " +
				"secrets > Certificates, and upload the certificate there without its key.")},
		{"7000218 700025", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleBadSecret,
			pactius.T("The application is registered as the wrong type"),
			pactius.T("The redirect address was registered for mobile, desktop or single-page applications, which " +
				"have no secret. PACTIUS is a web application."),
			pactius.T("The company's IT needs to open the Microsoft Entra admin centre > App registrations > the " +
				"PACTIUS application > Authentication, remove the redirect URI there and add it again under Web.")},
	}
}

// serviceNumbers are about faults of Microsoft's service, or of ours.
func serviceNumbers() []group {
	return []group{
		{"50000 50033 50087 50088 50166 70012 90006 90012 90024 90033 90036 90055 90090 90091 90092",
			ReasonUnreachable, HelperYourself, pactius.TroubleAway,
			pactius.T("Microsoft is busy or has a problem"),
			pactius.T("Microsoft's sign-in service didn't respond as it should. The account and the connection are " +
				"fine."),
			pactius.T("Ask the person to try again in a minute. If it keeps happening, the company's IT can check " +
				"for problems in the Microsoft 365 admin centre under Health.")},
		{"28002 28003 50027 50048 50050 50194 70003 70005 70007 70011 700022 700023 700054 90004 " +
			"90005 90013 90014 90015 90023 900144 900561 9002313 9002325 90100 90102 901002 1002012",
			ReasonMisconfigured, HelperSupport, "", pactius.T("Microsoft didn't understand the request"),
			pactius.T("The request to Microsoft was incomplete or in a form it doesn't accept: someone opened one of " +
				"Microsoft's pages directly, something changed the request on the way, or PACTIUS has a fault."),
			pactius.T("Ask the person to start again at the PACTIUS address. If it happens again, Support needs this " +
				"number with the time and the reference.")},
	}
}

// graphNumbers are the error codes of Microsoft Graph that an administrator may meet (Microsoft Graph: "Error responses
// and resource types").
func graphNumbers() []group {
	return []group{
		{codeDenied, ReasonConsentMissing, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("PACTIUS isn't allowed to read the directory"),
			pactius.T("The Microsoft Graph application permission User.Read.All is missing, or no one has consented " +
				"to it. A delegated permission with the same name isn't enough."),
			pactius.T("The company's IT needs to open the Microsoft Entra admin centre > App registrations > the " +
				"PACTIUS application > API permissions > Add a permission > Microsoft Graph > Application " +
				"permissions, select User.Read.All, and choose Grant admin consent. People can sign in without it, " +
				"but names aren't checked.")},
		{"Authorization_IdentityNotFound", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("The application isn't set up in this directory"),
			pactius.T("The app registration exists, but this organisation has no enterprise application for it, so " +
				"its permissions have no effect."),
			pactius.T("The company's IT needs to give admin consent once: that creates the enterprise application.")},
		{"Request_ResourceNotFound", ReasonRefused, HelperLocalAdministrator, "", pactius.T("There's no such account"),
			pactius.T("The Microsoft 365 directory has no account with this name or ID. It may have been mistyped, " +
				"renamed or deleted."),
			pactius.T("Check the spelling, or search for the person's name. The company's IT can restore a deleted " +
				"account for 30 days.")},
		{codeSyncState, ReasonExpired, HelperYourself, pactius.TroubleCursorGone,
			pactius.T("The list of changes starts over"),
			pactius.T("Microsoft keeps our place in its list of changes for seven days, or forgets it after " +
				"maintenance."),
			pactius.T("You don't need to do anything: PACTIUS reads the whole directory once and continues from " +
				"there.")},
		{codeTooMany, ReasonUnreachable, HelperYourself, pactius.TroubleThrottled,
			pactius.T("Microsoft 365 asked us to wait"),
			pactius.T("Together, the organisation's applications sent the directory too many requests within seconds."),
			pactius.T("You don't need to do anything: PACTIUS waits as long as it's told to. If it happens every " +
				"day, the company's IT can look for the application that sends so many requests.")},
		{codeBadToken, ReasonMisconfigured, HelperSupport, pactius.TroubleNoPermission,
			pactius.T("Microsoft Graph didn't accept the token"),
			pactius.T("The token was issued for a different cloud from the one being asked, or was withdrawn a " +
				"moment ago."),
			pactius.T("Try again. If it keeps happening, Support needs to compare PACTIUS_MICROSOFT_AUTHORITY with " +
				"PACTIUS_MICROSOFT_GRAPH: both must belong to the same cloud.")},
	}
}
