package store_test

import (
	"context"
	"errors"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// sqlConstants finds the values of all constants of the package named sql...
func sqlConstants(t *testing.T) map[string]string {
	t.Helper()
	files := token.NewFileSet()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	// Only constants are wanted: imports that cannot be resolved do not matter.
	checker := types.Config{Error: func(error) {}, Importer: nothing{}}
	checked, _ := checker.Check("store", files, parsed, nil)
	found := map[string]string{}
	for _, name := range checked.Scope().Names() {
		if c, ok := checked.Scope().Lookup(name).(*types.Const); ok && strings.HasPrefix(name, "sql") {
			found[name] = constant.StringVal(c.Val())
		}
	}
	return found
}

// nothing imports nothing.
type nothing struct{}

func (nothing) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }

// statements are the constants of the package and all that the methods of Tx run,
// each called with the environment's own rows.
func statements(t *testing.T, db *storetest.DB) map[string]string {
	t.Helper()
	found := sqlConstants(t)
	if len(found) < 40 {
		t.Fatalf("only %d constants named sql were found", len(found))
	}
	constants := len(found)
	var running string
	s, err := store.Open(t.Context(), db.URL, store.Options{
		Now:       db.Clock.Now,
		Statement: func(_ context.Context, query string, _ []any) { found[running+": "+query] = query },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := mark(t, db, "alpha")
	methods := reflect.TypeFor[*store.Tx]()
	for i := range methods.NumMethod() {
		method := methods.Method(i)
		if method.Name == "Environment" || method.Name == "Context" {
			continue
		}
		running = method.Name
		for _, args := range m.calls(t, method, db.Clock.Now()) {
			undo := errors.New("undo")
			err := s.Update(t.Context(), m.Env, func(tx *store.Tx) error {
				call(tx, method, args) // an error is no fault: not every row fits every method
				return undo
			})
			if !errors.Is(err, undo) {
				t.Fatal(err)
			}
		}
	}
	if len(found) < constants+100 {
		t.Fatalf("only %d statements were run", len(found)-constants)
	}
	return found
}

func TestEveryStatementIsUnderstood(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for name, text := range statements(t, db) {
			statement, err := db.Raw.PrepareContext(t.Context(), text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if err := statement.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
