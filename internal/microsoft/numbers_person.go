package microsoft

import "github.com/pactius/pactius"

// personNumbers are those that the person can mend by signing in again or by answering Microsoft's questions.
func personNumbers() []group {
	return []group{
		{"65004", ReasonDeclined, HelperYourself, "", pactius.T("The person declined the permissions"),
			pactius.T("Microsoft asked whether PACTIUS may see the person's name and e-mail address, and the answer " +
				"was no."),
			pactius.T("Ask the person to sign in again and accept. An administrator of Microsoft 365 can also accept " +
				"once for everybody.")},
		{"50058 16001 50140 50199 50168", ReasonInteraction, HelperYourself, "",
			pactius.T("Microsoft wanted to ask the person something"),
			pactius.T("Nobody was signed in at Microsoft in this browser, or the account has to be chosen or " +
				"confirmed."),
			pactius.T("Ask the person to sign in again and to follow what Microsoft asks.")},
		{"50072 50074 50076 50078 50079 50125 50158 53004 53010", ReasonInteraction, HelperYourself, "",
			pactius.T("A second proof is missing"),
			pactius.T("The organisation asks for multifactor authentication. It was not completed, has expired, or " +
				"is not set up for this account."),
			pactius.T("Ask the person to sign in again and to complete it. If the telephone or the key is lost, the " +
				"customer's IT resets the sign-in methods of the account.")},
		{"50055 50056 50064 50126 50132 50133 50135 50144 50173", ReasonInteraction, HelperYourself, "",
			pactius.T("The password is wrong, has expired or was changed"),
			pactius.T("Microsoft did not accept the password, or ended the sign-in because the password was changed."),
			pactius.T("Ask the person to sign in again with the present password. If it does not work, the " +
				"customer's IT resets it. PACTIUS never sees a password.")},
		{"54005", ReasonReplayed, HelperYourself, "", pactius.T("The sign-in was used twice"),
			pactius.T("Each sign-in works once. This comes from a page that was reloaded, opened from the history, " +
				"or sent twice."),
			pactius.T("Ask the person to begin again at the address of PACTIUS, and not from a bookmark of " +
				"Microsoft's page.")},
		{"50089 70000 70008 700082 700084 70043 50148 501481 700005", ReasonExpired, HelperYourself, "",
			pactius.T("The sign-in took too long"),
			pactius.T("What Microsoft had handed out was no longer valid, or did not belong to this sign-in."),
			pactius.T("Ask the person to begin again at the address of PACTIUS.")},
		{"50196", ReasonLoop, HelperYourself, "", pactius.T("Too many sign-ins in a row"),
			pactius.T("The browser came back to Microsoft again and again within a short time, mostly because it " +
				"does not keep cookies."),
			pactius.T("Ask the person to wait a minute, to allow cookies for the address of PACTIUS, or to try " +
				"another browser. If many people meet it, tell Support.")},
	}
}

// accountNumbers are about the account of the sign-in.
func accountNumbers() []group {
	return []group{
		{"16000 16003 50014 50020 50034 500208 51004 90072", ReasonOtherTenant, HelperLocalAdministrator, "",
			pactius.T("The account is not in this organisation's Microsoft 365"),
			pactius.T("The person chose a personal account, an account of another organisation, or one that does not " +
				"exist."),
			pactius.T("Ask the person to switch to the work account of this organisation. Whoever has none has to be " +
				"invited as a guest by the customer's IT first; then a local administrator adds the account name of " +
				"the guest.")},
		{"50057", ReasonAccountDisabled, HelperCustomerIT, "", pactius.T("The account is disabled in Microsoft 365"),
			pactius.T("Sign-in is blocked for this account. That is usual for people who have left."),
			pactius.T("If the person still works there, ask the customer's IT to open the account in the Microsoft " +
				"Entra admin centre under Users and to tick Account enabled.")},
		{"50053", ReasonAccountDisabled, HelperCustomerIT, "", pactius.T("The account is locked for a while"),
			pactius.T("There were too many attempts with a wrong password, or the sign-in came from an address that " +
				"Microsoft suspects."),
			pactius.T("Ask the person to wait some minutes and to try again. If it stays, the customer's IT finds " +
				"the cause in the Microsoft Entra admin centre under Sign-in logs.")},
		{"50105", ReasonNotAssigned, HelperCustomerIT, "", pactius.T("The person is not assigned to the application"),
			pactius.T("The organisation lets only the people it has chosen use PACTIUS, and this person is not among " +
				"them."),
			pactius.T("Ask the customer's IT to open the Microsoft Entra admin centre > Enterprise applications > " +
				"the application of PACTIUS > Users and groups, and to add the person or a group. Or to set " +
				"Assignment required to No under Properties: PACTIUS itself decides who gets in.")},
		{"50015 54000", ReasonRefused, HelperCustomerIT, "", pactius.T("The age group of the account forbids it"),
			pactius.T("The account is marked as that of a minor, and somebody has to consent first."),
			pactius.T("Ask the customer's IT to check the age group of the account in the Microsoft Entra admin " +
				"centre under Users.")},
	}
}
