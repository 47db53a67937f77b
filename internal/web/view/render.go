package view

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"reflect"
	"sync"

	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/markup"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Renderer turns pages into HTML. Make one with New; it is safe for use by many
// goroutines.
type Renderer struct {
	assets  *assets
	tongues map[language.Code]*tongue
}

// tongue is the templates in one language.
type tongue struct {
	markup.Set
	compiled sync.Map // reflect.Type of a page -> func() (*markup.Template, error)
}

// New parses every template in every language and prepares the assets. It
// fails only if one of the embedded files is broken.
func New() (*Renderer, error) {
	a, err := newAssets()
	if err != nil {
		return nil, err
	}
	r := &Renderer{assets: a, tongues: make(map[language.Code]*tongue)}
	for _, code := range language.Supported() {
		funcs := template.FuncMap(code.Funcs())
		maps.Copy(funcs, r.funcs())
		t, err := template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("parsing the templates in %s: %w", code, err)
		}
		r.tongues[code] = &tongue{Set: markup.Set{Templates: t, Funcs: funcs, Direct: direct()}}
	}
	return r, nil
}

// Render writes the page in its reader's language. Nothing is written if the
// page cannot be shown whole.
func (r *Renderer) Render(w io.Writer, page Page) error {
	t, ok := r.tongues[page.base().Reader.Language]
	if !ok {
		t = r.tongues[language.English]
	}
	compiled, err := t.template(page)
	if err != nil {
		return fmt.Errorf("compiling %s: %w", page.template(), err)
	}
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	out, err := compiled.Execute((*b)[:0], page)
	if err != nil {
		return fmt.Errorf("showing %s: %w", page.template(), err)
	}
	*b = out
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("writing %s: %w", page.template(), err)
	}
	return nil
}

// template is the template of a page, compiled when it is shown first.
func (t *tongue) template(page Page) (*markup.Template, error) {
	typ := reflect.TypeOf(page)
	compile, ok := t.compiled.Load(typ)
	if !ok {
		compile, _ = t.compiled.LoadOrStore(typ, sync.OnceValues(func() (*markup.Template, error) {
			return t.Compile(page.template(), typ)
		}))
	}
	return compile.(func() (*markup.Template, error))()
}

// buffers are for pages, which are written whole.
var buffers = sync.Pool{New: func() any { return new([]byte) }}
