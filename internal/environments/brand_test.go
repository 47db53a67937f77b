package environments_test

import (
	"bytes"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
)

// emblem is a black logo.
func emblem(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAdministratorsOfTheRootChangeTheLook(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	file := emblem(t)
	up := pactius.EnvironmentUpdate{Logo: &file, Accent: new("#4A4FC4"), Welcome: new(" Welcome\r\naboard ")}
	for name, actor := range map[string]pactius.Actor{"a local administrator": s.local,
		"no actor": {Environment: s.Env}} {
		kind, says := pactius.KindForbidden, "whole company"
		if actor.Kind == "" {
			kind, says = pactius.KindNotSignedIn, "sign"
		}
		refused(t, s.db, name, kind, says, func() error { _, err := s.Update(t.Context(), actor, 0, up); return err })
		refused(t, s.db, name, kind, says, func() error { _, err := s.TryBrand(t.Context(), actor, up); return err })
	}
	before := s.db.Dump(t)
	tried, err := s.TryBrand(t.Context(), s.root, up)
	if err != nil || tried.Brand.Accent != "#4a4fc4" || tried.Brand.Welcome != "Welcome\naboard" {
		t.Errorf("tried: %+v, %v", tried.Brand, err)
	}
	if diff := cmp.Diff(before, s.db.Dump(t)); diff != "" {
		t.Errorf("the trial changed something (-before +after):\n%s", diff)
	}
	e, err := s.Update(t.Context(), s.root, tried.Version, up)
	if err != nil || e.Brand != tried.Brand {
		t.Fatalf("%+v, %v; want %+v", e.Brand, err, tried.Brand)
	}
	image, err := s.Logo(t.Context(), s.Env, e.Brand.Logo.Hash)
	if err != nil || !bytes.HasPrefix(image, []byte("\x89PNG")) {
		t.Errorf("the logo is %q, %v", image, err)
	}
	if _, err := s.Logo(t.Context(), s.Env, "another"); pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("another logo: %v", err)
	}
	other := s.db.Ground(t, "other.example")
	if _, err := s.Logo(t.Context(), other.Env, e.Brand.Logo.Hash); pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("the logo in another environment: %v", err)
	}
	if again, err := s.Update(t.Context(), s.root, 0, up); err != nil || again.Version != e.Version {
		t.Errorf("the same again: version %d, %v; want %d", again.Version, err, e.Version)
	}
	const events = `SELECT facts || detail FROM events WHERE kind = 'environment.changed' AND facts LIKE '%accent%'`
	if got := s.db.Rows(t, events); len(got) != 1 || !strings.Contains(got[0], `"fields":"accent,logo,welcome"`) ||
		strings.Contains(got[0], "4a4fc4") || strings.Contains(got[0], "aboard") {
		t.Errorf("events %q", got)
	}
	none := pactius.EnvironmentUpdate{Logo: new([]byte{}), Accent: new(" "), Welcome: new("")}
	e, err = s.Update(t.Context(), pactius.SupportActor(s.Env), 0, none)
	if err != nil || e.Brand != (pactius.Brand{}) {
		t.Errorf("without: %+v, %v", e.Brand, err)
	}
	if rows := s.db.Rows(t, `SELECT hash FROM logos`); len(rows) != 0 {
		t.Errorf("logos %q are left", rows)
	}
}

func TestAWrongLookIsRefusedWithAllItsFields(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	up := pactius.EnvironmentUpdate{Logo: new([]byte("<svg/>")), Accent: new("red"),
		Welcome: new(strings.Repeat("æ", pactius.MaxWelcome+1))}
	refused(t, s.db, "the look", pactius.KindInvalid, "[accent:", func() error {
		_, err := s.Update(t.Context(), s.root, 0, up)
		for _, field := range []string{"logo", "accent", "welcome"} {
			if !strings.Contains(err.Error(), field+":") {
				t.Errorf("%v lacks %s", err, field)
			}
		}
		return err
	})
	up = pactius.EnvironmentUpdate{Logo: new([]byte("<svg/>")), Accent: new("#123456")}
	tried, err := s.TryBrand(t.Context(), s.root, up)
	if pactius.KindOf(err) != pactius.KindInvalid || tried.Brand.Accent != "#123456" {
		t.Errorf("tried: %+v, %v", tried.Brand, err)
	}
}

func TestANewEnvironmentHasALook(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	r := rules(t, db, "k")
	n, file := newEnvironment(), emblem(t)
	n.Update.Logo, n.Update.Accent = &file, new("#4a4fc4")
	e, err := r.Add(t.Context(), support(), n)
	if err != nil || e.Brand.Accent != "#4a4fc4" {
		t.Fatalf("%+v, %v", e.Brand, err)
	}
	if _, err := r.Logo(t.Context(), e.ID, e.Brand.Logo.Hash); err != nil {
		t.Error(err)
	}
	if rows := db.Rows(t, `SELECT hash FROM logos`); !slices.Equal(rows, []string{e.Brand.Logo.Hash + "|"}) {
		t.Errorf("logos %q", rows)
	}
	n.Host, n.Update.Logo = "another.example", new([]byte("no logo"))
	refused(t, db, "no logo", pactius.KindInvalid, "[logo:", func() error {
		_, err := r.Add(t.Context(), support(), n)
		return err
	})
}
