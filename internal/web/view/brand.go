package view

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/brand"
)

// BrandPath is where an environment's logo and the style sheet with its accent are found. Their names have a hash, so
// that browsers keep them; the environment is that of the host.
const BrandPath = "/brand/"

// Logo is the environment's logo in a place of a page.
type Logo struct {
	URL           string
	Width, Height int // CSS pixels
}

// LogoIn returns the logo as it fits into a box of CSS pixels; nil without a logo.
func (b Base) LogoIn(width, height int) *Logo {
	l := b.Environment.Brand.Logo
	if l.IsZero() {
		return nil
	}
	w, h := l.Within(width, height)
	return &Logo{BrandPath + LogoName(l), w, h}
}

// LogoName is the name of a logo below BrandPath.
func LogoName(l pactius.Logo) string { return l.Hash + ".png" }

// Spelled reports whether the logo spells the environment's name, so that the name is read out and not shown.
func (b Base) Spelled() bool { return b.Environment.Brand.Logo.Wide() }

// AccentSheet is the address of the style sheet with the environment's accent; "" is that of PACTIUS, which needs none.
func (b Base) AccentSheet() string {
	if b.Environment.Brand.Accent == "" {
		return ""
	}
	return BrandPath + AccentSheet(b.Environment.Brand.Accent).Name
}

// Sheet is a small style sheet. The name has a hash of the content.
type Sheet struct {
	Name    string
	Content string
}

// sheets remembers the style sheets of accents, which every page links to.
var sheets, _ = lru.New[string, Sheet](1000) // the error is about a size below 1

// AccentSheet returns the style sheet that puts an accent in the place of PACTIUS's.
func AccentSheet(accent string) Sheet {
	if s, ok := sheets.Get(accent); ok {
		return s
	}
	content := accentTokens(":root", accent)
	sum := sha256.Sum256([]byte(content))
	s := Sheet{hex.EncodeToString(sum[:])[:hashLength] + ".css", content}
	sheets.Add(accent, s)
	return s
}

// PreviewSheet returns the style sheet that shows an accent in the preview of the page Branding only.
func PreviewSheet(accent string) string { return accentTokens(".previews", accent) }

// accentTokens writes the tokens of an accent for the elements of a selector. It follows app.css, so that of two
// declarations in the layer it is the later one.
func accentTokens(selector, accent string) string {
	s := brand.ShadesOf(accent)
	var b strings.Builder
	b.WriteString("@layer tokens {\n" + selector + " {\n")
	for _, token := range []struct {
		name string
		pair brand.Pair
	}{{"accent", s.Accent}, {"accent-strong", s.Strong}, {"on-accent", s.On}, {"accent-soft", s.Soft}} {
		fmt.Fprintf(&b, "--%s: light-dark(%s, %s);\n", token.name, token.pair.Light, token.pair.Dark)
	}
	b.WriteString("}\n}\n")
	return b.String()
}

// Branding is Settings > Environment > Branding.
type Branding struct {
	Base
	Form
	Accent  string        // as typed, like the next
	Welcome string        //
	Remove  bool          // the stored logo is to be removed
	Shown   pactius.Brand // by the preview: the stored look, or what would become of the typed one
	Unsaved bool          // Shown is not stored
	Again   bool          // a file was sent, which browsers do not keep in the form
}

// Sample is the preview on light or on dark pages.
type Sample struct {
	Base          // with the look of the preview
	Scheme string // light or dark
	Label  string
	Shown  pactius.Brand
}

// As makes the preview for a scheme.
func (p Branding) As(scheme, label string) Sample {
	s := Sample{p.Base, scheme, label, p.Shown}
	s.Environment.Brand = p.Shown
	return s
}

// Shade is the accent of the preview.
func (s Sample) Shade() string {
	pair := brand.ShadesOf(s.Shown.Accent).Accent
	if s.Scheme == "dark" {
		return pair.Dark.String()
	}
	return pair.Light.String()
}

// SampleSheet is the address of the style sheet of the preview.
func (p Branding) SampleSheet() string { return link(SamplePath, "accent", p.Shown.Accent) }

// SamplePath is where SampleSheet is found, for scripts.
func (Branding) SamplePath() string { return SamplePath }

// Picked is the colour that the colour picker begins with.
func (p Branding) Picked() string {
	if c, ok := brand.ParseColour(p.Accent); ok {
		return c.String()
	}
	return brand.Pactius.Accent.Light.String()
}

// MostWelcome bounds the field of the welcome text.
func (Branding) MostWelcome() int { return pactius.MaxWelcome }
