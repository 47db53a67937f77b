package microsoft

import "github.com/pactius/pactius"

// secretNumbers are about the application's credential.
func secretNumbers() []group {
	return []group{
		{"7000215 70002", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleBadSecret,
			pactius.T("The client secret is wrong"),
			pactius.T("Microsoft does not accept the secret of the connection. Most often the ID of the secret was " +
				"copied and not its value, or the secret was deleted."),
			pactius.T("Ask the customer's IT to make a new secret in the Microsoft Entra admin centre > App " +
				"registrations > the application of PACTIUS > Certificates & secrets, and to store its value under " +
				"Settings > Environment. For the shared registration Support does it.")},
		{"7000222", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleBadSecret,
			pactius.T("The client secret has ended"),
			pactius.T("Secrets live two years at most. Until a new one is stored nobody can sign in."),
			pactius.T("Ask the customer's IT to make a new secret in the Microsoft Entra admin centre > App " +
				"registrations > the application of PACTIUS > Certificates & secrets. Since nobody can sign in to " +
				"store it, Support does it with the command line.")},
		{"50012 50013 700021 700024 700027 700030 1000502",
			ReasonMisconfigured, HelperCustomerIT, pactius.TroubleBadSecret,
			pactius.T("The certificate is not accepted"),
			pactius.T("The certificate is not in the app registration, has ended, or was replaced by another one. A " +
				"server clock that is wrong gives the same number."),
			pactius.T("Ask the customer's IT to compare the thumbprint under Settings > Environment with those in " +
				"the Microsoft Entra admin centre > App registrations > the application of PACTIUS > Certificates & " +
				"secrets > Certificates, and to upload the certificate there, without its key.")},
		{"7000218 700025", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleBadSecret,
			pactius.T("The application is registered as the wrong kind"),
			pactius.T("The redirect address was registered for mobile, desktop or single-page applications, which " +
				"have no secret. PACTIUS is a web application."),
			pactius.T("Ask the customer's IT to open the Microsoft Entra admin centre > App registrations > the " +
				"application of PACTIUS > Authentication, to remove the redirect URI there and to add it again under " +
				"Web.")},
	}
}

// serviceNumbers are about faults of Microsoft's service, or of ours.
func serviceNumbers() []group {
	return []group{
		{"50000 50033 50087 50088 50166 70012 90006 90012 90024 90033 90036 90055 90090 90091 90092",
			ReasonUnreachable, HelperYourself, pactius.TroubleAway,
			pactius.T("Microsoft is busy or has a fault"),
			pactius.T("Microsoft's sign-in service did not answer as it should. The account and the connection are " +
				"fine."),
			pactius.T("Ask the person to try again in a minute. If it stays, the customer's IT finds faults in the " +
				"Microsoft 365 admin centre under Health.")},
		{"28002 28003 50027 50048 50050 50146 50194 70003 70005 70007 70011 700022 700023 700054 90004 " +
			"90005 90013 90014 90015 90023 900144 900561 9002313 9002325 90100 90102 901002 1002012",
			ReasonMisconfigured, HelperSupport, "", pactius.T("Microsoft did not understand the question"),
			pactius.T("What was sent to Microsoft was incomplete or in a form it does not take: somebody opened a " +
				"page of Microsoft's by hand, something between changed the request, or PACTIUS has a fault."),
			pactius.T("Ask the person to begin again at the address of PACTIUS. If it happens again, send Support " +
				"this number with the time and the reference.")},
	}
}

// graphNumbers are the error codes of Microsoft Graph that an administrator may meet (Microsoft Graph: "Error responses
// and resource types").
func graphNumbers() []group {
	return []group{
		{codeDenied, ReasonConsentMissing, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("PACTIUS may not read the directory"),
			pactius.T("The application permission User.Read.All of Microsoft Graph is missing, or nobody has " +
				"consented to it. A delegated permission of the same name is not enough."),
			pactius.T("Ask the customer's IT to open the Microsoft Entra admin centre > App registrations > the " +
				"application of PACTIUS > API permissions > Add a permission > Microsoft Graph > Application " +
				"permissions, to tick User.Read.All, and to press Grant admin consent. People sign in without it; " +
				"names are then not checked.")},
		{"Authorization_IdentityNotFound", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("The application has no place in this directory"),
			pactius.T("The app registration exists, but this organisation has no enterprise application of it, so " +
				"its permissions count for nothing."),
			pactius.T("Ask the customer's IT to give admin consent once: that makes the enterprise application.")},
		{"Request_ResourceNotFound", ReasonRefused, HelperLocalAdministrator, "", pactius.T("There is no such account"),
			pactius.T("The directory of Microsoft 365 knows no account with this name or ID. It may be mistyped, " +
				"renamed or deleted."),
			pactius.T("Check the spelling, or search for the person's name. The customer's IT can restore a deleted " +
				"account for 30 days.")},
		{codeSyncState, ReasonExpired, HelperYourself, pactius.TroubleCursorGone,
			pactius.T("The list of changes begins again"),
			pactius.T("Microsoft keeps the place in its list of changes for seven days, or forgets it after work on " +
				"its side."),
			pactius.T("Nothing has to be done: PACTIUS reads the whole directory once and goes on from there.")},
		{codeTooMany, ReasonUnreachable, HelperYourself, pactius.TroubleThrottled,
			pactius.T("Microsoft 365 asks to wait"),
			pactius.T("The organisation's applications together have asked the directory too much within seconds."),
			pactius.T("Nothing has to be done: PACTIUS waits as long as it is told. If it happens every day, the " +
				"customer's IT looks for the application that asks so much.")},
		{codeBadToken, ReasonMisconfigured, HelperSupport, pactius.TroubleNoPermission,
			pactius.T("Microsoft Graph did not take the token"),
			pactius.T("The token was made for another cloud than the one that is asked, or was withdrawn a moment " +
				"ago."),
			pactius.T("Try again. If it stays, Support compares PACTIUS_MICROSOFT_AUTHORITY with " +
				"PACTIUS_MICROSOFT_GRAPH: both must be of the same cloud.")},
	}
}
