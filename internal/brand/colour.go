package brand

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// Colour is a colour in sRGB, as screens and emails write it.
type Colour struct{ R, G, B uint8 }

// ParseColour reads "#0f6cbd", also without the number sign, with capitals, or with one digit per channel.
func ParseColour(s string) (Colour, bool) {
	s = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "#")
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 3 {
		return Colour{}, false
	}
	return Colour{b[0], b[1], b[2]}, true
}

// String returns the colour as "#rrggbb".
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// Contrast returns the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").
func Contrast(a, b Colour) float64 {
	la, lb := a.luminance()+0.05, b.luminance()+0.05
	return max(la, lb) / min(la, lb)
}

func (c Colour) luminance() float64 {
	r, g, b := c.linear()
	return 0.2126*r + 0.7152*g + 0.0722*b
}

// linear returns the channels in linear light, 0 to 1 (WCAG 2.2, "relative luminance").
func (c Colour) linear() (r, g, b float64) {
	channel := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return channel(c.R), channel(c.G), channel(c.B)
}

// OKLCH is a colour by lightness (0 to 1), chroma and hue in degrees (CSS Color Module Level 4, section 9).
type OKLCH struct{ L, C, H float64 }

// oklab is the same by two axes: distances in it are alike to the eye.
type oklab struct{ l, a, b float64 }

func (o OKLCH) lab() oklab {
	h := o.H * math.Pi / 180
	return oklab{o.L, o.C * math.Cos(h), o.C * math.Sin(h)}
}

// Colour returns the nearest colour of sRGB with the same lightness and hue: chroma is what a screen may lack.
func (o OKLCH) Colour() Colour {
	if r, g, b := o.lab().linear(); !inGamut(r, g, b) {
		low, high := 0.0, o.C
		for range 16 { // to 1/65536 of the chroma
			o.C = (low + high) / 2
			if r, g, b := o.lab().linear(); inGamut(r, g, b) {
				low = o.C
			} else {
				high = o.C
			}
		}
		o.C = low
	}
	channel := func(x float64) uint8 {
		x = min(1, max(0, x))
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		return uint8(math.Round(255 * x))
	}
	r, g, b := o.lab().linear()
	return Colour{channel(r), channel(g), channel(b)}
}

// inGamut reports whether linear channels are those of a colour that screens can show, within what rounding hides.
func inGamut(channels ...float64) bool {
	for _, x := range channels {
		if x < -0.0005 || x > 1.0005 {
			return false
		}
	}
	return true
}

// linear converts to linear sRGB, which may be out of its gamut.
func (o oklab) linear() (r, g, b float64) {
	cube := func(x float64) float64 { return x * x * x }
	l := cube(o.l + 0.3963377774*o.a + 0.2158037573*o.b)
	m := cube(o.l - 0.1055613458*o.a - 0.0638541728*o.b)
	s := cube(o.l - 0.0894841775*o.a - 1.2914855480*o.b)
	return 4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s
}

func (c Colour) lab() oklab {
	r, g, b := c.linear()
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return oklab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// OKLCH returns the colour by lightness, chroma and hue. A grey has hue 0.
func (c Colour) OKLCH() OKLCH {
	o := c.lab()
	chroma := math.Hypot(o.a, o.b)
	if chroma < 0.0005 {
		return OKLCH{L: o.l}
	}
	return OKLCH{o.l, chroma, math.Mod(math.Atan2(o.b, o.a)*180/math.Pi+360, 360)}
}

// Distance returns how different two colours look, 0 to about 1: the distance in OKLab.
func Distance(a, b Colour) float64 {
	x, y := a.lab(), b.lab()
	return math.Hypot(math.Hypot(x.l-y.l, x.a-y.a), x.b-y.b)
}
