package view

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius/internal/help"
)

//go:embed static
var staticFiles embed.FS

// AssetsPath is where Renderer.Assets is to be mounted.
const AssetsPath = "/static/"

// styleSheet is the one sheet made of static/css/*.css in the order of their names.
const styleSheet = "app.css"

// speculationRules is the file with the rules for fetching pages ahead.
const speculationRules = "prefetch.json"

// assets are the static files under one hashed folder: the hash is that of the
// set, so that modules can import each other by relative paths.
type assets struct {
	hash  string
	files map[string][]byte // by name: app.css, icons.svg, app.js, ...
}

func newAssets() (*assets, error) {
	a := &assets{files: make(map[string][]byte)}
	var sheets []string
	err := fs.WalkDir(staticFiles, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if path.Ext(name) == ".css" {
			sheets = append(sheets, name)
			return nil
		}
		content, err := staticFiles.ReadFile(name)
		if path.Ext(name) == ".js" {
			content = bare(content)
		}
		a.files[path.Base(name)] = content
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the assets: %w", err)
	}
	pictures, err := help.Pictures()
	if err != nil {
		return nil, err
	}
	maps.Copy(a.files, pictures)
	slices.Sort(sheets)
	var sheet bytes.Buffer
	for _, name := range sheets {
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		sheet.Write(bare(content))
	}
	a.files[styleSheet] = sheet.Bytes()
	a.hash = a.sum()
	return a, nil
}

// bare leaves out what is for us: the indentation, and lines that are a comment. No text of these files goes over
// several lines.
func bare(content []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(content) {
		line = bytes.TrimLeft(line, " ")
		comment := bytes.HasPrefix(line, []byte("//")) ||
			(bytes.HasPrefix(line, []byte("/*")) && bytes.HasSuffix(line, []byte("*/\n")))
		if !comment {
			b.Write(line)
		}
	}
	return b.Bytes()
}

// hashLength is how many characters of the hash stand in a URL: 64 bits, plenty
// to tell one release from the next.
const hashLength = 16

func (a *assets) sum() string {
	h := sha256.New()
	names := make([]string, 0, len(a.files))
	for name := range a.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(h, "%s %d\n", name, len(a.files[name]))
		h.Write(a.files[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:hashLength]
}

// url is the path of an asset. A template that names a file that is not there
// fails.
func (a *assets) url(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return AssetsPath + a.hash + "/" + name, nil
}

// contentTypes of the assets; nothing else is served.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".webp": "image/webp",
	// The only file of this kind holds rules for the browser; see SpeculationRules.
	".json": "application/speculationrules+json",
}

// SpeculationRules is the value of the Speculation-Rules header of every page:
// the browser may fetch the page behind a link while the pointer rests on it. It
// keeps what it fetched in memory, for this page alone, so pages can stay
// no-store, and what has been changed here is never shown as it was. Such a
// request carries Sec-Purpose: prefetch (WICG Speculation Rules). A file in the
// set, because the policy of the pages allows nothing inline.
func (r *Renderer) SpeculationRules() string {
	return `"` + AssetsPath + r.assets.hash + `/` + speculationRules + `"`
}

// Assets serves style, scripts and icons under AssetsPath, to be kept for ever
// by browsers: their URLs change when they do. Another release's URL is not found.
func (r *Renderer) Assets() http.Handler {
	a := r.assets
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name, ok := strings.CutPrefix(req.URL.Path, AssetsPath+a.hash+"/")
		content, found := a.files[name]
		if !ok || !found {
			http.NotFound(w, req)
			return
		}
		w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(content))
	})
}
