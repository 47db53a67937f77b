package view

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"github.com/pactius/pactius/internal/language"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Renderer turns pages into HTML. Make one with New; it is safe for use by many
// goroutines.
type Renderer struct {
	assets    *assets
	templates map[language.Code]*template.Template
}

// New parses every template in every language and prepares the assets. It
// fails only if one of the embedded files is broken.
func New() (*Renderer, error) {
	a, err := newAssets()
	if err != nil {
		return nil, err
	}
	r := &Renderer{assets: a, templates: make(map[language.Code]*template.Template)}
	for _, code := range language.Supported() {
		t, err := template.New("").Funcs(code.Funcs()).Funcs(r.funcs()).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("parsing the templates in %s: %w", code, err)
		}
		r.templates[code] = t
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
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, page.template(), page); err != nil {
		return fmt.Errorf("showing %s: %w", page.template(), err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("writing %s: %w", page.template(), err)
	}
	return nil
}
