// Package web serves the pages: it turns requests of a browser into calls of the
// rules, and their answers into pages of package view. It decides no permissions:
// a route only demands a session, and the rule refuses.
//
// # The way of a request
//
//	host name -> environment -> session cookie -> user, visitor or none
//	          -> access of the route -> form (bounded, strict) -> handler
//	          -> page, redirect, or an error that becomes a page in one place
//
// Handlers are methods of *Site named after what the person does; routes.go lists
// them with the access they need. Every change is a POST that ends in a redirect (303)
// and a message on the next page; a refused form comes back with 422 or 409 and
// keeps everything typed. A GET changes nothing.
//
// GET /enter hands the sign-in of a user over to an application's host; it alone leads to
// another origin, one of those that the rules know.
//
// # Cookies
//
//	pactius          the session's token; __Host-, HttpOnly, Secure, SameSite=Lax
//	pactius-in-HASH  a sign-in under way, sealed; several tabs have one each
//	pactius-consent  a round trip to Microsoft to grant permissions, sealed
//	pactius-hint     Microsoft's login_hint for the sign-out, sealed for the session
//	pactius-flash    the message for the next page, sealed
//	language         the language chosen in this browser
//	tz               the browser's time zone, set by a script
//
// The prefix __Host- and Secure are left out where the public URL is http,
// which the configuration allows on the loopback interface only.
//
// It is called by package server, which puts package edge around it.
package web
