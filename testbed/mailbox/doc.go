// Package mailbox is a mail server for the demo and for tests: it takes every
// mail, delivers none, keeps the last ones in memory and shows each as its
// recipient would see it. It belongs on a loopback address: it shows every email
// to any visitor.
//
// Its page answers on an origin of its own:
//
//	GET /                     the emails, newest first; ?to= shows one recipient's
//	GET /mail/{id}            the same with one email open; ?view=html, text or source
//	GET /mail/{id}/body       that email's HTML part, sandboxed, for the frame in it
//	GET /api/messages         all of it as JSON; ?to= as above
//	GET /api/count            how many there are and the newest ID
//
// An email's HTML is a stranger's page: it is served with a content security
// policy that runs no script and loads nothing, and its links open in a tab of
// their own.
//
// The demo starts one. It never sends anything on.
package mailbox
