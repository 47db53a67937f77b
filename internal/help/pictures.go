package help

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/pactius/pactius/internal/language"
)

// PixelsPerTwo is how many pixels of a picture's file are two CSS pixels: text stays sharp on most screens, and all
// pictures of a guide together load like one page.
const PixelsPerTwo = 3

// Pictures returns the files of all pictures, by the names that Picture has.
func Pictures() (map[string][]byte, error) {
	all := make(map[string][]byte)
	err := fs.WalkDir(files, "pictures", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".webp") {
			return err
		}
		all[fileName(path)], err = files.ReadFile(path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the pictures of the help: %w", err)
	}
	return all, nil
}

// fileName is the name of a picture without folders: help-en-approve-light.webp.
func fileName(path string) string {
	return "help-" + strings.ReplaceAll(strings.TrimPrefix(path, "pictures/"), "/", "-")
}

// picture finds the files of a picture.
func picture(code language.Code, name, alt string) (Picture, error) {
	light := "pictures/" + string(code) + "/" + name + "-light.webp"
	dark := "pictures/" + string(code) + "/" + name + "-dark.webp"
	p := Picture{Light: fileName(light), Dark: fileName(dark), Alt: alt}
	for _, path := range []string{light, dark} {
		b, err := files.ReadFile(path)
		if err != nil {
			return p, fmt.Errorf("reading a picture: %w", err)
		}
		width, height, ok := webpSize(b)
		if !ok {
			return p, fmt.Errorf("%s is no WebP of a browser", path)
		}
		width, height = width*2/PixelsPerTwo, height*2/PixelsPerTwo
		if path == dark && (width != p.Width || height != p.Height) {
			return p, fmt.Errorf("%s has another size than the light one", path)
		}
		p.Width, p.Height = width, height
	}
	return p, nil
}

// webpSize reads the size of a WebP in the extended format, which a browser writes (RFC 9649, section 2.7).
func webpSize(b []byte) (width, height int, ok bool) {
	const head = 30 // bytes up to the end of the sizes
	if len(b) < head || string(b[:4]) != "RIFF" || string(b[8:16]) != "WEBPVP8X" {
		return 0, 0, false
	}
	less := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 } // by one
	return 1 + less(b[24:]), 1 + less(b[27:]), true
}
