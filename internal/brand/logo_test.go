package brand

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
)

// drawn is an image of one colour with a bar of another, by a size in pixels.
func drawn(width, height int, ground, bar color.Color) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			if x < width/2 {
				m.Set(x, y, bar)
			} else {
				m.Set(x, y, ground)
			}
		}
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withChunk puts a chunk into a PNG, after its head (RFC 2083, section 3.2).
func withChunk(file []byte, name, data string) []byte {
	const head = 8 + 25 // signature and IHDR
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	chunk = append(chunk, name+data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(name+data)))
	return bytes.Join([][]byte{file[:head], chunk, file[head:]}, nil)
}

// claiming gives a PNG the head of one with another size.
func claiming(file []byte, width, height uint32) []byte {
	claims := bytes.Clone(file)
	binary.BigEndian.PutUint32(claims[16:], width)
	binary.BigEndian.PutUint32(claims[20:], height)
	binary.BigEndian.PutUint32(claims[29:], crc32.ChecksumIEEE(claims[12:29]))
	return claims
}

var (
	blue  = color.NRGBA{0x0f, 0x6c, 0xbd, 0xff}
	clear = color.NRGBA{0xff, 0xff, 0xff, 0}
)

func TestWhatIsNoLogoIsRefusedWithASentence(t *testing.T) {
	t.Parallel()
	good := pngOf(t, drawn(64, 32, clear, blue))
	photo := jpegOf(t, drawn(64, 32, clear, blue))
	var animation bytes.Buffer
	if err := gif.Encode(&animation, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{blue}), nil); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file []byte
		says string
	}{
		"nothing":                   {nil, "empty"},
		"a text called .png":        {[]byte("Hello, I am a logo"), "must be a PNG or JPEG"},
		"a drawing":                 {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "must be a PNG or JPEG"},
		"a drawing with a script":   {[]byte(`<svg><script>alert(1)</script></svg>`), "must be a PNG or JPEG"},
		"a page":                    {[]byte("<!doctype html><img>"), "must be a PNG or JPEG"},
		"a counting pixel":          {animation.Bytes(), "must be a PNG or JPEG"},
		"WebP":                      {[]byte("RIFF\x1a\x00\x00\x00WEBPVP8L"), "must be a PNG or JPEG"},
		"20 MB":                     {append(bytes.Clone(good), make([]byte, 20<<20)...), "larger than 2 MB"},
		"one pixel":                 {pngOf(t, drawn(1, 1, blue, blue)), "too small"},
		"a long line":               {pngOf(t, drawn(1000, 20, blue, blue)), "too long"},
		"wider than any":            {claiming(good, 5000, 100), "too large"},
		"a bomb":                    {claiming(good, 100_000, 100_000), "too large"},
		"a bomb of allowed sides":   {claiming(good, 4000, 4000), "too large"},
		"more lines than there are": {claiming(good, 64, 48), "damaged"},
		"the first half":            {good[:len(good)/2], "damaged"},
		"half a photo":              {photo[:len(photo)/2], "damaged"},
		"the first bytes":           {good[:10], "damaged"},
		"a moving PNG":              {withChunk(good, "acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"), "animated"},
		"a photo of 1000 scans": {append(bytes.Clone(photo), bytes.Repeat([]byte("\xff\xda"), 1000)...),
			"can't be used"},
		"white on transparent": {pngOf(t, drawn(64, 32, clear, color.White)), "nothing to see"},
		"transparent":          {pngOf(t, drawn(64, 32, clear, clear)), "nothing to see"},
	} {
		logo, stored, fault := ReadLogo(test.file)
		if !strings.Contains(fault.String(), test.says) || !logo.IsZero() || stored != nil {
			t.Errorf("%s: %q and %v, want a sentence with %q", name, fault.String(), logo, test.says)
		}
	}
}

func TestALogoIsStoredAsASmallImageOnWhite(t *testing.T) {
	t.Parallel()
	noise := image.NewNRGBA(image.Rect(0, 0, 1000, 400))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	deep := image.NewNRGBA64(image.Rect(0, 0, 40, 40))
	for i := range deep.Pix {
		deep.Pix[i] = 0x80
	}
	for name, test := range map[string]struct {
		file          []byte
		width, height int // 0 is not looked at
	}{
		"small":                {pngOf(t, drawn(64, 32, clear, blue)), 64, 32},
		"large":                {pngOf(t, drawn(2000, 800, clear, blue)), 240, 96},
		"wide":                 {pngOf(t, drawn(2000, 200, clear, blue)), 480, 48},
		"high":                 {pngOf(t, drawn(100, 1000, clear, blue)), 9, 96},
		"a photo":              {jpegOf(t, drawn(2000, 800, clear, blue)), 240, 96},
		"what can't be packed": {pngOf(t, noise), 0, 0},
		"16 bits a channel":    {pngOf(t, deep), 40, 40},
		"with words of someone": {withChunk(pngOf(t, drawn(64, 32, clear, blue)), "tEXt", "Author\x00Ada Lund"),
			64, 32},
	} {
		logo, stored, fault := ReadLogo(test.file)
		if !fault.IsZero() {
			t.Errorf("%s: %s", name, fault.String())
			continue
		}
		if test.width != 0 && (logo.Width != test.width || logo.Height != test.height) {
			t.Errorf("%s is stored with %d × %d pixels, want %d × %d", name, logo.Width, logo.Height, test.width,
				test.height)
		}
		if len(stored) > storedBytes || len(logo.Hash) != 32 || bytes.Contains(stored, []byte("Ada")) {
			t.Errorf("%s: %d bytes, hash %q", name, len(stored), logo.Hash)
		}
		m, err := png.Decode(bytes.NewReader(stored))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !m.(interface{ Opaque() bool }).Opaque() || m.Bounds().Dx() != logo.Width || m.Bounds().Dy() != logo.Height {
			t.Errorf("%s is stored as %T of %v, want no transparency and %v", name, m, m.Bounds(), logo)
		}
	}
}

func TestTheSameFileHasTheSameHash(t *testing.T) {
	t.Parallel()
	one, _, _ := ReadLogo(pngOf(t, drawn(64, 32, clear, blue)))
	again, _, _ := ReadLogo(pngOf(t, drawn(64, 32, clear, blue)))
	other, _, _ := ReadLogo(pngOf(t, drawn(64, 32, clear, color.Black)))
	if one != again || one == other {
		t.Errorf("%v, again %v, another %v", one, again, other)
	}
}

// FuzzReadLogo reads anything: it is refused with a sentence, or it is an image within the bounds.
func FuzzReadLogo(f *testing.F) {
	good := pngOf(f, drawn(64, 32, clear, blue))
	f.Add(good)
	f.Add(jpegOf(f, drawn(64, 32, clear, blue)))
	f.Add(withChunk(good, "acTL", "\x00\x00\x00\x02\x00\x00\x00\x00"))
	f.Add(claiming(good, 4000, 1000))
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, file []byte) {
		logo, stored, fault := ReadLogo(file)
		if !fault.IsZero() {
			return
		}
		config, err := png.DecodeConfig(bytes.NewReader(stored))
		if err != nil || config.Width != logo.Width || config.Height != logo.Height || config.Width > storedWidth ||
			config.Height > storedHeight || len(stored) > storedBytes {
			t.Errorf("%v is stored as %+v in %d bytes, %v", logo, config, len(stored), err)
		}
	})
}
