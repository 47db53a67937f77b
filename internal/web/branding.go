package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// brandTime is how long browsers keep what has a hash in its name, in seconds: a year, which means always.
const brandTime = 365 * 24 * 60 * 60

// seeBrandFile shows the environment's logo, or the style sheet with its accent.
//
// GET /brand/{file}; anyone: the sign-in page has them.
func (s *Site) seeBrandFile(v *visit) error {
	file, b := v.r.PathValue("file"), v.env.Brand
	switch {
	case b.Accent != "" && file == view.AccentSheet(b.Accent).Name:
		writeBrand(v, "text/css; charset=utf-8", []byte(view.AccentSheet(b.Accent).Content))
		return nil
	case !b.Logo.IsZero() && file == view.LogoName(b.Logo):
		image, err := s.Environments.Logo(v.r.Context(), v.env.ID, b.Logo.Hash)
		if err == nil {
			writeBrand(v, "image/png", image)
		}
		return err
	}
	return errNoSuchThing
}

// writeBrand answers with a file that never changes. The policy is for a browser that opens it as a page.
func writeBrand(v *visit, kind string, content []byte) {
	h := v.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(brandTime)+", immutable")
	v.w.WriteHeader(http.StatusOK)
	_, _ = v.w.Write(content) // fails only if the browser has gone
}

// openBranding shows how the environment looks.
//
// GET /settings/environment/branding; administrators of the whole environment.
func (s *Site) openBranding(v *visit) error {
	e, err := s.Environments.TryBrand(v.r.Context(), v.actor, pactius.EnvironmentUpdate{})
	if err != nil {
		return err
	}
	return s.ok(v, view.Branding{Base: v.page(view.AtEnvironment), Form: view.Form{Version: e.Version},
		Accent: e.Brand.Accent, Welcome: e.Brand.Welcome, Shown: e.Brand})
}

// seeSampleSheet answers with the style sheet of the preview for a colour.
//
// GET /settings/environment/branding/preview.css?accent=; as openBranding.
func (s *Site) seeSampleSheet(v *visit) error {
	accent := v.query("accent", maxSearch)
	e, err := s.Environments.TryBrand(v.r.Context(), v.actor, pactius.EnvironmentUpdate{Accent: &accent})
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, err = strings.NewReader(view.PreviewSheet(e.Brand.Accent)).WriteTo(v.w)
	return err
}

// changeBranding saves how the environment looks, or shows what would become of it.
//
// POST /settings/environment/branding; as openBranding.
func (s *Site) changeBranding(v *visit) error {
	f := v.form
	accent, welcome := f.text("accent"), f.text("welcome")
	up := pactius.EnvironmentUpdate{Accent: &accent, Welcome: &welcome}
	switch {
	case len(v.file) > 0:
		up.Logo = &v.file
	case f.has("remove_logo"):
		up.Logo = new([]byte(nil))
	}
	if f.has("preview") {
		return s.showBranding(v, up, nil)
	}
	_, err := s.Environments.Update(v.r.Context(), v.actor, f.version(), up)
	if refusal, ok := inForm(err); ok {
		return s.showBranding(v, up, refusal)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("The branding has been saved.")))
	return redirect(v, view.BrandingPath)
}

// showBranding shows the form as typed and what would become of it. refusal is why it was not saved, nil if that was
// not asked for.
func (s *Site) showBranding(v *visit, up pactius.EnvironmentUpdate, refusal *pactius.Error) error {
	e, err := s.Environments.TryBrand(v.r.Context(), v.actor, up)
	wrong, ok := inForm(err)
	if err != nil && !ok {
		return err
	}
	if refusal == nil {
		refusal = wrong
	}
	status := http.StatusOK
	if refusal != nil {
		status = statusOf(refusal)
	}
	sent := len(v.file) > 0
	if sent {
		e.Brand.Logo = v.env.Brand.Logo // the one that can be shown: the other is not stored
	}
	s.show(v, status, view.Branding{Base: v.page(view.AtEnvironment), Form: view.FormOf(refusal).At(e.Version),
		Accent: *up.Accent, Welcome: *up.Welcome, Remove: v.form.has("remove_logo"), Shown: e.Brand, Unsaved: true,
		Again: sent})
	return nil
}
