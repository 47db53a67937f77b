package web

import (
	"net/http"
	"strings"

	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/help"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/web/view"
)

// screenHelp is the help of each screen, by the path of its route: a topic, and an anchor in it. The page that a form
// posts to has the help of the form.
var screenHelp = map[string]string{
	"/{$}": "home", // signed out, it is the sign-in page

	"/search":                                 "home#find-anything",
	"/sessions":                               "sessions",
	"/sessions/end-others":                    "sessions#end",
	accessPath:                                "get-access",
	withdrawPath:                              "get-access#withdraw",
	view.MorePath:                             "more-access",
	view.MorePath + "/withdraw":               "more-access#withdraw",
	view.EnterPath:                            "applications#not-allowed",
	view.ApplicationPath + "{id}":             "applications#not-allowed",
	clients.AuthorizePath:                     "applications#not-allowed",
	clients.LogoutPath:                        "sessions#end",
	environments.LinkPath + "{token}":         "connect#link",
	environments.LinkPath + "{token}/consent": "connect#consent",
	environments.CallbackPath:                 "sign-in",

	view.UsersPath:                               "users",
	view.UnitFilterPath:                          "users#filter",
	view.UsersPath + "/filters":                  "users#filter",
	view.UsersPath + "/filters/remove":           "users#filter",
	view.UsersPath + "/add":                      "create-a-user#method-2",
	view.UsersPath + "/{id}":                     "users#one",
	view.UsersPath + "/{id}/edit":                "users#edit",
	view.UsersPath + "/{id}/units":               "units-and-access#give",
	view.UsersPath + "/{id}/welcome":             "create-a-user#method-2",
	view.UsersPath + "/{id}/deactivate":          "leaving#deactivate",
	view.UsersPath + "/{id}/reactivate":          "leaving#reactivate",
	view.UsersPath + "/{id}/sign-out-everywhere": "sessions#administrators",
	view.UsersPath + "/{id}/merge":               "same-person#merge",
	view.UsersPath + "/{id}/unmerge":             "same-person#undo",
	view.UsersPath + "/{id}/delete":              "leaving#delete",
	view.UsersPath + "/{id}/erase":               "leaving#erase",
	view.LeaversPath:                             "leaving#leavers",
	view.LeaversPath + "/carry-out":              "leaving#leavers",
	view.LeaversPath + "/drop":                   "leaving#leavers",

	view.RequestsPath:                     "access-requests",
	view.RequestsPath + "/{id}":           "access-requests#decide",
	view.RequestsPath + "/{id}/approve":   "access-requests#decide",
	view.RequestsPath + "/{id}/same":      "near-misses#same",
	view.RequestsPath + "/{id}/not-same":  "near-misses#not-same",
	view.RequestsPath + "/{id}/decline":   "access-requests#decline",
	view.RequestsPath + "/{id}/take-back": "access-requests#undo",

	view.UnitsPath:                                 "manage-units",
	view.UnitsPath + "/add":                        "manage-units#add",
	view.UnitsPath + "/{id}":                       "manage-units#members",
	view.UnitsPath + "/{id}/members/add":           "manage-units#members",
	view.UnitsPath + "/{id}/members/{user}":        "manage-units#members",
	view.UnitsPath + "/{id}/members/{user}/remove": "manage-units#members",
	view.UnitsPath + "/{id}/rename":                "manage-units#rename",
	view.UnitsPath + "/{id}/move":                  "manage-units#move",
	view.UnitsPath + "/{id}/archive":               "archive-units",
	view.UnitsPath + "/{id}/restore":               "archive-units#restore",
	view.UnitsPath + "/{id}/delete":                "archive-units#delete",

	view.ApplicationsPath:                  "applications",
	view.ApplicationsPath + "/add":         "applications#add",
	view.ApplicationsPath + "/{id}":        "applications#change",
	view.ApplicationsPath + "/{id}/secret": "openid-connect#secret",
	view.ApplicationsPath + "/{id}/remove": "applications#change",
	view.KeysPath:                          "applications#signing-keys",
	view.KeysPath + "/now":                 "applications#signing-keys",

	view.ActivityPath:                  "activity",
	view.ActivityPath + "/export":      "activity#export",
	view.ExplainPath:                   "sign-in-help",
	view.EnvironmentPath:               "environment",
	view.EnvironmentPath + "/branding": "environment#branding",
	view.RetryMailsPath:                "environment#undelivered",
	view.ConnectionPath:                "connect",
	view.ConnectionPath + "/test":      "connect",
	view.ConnectionPath + "/consent":   "connect#consent",
}

// statusHelp is the help of each error page, by its status; all others are faults.
var statusHelp = map[int]string{
	http.StatusBadRequest:            "errors#not-understood",
	http.StatusRequestTimeout:        "errors#not-understood",
	http.StatusUnauthorized:          "sign-in",
	http.StatusForbidden:             "errors#no-access",
	http.StatusNotFound:              "errors#not-found",
	http.StatusMethodNotAllowed:      "errors#not-understood",
	http.StatusConflict:              "errors#changed",
	http.StatusRequestEntityTooLarge: "errors#too-large",
	http.StatusUnprocessableEntity:   "errors#not-understood",
	http.StatusTooManyRequests:       "errors#too-many",
	http.StatusServiceUnavailable:    "errors#unavailable",
	http.StatusInternalServerError:   "errors#fault",
}

// failureHelp is the help of each failed sign-in, by its reason.
var failureHelp = map[microsoft.Reason]string{
	microsoft.ReasonCancelled:         "sign-in#cancelled",
	microsoft.ReasonDeclined:          "sign-in#cancelled",
	microsoft.ReasonNotAssigned:       "sign-in#not-assigned",
	microsoft.ReasonConsentMissing:    "sign-in#consent",
	microsoft.ReasonOtherTenant:       "wrong-account#guest",
	microsoft.ReasonAccountDisabled:   "wrong-account#disabled",
	microsoft.ReasonConditionalAccess: "sign-in#policy",
	microsoft.ReasonDevice:            "sign-in#policy",
	microsoft.ReasonCrossTenant:       "wrong-account#guest",
	microsoft.ReasonRefused:           "sign-in#number",
	microsoft.ReasonInteraction:       "sign-in#password",
	microsoft.ReasonReplayed:          "sign-in#again",
	microsoft.ReasonNoCookie:          "sign-in#cookies",
	microsoft.ReasonNotUnderWay:       "sign-in#again",
	microsoft.ReasonExpired:           "sign-in#again",
	microsoft.ReasonLoop:              "sign-in#cookies",
	microsoft.ReasonMisconfigured:     "sign-in#connection",
	microsoft.ReasonClock:             "sign-in#connection",
	microsoft.ReasonUnreachable:       "sign-in#unreachable",
	microsoft.ReasonBadResponse:       "sign-in#unreachable",
}

// numberHelp is the help of Microsoft's numbers whose reason covers more than one thing.
var numberHelp = map[string]string{
	"AADSTS50053": "sign-in#locked",
	"AADSTS50196": "sign-in#cookies",
	"AADSTS65004": "sign-in#cancelled",
}

// helpOfFailure is the help of a failed sign-in.
func helpOfFailure(f *microsoft.Failure) string {
	if to, ok := numberHelp[f.Code]; ok {
		return to
	}
	return failureHelp[f.Reason]
}

// The help of pages that several routes show.
const (
	signInHelp       = "sign-in"
	disconnectedHelp = "sign-in#not-set-up"
	blockedHelp      = "wrong-account#deactivated"
	mergedHelp       = "wrong-account#merged"
)

// helpOf is the help of the screen of a route.
func helpOf(pattern string) string {
	_, path, _ := strings.Cut(pattern, " ")
	return screenHelp[path]
}

// mostFound is how many topics a search shows.
const mostFound = 20

// seeHelp lists the topics, or those that a search finds.
//
// GET /help; anyone.
func (s *Site) seeHelp(v *visit) error {
	page := view.Help{Base: v.page(""), Query: v.query("q", help.MaxQuery)}
	if page.Query != "" {
		page.Found = help.Find(v.reader.Language, page.Query, mostFound)
	}
	return s.ok(v, page)
}

// seeTopic shows one topic.
//
// GET /help/{topic}; anyone.
func (s *Site) seeTopic(v *visit) error {
	topic, ok := help.Get(v.reader.Language, v.r.PathValue("topic"))
	if !ok {
		s.show(v, http.StatusNotFound, view.Help{Base: v.page(""), Missing: true})
		return nil
	}
	return s.ok(v, view.HelpTopic{Base: v.page(""), Topic: topic})
}
