package view

import (
	"html/template"
	"reflect"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/language"
)

// TestPagesAreWhatTemplatesSay compares every story in every language with what
// html/template makes of it.
func TestPagesAreWhatTemplatesSay(t *testing.T) {
	t.Parallel()
	r := newRenderer(t)
	for _, code := range language.Supported() {
		reference := template.Must(template.New("").Funcs(r.funcs(code)).ParseFS(templateFiles, "templates/*.html"))
		for _, s := range stories() {
			page := inLanguage(s.page, code)
			var want strings.Builder
			if err := reference.ExecuteTemplate(&want, page.template(), page); err != nil {
				t.Fatal(err)
			}
			got, at := show(t, r, page), 0
			if got == want.String() {
				continue
			}
			for at < min(len(got), want.Len()) && got[at] == want.String()[at] {
				at++
			}
			t.Errorf("%s in %s differs at %q", s.name, code, got[max(0, at-100):min(at+100, len(got))])
		}
	}
}

// inLanguage is the page for a reader of the language.
func inLanguage(page Page, code language.Code) Page {
	own := reflect.New(reflect.TypeOf(page)).Elem()
	own.Set(reflect.ValueOf(page))
	own.FieldByName("Base").FieldByName("Reader").FieldByName("Language").Set(reflect.ValueOf(code))
	return own.Interface().(Page)
}
