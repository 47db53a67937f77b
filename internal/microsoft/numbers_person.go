package microsoft

import "github.com/pactius/pactius"

// personNumbers are those that the person can mend by signing in again or by answering Microsoft's questions.
func personNumbers() []group {
	return []group{
		{"65004", ReasonDeclined, HelperYourself, "", pactius.T("The person declined the permissions"),
			pactius.T("Microsoft asked whether PACTIUS may see the person's name and email address, and the answer " +
				"was no."),
			pactius.T("Ask the person to sign in again and accept. A Microsoft 365 administrator can also accept " +
				"once for everyone.")},
		{"50058 16001 50140 50199 50168", ReasonInteraction, HelperYourself, "",
			pactius.T("Microsoft needed something from the person"),
			pactius.T("No one was signed in to Microsoft in this browser, or the account needs to be chosen or " +
				"confirmed."),
			pactius.T("Ask the person to sign in again and follow Microsoft's instructions.")},
		{"50072 50074 50076 50078 50079 50125 50158 53004 53010", ReasonInteraction, HelperYourself, "",
			pactius.T("Multifactor authentication is missing"),
			pactius.T("The organisation requires multifactor authentication. It wasn't completed, has expired or " +
				"isn't set up for this account."),
			pactius.T("Ask the person to sign in again and complete it. If the phone or key is lost, the company's " +
				"IT can reset the account's sign-in methods.")},
		{"50055 50056 50064 50126 50132 50133 50135 50144 50173", ReasonInteraction, HelperYourself, "",
			pactius.T("The password is wrong, has expired or was changed"),
			pactius.T("Microsoft didn't accept the password, or ended the sign-in because the password was changed."),
			pactius.T("Ask the person to sign in again with the current password. If it doesn't work, the company's " +
				"IT can reset it; PACTIUS never sees a password.")},
		{"54005", ReasonReplayed, HelperYourself, "", pactius.T("The sign-in was used twice"),
			pactius.T("Each sign-in works only once. This happens when a page was reloaded, opened from the history " +
				"or sent twice."),
			pactius.T("Ask the person to start again at the " +
				"PACTIUS address, not from a bookmark of Microsoft's page.")},
		{"50089 70000 70008 700082 700084 70043 50148 501481 700005", ReasonExpired, HelperYourself, "",
			pactius.T("The sign-in took too long"),
			pactius.T("What Microsoft had issued was no longer valid, or didn't belong to this sign-in."),
			pactius.T("Ask the person to start again at the PACTIUS address.")},
		{"50196", ReasonLoop, HelperYourself, "", pactius.T("Too many sign-ins in a row"),
			pactius.T("The browser kept returning to Microsoft within a short time, usually because it doesn't keep " +
				"cookies."),
			pactius.T("Ask the person to wait a minute, allow cookies for the PACTIUS address, or try another " +
				"browser. If many people are affected, Support needs to look into it.")},
	}
}

// accountNumbers are about the account of the sign-in.
func accountNumbers() []group {
	return []group{
		{"16000 16003 50014 50020 50034 500208 51004 90072", ReasonOtherTenant, HelperLocalAdministrator, "",
			pactius.T("The account isn't in this organisation's Microsoft 365"),
			pactius.T("The person chose a personal account, an account from another organisation, or one that " +
				"doesn't exist."),
			pactius.T("Ask the person to switch to their work account in this organisation. Anyone without one must " +
				"first be invited as a guest by the company's IT; then a local administrator adds the guest's " +
				"account name.")},
		{"50057", ReasonAccountDisabled, HelperCustomerIT, "", pactius.T("The account is disabled in Microsoft 365"),
			pactius.T("Sign-in is blocked for this account. That's usual for people who have left."),
			pactius.T("If the person still works there, the company's IT needs to open the account in the Microsoft " +
				"Entra admin centre under Users and select Account enabled.")},
		{"50053", ReasonAccountDisabled, HelperCustomerIT, "", pactius.T("The account is temporarily locked"),
			pactius.T("There were too many attempts with a wrong password, or the sign-in came from an address that " +
				"Microsoft finds suspicious."),
			pactius.T("Ask the person to wait a few minutes and try again. If it keeps happening, the company's IT " +
				"can find the cause in the Microsoft Entra admin centre under Sign-in logs.")},
		{"50105", ReasonNotAssigned, HelperCustomerIT, "", pactius.T("The person isn't assigned to the application"),
			pactius.T("The organisation lets only selected people use PACTIUS, and this person isn't one of them."),
			pactius.T("The company's IT needs to open the Microsoft Entra admin centre > Enterprise applications > " +
				"the PACTIUS application > Users and groups, and add the person or a group. Or they can set " +
				"Assignment required to No under Properties: PACTIUS controls access itself.")},
		{"50015 54000", ReasonRefused, HelperCustomerIT, "", pactius.T("The account's age group doesn't allow it"),
			pactius.T("The account is marked as belonging to a minor, and someone needs to give consent first."),
			pactius.T("The company's IT needs to check the account's age group in the Microsoft Entra admin centre " +
				"under Users.")},
	}
}
