package brand

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestColoursAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"#0f6cbd": "#0f6cbd", "0F6CBD": "#0f6cbd", " #0f6cbd ": "#0f6cbd", "#06c": "#0066cc", "": "", "#": "",
		"red": "", "#0f6cb": "", "#0f6cbd00": "", "rgb(1,2,3)": "", "#ggg": "", "##06c": "", "å": "", "æø": "",
	} {
		got := ""
		if c, ok := ParseColour(typed); ok {
			got = c.String()
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}

// colours draws colours of sRGB.
func colours() *rapid.Generator[Colour] {
	return rapid.Custom(func(t *rapid.T) Colour {
		return Colour{rapid.Byte().Draw(t, "red"), rapid.Byte().Draw(t, "green"), rapid.Byte().Draw(t, "blue")}
	})
}

func TestAColourComesBackFromItsLightnessChromaAndHue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := colours().Draw(t, "colour")
		got := c.OKLCH().Colour()
		for _, d := range []int{int(got.R) - int(c.R), int(got.G) - int(c.G), int(got.B) - int(c.B)} {
			if d < -1 || d > 1 {
				t.Fatalf("%s comes back as %s", c, got)
			}
		}
	})
}

// TestAnAccentKeepsItsHue derives shades of colours that have a hue.
func TestAnAccentKeepsItsHue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := colours().Draw(t, "colour")
		s := Derive(c)
		for _, shade := range []Colour{s.Accent.Light, s.Accent.Dark} {
			before, after := c.OKLCH(), shade.OKLCH()
			if before.C < .05 || after.C < .05 {
				continue // nearly grey: the rounding of a channel turns the hue
			}
			if turn := math.Abs(math.Remainder(before.H-after.H, 360)); turn > 6 {
				t.Fatalf("%s becomes %s: the hue turns by %.0f degrees", c, shade, turn)
			}
		}
	})
}

func TestAnAccentThatCanBeReadStaysAsItIs(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"#0f6cbd", "#4a4fc4", "#7a1fa2", "#003087"} {
		c, _ := ParseColour(typed)
		if got := Derive(c).Accent.Light.String(); got != typed {
			t.Errorf("on light pages %s becomes %s", typed, got)
		}
	}
}
