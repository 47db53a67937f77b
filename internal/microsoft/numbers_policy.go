package microsoft

import "github.com/pactius/pactius"

// policyNumbers are about policies of the person's or the customer's organisation.
func policyNumbers() []group {
	return []group{
		{"53002 53003 530032 530034 530035 53011 50005 50131", ReasonConditionalAccess, HelperCustomerIT, "",
			pactius.T("A conditional access rule blocked the sign-in"),
			pactius.T("The organisation has rules about from where, when and how people sign in, and this sign-in " +
				"did not meet one of them."),
			pactius.T("Ask the customer's IT to find the sign-in in the Microsoft Entra admin centre under Sign-in " +
				"logs: the tab Conditional Access names the rule. They can leave PACTIUS out of it or tell the " +
				"person what it asks for.")},
		{"53000 53001 50097 50127 50129 50155 50187 135011", ReasonDevice, HelperCustomerIT, "",
			pactius.T("The device is not allowed"),
			pactius.T("The organisation lets people sign in only from devices that it manages or that meet its " +
				"security rules."),
			pactius.T("Ask the person to use the work device. Otherwise the customer's IT registers this one, or " +
				"sees under Sign-in logs what it lacks.")},
		{"500212", ReasonCrossTenant, HelperCustomerIT, "", pactius.T("The person's own organisation forbids it"),
			pactius.T("The organisation that the guest comes from does not let its people use applications of this " +
				"one."),
			pactius.T("The guest asks the IT of their own organisation: Microsoft Entra admin centre > External " +
				"Identities > Cross-tenant access settings > Outbound access, for this organisation.")},
		{"500213", ReasonCrossTenant, HelperCustomerIT, "", pactius.T("This organisation does not let the guest in"),
			pactius.T("The cross-tenant rules of the customer do not admit people of the guest's organisation."),
			pactius.T("Ask the customer's IT to admit them: Microsoft Entra admin centre > External Identities > " +
				"Cross-tenant access settings > Inbound access, for the guest's organisation.")},
		{"500021 500022 50002", ReasonCrossTenant, HelperCustomerIT, "",
			pactius.T("The network allows only certain organisations"),
			pactius.T("The network or the device of the person is set to sign in to listed organisations only " +
				"(tenant restrictions), and this one is not on the list."),
			pactius.T("The person asks the IT that runs the network to add the tenant of this organisation to the " +
				"tenant restrictions, or uses another network.")},
		{"65001 90008 90093 90094 90095 650052", ReasonConsentMissing, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("Nobody has approved the application for this organisation"),
			pactius.T("An administrator of Microsoft 365 has to agree to the permissions of PACTIUS once, for " +
				"everybody."),
			pactius.T("Ask the customer's IT to open the Microsoft Entra admin centre > Enterprise applications > " +
				"the application of PACTIUS > Permissions, and to press Grant admin consent. Or a local " +
				"administrator of the whole company opens Settings > Environment and asks for consent from there.")},
		{"80001 80002 80005 80007 80010 80012 80013 80014 20001 20012 20033 40008 40009 40010 40015 50008 " +
			"50107 90123",
			ReasonRefused, HelperCustomerIT, "",
			pactius.T("The organisation's own sign-in server did not let the person in"),
			pactius.T("Passwords of this organisation are checked by a server of its own, which refused or did not " +
				"answer. Some allow sign-in at certain hours only."),
			pactius.T("Ask the customer's IT to look at that server (federation, or the pass-through authentication " +
				"agent) at the time of the attempt.")},
	}
}

// applicationNumbers are about the app registration and the connection.
func applicationNumbers() []group {
	return []group{
		{"50011 500112 500113 900971 70004", ReasonMisconfigured, HelperCustomerIT, "",
			pactius.T("The redirect address is not registered"),
			pactius.T("The address that Microsoft shall send people back to does not stand in the app registration, " +
				"to the letter. It changes when the address of PACTIUS changes."),
			pactius.T("Ask the customer's IT to open the Microsoft Entra admin centre > App registrations > the " +
				"application of PACTIUS > Authentication, and to add the redirect URI that Settings > Environment " +
				"shows, as a Web address. For the shared registration Support does it.")},
		{"700016 700011 7000229 90099", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("Microsoft does not know the application in this organisation"),
			pactius.T("The application (client) ID is wrong, the app registration was deleted, or it belongs to " +
				"another tenant and nobody has approved it here."),
			pactius.T("Ask the customer's IT to compare the application (client) ID with the one under Settings > " +
				"Environment, and to give admin consent where the shared registration is used.")},
		{"70001 7000112 1000031", ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("The application is switched off"),
			pactius.T("Somebody has disabled the application of PACTIUS in Microsoft 365, for everybody."),
			pactius.T("Ask the customer's IT to open the Microsoft Entra admin centre > Enterprise applications > " +
				"the application of PACTIUS > Properties, and to set Enabled for users to sign in to Yes.")},
		{"90002 90019 900021 900023 50059 50128 50049",
			ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoConnection,
			pactius.T("Microsoft does not know the tenant"),
			pactius.T("The directory (tenant) ID of the connection is wrong, or the tenant lives in another national " +
				"cloud."),
			pactius.T("Ask the customer's IT for the Tenant ID on the Overview page of the Microsoft Entra admin " +
				"centre; Support changes it, since it decides who may sign in.")},
		{"90038 90043 90051 900382 900432 1000104", ReasonMisconfigured, HelperSupport, pactius.TroubleNoConnection,
			pactius.T("The tenant lives in another national cloud"),
			pactius.T("Microsoft runs separate clouds, for example for the US government and in China. This " +
				"installation of PACTIUS speaks to another one."),
			pactius.T("Support sets PACTIUS_MICROSOFT_AUTHORITY and PACTIUS_MICROSOFT_GRAPH to the cloud of the " +
				"tenant. One installation serves one cloud.")},
		{"65005 650054 650056 650057 500011 50001 90009",
			ReasonMisconfigured, HelperCustomerIT, pactius.TroubleNoPermission,
			pactius.T("The app registration asks for no permission that fits"),
			pactius.T("The list of permissions of the app registration lacks Microsoft Graph, or the consent is " +
				"older than the list."),
			pactius.T("Ask the customer's IT to open the Microsoft Entra admin centre > App registrations > the " +
				"application of PACTIUS > API permissions, to add those of Settings > Environment, and to press " +
				"Grant admin consent.")},
	}
}
