package mail

import (
	"encoding/json"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

// The pages that emails lead to, below the environment's address. Package web
// serves them; its tests compare these paths with its routes.
const (
	StartPage      = "/access"                          // leads users home and visitors to their request
	LeaversPage    = "/settings/leavers"                // where an administrator decides about leavers
	usersPage      = "/settings/users"                  // the list of users
	GonePage       = usersPage + "?status=gone"         // the users whose Microsoft 365 account is gone
	ConnectionPage = "/settings/environment/connection" // where the connection is changed
	MorePage       = "/access/more"                     // where a user sees their request for more access
	RequestsPage   = "/settings/requests"               // the list of requests; one request is at "/" and its ID
)

// requestPage is the page of a request; of an ID that is none it is the list.
func requestPage(request pactius.RequestID) string {
	if !id.Valid(string(request)) {
		return RequestsPage
	}
	return RequestsPage + "/" + string(request)
}

// samePage asks whether a request is from a user.
func samePage(request pactius.RequestID, user pactius.UserID) string {
	if !id.Valid(string(request)) || !id.Valid(string(user)) {
		return requestPage(request)
	}
	return requestPage(request) + "/same?user=" + string(user)
}

// UnmarshalJSON also reads what programs before this one stored: the path of the
// request's page instead of the request's ID.
func (m *RequestArrived) UnmarshalJSON(data []byte) error {
	type fields RequestArrived // without this method
	var stored struct {
		fields
		Path string
	}
	if err := json.Unmarshal(data, &stored); err != nil {
		return err
	}
	if stored.Request == "" {
		stored.Request = pactius.RequestID(strings.TrimPrefix(stored.Path, RequestsPage+"/"))
	}
	*m = RequestArrived(stored.fields)
	return nil
}

// UnmarshalJSON reads what is stored of the RequestArrived that m reminds of.
func (m *RequestReminder) UnmarshalJSON(data []byte) error {
	return (*RequestArrived)(m).UnmarshalJSON(data)
}
