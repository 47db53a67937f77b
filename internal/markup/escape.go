package markup

import (
	"fmt"
	"html/template"
	"reflect"
	"strconv"
	"strings"
	"text/template/parse"
)

// escapersOf parts a pipeline from the escapers that html/template has added.
func escapersOf(commands []*parse.CommandNode) (own []*parse.CommandNode, escapers string) {
	for i, c := range commands {
		if name, ok := strings.CutPrefix(c.String(), "_html_template_"); ok && i > 0 {
			escapers += " " + name
		} else {
			own = append(own, c)
		}
	}
	return own, strings.TrimPrefix(escapers, " ")
}

// escaped appends a value, escaped for where it stands.
type escaped func(s *state, v reflect.Value)

// output escapes values of a type.
func (w *writer) output(n parse.Node, typ reflect.Type, escapers string) escaped {
	original, address := originals[escapers]
	text := escapers == "htmlescaper" || escapers == "attrescaper" || escapers == "rcdataescaper"
	stringer := typ.Implements(reflect.TypeFor[fmt.Stringer]())
	switch {
	case address && typ == reflect.TypeFor[template.URL]():
		return func(s *state, v reflect.Value) { s.out = original.append(s.out, v.Interface()) }
	case escapers == "htmlescaper" && typ == reflect.TypeFor[template.HTML]():
		return func(s *state, v reflect.Value) { s.out = append(s.out, v.String()...) } // markup between tags
	case typ.PkgPath() == "html/template":
	case typ.Implements(reflect.TypeFor[error]()):
	case address && typ.Kind() == reflect.String && !stringer:
		return func(s *state, v reflect.Value) {
			text := v.String()
			if original.unchanged(text) {
				s.out = append(s.out, text...)
			} else {
				s.out = original.append(s.out, text)
			}
		}
	case text && stringer && typ.Kind() != reflect.Pointer:
		return func(s *state, v reflect.Value) { s.out = appendText(s.out, v.Interface().(fmt.Stringer).String()) }
	case text && typ.Kind() == reflect.String:
		return func(s *state, v reflect.Value) { s.out = appendText(s.out, v.String()) }
	case text && reflect.Zero(typ).CanInt():
		return func(s *state, v reflect.Value) { s.out = strconv.AppendInt(s.out, v.Int(), 10) }
	case text && typ.Kind() == reflect.Bool:
		return func(s *state, v reflect.Value) { s.out = strconv.AppendBool(s.out, v.Bool()) }
	}
	panic(w.refuse(n, "%s for %q is not supported", typ, escapers))
}

// appendText escapes for text and for attributes in quotes.
func appendText(out []byte, text string) []byte {
	written := 0
	for i := range len(text) {
		if c := text[i]; c <= '>' && replacements[c] != "" {
			out = append(append(out, text[written:i]...), replacements[c]...)
			written = i + 1
		}
	}
	return append(out, text[written:]...)
}

// replacements of the characters that have a meaning in markup, as html/template writes them.
var replacements = [...]string{
	0: "\uFFFD", '"': "&#34;", '&': "&amp;", '\'': "&#39;", '+': "&#43;", '<': "&lt;", '>': "&gt;",
}

// original is a chain of html/template's own escapers: a template in which one value
// stands in their place.
type original struct {
	before, after string // text around the value
	template      *template.Template
	plain         string // characters besides letters and digits that it leaves as they are
}

// originals of the escapers of addresses, which are more than a few replacements.
var originals = map[string]*original{
	"urlfilter urlnormalizer attrescaper": newOriginal(`<a href="`, inAddress),
	"urlnormalizer attrescaper":           newOriginal(`<a href="/`, inAddress),
	"urlescaper attrescaper":              newOriginal(`<a href="/?x=`, "-._~"),
	"srcsetescaper attrescaper":           newOriginal(`<img srcset="`, "-._~/"),
}

// inAddress are characters that addresses keep. None of them can begin another scheme.
const inAddress = "-._~/?=#"

func newOriginal(before, plain string) *original {
	o := &original{before: before, after: `">`, plain: plain}
	o.template = template.Must(template.New("").Parse(o.before + "{{.}}" + o.after))
	return o
}

// unchanged reports whether escaping would leave the text as it is. It may say no
// where it would.
func (o *original) unchanged(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && !('0' <= c && c <= '9') && strings.IndexByte(o.plain, c) < 0 {
			return false
		}
	}
	return true
}

// append escapes a value.
func (o *original) append(out []byte, value any) []byte {
	var b strings.Builder
	if err := o.template.Execute(&b, value); err != nil {
		panic(err)
	}
	text := b.String()
	return append(out, text[len(o.before):len(text)-len(o.after)]...)
}
