package web

import (
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/web/view"
)

// access is who gets anything out of a route. The rules decide; what is
// demanded before a handler runs is only whether somebody is signed in, and as what.
type access int

const (
	anyone            access = iota // nobody needs to be signed in
	visitor                         // signed in with Microsoft and not known here, or a user, who is sent home
	user                            // a signed-in user
	administrator                   // a local administrator of any business unit: the rules say no to others
	rootAdministrator               // an administrator of the whole environment: the rules say no to others
)

// route is one line of the table.
type route struct {
	pattern string // of http.ServeMux
	access  access
	handle  func(*Site, *visit) error
}

// routes is the table of all pages.
func routes() []route {
	return []route{
		{"GET /{$}", anyone, (*Site).home}, // the way in, or the user's first page
		{"POST /sign-in", anyone, (*Site).signIn},
		{"GET " + environments.CallbackPath, anyone, (*Site).comeBack},
		{"POST /sign-out", anyone, (*Site).signOut},
		{"POST /language", anyone, (*Site).chooseLanguage},

		{"GET /access", visitor, (*Site).seeAccess},
		{"POST /access", visitor, (*Site).askForAccess},
		{"GET /access/withdraw", visitor, (*Site).confirmWithdraw},
		{"POST /access/withdraw", visitor, (*Site).withdrawRequest},
		{"POST /access/enter", anyone, (*Site).enter}, // a visitor; who clicks twice is a user by then

		{"GET /settings/users", administrator, (*Site).listUsers},
		{"GET /settings/users/add", administrator, (*Site).openAddUser},
		{"GET /settings/users/add/check", administrator, (*Site).checkAddUser},
		{"GET /settings/users/add/people", administrator, (*Site).findPeople},
		{"GET /settings/users/add/photo", administrator, (*Site).seePhoto},
		{"POST /settings/users/add", administrator, (*Site).addUser},
		{"GET /settings/leavers", rootAdministrator, (*Site).seeLeavers},
		{"GET /settings/leavers/carry-out", rootAdministrator, (*Site).confirmCarryOut},
		{"POST /settings/leavers/carry-out", rootAdministrator, (*Site).carryOutLeavers},
		{"GET /settings/leavers/drop", rootAdministrator, (*Site).confirmDrop},
		{"POST /settings/leavers/drop", rootAdministrator, (*Site).dropLeavers},

		{"GET /settings/users/{id}", administrator, (*Site).seeUser},
		{"GET /settings/users/{id}/edit", administrator, (*Site).openEditUser},
		{"POST /settings/users/{id}/edit", administrator, (*Site).editUser},
		{"GET /settings/users/{id}/units", administrator, (*Site).openManageUnits},
		{"POST /settings/users/{id}/units", administrator, (*Site).manageUnits},
		{"GET /settings/users/{id}/deactivate", administrator, (*Site).confirmDeactivate},
		{"POST /settings/users/{id}/deactivate", administrator, (*Site).deactivateUser},
		{"GET /settings/users/{id}/reactivate", administrator, (*Site).confirmReactivate},
		{"POST /settings/users/{id}/reactivate", administrator, (*Site).reactivateUser},
		{"GET /settings/users/{id}/sign-out-everywhere", administrator, (*Site).confirmEndSessions},
		{"POST /settings/users/{id}/sign-out-everywhere", administrator, (*Site).endSessions},

		{"GET /settings/requests", administrator, (*Site).listRequests},
		{"GET /settings/requests/{id}", administrator, (*Site).seeRequest},
		{"POST /settings/requests/{id}/approve", administrator, (*Site).approveRequest},
		{"POST /settings/requests/{id}/same", administrator, (*Site).samePerson},
		{"GET /settings/requests/{id}/decline", administrator, (*Site).openDecline},
		{"POST /settings/requests/{id}/decline", administrator, (*Site).declineRequest},
		{"GET /settings/requests/{id}/take-back", administrator, (*Site).confirmTakeBack},
		{"POST /settings/requests/{id}/take-back", administrator, (*Site).takeBackApproval},

		{"GET /settings/units", administrator, (*Site).listUnits},
		{"GET /settings/units/add", administrator, (*Site).openAddUnit},
		{"POST /settings/units/add", administrator, (*Site).addUnit},
		{"GET /settings/units/{id}", administrator, (*Site).seeUnit},
		{"GET /settings/units/{id}/rename", administrator, (*Site).openRenameUnit},
		{"POST /settings/units/{id}/rename", administrator, (*Site).renameUnit},
		{"GET /settings/units/{id}/move", administrator, (*Site).openMoveUnit},
		{"POST /settings/units/{id}/move", administrator, (*Site).moveUnit},
		{"GET /settings/units/{id}/archive", administrator, (*Site).confirmArchive},
		{"POST /settings/units/{id}/archive", administrator, (*Site).archiveUnit},
		{"GET /settings/units/{id}/restore", administrator, (*Site).confirmRestore},
		{"POST /settings/units/{id}/restore", administrator, (*Site).restoreUnit},

		{"GET /settings/activity", administrator, (*Site).listActivity},

		{"GET /settings/explain", administrator, (*Site).explain},
		{"POST /settings/explain", administrator, (*Site).lookUp},

		{"GET /settings/environment", administrator, (*Site).seeEnvironment},
		{"POST /settings/environment", rootAdministrator, (*Site).changeEnvironment},
		{"POST /settings/environment/mails/{id}/retry", rootAdministrator, (*Site).retryMail},
		{"GET " + view.ConnectionPath, rootAdministrator, (*Site).openConnection},
		{"POST " + view.ConnectionPath, rootAdministrator, (*Site).changeConnection},
		{"POST " + view.ConnectionPath + "/test", rootAdministrator, (*Site).testConnection},
		{"POST " + view.ConnectionPath + "/consent", rootAdministrator, (*Site).grantConsent},

		{"GET " + environments.LinkPath + "{token}", anyone, (*Site).openLink}, // whoever has a link of Support
		{"POST " + environments.LinkPath + "{token}", anyone, (*Site).connectByLink},
		{"POST " + environments.LinkPath + "{token}/consent", anyone, (*Site).grantByLink},
	}
}
