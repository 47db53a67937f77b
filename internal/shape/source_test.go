package shape

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// maxFunction is the most lines of a function: longer ones are two functions.
const maxFunction = 80

// maxFile is the most lines of a source file before it must be divided.
const maxFile = 600

// vague are names that say nothing of what a package owns.
var vague = []string{"util", "utils", "common", "helper", "helpers", "manager", "impl", "misc", "base", "lib"}

// demanded are names of methods that an interface of a library asks for.
var demanded = []string{"GetStatus"} // huma.StatusError

func TestEveryPackageIsDocumented(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		if p.Doc == "" || !slices.Contains(p.GoFiles, "doc.go") {
			t.Errorf("package %s lacks a doc.go with its comment", p.ImportPath)
		}
		if slices.Contains(vague, filepath.Base(p.ImportPath)) {
			t.Errorf("package %s has a name that says nothing", p.ImportPath)
		}
	}
}

func TestSourceKeepsTheRules(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Error(err)
				continue
			}
			where := func(n ast.Node) string {
				return fmt.Sprintf("%s/%s:%d", p.short(), name, files.Position(n.Pos()).Line)
			}
			if lines := files.Position(file.End()).Line; lines > maxFile {
				t.Errorf("%s/%s has %d lines, at most %d", p.short(), name, lines, maxFile)
			}
			for _, d := range file.Decls {
				for _, fault := range faults(files, d) {
					t.Errorf("%s: %s", where(d), fault)
				}
			}
		}
	}
}

// faults returns what is wrong with a declaration.
func faults(files *token.FileSet, d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return functionFaults(files, d)
	case *ast.GenDecl:
		return declarationFaults(d)
	}
	return nil
}

func functionFaults(files *token.FileSet, f *ast.FuncDecl) []string {
	var found []string
	name := f.Name.Name
	if lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; lines > maxFunction {
		found = append(found, fmt.Sprintf("%s has %d lines, at most %d", name, lines, maxFunction))
	}
	if name == "init" {
		found = append(found, "init: pass what is needed instead")
	}
	rest, ok := strings.CutPrefix(name, "Get")
	if ok && rest != "" && unicode.IsUpper(rune(rest[0])) && !slices.Contains(demanded, name) {
		found = append(found, name+": leave out Get")
	}
	if f.Name.IsExported() && f.Doc == nil && (f.Recv == nil || exportedReceiver(f.Recv)) {
		found = append(found, name+" is exported and not documented")
	}
	return found
}

// exportedReceiver tells whether a method belongs to an exported type.
func exportedReceiver(receiver *ast.FieldList) bool {
	of := receiver.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	name, ok := of.(*ast.Ident)
	return ok && name.IsExported()
}

// declarationFaults checks types, constants and variables; the comment of a
// group counts for all in it, as does one at the end of the line.
func declarationFaults(d *ast.GenDecl) []string {
	var found []string
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				found = append(found, s.Name.Name+" is exported and not documented")
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					found = append(found, name.Name+" is exported and not documented")
				}
			}
		}
	}
	return found
}
