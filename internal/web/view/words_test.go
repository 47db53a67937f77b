package view

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/mail"
)

// constants reads the string constants of a source file whose names pass.
func constants(t *testing.T, file string, wanted func(name, kind string) bool) map[string]string {
	t.Helper()
	source, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for node := range ast.Preorder(source) {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			continue
		}
		kind := ""
		if id, ok := spec.Type.(*ast.Ident); ok {
			kind = id.Name
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok && wanted(spec.Names[0].Name, kind) {
			if found[spec.Names[0].Name], err = strconv.Unquote(literal.Value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no such constants", file)
	}
	return found
}

// TestEveryEventAndMailHasWords reads the source: a kind that is new would
// otherwise be shown without words until somebody sees it.
func TestEveryEventAndMailHasWords(t *testing.T) {
	t.Parallel()
	for name, kind := range constants(t, "../../../event.go",
		func(_, kind string) bool { return kind == "EventKind" }) {
		if got := EventText(EventRow{Event: pactius.Event{Kind: pactius.EventKind(kind)}}).String(); strings.Contains(
			got, "this page can't describe") {
			t.Errorf("%s: %s", name, got)
		}
		if KindName(pactius.EventKind(kind)).IsZero() {
			t.Errorf("%s cannot be chosen in a filter", name)
		}
	}
	for _, kind := range mail.Kinds() {
		if got := MailKind(kind).String(); got == MailKind("").String() {
			t.Errorf("%s is shown as %q", kind, got)
		}
	}
}
