package web

import (
	"net/http"
	"net/http/httptest"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// The verifier and its challenge in appendix B of RFC 7636.
const (
	clientVerifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	clientChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// client makes the contracts application a client of OpenID Connect.
func (w *world) client() pactius.Application {
	w.Helper()
	a, err := w.site.Applications.Update(w.Context(), pactius.SupportActor(w.nord.ID), w.contracts().ID, 0,
		pactius.ApplicationUpdate{ClientKind: new(pactius.ClientWeb), RedirectURIs: &[]string{clientBack},
			ReturnURIs: &[]string{clientLeft, clientLeft + "?from=pactius"}})
	w.must(err)
	return a
}

// approve approves the pending request of a person.
func (w *world) approve(h human, grants ...pactius.Grant) {
	w.Helper()
	_, err := w.site.Users.Approve(w.Context(), pactius.UserActor(w.nord.ID, w.users[ada.username], ""),
		w.pending(h), users.Approval{Grants: grants})
	w.must(err)
}

// get makes a request whose query need not be one.
func get(path, raw, token string) (*http.Request, *httptest.ResponseRecorder) {
	r := httptest.NewRequest(http.MethodGet, "https://"+nordHost+path, nil)
	r.URL.RawQuery = raw
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-pactius", Value: token})
	}
	return r, httptest.NewRecorder()
}
