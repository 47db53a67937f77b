package web

import (
	"slices"

	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/help"
	"github.com/pactius/pactius/internal/web/view"
)

// access is the least that a route is of use to. The rules decide; before a handler
// runs, only the kind of session is checked.
type access int

const (
	anyone            access = iota // no session is needed
	visitor                         // signed in with Microsoft and no user here; users are sent home
	user                            // a signed-in user
	administrator                   // a local administrator of any business unit: the rules refuse others
	rootAdministrator               // an administrator of the whole environment: the rules refuse others
)

// cost tells requests that cause work elsewhere from others; limits.go has the limits of the last three.
type cost int

const (
	local   cost = iota // nothing outside this deployment: a page is one snapshot
	looksUp             // asks the directory for a signed-in administrator, within that package's own bounds
	begins              // begins a sign-in
	returns             // comes back from Microsoft, which is then asked about the answer
	tries               // tries a connection to Microsoft, or a link
)

// route is one line of the table.
type route struct {
	pattern string // of http.ServeMux
	access  access
	cost    cost
	handle  func(*Site, *visit) error
}

// routes is the table of all pages.
func routes() []route {
	return slices.Concat(doorRoutes(), settingsRoutes(), activityRoutes(),
		partingRoutes(), applicationRoutes(), brandRoutes())
}

// doorRoutes are the pages of everyone: signing in, and asking for access.
func doorRoutes() []route {
	return []route{
		{"GET /{$}", anyone, local, (*Site).home}, // the sign-in page, or a user's first page
		{"POST /sign-in", anyone, begins, (*Site).signIn},
		{"GET " + environments.CallbackPath, anyone, returns, (*Site).comeBack},
		{"POST /sign-out", anyone, local, (*Site).signOut},
		{"POST /language", anyone, local, (*Site).chooseLanguage},
		{"GET " + help.Path, anyone, local, (*Site).seeHelp},
		{"GET " + help.Path + "/{topic}", anyone, local, (*Site).seeTopic},

		{"GET " + view.SearchPath, user, local, (*Site).search},

		{"GET /sessions", user, local, (*Site).seeSessions},
		{"POST /sessions/{id}/end", user, local, (*Site).endSession},
		{"GET /sessions/end-others", user, local, (*Site).confirmEndOthers},
		{"POST /sessions/end-others", user, local, (*Site).endOtherSessions},

		{"GET " + accessPath, visitor, local, (*Site).seeAccess},
		{"POST " + accessPath, visitor, local, (*Site).askForAccess},
		{"GET " + view.WishPath, visitor, local, (*Site).seeWishPart},
		{"GET " + statePath, visitor, local, (*Site).seeState},
		{"GET " + withdrawPath, visitor, local, (*Site).confirmWithdraw},
		{"POST " + withdrawPath, visitor, local, (*Site).withdrawRequest},
		{"GET " + view.MorePath, user, local, (*Site).seeMoreAccess},
		{"POST " + view.MorePath, user, local, (*Site).askForMore},
		{"GET " + view.MoreUnitsPath, user, local, (*Site).seeMorePart},
		{"GET " + view.MorePath + "/withdraw", user, local, (*Site).confirmWithdrawMore},
		{"POST " + view.MorePath + "/withdraw", user, local, (*Site).withdrawMore},
		{"POST /access/enter", anyone, local, (*Site).enter}, // a visitor, or a user by a second click

		{"GET " + environments.LinkPath + "{token}", anyone, tries, (*Site).openLink}, // anyone with a link of Support
		{"POST " + environments.LinkPath + "{token}", anyone, tries, (*Site).connectByLink},
		{"POST " + environments.LinkPath + "{token}/consent", anyone, tries, (*Site).grantByLink},
	}
}

// settingsRoutes are the pages of administrators.
func settingsRoutes() []route {
	return []route{
		{"GET /settings/users", administrator, local, (*Site).listUsers},
		{"POST /settings/users/filters", administrator, local, (*Site).saveFilter},
		{"POST /settings/users/filters/remove", administrator, local, (*Site).removeFilter},
		{"GET /settings/users/add", administrator, local, (*Site).openAddUser},
		{"GET " + view.UnitFilterPath, administrator, local, (*Site).chooseUnitFilter},
		{"GET /settings/users/add/check", administrator, looksUp, (*Site).checkAddUser},
		{"GET /settings/users/add/people", administrator, looksUp, (*Site).findPeople},
		{"GET /settings/users/add/photo", administrator, looksUp, (*Site).seePhoto},
		{"GET " + view.LikePath, administrator, local, (*Site).findLike},
		{"POST /settings/users/add", administrator, looksUp, (*Site).addUser},
		{"GET /settings/leavers", rootAdministrator, local, (*Site).seeLeavers},
		{"GET /settings/leavers/carry-out", rootAdministrator, local, (*Site).confirmCarryOut},
		{"POST /settings/leavers/carry-out", rootAdministrator, local, (*Site).carryOutLeavers},
		{"GET /settings/leavers/drop", rootAdministrator, local, (*Site).confirmDrop},
		{"POST /settings/leavers/drop", rootAdministrator, local, (*Site).dropLeavers},

		{"GET /settings/users/{id}", administrator, local, (*Site).seeUser},
		{"GET /settings/users/{id}/photo", administrator, local, (*Site).seeUserPhoto},
		{"GET /settings/users/{id}/edit", administrator, local, (*Site).openEditUser},
		{"POST /settings/users/{id}/edit", administrator, looksUp, (*Site).editUser},
		{"GET /settings/users/{id}/units", administrator, local, (*Site).openManageUnits},
		{"POST /settings/users/{id}/units", administrator, local, (*Site).manageUnits},
		{"POST /settings/users/{id}/welcome", administrator, local, (*Site).welcomeUser},
		{"GET /settings/users/{id}/deactivate", administrator, local, (*Site).confirmDeactivate},
		{"POST /settings/users/{id}/deactivate", administrator, local, (*Site).deactivateUser},
		{"GET /settings/users/{id}/reactivate", administrator, local, (*Site).confirmReactivate},
		{"POST /settings/users/{id}/reactivate", administrator, local, (*Site).reactivateUser},
		{"GET /settings/users/{id}/sign-out-everywhere", administrator, local, (*Site).confirmEndSessions},
		{"POST /settings/users/{id}/sign-out-everywhere", administrator, local, (*Site).endSessions},

		{"GET /settings/requests", administrator, local, (*Site).listRequests},
		{"GET /settings/requests/{id}", administrator, local, (*Site).seeRequest},
		{"GET /settings/requests/{id}/photo", administrator, local, (*Site).seeSenderPhoto},
		{"POST /settings/requests/{id}/approve", administrator, looksUp, (*Site).approveRequest},
		{"GET /settings/requests/{id}/same", administrator, looksUp, (*Site).askSamePerson},
		{"POST /settings/requests/{id}/same", administrator, looksUp, (*Site).samePerson},
		{"POST /settings/requests/{id}/not-same", administrator, local, (*Site).notSamePerson},
		{"GET /settings/requests/{id}/decline", administrator, local, (*Site).openDecline},
		{"POST /settings/requests/{id}/decline", administrator, local, (*Site).declineRequest},
		{"GET /settings/requests/{id}/take-back", administrator, local, (*Site).confirmTakeBack},
		{"POST /settings/requests/{id}/take-back", administrator, local, (*Site).takeBackApproval},

		{"GET /settings/units", administrator, local, (*Site).listUnits},
		{"GET " + view.PartPath, administrator, local, (*Site).seeUnitPart},
		{"GET /settings/units/add", administrator, local, (*Site).openAddUnit},
		{"POST /settings/units/add", administrator, local, (*Site).addUnit},
		{"GET /settings/units/{id}", administrator, local, (*Site).seeUnit},
		{"GET /settings/units/{id}/members/add", administrator, local, (*Site).openAddMember},
		{"POST /settings/units/{id}/members/add", administrator, local, (*Site).addMember},
		{"GET /settings/units/{id}/members/people", administrator, local, (*Site).findCandidates},
		{"POST /settings/units/{id}/members/{user}", administrator, local, (*Site).changeMember},
		{"GET /settings/units/{id}/members/{user}/remove", administrator, local, (*Site).confirmRemoveMember},
		{"POST /settings/units/{id}/members/{user}/remove", administrator, local, (*Site).removeMember},
		{"GET /settings/units/{id}/rename", administrator, local, (*Site).openRenameUnit},
		{"POST /settings/units/{id}/rename", administrator, local, (*Site).renameUnit},
		{"GET /settings/units/{id}/move", administrator, local, (*Site).openMoveUnit},
		{"POST /settings/units/{id}/move", administrator, local, (*Site).moveUnit},
		{"GET /settings/units/{id}/archive", administrator, local, (*Site).openArchive},
		{"POST /settings/units/{id}/archive", administrator, local, (*Site).archiveUnit},
		{"GET /settings/units/{id}/restore", administrator, local, (*Site).confirmRestore},
		{"POST /settings/units/{id}/restore", administrator, local, (*Site).restoreUnit},
		{"GET /settings/units/{id}/delete", administrator, local, (*Site).confirmDeleteUnit},
		{"POST /settings/units/{id}/delete", administrator, local, (*Site).deleteUnit},

		{"GET /settings/explain", administrator, looksUp, (*Site).explain},
		{"POST /settings/explain", administrator, local, (*Site).lookUp},

		{"GET /settings/environment", administrator, local, (*Site).seeEnvironment},
		{"POST /settings/environment", rootAdministrator, local, (*Site).changeEnvironment},
		{"GET " + view.RetryMailsPath, rootAdministrator, local, (*Site).confirmRetryMails},
		{"POST /settings/environment/mails/{id}/retry", rootAdministrator, local, (*Site).retryMail},
		{"POST " + view.RetryMailsPath, rootAdministrator, local, (*Site).retryMails},
		{"GET " + view.ConnectionPath, rootAdministrator, tries, (*Site).openConnection},
		{"POST " + view.ConnectionPath, rootAdministrator, tries, (*Site).changeConnection},
		{"POST " + view.ConnectionPath + "/test", rootAdministrator, tries, (*Site).testConnection},
		{"POST " + view.ConnectionPath + "/consent", rootAdministrator, tries, (*Site).grantConsent},
	}
}

// activityRoutes are the activity log and its export.
func activityRoutes() []route {
	return []route{
		{"GET " + view.ActivityPath, administrator, local, (*Site).listActivity},
		{"POST " + view.ExportPath, administrator, local, (*Site).exportActivity},
	}
}

// partingRoutes are the pages by which users become one, or leave for good.
func partingRoutes() []route {
	return []route{
		{"GET /settings/users/{id}/merge", administrator, local, (*Site).openMerge},
		{"POST /settings/users/{id}/merge", administrator, local, (*Site).mergeUser},
		{"GET /settings/users/{id}/unmerge", administrator, local, (*Site).confirmUnmerge},
		{"POST /settings/users/{id}/unmerge", administrator, local, (*Site).unmergeUser},
		{"GET /settings/users/{id}/delete", administrator, local, (*Site).confirmDelete},
		{"POST /settings/users/{id}/delete", administrator, local, (*Site).deleteUser},
		{"GET /settings/users/{id}/erase", rootAdministrator, local, (*Site).confirmErase},
		{"POST /settings/users/{id}/erase", rootAdministrator, local, (*Site).eraseUser},
	}
}

// applicationRoutes are the way to applications, and their settings.
func applicationRoutes() []route {
	return []route{
		{"GET " + view.EnterPath, anyone, local, (*Site).handOver},
		{"GET " + clients.AuthorizePath, anyone, local, (*Site).authorize},
		{"GET " + clients.LogoutPath, anyone, local, (*Site).confirmLogout},
		{"POST " + clients.LogoutPath, anyone, local, (*Site).logOut},
		{"GET " + view.ApplicationPath + "{id}", anyone, local, (*Site).seeApplication},

		{"GET " + view.ApplicationsPath, rootAdministrator, local, (*Site).listApplications},
		{"GET " + view.ApplicationsPath + "/add", rootAdministrator, local, (*Site).openAddApplication},
		{"POST " + view.ApplicationsPath + "/add", rootAdministrator, local, (*Site).addApplication},
		{"GET " + view.KeysPath, rootAdministrator, local, (*Site).confirmKeys},
		{"POST " + view.KeysPath, rootAdministrator, local, (*Site).replaceKeys},
		{"GET " + view.KeysPath + "/now", rootAdministrator, local, (*Site).confirmKeysNow},
		{"POST " + view.KeysPath + "/now", rootAdministrator, local, (*Site).replaceKeysNow},
		{"GET " + view.ApplicationsPath + "/{id}", rootAdministrator, local, (*Site).seeSettings},
		{"POST " + view.ApplicationsPath + "/{id}", rootAdministrator, local, (*Site).changeApplication},
		{"GET " + view.ApplicationsPath + "/{id}/secret", rootAdministrator, local, (*Site).confirmSecret},
		{"POST " + view.ApplicationsPath + "/{id}/secret", rootAdministrator, local, (*Site).makeSecret},
		{"GET " + view.ApplicationsPath + "/{id}/remove", rootAdministrator, local, (*Site).confirmRemoveApplication},
		{"POST " + view.ApplicationsPath + "/{id}/remove", rootAdministrator, local, (*Site).removeApplication},
	}
}

// brandRoutes are the look of an environment, and the page where it is chosen.
func brandRoutes() []route {
	return []route{
		{"GET " + view.BrandPath + "{file}", anyone, local, (*Site).seeBrandFile},
		{"GET " + view.BrandingPath, rootAdministrator, local, (*Site).openBranding},
		{"GET " + view.SamplePath, rootAdministrator, local, (*Site).seeSampleSheet},
		{"POST " + view.BrandingPath, rootAdministrator, local, (*Site).changeBranding},
	}
}
