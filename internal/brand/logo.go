package brand

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"image/png"
	"sync"

	"golang.org/x/image/draw"

	"github.com/pactius/pactius"
)

// MaxLogoFile is the most bytes of an uploaded logo. Logos as designers export them have some hundred kilobytes.
const MaxLogoFile = 2 << 20

// Bounds of an uploaded logo, checked before it is decoded.
const (
	maxSide   = 4096    // pixels: twice what a page needs on the finest screen
	maxPixels = 4 << 20 // decoded they take 32 MB, at 16 bits a channel
	minSide   = 16      // pixels: less is a dot, or a counting pixel
	maxShape  = 12      // times as wide as high, or as high as wide: more is a line

	// maxScans is the most scans of a JPEG. A progressive one has about ten; each is a walk through all pixels, which a
	// file of two megabytes could demand 100,000 times.
	maxScans = 50
)

// Bounds of a logo as it is stored: pages show it up to 40 pixels high, on screens with up to twice as many.
const (
	storedWidth  = 480
	storedHeight = 96
	storedBytes  = 64 << 10 // with every page and email: a photo that takes more is made smaller
)

// faint is the least contrast with white that a logo reaches somewhere. Less, such as white on transparent, is nothing
// on a light page.
const faint = 1.3

// decoding lets one logo be decoded at a time, because of its memory.
var decoding sync.Mutex

// ReadLogo reads an uploaded file and makes the image that is stored: a PNG on a white ground, which shows on light and
// dark pages and in emails alike, without any metadata. The text says what is wrong with the file; it is zero if
// nothing is.
func ReadLogo(file []byte) (pactius.Logo, []byte, pactius.Text) {
	if len(file) > MaxLogoFile {
		return pactius.Logo{}, nil, TooLarge()
	}
	decode, size, fault := formatOf(file)
	if fault.IsZero() {
		fault = sizeFault(size)
	}
	if !fault.IsZero() {
		return pactius.Logo{}, nil, fault
	}
	decoding.Lock()
	defer decoding.Unlock()
	decoded, err := decode(bytes.NewReader(file))
	if err != nil {
		return pactius.Logo{}, nil, pactius.T("The file is damaged or incomplete. Save the logo again and upload it.")
	}
	stored := fit(decoded, storedWidth, storedHeight)
	if !visible(stored) {
		return pactius.Logo{}, nil, pactius.T("On a white background there's nothing to see in this logo. Upload a " +
			"version for light backgrounds.")
	}
	var b bytes.Buffer
	for {
		b.Reset()
		if err := png.Encode(&b, stored); err != nil {
			return pactius.Logo{}, nil, pactius.T("The logo can't be saved. Upload another file.")
		}
		if b.Len() <= storedBytes {
			break
		}
		stored = fit(stored, stored.Bounds().Dx()*3/4, stored.Bounds().Dy()*3/4)
	}
	sum := sha256.Sum256(b.Bytes())
	size = stored.Bounds().Size()
	return pactius.Logo{Hash: hex.EncodeToString(sum[:16]), Width: size.X, Height: size.Y}, b.Bytes(), pactius.Text{}
}

// TooLarge returns the sentence about a file of more than MaxLogoFile bytes.
func TooLarge() pactius.Text {
	return pactius.T("The logo is larger than %d MB. Save it in a smaller size, for example 400 pixels wide.",
		MaxLogoFile>>20)
}

type decoder func(*bytes.Reader) (image.Image, error)

// formatOf finds the format by the first bytes, whatever the file is called, and reads the size in pixels.
func formatOf(file []byte) (decoder, image.Point, pactius.Text) {
	var config image.Config
	var err error
	var decode decoder
	switch {
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		decode = func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) }
		config, err = png.DecodeConfig(bytes.NewReader(file))
		head, _, _ := bytes.Cut(file, []byte("IDAT"))
		if bytes.Contains(head, []byte("acTL")) { // APNG: the chunk stands before the image
			return nil, image.Point{}, pactius.T("The logo is animated. Upload one that doesn't move.")
		}
	case bytes.HasPrefix(file, []byte("\xff\xd8\xff")):
		decode = func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) }
		config, err = jpeg.DecodeConfig(bytes.NewReader(file))
		if bytes.Count(file, []byte("\xff\xda")) > maxScans {
			return nil, image.Point{}, pactius.T("The file can't be used. Save the logo as PNG and upload it.")
		}
	case len(file) == 0:
		return nil, image.Point{}, pactius.T("The file is empty. Choose another.")
	default:
		return nil, image.Point{}, pactius.T("The logo must be a PNG or JPEG file. Save it in one of these formats " +
			"and upload it.")
	}
	if err != nil {
		return nil, image.Point{}, pactius.T("The file is damaged or incomplete. Save the logo again and upload it.")
	}
	return decode, image.Pt(config.Width, config.Height), pactius.Text{}
}

func sizeFault(size image.Point) pactius.Text {
	switch w, h := size.X, size.Y; {
	case w < minSide || h < minSide:
		return pactius.T("The logo is too small, %d × %d pixels. It needs at least %d in each direction.", w, h,
			minSide)
	case w > maxSide || h > maxSide || w*h > maxPixels:
		return pactius.T("The logo is too large, %d × %d pixels. Save it in a smaller size, for example 400 pixels "+
			"wide.", w, h)
	case w > maxShape*h || h > maxShape*w:
		return pactius.T("The logo is too long, %d × %d pixels. It would be a thin line.", w, h)
	}
	return pactius.Text{}
}

// fit draws an image on white, smaller where it does not fit into a box.
func fit(from image.Image, width, height int) *image.RGBA {
	size := from.Bounds().Size()
	size.X, size.Y = pactius.Logo{Hash: "unknown", Width: size.X, Height: size.Y}.Within(width, height)
	to := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Over, nil)
	return to
}

func visible(m *image.RGBA) bool {
	white := Colour{255, 255, 255}
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := m.RGBAAt(x, y)
			if Contrast(Colour{c.R, c.G, c.B}, white) >= faint {
				return true
			}
		}
	}
	return false
}
