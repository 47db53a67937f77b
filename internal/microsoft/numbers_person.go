package microsoft

import "github.com/pactius/pactius"

// personNumbers are those that the person can mend by signing in again or by answering Microsoft's questions.
func personNumbers() []group {
	return []group{
		{"65004", Number{
			Reason: ReasonDeclined, Helper: HelperYourself,
			Title: pactius.T("The person declined the permissions"),
			Cause: pactius.T("Microsoft asked whether PACTIUS may see the person's name and e-mail address, and the " +
				"answer was no."),
			Next: pactius.T("Ask the person to sign in again and accept. An administrator of Microsoft 365 can " +
				"also accept once for everybody."),
		}},
		{"50058 16001 50140 50199 50168", Number{
			Reason: ReasonInteraction, Helper: HelperYourself,
			Title: pactius.T("Microsoft wanted to ask the person something"),
			Cause: pactius.T("Nobody was signed in at Microsoft in this browser, or the account has to be chosen or " +
				"confirmed."),
			Next: pactius.T("Ask the person to sign in again and to follow what Microsoft asks."),
		}},
		{"50072 50074 50076 50078 50079 50125 50158 53004 53010", Number{
			Reason: ReasonInteraction, Helper: HelperYourself,
			Title: pactius.T("A second proof is missing"),
			Cause: pactius.T("The organisation asks for multifactor authentication. It was not completed, has " +
				"expired, or is not set up for this account."),
			Next: pactius.T("Ask the person to sign in again and to complete it. If the telephone or the key is " +
				"lost, the customer's IT resets the sign-in methods of the account."),
		}},
		{"50055 50056 50064 50126 50132 50133 50135 50144 50173", Number{
			Reason: ReasonInteraction, Helper: HelperYourself,
			Title: pactius.T("The password is wrong, has expired or was changed"),
			Cause: pactius.T("Microsoft did not accept the password, or ended the sign-in because the password was " +
				"changed."),
			Next: pactius.T("Ask the person to sign in again with the present password. If it does not work, the " +
				"customer's IT resets it. PACTIUS never sees a password."),
		}},
		{"54005", Number{
			Reason: ReasonReplayed, Helper: HelperYourself,
			Title: pactius.T("The sign-in was used twice"),
			Cause: pactius.T("Each sign-in works once. This comes from a page that was reloaded, opened from the " +
				"history, or sent twice."),
			Next: pactius.T("Ask the person to begin again at the address of PACTIUS, and not from a bookmark of " +
				"Microsoft's page."),
		}},
		{"50089 70000 70008 700082 700084 70043 50148 501481 700005", Number{
			Reason: ReasonExpired, Helper: HelperYourself,
			Title: pactius.T("The sign-in took too long"),
			Cause: pactius.T("What Microsoft had handed out was no longer valid, or did not belong to this sign-in."),
			Next:  pactius.T("Ask the person to begin again at the address of PACTIUS."),
		}},
		{"50196", Number{
			Reason: ReasonLoop, Helper: HelperYourself,
			Title: pactius.T("Too many sign-ins in a row"),
			Cause: pactius.T("The browser came back to Microsoft again and again within a short time, mostly " +
				"because it does not keep cookies."),
			Next: pactius.T("Ask the person to wait a minute, to allow cookies for the address of PACTIUS, or to " +
				"try another browser. If many people meet it, tell Support."),
		}},
	}
}

// accountNumbers are about the account of the sign-in.
func accountNumbers() []group {
	return []group{
		{"16000 16003 50014 50020 50034 500208 51004 90072", Number{
			Reason: ReasonOtherTenant, Helper: HelperLocalAdministrator,
			Title: pactius.T("The account is not in this organisation's Microsoft 365"),
			Cause: pactius.T("The person chose a personal account, an account of another organisation, or one that " +
				"does not exist."),
			Next: pactius.T("Ask the person to switch to the work account of this organisation. Whoever has none " +
				"has to be invited as a guest by the customer's IT first; then a local administrator adds the " +
				"account name of the guest."),
		}},
		{"50057", Number{
			Reason: ReasonAccountDisabled, Helper: HelperCustomerIT,
			Title: pactius.T("The account is disabled in Microsoft 365"),
			Cause: pactius.T("Sign-in is blocked for this account. That is usual for people who have left."),
			Next: pactius.T("If the person still works there, ask the customer's IT to open the account in the " +
				"Microsoft Entra admin centre under Users and to tick Account enabled."),
		}},
		{"50053", Number{
			Reason: ReasonAccountDisabled, Helper: HelperCustomerIT,
			Title: pactius.T("The account is locked for a while"),
			Cause: pactius.T("There were too many attempts with a wrong password, or the sign-in came from an " +
				"address that Microsoft suspects."),
			Next: pactius.T("Ask the person to wait some minutes and to try again. If it stays, the customer's IT " +
				"finds the cause in the Microsoft Entra admin centre under Sign-in logs."),
		}},
		{"50105", Number{
			Reason: ReasonNotAssigned, Helper: HelperCustomerIT,
			Title: pactius.T("The person is not assigned to the application"),
			Cause: pactius.T("The organisation lets only the people it has chosen use PACTIUS, and this person is " +
				"not among them."),
			Next: pactius.T("Ask the customer's IT to open the Microsoft Entra admin centre > Enterprise " +
				"applications > the application of PACTIUS > Users and groups, and to add the person or a group. Or " +
				"to set Assignment required to No under Properties: PACTIUS itself decides who gets in."),
		}},
		{"50015 54000", Number{
			Reason: ReasonRefused, Helper: HelperCustomerIT,
			Title: pactius.T("The age group of the account forbids it"),
			Cause: pactius.T("The account is marked as that of a minor, and somebody has to consent first."),
			Next: pactius.T("Ask the customer's IT to check the age group of the account in the Microsoft Entra " +
				"admin centre under Users."),
		}},
	}
}
