package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The look of the sample company.
const (
	accent  = "#4a4fc4"
	welcome = "Welcome aboard. Use your Nordhavn account, and write to the service desk if something looks odd."
)

// logo draws the emblem of the sample company: a sail over two waves. It is drawn large, so that the edges are smooth
// when it is stored in its size.
func logo() ([]byte, error) {
	const side = 768
	ink := color.NRGBA{R: 0x4a, G: 0x4f, B: 0xc4, A: 0xff}
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if sails(float64(x)/side, float64(y)/side) {
				m.SetNRGBA(x, y, ink)
			}
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

// sails reports whether a point of the emblem, 0 to 1 in each direction, is inked.
func sails(x, y float64) bool {
	if math.Hypot(x-.5, y-.5) > .5 {
		return false
	}
	main := y > .16 && y < .58 && x > .53 && x < .53+(y-.16)*.72
	jib := y > .26 && y < .58 && x < .48 && x > .48-(y-.26)*.72
	wave := func(at float64) bool {
		return math.Abs(y-at-.025*math.Sin(x*4*math.Pi)) < .03
	}
	return !main && !jib && !wave(.68) && !wave(.81)
}
