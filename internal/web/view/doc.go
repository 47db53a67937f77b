// Package view renders the pages: one struct per screen, its template, the style
// sheet, the scripts and the icons, and the [Renderer] that puts them together. A
// handler of package web fills a page struct with the answers of the rules and
// renders it; view calls no rule and reads no database.
//
// # A page
//
// Every page embeds [Base] (who reads, where, what the menu shows) and, where it
// has a form, [Form] (what is wrong, and the version for stale detection). What a
// person typed is kept in strings, so that a form comes back exactly as it was
// left. The template of a page is templates/NAME.html and is type-checked
// against its struct by a test.
//
// # Names of form fields
//
// Forms post the names below; handlers read the same ones.
//
//	version                  the version the form was filled in against, where a rule checks it
//	unit (repeated)          IDs of the chosen business units   FieldUnit
//	access.ID                access chosen for the unit ID      FieldAccess(id)
//	username name email ends_on welcome confirmed               add and edit a user
//	oid chosen despite look_up choose same                      add a user with the directory
//	message                  the requester's words
//	note                     the decider's words
//	name parent              a business unit
//	name support_contact language time_zone                     the environment
//	logo remove_logo accent welcome preview                     its look; the logo is a file
//	q status unit sort after                                    GET: the list of users
//	state after                                                 GET: the list of requests
//	archived parent                                             GET: the tree; adding a unit
//	group q user from to after                                  GET: the activity
//	return select            sign in
//	language return          language choice
//
// A box that may not be changed is disabled and hence not posted: units outside
// the administrator's reach keep the access they have.
//
// # With scripts
//
// A link marked data-popup shows the element data-popup-body of the page it leads
// to in a dialog. Its form is sent by fetch: a redirect means done, and the page
// below is loaded anew; any other answer is shown in the dialog. Lists answer
// while one types by swapping the elements marked data-region of the same page.
// The account name of a new user is a combobox (data-people), which tells the form
// about a choice by the event people:choose. RequestAccess fetches itself and
// compares data-state. A handler need not know any of this: it answers every
// request with a page or a redirect.
//
// # Assets
//
// Style, scripts and icons live in static/ and are served under
// /static/HASH/, where HASH is that of the whole set, for ever: modules import
// each other by relative paths. Pages are made for a Content-Security-Policy
// without any inline code, and nothing is loaded from elsewhere.
package view
