package microsoft

import "github.com/pactius/pactius"

// policyNumbers are about policies of the person's or the customer's organisation.
func policyNumbers() []group {
	return []group{
		{"53002 53003 530032 530034 530035 53011 50005 50131", ReasonConditionalAccess, HelperCustomerIT, "",
			pactius.T("A Conditional Access policy blocked the sign-in"),
			pactius.T("The organisation has rules about where, when and how people sign in, and this sign-in didn't " +
				"meet one of them."),
			pactius.T("The company's IT can find the sign-in in the Microsoft Entra admin centre under Sign-in logs: " +
				"the Conditional Access tab shows the policy. They can exclude PACTIUS from it or tell the person " +
				"what it requires.")},
		{"53000 53001 50097 50127 50129 50155 50187 135011", ReasonDevice, HelperCustomerIT, "",
			pactius.T("The device isn't allowed"),
			pactius.T("The organisation lets people sign in only from devices that it manages or that meet its " +
				"security rules."),
			pactius.T("Ask the person to use their work device. Otherwise the company's IT can register this one, or " +
				"check under Sign-in logs what it's missing.")},
		{"500212", ReasonCrossTenant, HelperCustomerIT, "", pactius.T("The person's own organisation doesn't allow it"),
			pactius.T("The guest's own organisation doesn't let its people use this organisation's applications."),
			pactius.T("The guest needs to ask the IT of their own organisation: Microsoft Entra admin centre > " +
				"External Identities > Cross-tenant access settings > Outbound access, for this organisation.")},
		{"500213", ReasonCrossTenant, HelperCustomerIT, "", pactius.T("This organisation doesn't allow the guest to " +
			"sign in"),
			pactius.T("The company's cross-tenant rules don't allow people from the guest's organisation."),
			pactius.T("The company's IT needs to allow them: Microsoft Entra admin centre > External Identities > " +
				"Cross-tenant access settings > Inbound access, for the guest's organisation.")},
		{"500021 500022 50002", ReasonCrossTenant, HelperCustomerIT, "",
			pactius.T("The network allows only certain organisations"),
			pactius.T("The person's network or device is set to allow sign-in to listed organisations only (tenant " +
				"restrictions), and this one isn't on the list."),
			pactius.T("The person needs to ask the IT that runs the network to add this organisation's tenant to the " +
				"tenant restrictions, or use another network.")},
		{"65001 90008 90093 90094 90095 650052", ReasonConsentMissing, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("No one has approved the application for this organisation"),
			pactius.T("A Microsoft 365 administrator needs to accept PACTIUS's permissions once, for everyone."),
			pactius.T("The company's IT needs to open the Microsoft Entra admin centre > Enterprise applications > " +
				"the PACTIUS application > Permissions, and choose Grant admin consent. Or a local administrator of " +
				"the whole company can request consent under Settings > Environment.")},
		{"80001 80002 80005 80007 80010 80012 80013 80014 20001 20012 20033 40008 40009 40010 40015 50008 " +
			"50107 90123",
			ReasonRefused, HelperCustomerIT, "",
			pactius.T("The organisation's own sign-in server didn't allow the sign-in"),
			pactius.T("This organisation's passwords are checked by its own server, which refused or didn't respond. " +
				"Some allow sign-in only at certain times."),
			pactius.T("The company's IT needs to check that server (federation, or the pass-through authentication " +
				"agent) at the time of the attempt.")},
	}
}

// applicationNumbers are about the app registration and the connection.
func applicationNumbers() []group {
	return []group{
		{"50011 500112 500113 900971 70004", ReasonMisconfigured, HelperCustomerIT, "",
			pactius.T("The redirect address isn't registered"),
			pactius.T("The exact address that Microsoft should send people back to isn't listed in the app " +
				"registration. It changes when the PACTIUS address changes."),
			pactius.T("The company's IT needs to open the Microsoft Entra admin centre > App registrations > the " +
				"PACTIUS application > Authentication, and add the redirect URI shown under Settings > Environment " +
				"as a Web address. For the shared registration, Support does this.")},
		{"700016 700011 7000229 90099", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("Microsoft doesn't recognise the application in this organisation"),
			pactius.T("The application (client) ID is wrong, the app registration was deleted, or it belongs to " +
				"another tenant and no one has approved it here."),
			pactius.T("The company's IT needs to compare the application (client) ID with the one under Settings > " +
				"Environment, and give admin consent if the shared registration is used.")},
		{"70001 7000112 1000031", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("The application is switched off"),
			pactius.T("Someone has disabled the PACTIUS application in Microsoft 365 for everyone."),
			pactius.T("The company's IT needs to open the Microsoft Entra admin centre > Enterprise applications > " +
				"the PACTIUS application > Properties, and set Enabled for users to sign in to Yes.")},
		{"90002 90019 900021 900023 50059 50128 50049",
			ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoConnection,
			pactius.T("Microsoft doesn't recognise the tenant"),
			pactius.T("The connection's directory (tenant) ID is wrong, or the tenant is in another national cloud."),
			pactius.T("The company's IT can find the Tenant ID on the Overview page of the Microsoft Entra admin " +
				"centre. Support needs to change it, because it determines who can sign in.")},
		{"90038 90043 90051 900382 900432 1000104", ReasonMisconfigured, HelperSupport, pactius.TroubleNoConnection,
			pactius.T("The tenant is in another national cloud"),
			pactius.T("Microsoft runs separate clouds, for example for the US government and in China. This " +
				"installation of PACTIUS connects to a different one."),
			pactius.T("Support needs to set PACTIUS_MICROSOFT_AUTHORITY and PACTIUS_MICROSOFT_GRAPH to the tenant's " +
				"cloud. One installation serves one cloud.")},
		{"50146", ReasonMisconfigured, HelperCustomerIT, "",
			pactius.T("The application needs a signing key of its own"),
			pactius.T("Someone has set up custom claims or claims mapping for the PACTIUS application in Microsoft " +
				"365. Microsoft then lets no one sign in unless the application has a valid signing key of its own."),
			pactius.T("The company's IT needs to open the Microsoft Entra admin centre > Enterprise applications > " +
				"the PACTIUS application > Single sign-on, and remove the custom claims, which PACTIUS doesn't need. " +
				"Or they can give the application a new signing key, or set acceptMappedClaims to true in the " +
				"manifest of the app registration.")},
		{"65005 650054 650056 650057 500011 50001 90009",
			ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("The app registration doesn't request a suitable permission"),
			pactius.T("The app registration's list of permissions doesn't include Microsoft Graph, or consent was " +
				"given before the list changed."),
			pactius.T("The company's IT needs to open the Microsoft Entra admin centre > App registrations > the " +
				"PACTIUS application > API permissions, add those listed under Settings > Environment, and choose " +
				"Grant admin consent.")},
	}
}
