package view

import (
	"net/http"

	"github.com/pactius/pactius"
)

// Title says in a few words what did not work.
func (p ErrorPage) Title() pactius.Text {
	switch p.Status {
	case http.StatusBadRequest:
		return pactius.T("That request could not be understood")
	case http.StatusRequestTimeout:
		return pactius.T("That took too long to arrive")
	case http.StatusUnauthorized:
		return pactius.T("Sign in first")
	case http.StatusForbidden:
		return pactius.T("This is not open to you")
	case http.StatusNotFound:
		return pactius.T("There is nothing here")
	case http.StatusMethodNotAllowed:
		return pactius.T("That does not work here")
	case http.StatusConflict:
		return pactius.T("Something has changed in the meantime")
	case http.StatusRequestEntityTooLarge:
		return pactius.T("That was too much")
	case http.StatusMisdirectedRequest:
		return pactius.T("Nobody lives at this address")
	case http.StatusUnprocessableEntity:
		return pactius.T("That could not be done")
	case http.StatusTooManyRequests:
		return pactius.T("Too fast")
	case http.StatusServiceUnavailable:
		return pactius.T("Not available at the moment")
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
		return pactius.T("Your browser sent something this page does not expect. Go back, " +
			"reload the page and try again.")
	case http.StatusRequestTimeout:
		return pactius.T("Your browser sent this too slowly, so nothing was changed. " +
			"Check your connection and try again.")
	case http.StatusUnauthorized:
		return pactius.T("Your session has ended, or you have not signed in yet.")
	case http.StatusForbidden:
		return pactius.T("You are signed in, but this page needs more access than you have. " +
			"A local administrator can give it to you.")
	case http.StatusNotFound:
		return pactius.T("The page does not exist, or it is not for you. Perhaps it was moved or removed; " +
			"check the address.")
	case http.StatusMethodNotAllowed:
		return pactius.T("This address is used in another way. Go back and use the buttons of the page.")
	case http.StatusConflict:
		return pactius.T("Somebody else was faster. Go back, reload the page and look at what is there now.")
	case http.StatusRequestEntityTooLarge:
		return pactius.T("What you sent is larger than what is accepted. Shorten it and try again.")
	case http.StatusMisdirectedRequest:
		return pactius.T("No environment has this host name. Check the address, or ask who gave it to you.")
	case http.StatusUnprocessableEntity:
		return pactius.T("Something in what you sent is not right. Go back and correct it.")
	case http.StatusTooManyRequests:
		return pactius.T("There were too many requests in a short time. Wait a minute and try again.")
	case http.StatusServiceUnavailable:
		return pactius.T("Something this page depends on does not answer. Nothing was changed; try again in a minute.")
	}
	return pactius.T("Nothing of what you did was saved. Try again; if it happens once more, " +
		"tell Support the reference below.")
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
