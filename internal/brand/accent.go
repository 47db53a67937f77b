package brand

// Shades are the colours derived from an accent, by the names of the style sheet.
type Shades struct {
	Accent Pair // links, the primary button, the current place
	Strong Pair // the same under the pointer
	On     Pair // text on Accent and Strong
	Soft   Pair // the ground of a selected row, under normal text
}

// Pair is a colour on light pages and the one on dark pages.
type Pair struct{ Light, Dark Colour }

// Demands on the shades. Text on a ground has textContrast (WCAG 2.2, 1.4.3); the little more covers the rounding of
// colours in a browser.
const (
	textContrast = 4.5 + 0.02

	// apart is the least Distance of the accent from the colours that mean something: seen side by side, they are two.
	apart = 0.08

	step     = 0.005 // of lightness, too small to be seen
	pressed  = 0.06  // of lightness, from Accent to Strong
	barely   = 0.12  // the lightness below which Strong is lighter than Accent: there is no room below
	brightly = 0.93  // the same for dark pages
)

// ground is the side of the pages that shades are made for. The colours are those of 1-tokens.css, which a test of
// package view compares.
type ground struct {
	worst    Colour   // the surface with the least contrast
	meanings []Colour // danger, attention, good
	toward   float64  // the direction of lightness in which contrast grows
}

// The two sides.
var (
	light = ground{worst: OKLCH{.953, .006, 240}.Colour(), toward: -1, meanings: []Colour{
		OKLCH{.48, .17, 27}.Colour(), OKLCH{.46, .095, 65}.Colour(), OKLCH{.45, .1, 155}.Colour()}}
	dark = ground{worst: OKLCH{.265, .011, 240}.Colour(), toward: 1, meanings: []Colour{
		OKLCH{.78, .13, 25}.Colour(), OKLCH{.85, .11, 80}.Colour(), OKLCH{.82, .12, 155}.Colour()}}
)

// Derive returns the shades of an accent. Hue and chroma stay, as far as screens have them; lightness moves until text
// in the accent can be read on every surface, and until the accent cannot be taken for danger, attention or good. Every
// colour has such shades.
func Derive(c Colour) Shades {
	o := c.OKLCH()
	lightAccent, darkAccent := light.accent(o), dark.accent(o)
	lightStrong, darkStrong := lightAccent, darkAccent
	if lightStrong.L -= pressed; lightAccent.L < barely {
		lightStrong.L = lightAccent.L + 2*pressed
	}
	if darkStrong.L += pressed; darkAccent.L > brightly {
		darkStrong.L = darkAccent.L - pressed
	}
	return Shades{
		Accent: Pair{lightAccent.Colour(), darkAccent.Colour()},
		Strong: Pair{lightStrong.Colour(), darkStrong.Colour()},
		On:     Pair{Colour{255, 255, 255}, OKLCH{.2, min(o.C, .03), o.H}.Colour()},
		Soft:   Pair{OKLCH{.945, min(o.C, .022), o.H}.Colour(), OKLCH{.31, min(o.C, .04), o.H}.Colour()},
	}
}

// accent moves a colour's lightness until it can stand on the ground. It ends at black or white at the latest.
func (g ground) accent(o OKLCH) OKLCH {
	for ; o.L > 0 && o.L < 1; o.L += g.toward * step {
		if g.bears(o.Colour()) {
			return o
		}
	}
	o.L = min(1, max(0, o.L))
	if !g.bears(o.Colour()) { // white on light, black on dark: the walk has begun at the wrong end
		o.L += g.toward * step
		return g.accent(o)
	}
	return o
}

func (g ground) bears(c Colour) bool {
	for _, m := range g.meanings {
		if Distance(c, m) < apart {
			return false
		}
	}
	return Contrast(c, g.worst) >= textContrast
}

// Pactius are the shades of PACTIUS's own accent, as the style sheet has them.
var Pactius = Shades{
	Accent: Pair{Colour{0x00, 0x62, 0x86}, Colour{0x72, 0xcc, 0xe8}},
	Strong: Pair{Colour{0x00, 0x50, 0x71}, OKLCH{.86, .08, 220}.Colour()},
	On:     Pair{Colour{255, 255, 255}, OKLCH{.2, .03, 228}.Colour()},
	Soft:   Pair{OKLCH{.945, .022, 225}.Colour(), OKLCH{.31, .04, 228}.Colour()},
}

// ShadesOf returns the shades of an accent as it is stored; without one they are those of PACTIUS.
func ShadesOf(accent string) Shades {
	if c, ok := ParseColour(accent); ok {
		return Derive(c)
	}
	return Pactius
}
