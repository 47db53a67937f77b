package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/web/view"
)

// logoutFields are the parameters of a logout request (OpenID Connect RP-Initiated Logout 1.0, section 2), without
// logout_hint and ui_locales: there is one session in a browser, and the page has its reader's language.
var logoutFields = []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state"}

// maxLogoutField bounds one parameter in bytes: an ID token with many groups has a few thousand. What is longer counts
// as absent.
const maxLogoutField = 8000

// logoutRequest reads the parameters of a logout request.
func logoutRequest(get func(name string) string) url.Values {
	q := url.Values{}
	for _, name := range logoutFields {
		if value := get(name); value != "" && len(value) <= maxLogoutField {
			q.Set(name, value)
		}
	}
	return q
}

// confirmLogout asks whether to sign out, because a client has sent the browser here for that. Where the client has
// proved that it means this very session, a script sends the page's form. Without a session there is nothing to ask.
//
// GET /oauth/logout?id_token_hint=&client_id=&post_logout_redirect_uri=&state=; anybody. It changes nothing.
func (s *Site) confirmLogout(v *visit) error {
	q := logoutRequest(v.r.URL.Query().Get)
	l, err := s.Clients.Leaving(v.r.Context(), v.env.ID, v.token, q)
	switch {
	case err != nil && pactius.KindOf(err) != pactius.KindInvalid:
		return err
	case v.token == "" && l.Return != "" && err == nil:
		return redirect(v, l.Return)
	case v.token == "":
		return s.signedOut(v, clients.Leaving{})
	}
	page := view.ClientSignOut{Base: v.page(""), App: nameOf(l), Proven: l.Proven && err == nil}
	if e, ok := errors.AsType[*pactius.Error](err); ok {
		page.Problem = e.Message
	}
	for _, name := range logoutFields {
		if q.Has(name) && err == nil { // a wrong request leads nowhere, and the person can sign out all the same
			page.Fields = append(page.Fields, view.Parameter{Name: name, Value: q.Get(name)})
		}
	}
	return s.ok(v, page)
}

// logOut ends the session here and leads back to the client, if it has registered the address. The session at Microsoft
// stays: the person has left one application.
//
// POST /oauth/logout; anybody, from the page.
func (s *Site) logOut(v *visit) error {
	q := logoutRequest(v.form.text)
	l, err := s.Clients.Leaving(v.r.Context(), v.env.ID, v.token, q)
	if err != nil {
		return err
	}
	if v.token != "" {
		if err := s.Users.SignOut(v.r.Context(), v.env.ID, v.token, v.address); err != nil {
			return err
		}
		s.partFromBrowser(v)
	}
	s.dropSession(v)
	v.token, v.actor = "", pactius.Actor{}
	return s.signedOut(v, l)
}

// signedOut says that the person has signed out, and leads back to the client: by a page, because a redirect after a
// form may not leave this host (see leave).
func (s *Site) signedOut(v *visit, l clients.Leaving) error {
	if l.Return != "" {
		v.w.Header().Set("Refresh", "0; url="+l.Return)
	}
	return s.ok(v, view.SignedOut{Base: v.page(""), App: nameOf(l), To: l.Return})
}

// nameOf is the name of the client that asks for a sign-out, "" where it has not said who it is.
func nameOf(l clients.Leaving) string {
	if l.App == nil {
		return ""
	}
	return l.App.Name
}

// Foreign answers forms that another site has sent: with a refusal, but for logout requests, which clients may send as
// forms too (RP-Initiated Logout 1.0, section 2). Those become the request for the page, which asks.
func (s *Site) Foreign(e *pactius.Error) http.Handler {
	refuse := s.Refusal(e)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != clients.LogoutPath {
			refuse.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, edge.MaxBody)
		q := url.Values{}
		if f, err := readForm(r); err == nil {
			q = logoutRequest(f.text)
		}
		http.Redirect(w, r, clients.LogoutPath+"?"+q.Encode(), http.StatusSeeOther)
	})
}
