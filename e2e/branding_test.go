package e2e

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// logoFile writes a wide logo, green on transparent, and returns its path.
func logoFile(t *testing.T) string {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 400, 100))
	for y := range 100 {
		for x := range 400 {
			if x%100 < 60 {
				m.Set(x, y, color.NRGBA{0x1f, 0x7a, 0x5c, 0xff})
			}
		}
	}
	path := filepath.Join(t.TempDir(), "logo.png")
	f, err := os.Create(path)
	if err == nil {
		err = errors.Join(png.Encode(f, m), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestACompanyHasItsOwnLook uploads a logo, looks at it before and after it is saved, and finds it where people sign in
// and in an email. With a wrong colour, all that was typed is still there.
func TestACompanyHasItsOwnLook(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu())
		c.plain = plain
		look := func(p *Person, name string) {
			if !plain { // axe-core needs scripts
				p.Look(name)
			}
		}
		adas := c.arrives(ada())
		adas.Open("/settings/environment")
		adas.Click("link", "Change branding")
		adas.Fill("Welcome text optional", "Welcome aboard.")
		adas.Fill("Accent colour optional", "greenish")
		adas.Click("button", map[bool]string{true: "Show preview", false: "Save"}[plain])
		adas.See("Enter the colour as #")
		adas.Fill("Accent colour optional", "#ffdd00")
		if plain {
			adas.Click("button", "Show preview")
			adas.See("Not saved")
		}
		adas.try(func(ctx context.Context) error {
			root, err := adas.root(ctx)
			if err != nil {
				return err
			}
			var primary string
			err = apply(ctx, root, `function() {
				return getComputedStyle(document.querySelector('.sample.light .primary')).backgroundColor;
			}`, &primary)
			if err == nil && primary == "rgb(0, 98, 134)" {
				err = errors.New("the preview has the accent of PACTIUS")
			}
			return err
		}, "see the accent in the preview")
		adas.reads("Logo optional", logoFile(t))
		look(adas, "branding-preview")
		adas.Click("button", "Save")
		adas.See("The branding has been saved.")
		look(adas, "branding")
		adas.Validate()
		adas.Open("/")
		look(adas, "home-branded")

		gus := c.Person(gu().Name)
		gus.Open("/")
		gus.See("Message from")
		gus.See("Welcome aboard.")
		look(gus, "signin-branded")
		gus.Validate()
		gus.signIn(gu())
		look(gus, "access-branded")
		c.Must("user", "add", "--username", gu().Username, "--name", gu().Name, "--welcome")
		mail := c.Mail(gu().Email, "Welcome")
		if !strings.Contains(mail.HTML, "<img") || strings.Contains(mail.HTML, "#006286") {
			t.Errorf("the email lacks the look:\n%s", mail.HTML)
		}
	})
}
