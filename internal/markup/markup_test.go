package markup

import (
	"errors"
	"fmt"
	"html/template"
	"reflect"
	"strings"
	"testing"
)

// Types of the data of the tests.
type (
	name string
	kind int

	part struct {
		Name  name
		Count int
		Next  *part
		Parts []part
	}

	page struct {
		*part2
		part
		Text, Other string
		Yes         bool
		Kind        kind
		Link        template.URL
		Markup      template.HTML
		Any         any
		Errors      map[name]string
		Nobody      *part
		Empty       []string
		Words       []string
	}

	part2 struct{ Inner string }
)

func (k kind) String() string                    { return fmt.Sprintf("<kind %d>", int(k)) }
func (p part) Upper() string                     { return strings.ToUpper(string(p.Name)) }
func (p part) Times(n int, word name) string     { return strings.Repeat(string(word), n) }
func (p *part) Pointed() string                  { return "pointed at " + string(p.Name) }
func (p page) Self() page                        { return p }
func (p page) Fails() (string, error)            { return "", errors.New("this fails") }
func (p page) Sum(first int, more ...int) string { return fmt.Sprint(first, more) }

var funcs = template.FuncMap{
	"t":     func(key string, args ...any) string { return fmt.Sprintf(key, args...) },
	"upper": strings.ToUpper,
	"of":    func(p part) string { return string(p.Name) },
	"both":  func(a, b string) string { return a + b },
	"twice": func(n int) int { return 2 * n },
	"asset": func(name string) (string, error) {
		if name == "gone" {
			return "", errors.New("there is no such asset")
		}
		return "/static/" + name, nil
	},
}

var direct = []Direct{Direct1[part, string](), Direct2[string, string, string](), Direct1[page, page]()}

func data() page {
	inner := part{Name: "inner <1>", Parts: []part{{Name: "a"}, {Name: "b", Parts: []part{{Name: "c&d"}}}}}
	return page{part2: &part2{"in"}, part: part{Name: `"O'Hara" + 1`, Count: 3, Next: &inner,
		Parts: []part{inner, {Name: "second"}}}, Text: "some <b>text</b>", Yes: true, Kind: 7,
		Link: "tel:+4512", Markup: "<b>as it is</b>",
		Errors: map[name]string{inner.Name: "wrong"}, Words: []string{"one", "two", "three"}}
}

// parsed makes a template with a few parts to call.
func parsed(tb testing.TB, source string) *template.Template {
	tb.Helper()
	const parts = `{{define "icon"}}<svg><use href="{{asset "i.svg"}}#{{.}}"/></svg>{{end}}` +
		`{{define "chosen"}}{{if .}}<b>{{.}}</b>{{else}}nothing{{end}}{{end}}` +
		`{{define "fixed"}}<hr>{{end}}` +
		`{{define "tree"}}<ul>{{$n := .Name}}{{range $i, $p := .Parts}}` +
		`<li>{{$i}}{{$n}}{{template "tree" .}}{{$n}}</li>{{end}}</ul>{{end}}` +
		`{{define "again"}}{{if eq . "x"}}x{{else}}{{template "again" "x"}}{{end}}{{end}}`
	set, err := template.New("").Funcs(funcs).Parse(parts + `{{define "page"}}` + source + `{{end}}`)
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

// TestTemplatesSayTheSame compares with html/template.
func TestTemplatesSayTheSame(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`plain`, `{{/* nothing */}}`,
		`<p title="{{.Text}}">{{.Text}} {{.Name}} {{.Count}} {{.Kind}} {{.Inner}}</p>`,
		`{{.Self.Self.Text}} {{.Next.Name}} {{.Next.Upper}} ` +
			`{{.Next.Pointed}} {{.Upper}} {{(.Self).Upper}} {{.Times 2 "ab"}}`,
		`{{.Markup}}<img srcset="{{.Text}}"><img srcset="{{asset "a.webp"}}"><img srcset="{{.Inner}}">`,
		`<title>{{.Text}}</title><textarea>{{.Text}}</textarea>`,
		`<a href="{{.Text}}"></a><a href="/x/{{.Text}}"></a>` +
			`<a href="/x?y={{.Text}}&amp;z={{.Name}}"></a><a href="{{.Link}}"></a>`,
		`{{t "fixed <i>"}} {{t "%s of %d" .Name .Count}} {{t "%v" (upper "x")}} {{upper .Text}} {{both "a" .Text}}`,
		`{{of .Next}} {{of .Self.Next}}{{range .Parts}}{{of .}}{{end}} {{.Sum 1}} {{.Sum 1 2 3}} {{twice .Count}}`,
		`{{template "icon" "plus"}}{{template "icon" .Text}}` +
			`{{template "fixed"}}{{template "chosen" "x"}}{{template "chosen" ""}}`,
		`{{template "chosen" .Other}}{{template "again" "y"}}`,
		`{{template "tree" .Self.Next}}`,
		`{{if .Yes}}a{{end}}{{if not .Yes}}b{{else}}c{{end}}{{if .Other}}d{{else if .Nobody}}e{{else}}f{{end}}`,
		`{{if .Next}}a{{end}}{{if .Errors}}b{{end}}{{if .Empty}}c{{end}}` +
			`{{if .Count}}d{{end}}{{if .Self}}e{{end}}{{if .Any}}f{{end}}`,
		`{{if and .Yes .Text}}a{{end}}{{if or .Other .Count}}b{{end}}` +
			`{{if and .Yes (not .Other)}}c{{end}}{{or .Other .Text "x"}}{{and .Text .Other}}`,
		`{{if eq .Name "x"}}a{{end}}{{if ne .Text "x"}}b{{end}}` +
			`{{if eq .Count 3}}c{{end}}{{if gt .Count 2}}d{{end}}{{if le .Kind 7}}e{{end}}`,
		`{{if lt .Count 2}}a{{end}}{{if ge .Count 2}}b{{end}}` +
			`{{if ne .Count 2}}c{{end}}{{len .Words}}{{if eq (len .Empty) 0}}d{{end}}`,
		`{{with .Next}}{{.Name}}{{$.Name}}{{else}}none{{end}}{{with .Nobody}}x{{else}}` +
			`{{.Text}}{{end}}{{with $x := .Text}}{{$x}}{{.}}{{end}}`,
		`{{with .Other}}x{{else with .Text}}{{.}}{{end}}`,
		`{{range .Words}}{{.}}{{$.Text}}{{else}}none{{end}}{{range .Empty}}x{{else}}none{{.Text}}{{end}}`,
		`{{range $i, $w := .Words}}{{if $i}}, {{end}}{{$w}}{{end}}{{range $w := .Words}}{{$w}}{{.}}{{end}}`,
		`{{$a := .Text}}{{if .Yes}}{{$a := .Name}}{{$a}}{{end}}{{$a}}{{range .Parts}}` +
			`{{$a}}{{$b := .Name}}{{range .Parts}}{{$b}}{{.Name}}{{end}}{{end}}`,
		`{{if $x := .Text}}{{$x}}{{end}}`,
		`<p aria-expanded="{{.Yes}}">{{not .Yes}}{{printf "%s-%d" .Name .Count}}</p>`,
		`{{if eq .Text "a" "b" .Text}}a{{end}}{{if eq .Text "a" "b"}}b{{end}}`,
		`{{if eq .Count 1 2}}a{{else if eq .Count 1 3}}b{{end}}`,
		`{{index .Errors .Next.Name}}{{index .Errors .Name}}`,
		`<p{{if .Yes}} class="{{.Name}}"{{end}}>{{"const <a>"}}{{3}}</p><!-- gone -->`,
	} {
		var want strings.Builder
		if err := parsed(t, source).ExecuteTemplate(&want, "page", data()); err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		set := New(parsed(t, source), funcs, direct)
		for range 2 {
			got, err := set.Execute([]byte("before "), "page", data())
			if err != nil || string(got) != "before "+want.String() {
				t.Errorf("%s\ngot  %q, %v\nwant %q", source, got, err, want.String())
			}
		}
	}
}

// TestWhatDoesNotFitIsRefused lists what Check must not accept: faults, and what
// would need more than is here.
func TestWhatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`{{.Missing}}`, `{{.Text.Length}}`, `{{.Next.Missing}}`, `{{.Upper "x"}}`, `{{.Times 1}}`,
		`{{.Times "1" "2"}}`,
		`{{.Text "x"}}`, `{{.Sum "x"}}`, `{{upper .Count}}`, `{{upper .Name}}`, `{{asset "gone"}}`,
		`{{template "page2" .}}`,
		`{{if .Other}}{{.Missing}}{{end}}`, `{{range .Words}}{{.Missing}}{{end}}`, `{{range .Count}}{{end}}`,
		`{{range .Errors}}{{end}}`,
		`{{template "tree" .Text}}`, `{{eq .Text .Count}}`, `{{if eq .Self .Self}}{{end}}`,
		`{{if lt .Text "x"}}{{end}}`,
		`{{.Any}}`, `{{.Any.Text}}`, `{{.Next}}`, `{{.Errors}}`, `{{.Self}}`, `<p title="{{.Markup}}">`, `{{1.5}}`,
		`{{or .Text .Count}}`, `{{with or .Text .Count}}{{end}}`, `{{t "%v" (or .Text .Count)}}`,
		`{{template "fixed" (and .Text .Yes)}}`,
		`{{$x := or .Text .Count}}`, `{{$x := 1}}{{$x = 2}}`, `{{range .Words}}{{break}}{{end}}`,
		`{{.Text | upper}}`, `{{printf .Count}}`,
		`{{index .Words 1}}`, `{{len .Count}}`, `{{nil}}`,
		`<script>x = {{.Text}}</script>`, `<a onclick="f({{.Text}})"></a>`, `<p style="color: {{.Text}}"></p>`,
		`<p title={{.Text}}></p>`,
		`<style>{{.Text}}</style>`, `<p {{.Text}}="x"></p>`, `<a href="{{.Kind}}"></a>`,
		`<p title="{{.Link}}"></p>`,
		`<p title="`, `{{if .Yes}}<a href="{{end}}`,
	} {
		set, err := template.New("").Funcs(funcs).Parse(`{{define "tree"}}{{.Parts}}{{end}}{{define "fixed"}}{{end}}` +
			`{{define "page"}}` + source + `{{end}}`)
		if err != nil {
			continue // html/template refuses it even sooner
		}
		if err := New(set, funcs, nil).Check("page", reflect.TypeFor[page]()); err == nil {
			t.Errorf("%s is accepted", source)
		}
	}
}

func TestAnExecutionThatFailsGivesNothing(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`{{.Nobody.Name}}`, `{{.Nobody.Upper}}`, `{{.Fails}}`, `{{of .Nobody}}`,
		`{{.Inner}}`} {
		d := data()
		d.part2 = nil
		set := New(parsed(t, "before"+source), funcs, direct)
		if err := set.Check("page", reflect.TypeOf(d)); err != nil {
			t.Errorf("%s: %v", source, err)
		}
		if out, err := set.Execute(nil, "page", d); err == nil || out != nil || !strings.Contains(err.Error(), "page") {
			t.Errorf("%s: %q, %v, want an error that names the template", source, out, err)
		}
	}
}

// TestPagesAreExecutedAtTheSameTime needs the race detector to find something.
func TestPagesAreExecutedAtTheSameTime(t *testing.T) {
	t.Parallel()
	const source = `{{template "tree" .Self.Next}}<a href="{{.Text}}">{{template "icon" .Text}}</a>`
	set := New(parsed(t, source), funcs, direct)
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for _, d := range []any{data(), new(data())} {
				if _, err := set.Execute(nil, "page", d); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// FuzzEscaping compares with html/template for each place where a value may stand.
func FuzzEscaping(f *testing.F) {
	const source = `<title>{{.Text}}</title><p title="{{.Text}}" data-x='{{.Name}}'>{{.Text}}{{.Name}}</p>` +
		`<textarea>{{.Name}}</textarea><a href="{{.Text}}">{{t "%s" .Text}}</a><a href="/a/{{.Name}}/b">x</a>` +
		`<a href="/?a={{.Text}}">x</a><a href="#{{.Text}}">x</a><form action="{{.Name}}"></form>` +
		`<a href="{{.Link}}">x</a>`
	reference, set := parsed(f, source), New(parsed(f, source), funcs, direct)
	for _, text := range []string{"", "Anna Hansen", `<script>alert("1")</script>`, "javascript:alert(1)",
		"/settings/users?q=a&b=c#d", "https://x.example/ø?å=%41%zz", "a+b'c\x00d\xff", "mailto:x@y.example",
		"data:text/html,x", "//evil.example/", "/a:b", "\u2028`=\t"} {
		f.Add(text, text)
	}
	for c := range byte(128) {
		f.Add(string(c), "a"+string(c)+"b")
	}
	f.Fuzz(func(t *testing.T, text, other string) {
		d := page{Text: text, part: part{Name: name(other)}, Link: template.URL(other)}
		var want strings.Builder
		if err := reference.ExecuteTemplate(&want, "page", d); err != nil {
			t.Skip(err)
		}
		if got, err := set.Execute(nil, "page", d); err != nil || string(got) != want.String() {
			t.Errorf("got  %s, %v\nwant %s", got, err, want.String())
		}
	})
}
