package view

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pactius/pactius/internal/brand"
)

// colour is linear sRGB.
type colour [3]float64

// fromOKLCH converts lightness, chroma and hue (degrees) to linear sRGB,
// clipped to the gamut, with the matrices of CSS Color Module Level 4.
func fromOKLCH(l, c, h float64) colour {
	a, b := c*math.Cos(h*math.Pi/180), c*math.Sin(h*math.Pi/180)
	cube := func(x float64) float64 { return x * x * x }
	lc := cube(l + 0.3963377774*a + 0.2158037573*b)
	mc := cube(l - 0.1055613458*a - 0.0638541728*b)
	sc := cube(l - 0.0894841775*a - 1.2914855480*b)
	clip := func(x float64) float64 { return min(1, max(0, x)) }
	return colour{
		clip(4.0767416621*lc - 3.3077115913*mc + 0.2309699292*sc),
		clip(-1.2684380046*lc + 2.6097574011*mc - 0.3413193965*sc),
		clip(-0.0041960863*lc - 0.7034186147*mc + 1.7076147010*sc),
	}
}

// contrast is the contrast ratio of WCAG 2.2, section "Relative luminance".
func contrast(a, b colour) float64 {
	luminance := func(c colour) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] + 0.05 }
	la, lb := luminance(a), luminance(b)
	return max(la, lb) / min(la, lb)
}

var (
	token = regexp.MustCompile(`--([a-z-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\)`)
	field = regexp.MustCompile(`[0-9.]+`)
)

// tokens reads the colours of the style sheet: light and dark by name.
func tokens(t *testing.T, sheet []byte) map[string][2]colour {
	t.Helper()
	found := map[string][2]colour{}
	for _, match := range token.FindAllStringSubmatch(string(sheet), -1) {
		var pair [2]colour
		for i, values := range match[2:4] {
			var v [3]float64
			for j, s := range field.FindAllString(values, 3) {
				v[j], _ = strconv.ParseFloat(s, 64)
			}
			pair[i] = fromOKLCH(v[0], v[1], v[2])
		}
		found[match[1]] = pair
	}
	if len(found) < 20 {
		t.Fatalf("only %d colours found", len(found))
	}
	return found
}

func TestTextAndControlsHaveEnoughContrast(t *testing.T) {
	t.Parallel()
	colours := tokens(t, newRenderer(t).assets.files[styleSheet])
	const text, control = 4.5, 3.0 // WCAG 2.2, 1.4.3 and 1.4.11
	for _, test := range []struct {
		front string
		backs []string
		least float64
	}{
		{"ink", []string{"canvas", "surface", "sunken", "menu", "accent-soft", "good-soft", "attention-soft",
			"danger-soft", "info-soft"}, text},
		{"soft", []string{"canvas", "surface", "sunken", "menu"}, text},
		{"accent", []string{"canvas", "surface", "sunken"}, text},
		{"accent-strong", []string{"canvas", "surface", "sunken"}, text},
		{"on-accent", []string{"accent", "accent-strong"}, text},
		{"on-danger", []string{"danger", "danger-strong"}, text},
		{"good", []string{"good-soft", "surface"}, text},
		{"attention", []string{"attention-soft", "surface"}, text},
		{"danger", []string{"danger-soft", "surface", "canvas"}, text},
		{"info", []string{"info-soft", "surface"}, text},
		{"edge", []string{"surface", "canvas"}, control},
		{"accent", []string{"menu"}, control},
	} {
		for _, back := range test.backs {
			for i, mode := range []string{"light", "dark"} {
				front, ok := colours[test.front]
				behind, ok2 := colours[back]
				if !ok || !ok2 {
					t.Fatalf("%s or %s is no colour", test.front, back)
				}
				if got := contrast(front[i], behind[i]); got < test.least {
					t.Errorf("%s on %s, %s: contrast %.2f, want at least %.1f", test.front, back, mode, got, test.least)
				}
			}
		}
	}
}

func TestAvatarsHaveEnoughContrastInEveryHue(t *testing.T) {
	t.Parallel()
	// The values of .avatar in parts.css, by lightness and chroma.
	for hue := 0.0; hue < 360; hue += 5 {
		if got := contrast(fromOKLCH(.9, .055, hue), fromOKLCH(.38, .09, hue)); got < 4.5 {
			t.Errorf("hue %v, light: contrast %.2f", hue, got)
		}
		if got := contrast(fromOKLCH(.38, .06, hue), fromOKLCH(.92, .05, hue)); got < 4.5 {
			t.Errorf("hue %v, dark: contrast %.2f", hue, got)
		}
	}
}

func TestContrastIsComputedAsDefined(t *testing.T) {
	t.Parallel()
	black, white := fromOKLCH(0, 0, 0), fromOKLCH(1, 0, 0)
	if got := contrast(black, white); math.Abs(got-21) > 0.01 {
		t.Errorf("black on white = %.3f, want 21", got)
	}
}

// hex is the colour as emails write it.
func (c colour) hex() string {
	var b strings.Builder
	b.WriteByte('#')
	for _, x := range c {
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		fmt.Fprintf(&b, "%02x", int(math.Round(255*x)))
	}
	return b.String()
}

// Emails and the preview know no tokens, so package brand repeats the accent of the pages.
func TestTheAccentIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	colours := tokens(t, newRenderer(t).assets.files[styleSheet])
	for name, pair := range map[string]brand.Pair{"accent": brand.Pactius.Accent, "accent-strong": brand.Pactius.Strong,
		"on-accent": brand.Pactius.On, "accent-soft": brand.Pactius.Soft} {
		if got, want := pair.Light.String(), colours[name][0].hex(); got != want {
			t.Errorf("%s on light pages is %s, and %s in the style sheet", name, got, want)
		}
		if got, want := pair.Dark.String(), colours[name][1].hex(); got != want {
			t.Errorf("%s on dark pages is %s, and %s in the style sheet", name, got, want)
		}
	}
}

// fromSRGB converts a colour of package brand.
func fromSRGB(c brand.Colour) colour {
	var out colour
	for i, v := range []uint8{c.R, c.G, c.B} {
		if x := float64(v) / 255; x <= 0.04045 {
			out[i] = x / 12.92
		} else {
			out[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return out
}

// TestEveryAccentCanBeRead chooses accents at random, and those that are hard: whatever a company chooses, text is
// readable on it and in it, and it is no colour that means something.
func TestEveryAccentCanBeRead(t *testing.T) {
	t.Parallel()
	colours := tokens(t, newRenderer(t).assets.files[styleSheet])
	check := func(t interface{ Errorf(string, ...any) }, typed brand.Colour) {
		s := brand.Derive(typed)
		for i, mode := range []string{"light", "dark"} {
			of := func(p brand.Pair) brand.Colour { return []brand.Colour{p.Light, p.Dark}[i] }
			least := func(what string, front, back colour, least float64) {
				if got := contrast(front, back); got < least {
					t.Errorf("%s, %s, %s: contrast %.2f, want at least %.1f", typed, what, mode, got, least)
				}
			}
			for name, shade := range map[string]brand.Colour{"accent": of(s.Accent), "strong": of(s.Strong)} {
				for _, back := range []string{"canvas", "surface", "sunken", "menu"} {
					least(name+" on "+back, fromSRGB(shade), colours[back][i], 4.5)
				}
				least("text on "+name, fromSRGB(of(s.On)), fromSRGB(shade), 4.5)
			}
			least("ink on accent-soft", colours["ink"][i], fromSRGB(of(s.Soft)), 4.5)
			for _, meaning := range []string{"danger", "attention", "good"} {
				other, _ := brand.ParseColour(colours[meaning][i].hex())
				if got := brand.Distance(of(s.Accent), other); got < .075 {
					t.Errorf("%s becomes %s, %s, which is %.3f from %s", typed, of(s.Accent), mode, got, meaning)
				}
			}
		}
	}
	for _, hard := range []string{"#000000", "#ffffff", "#808080", "#ffff00", "#00ff00", "#ff0000", "#0000ff",
		"#00ffff", "#ff00ff", "#c50f1f", "#107c10", "#f7630c", "#010101", "#fefefe"} {
		c, _ := brand.ParseColour(hard)
		check(t, c)
	}
	for i := range 2 { // the colours that mean something
		for _, meaning := range []string{"danger", "attention", "good"} {
			c, _ := brand.ParseColour(colours[meaning][i].hex())
			check(t, c)
		}
	}
	if t.Failed() {
		return
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, brand.Colour{R: rapid.Byte().Draw(t, "red"), G: rapid.Byte().Draw(t, "green"),
			B: rapid.Byte().Draw(t, "blue")})
	})
}
