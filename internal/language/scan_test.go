package language

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
)

// usage is what the source says: every key with the first place that uses it,
// and what cannot be read.
type usage struct {
	keys  map[string]string // key -> file:line
	wrong []string          // keys that are no literals, templates that do not parse
}

func (u *usage) add(key, where string) {
	if _, ok := u.keys[key]; !ok {
		u.keys[key] = where
	}
}

func (u *usage) fault(where, what string) { u.wrong = append(u.wrong, where+": "+what) }

// skippedDirs hold no words of ours.
var skippedDirs = []string{".git", ".ci", "testdata", "node_modules", "docs", "e2e", "bench"}

// scanSource reads every Go file and template below root.
func scanSource(tb testing.TB, root string) usage {
	tb.Helper()
	u := usage{keys: map[string]string{}}
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if slices.Contains(skippedDirs, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(name, "_test.go"):
			return nil
		}
		ext := path.Ext(name)
		if !slices.Contains([]string{".go", ".html", ".txt", ".tmpl"}, ext) {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if ext == ".go" {
			u.scanGo(name, source)
		} else {
			u.scanTemplate(name, string(source))
		}
		return nil
	})
	if err != nil {
		tb.Fatalf("reading the source: %v", err)
	}
	return u
}

// scanGo finds the keys in calls of T and Plural (as functions, methods or
// values named t), and in composite literals of pactius.Text.
func (u *usage) scanGo(name string, source []byte) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		u.fault(name, err.Error())
		return
	}
	// The words themselves pass keys on as variables.
	machinery := name == "text.go" || path.Dir(name) == "internal/language"
	key := func(e ast.Expr) {
		where := fmt.Sprintf("%s:%d", name, files.Position(e.Pos()).Line)
		if s, ok := literal(e); ok {
			u.add(s, where)
		} else if !machinery {
			u.fault(where, "the key must be a string literal")
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch called := calledName(n); {
			case (called == "T" || called == "t") && len(n.Args) > 0:
				key(n.Args[0])
			case called == "Plural" && len(n.Args) >= 3:
				key(n.Args[1])
				key(n.Args[2])
			}
		case *ast.CompositeLit:
			if e := textKey(n); e != nil {
				key(e)
			}
		}
		return true
	})
}

// calledName is the last name of what is called: "T" for pactius.T and r.T.
func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// textKey is the key within pactius.Text{...}, nil for any other literal.
func textKey(lit *ast.CompositeLit) ast.Expr {
	selector, ok := lit.Type.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "Text" || len(lit.Elts) == 0 {
		return nil
	}
	if pkg, ok := selector.X.(*ast.Ident); !ok || pkg.Name != "pactius" {
		return nil
	}
	for _, element := range lit.Elts {
		field, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return lit.Elts[0]
		}
		if name, ok := field.Key.(*ast.Ident); ok && name.Name == "Key" {
			return field.Value
		}
	}
	return nil
}

// literal is the value of a string literal or of several added up.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, err := strconv.Unquote(e.Value)
			return s, err == nil
		}
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, ok2 := literal(e.Y)
		return left + right, ok && ok2 && e.Op == token.ADD
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return "", false
}

// scanTemplate finds the keys given to t and plural.
func (u *usage) scanTemplate(name, source string) {
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := tree.Parse(source, "", "", set); err != nil {
		u.fault(name, err.Error())
		return
	}
	set[name] = tree
	for _, one := range set {
		if one.Root == nil {
			continue
		}
		walkTemplate(one.Root, func(c *parse.CommandNode) {
			u.scanCommand(name, source, c)
		})
	}
}

func (u *usage) scanCommand(name, source string, c *parse.CommandNode) {
	function, ok := c.Args[0].(*parse.IdentifierNode)
	if !ok {
		return
	}
	var keys []parse.Node
	switch {
	case function.Ident == "t":
		keys = c.Args[1:min(2, len(c.Args))]
	case function.Ident == "plural":
		keys = c.Args[min(2, len(c.Args)):min(4, len(c.Args))]
	default:
		return
	}
	where := fmt.Sprintf("%s:%d", name, 1+strings.Count(source[:c.Position()], "\n"))
	if len(keys) == 0 {
		u.fault(where, "the key must be a string literal")
	}
	for _, node := range keys {
		if s, ok := node.(*parse.StringNode); ok {
			u.add(s.Text, where)
		} else {
			u.fault(where, "the key must be a string literal")
		}
	}
}

// walkTemplate visits every command of a template, those in parentheses and in
// branches too.
func walkTemplate(node parse.Node, visit func(*parse.CommandNode)) {
	pipe := func(p *parse.PipeNode) {
		if p != nil {
			walkTemplate(p, visit)
		}
	}
	branch := func(b *parse.BranchNode) {
		pipe(b.Pipe)
		walkTemplate(b.List, visit)
		if b.ElseList != nil {
			walkTemplate(b.ElseList, visit)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walkTemplate(child, visit)
		}
	case *parse.ActionNode:
		pipe(n.Pipe)
	case *parse.TemplateNode:
		pipe(n.Pipe)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walkTemplate(c, visit)
		}
	case *parse.CommandNode:
		visit(n)
		for _, arg := range n.Args {
			walkTemplate(arg, visit)
		}
	case *parse.ChainNode:
		walkTemplate(n.Node, visit)
	}
}
