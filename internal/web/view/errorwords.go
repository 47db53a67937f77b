package view

import (
	"net/http"

	"github.com/pactius/pactius"
)

// Title says in a few words what did not work.
func (p ErrorPage) Title() pactius.Text {
	switch p.Status {
	case http.StatusBadRequest:
		return pactius.T("We couldn't understand that request")
	case http.StatusRequestTimeout:
		return pactius.T("The request took too long")
	case http.StatusUnauthorized:
		return pactius.T("Sign in first")
	case http.StatusForbidden:
		return pactius.T("You don't have access to this")
	case http.StatusNotFound:
		return pactius.T("Page not found")
	case http.StatusMethodNotAllowed:
		return pactius.T("That doesn't work here")
	case http.StatusConflict:
		return pactius.T("Something has changed in the meantime")
	case http.StatusRequestEntityTooLarge:
		return pactius.T("That was too large")
	case http.StatusMisdirectedRequest:
		return pactius.T("There's nothing at this address")
	case http.StatusUnprocessableEntity:
		return pactius.T("That couldn't be done")
	case http.StatusTooManyRequests:
		return pactius.T("Too many attempts")
	case http.StatusServiceUnavailable:
		return pactius.T("Not available right now")
	}
	return pactius.T("Something went wrong on our side")
}

// Words are the message, or what the status means where there is none.
func (p ErrorPage) Words() pactius.Text {
	if !p.Message.IsZero() {
		return p.Message
	}
	switch p.Status {
	case http.StatusBadRequest:
		return pactius.T("Your browser sent something this page didn't expect. Go back, reload the page and try again.")
	case http.StatusRequestTimeout:
		return pactius.T("Your browser sent this too slowly, so nothing was changed. " +
			"Check your connection and try again.")
	case http.StatusUnauthorized:
		return pactius.T("Your session has ended, or you haven't signed in yet.")
	case http.StatusForbidden:
		return pactius.T("You're signed in, but this needs more access than you have. Ask a local administrator if " +
			"you need it.")
	case http.StatusNotFound:
		return pactius.T("This page doesn't exist, or you don't have access to it. Check the address; it may have " +
			"been moved or removed.")
	case http.StatusMethodNotAllowed:
		return pactius.T("This address can't be opened this way. Go back and use the buttons on the page.")
	case http.StatusConflict:
		return pactius.T("Someone else changed this before you. Go back and reload the page to see the latest version.")
	case http.StatusRequestEntityTooLarge:
		return pactius.T("What you sent is too large. Shorten it and try again.")
	case http.StatusMisdirectedRequest:
		return pactius.T("There's no environment with this host name. Check the address, or ask the person who gave " +
			"it to you.")
	case http.StatusUnprocessableEntity:
		return pactius.T("Something you sent isn't right. Go back and correct it.")
	case http.StatusTooManyRequests:
		return pactius.T("There have been too many attempts in a short time. Wait a minute and try again.")
	case http.StatusServiceUnavailable:
		return pactius.T("A service this page depends on isn't responding. Nothing was changed; try again in a minute.")
	}
	return pactius.T("Nothing was saved. Try again, and if it happens again, give Support the reference below.")
}

// Icon is the icon of the error.
func (p ErrorPage) Icon() string {
	switch p.Status {
	case http.StatusForbidden, http.StatusUnauthorized:
		return "key"
	case http.StatusNotFound, http.StatusMisdirectedRequest:
		return "search"
	case http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "clock"
	}
	return "error"
}
