package view

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"sync"

	"github.com/pactius/pactius/internal/help"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/markup"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Renderer turns pages into HTML. Make one with New; it is safe for use by many
// goroutines.
type Renderer struct {
	assets    *assets
	templates map[language.Code]*markup.Set
}

// New parses every template in every language and prepares the assets. It
// fails only if one of the embedded files is broken.
func New() (*Renderer, error) {
	a, err := newAssets()
	if err != nil {
		return nil, err
	}
	if err := help.Load(); err != nil {
		return nil, err
	}
	r := &Renderer{assets: a, templates: make(map[language.Code]*markup.Set)}
	for _, code := range language.Supported() {
		funcs := r.funcs(code)
		t, err := template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("parsing the templates in %s: %w", code, err)
		}
		r.templates[code] = markup.New(t, funcs, direct())
	}
	return r, nil
}

// Render writes the page in its reader's language. Nothing is written if the
// page cannot be shown whole.
func (r *Renderer) Render(w io.Writer, page Page) error {
	t, ok := r.templates[page.base().Reader.Language]
	if !ok {
		t = r.templates[language.English]
	}
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	out, err := t.Execute((*b)[:0], page.template(), page)
	if err != nil {
		return fmt.Errorf("showing %s: %w", page.template(), err)
	}
	*b = out
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("writing %s: %w", page.template(), err)
	}
	return nil
}

// buffers are for pages, which are written whole.
var buffers = sync.Pool{New: func() any { return new([]byte) }}
