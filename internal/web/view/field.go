package view

import (
	"slices"
	"strings"

	"github.com/pactius/pactius"
)

// Field is one labelled control of a form with its hint and its error.
type Field struct {
	ID, Name, Label, Value string
	Hint                   string
	Type                   string // of the input element
	Lines                  int    // more than 0: a text area
	Most                   int    // characters; 0 is without limit
	Autocomplete           string
	Required               bool
	Soft                   bool // required by the server only: another choice of the form may hide the field
	First                  bool // gets the focus when the form opens
	Error                  pactius.Text
}

// Field describes a text field of the form. The methods that follow refine it:
// ((.Field "name" (t "Name") .Name).Must).
func (f Form) Field(name, label, value string) Field {
	return Field{ID: "f-" + name, Name: name, Label: label, Value: value, Type: "text", Autocomplete: "off",
		Error: f.Errors[name]}
}

// Hinted gives the field a hint.
func (f Field) Hinted(hint string) Field { f.Hint = hint; return f }

// Typed sets the type of the input element. A browser does not fill a password of the reader into a secret.
func (f Field) Typed(kind string) Field {
	f.Type = kind
	if kind == "password" {
		f.Autocomplete = "new-password"
	}
	return f
}

// Text makes it a text area of so many lines and at most so many characters.
func (f Field) Text(lines, most int) Field { f.Lines, f.Most = lines, most; return f }

// Must marks the field as required.
func (f Field) Must() Field { f.Required = true; return f }

// Softly leaves it to the server to demand the field: another choice of the
// form may hide it.
func (f Field) Softly() Field { f.Soft = true; return f }

// Focus gives the field the focus when the form opens.
func (f Field) Focus() Field { f.First = true; return f }

// As gives the field another ID, where a page holds two forms.
func (f Field) As(id string) Field { f.ID = id; return f }

// Optional reports whether the label says that the field may stay empty.
func (f Field) Optional() bool { return !f.Required }

// Described is the value of aria-describedby.
func (f Field) Described() string {
	switch {
	case f.Hint != "" && !f.Error.IsZero():
		return f.ID + "-error " + f.ID + "-hint"
	case !f.Error.IsZero():
		return f.ID + "-error"
	case f.Hint != "":
		return f.ID + "-hint"
	}
	return ""
}

// Problems is the summary over a form.
type Problems struct {
	Problem pactius.Text
	Fields  []FieldProblem
}

// FieldProblem is one line of the summary; it leads to the field.
type FieldProblem struct {
	Target  string // ID of the control; "" is not on this form
	Message pactius.Text
}

// Summary lists what is wrong in the order of the fields on the form; a field
// whose control has an ID of its own is named "field#id". Errors of other
// fields follow without a link, so that none is lost.
func (f Form) Summary(names ...string) Problems {
	p := Problems{Problem: f.Problem}
	named := make(map[string]bool, len(names))
	for _, name := range names {
		name, id, own := strings.Cut(name, "#")
		if !own {
			id = "f-" + name
		}
		named[name] = true
		if message, ok := f.Errors[name]; ok {
			p.Fields = append(p.Fields, FieldProblem{id, message})
		}
	}
	others := make([]string, 0, len(f.Errors))
	for name := range f.Errors {
		if !named[name] {
			others = append(others, name)
		}
	}
	if len(p.Fields) == 1 && len(others) == 0 && p.Fields[0].Message.String() == p.Problem.String() {
		p.Problem = pactius.Text{} // said once is enough, and the field's line leads there
	}
	slices.Sort(others)
	for _, name := range others {
		p.Fields = append(p.Fields, FieldProblem{Message: f.Errors[name]})
	}
	return p
}

// Any reports whether there is anything to say.
func (p Problems) Any() bool { return !p.Problem.IsZero() || len(p.Fields) > 0 }
