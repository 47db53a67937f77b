// Package users holds the rules about people: recognising them at sign-in, access requests and their decisions,
// adding and changing users, business units of a user, sessions. A person becomes a user exactly once.
//
// An access request:
//
//	          Ask                Approve, SamePerson, Add
//	(none) ---------> pending ----------------------------> approved: the person is a user
//	                  |  |  \ 30 days                          |
//	         Withdraw |  |   `--> expired                      | TakeBack (10 minutes)
//	                  v  v Decline                             v
//	           withdrawn declined                           pending
//
// Administrators of a requested business unit, or of any unit above it, decide a request; without requested units,
// administrators of the root do. They cannot decide their own request.
//
// A user who needs more access sends a request by the same Ask, and it ends in the same ways. It carries the user from
// the beginning, so no one is found by name: Approve adds the grants to what the user has. It is of the account that
// sent it and is withdrawn when the user is linked to another one.
//
// A user (see pactius.User.Status):
//
//	       Add, Approve           SignIn             end date is over
//	(none) ------------> invited --------> active ------------------> ended
//	                        |                 |                         |
//	                        `-----------------+-------------------------+--> deactivated (Deactivate, AccountGone)
//
// An end date blocks an invited user too. Reactivate ends both blocks, AccountBack a deactivation by AccountGone.
//
// The link to a Microsoft 365 account, by which a user is recognised:
//
//	        SignIn, Approve, SamePerson, Edit                SamePerson, Relink, Merge
//	none ------------------------------------> an account ------------------------------> another account
//	     <------------------------------------            <------------------------------
//	                  TakeBack                            TakeBack, UndoRelink, Unmerge
//
// Approved users are linked from the start, and added ones where the directory has named the account. Delete removes a
// user who has never signed in, Erase a person with all that was written about them, Merge a user of two that are one
// person; their IDs and events stay.
//
// Approving, adding and the first administrator all end in admit, in one transaction with its events and emails. The
// unique indexes of the database decide every race, and admit finds the winner's user. Recognise is pure: SignIn acts
// on its decision and Explain shows it, together with what the directory says of the account.
//
// Surfaces and the command line call Rules; jobs calls Expire and Remind. The functions with a *change.Tx are for
// other rules: environments adds the first administrator, leavers follows Microsoft 365.
package users
