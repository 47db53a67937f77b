package devtenant

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// photoSizes are the widths and heights in pixels that Graph keeps photos in
// (Microsoft Graph v1.0: "Get profilePhoto").
var photoSizes = []int{48, 64, 96, 120, 240, 360, 432, 504, 648}

// photo: GET /v1.0/users/{id}/photos/48x48/$value and photo/$value.
func (c graphCall) photo() error {
	p, err := c.addressed()
	if err != nil {
		return err
	}
	size := photoSizes[len(photoSizes)-1]
	if wanted := c.r.PathValue("size"); wanted != "" {
		width, height, _ := strings.Cut(wanted, "x")
		n, err := strconv.Atoi(width)
		if err != nil || width != height || !slices.Contains(photoSizes, n) {
			return &graphError{http.StatusBadRequest, "BadRequest", "The photo size '" + wanted + "' is not valid."}
		}
		size = n
	}
	if !p.Photo {
		return &graphError{http.StatusNotFound, "ImageNotFound",
			"Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown."}
	}
	content, err := p.PhotoBytes, error(nil)
	if content == nil {
		content, err = draw(p, size)
	}
	if err != nil {
		return &graphError{http.StatusInternalServerError, "generalException", "The photo could not be drawn."}
	}
	c.w.Header().Set("Content-Type", "image/png")
	_, _ = c.w.Write(content) // the reader is gone when this fails
	return nil
}

// draw makes a person's picture: head and shoulders before a ground in a colour
// of their own.
func draw(p Person, size int) ([]byte, error) {
	ground := [hues]color.RGBA{
		{0xE8, 0xA0, 0x98, 0xFF}, {0xE5, 0xB3, 0x7A, 0xFF}, {0xC7, 0xC0, 0x70, 0xFF}, {0x8F, 0xC9, 0x9A, 0xFF},
		{0x7C, 0xC6, 0xC9, 0xFF}, {0x8F, 0xB5, 0xE3, 0xFF}, {0xB4, 0xA6, 0xE6, 0xFF}, {0xE0, 0x9F, 0xCB, 0xFF},
	}[entry{Person: p}.Hue()]
	figure := color.RGBA{0x33, 0x3A, 0x46, 0xFF}
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			// In thousandths: a head at (500,400) of radius 190, shoulders at (500,1050) of radius 400.
			px, py := x*1000/size, y*1000/size
			inside := func(cx, cy, r int) bool { return (px-cx)*(px-cx)+(py-cy)*(py-cy) < r*r }
			img.SetRGBA(x, y, ground)
			if inside(500, 400, 190) || inside(500, 1050, 400) {
				img.SetRGBA(x, y, figure)
			}
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}
