package view

import (
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/language"
)

func TestD(t *testing.T) {
	r := newRenderer(t)
	seen := map[string]bool{}
	for _, s := range stories() {
		for code, g := range r.tongues {
			p := inLanguage(s.page, code)
			var b, c strings.Builder
			if err := g.Templates.ExecuteTemplate(&b, p.template(), p); err != nil {
				t.Fatal(err)
			}
			if err := r.Render(&c, p); err != nil {
				if !seen[err.Error()] {
					t.Error(err)
				}
				seen[err.Error()] = true
			} else if b.String() != c.String() {
				i := 0
				for b.String()[i] == c.String()[i] {
					i++
				}
				t.Errorf("%s differs at %d: %q and %q", s.name, i, b.String()[i:min(i+100, b.Len())], c.String()[i:min(i+100, c.Len())])
			}
		}
	}
	_ = language.English
}
