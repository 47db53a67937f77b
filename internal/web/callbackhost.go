package web

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/web/view"
)

// callbackHost answers on the host that Microsoft sends the people of all environments with the shared app registration
// back to (docs/decisions/0040). It sends each on to the host of their environment, which the sealed state names. It is
// no environment's: it has no session, sets no cookie, and asks Microsoft nothing.
func (s *Site) callbackHost() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*visit) error{
		"GET " + environments.CallbackPath: s.sendOn, "GET " + environments.SignedOutPath: s.sendOut,
		"/": func(v *visit) error { return s.strand(v, http.StatusNotFound) },
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			v := s.stranger(w, r)
			v.contact = s.Environments.Contact(pactius.Environment{})
			hush(v) // the address has a code
			if err := handle(v); err != nil {
				s.refuse(v, err)
			}
		})
	}
	mux.Handle("GET "+view.AssetsPath, s.View.Assets())
	return mux
}

// sealedState is the state of a callback as environments.State made it.
func sealedState(v *visit) string {
	return strings.TrimSuffix(v.r.URL.Query().Get("state"), secondBegin)
}

// sendOn sends a browser that comes back from Microsoft on to the host of its environment, with what Microsoft gave. A
// page that makes a browser open this address gets no further than with the address there: the code is worth nothing
// without the verifier in the cookie of that host.
//
// GET /sign-in/callback on the callback host; anybody.
func (s *Site) sendOn(v *visit) error {
	env, err := s.Environments.OfState(v.r.Context(), sealedState(v))
	if errors.Is(err, environments.ErrNoState) || errors.Is(err, environments.ErrOldState) {
		return s.lost(v, env, err)
	}
	if err != nil {
		return err
	}
	return redirect(v, s.Environments.OwnRedirectURI(env)+"?"+microsoft.HandOver(v.r.URL.Query()).Encode())
}

// lost says that a sign-in can't go on: its state is too old, or names no environment.
func (s *Site) lost(v *visit, env pactius.Environment, cause error) error {
	s.count(OutcomeStray)
	f := &microsoft.Failure{Reason: microsoft.ReasonExpired, Err: cause}
	s.Logger.LogAttrs(v.r.Context(), slog.LevelInfo, "sign-in failed on the callback host",
		slog.String("environment", string(env.ID)), slog.String("request", v.reference), slog.Any("failure", f))
	if env.ID == "" {
		return s.strand(v, http.StatusBadRequest)
	}
	s.show(v, http.StatusBadRequest, view.Stranded{Base: v.page(""), Title: f.Title(), Explanation: f.Explanation(),
		Remedy: f.Remedy(), To: s.Environments.BaseURL(env).String() + "/", Reference: v.reference})
	return nil
}

// strand tells a person without a known environment where to begin.
func (s *Site) strand(v *visit, status int) error {
	s.show(v, status, view.Stranded{Base: v.page(""), Title: pactius.T("Start at your company's address"),
		Explanation: pactius.T("After people sign in with Microsoft, this address takes them back to their own " +
			"company's pages. We couldn't tell which company you belong to."),
		Remedy: pactius.T("Open your company's own address for PACTIUS and sign in there. You'll find it in your " +
			"bookmarks or in an email from PACTIUS."),
		Reference: v.reference})
	return nil
}

// sendOut sends a browser that has signed out at Microsoft on to its environment. Where the state does not come back,
// the sign-out is complete all the same.
//
// GET /sign-out/callback on the callback host; anybody.
func (s *Site) sendOut(v *visit) error {
	env, err := s.Environments.OfState(v.r.Context(), sealedState(v))
	switch {
	case err == nil, errors.Is(err, environments.ErrOldState):
		return redirect(v, s.Environments.BaseURL(env).String()+"/")
	case errors.Is(err, environments.ErrNoState):
		return s.ok(v, view.Stranded{Base: v.page(""), Title: pactius.T("You've signed out"), Fine: true,
			Explanation: pactius.T("You can close this window. To sign in again, open your company's own address for " +
				"PACTIUS.")})
	}
	return err
}
