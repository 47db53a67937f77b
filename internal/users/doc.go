// Package admission decides who comes in: it recognises people at sign-in,
// takes access requests, decides them, and adds users. It owns the law of
// PACTIUS: a person is created exactly once.
//
// All ways in - approving a request, adding, the first administrator - end in
// one function, admit, in one transaction with its events and mails. The
// database's constraints decide every race; admit tells the loser the truth.
//
//	            Ask                 Approve / Add
//	(unknown) ------> pending -----------------------> approved --> user
//	                   |  |  \ 30 days                    |
//	          Withdraw |  |   `--> expired                | TakeBack (10 minutes,
//	                   v  v Decline                       v  not signed in yet)
//	             withdrawn declined                    pending
//
// Who decides: the administrators of a wished business unit and of all above
// it; of the root where nothing was wished. Nobody decides their own request.
//
// Surfaces and the command line call Rules, package jobs has it expire and remind.
// The functions that take a transaction are for the other rules: environments adds
// the first administrator, people settles the request of a corrected account name.
package users
