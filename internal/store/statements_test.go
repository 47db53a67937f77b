package store_test

import (
	"errors"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/store/storetest"
)

// sqlConstants finds the values of all constants of the package named sql...
// that an engine is given: those with a name like sqlXPostgres or sqlXSQLite are
// for that one only.
func sqlConstants(t *testing.T, engine string) map[string]string {
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
		if engine != "sqlite" && strings.HasSuffix(name, "SQLite") || engine != "postgres" && strings.HasSuffix(name, "Postgres") {
			continue
		}
		if c, ok := checked.Scope().Lookup(name).(*types.Const); ok && strings.HasPrefix(name, "sql") {
			found[name] = constant.StringVal(c.Val())
		}
	}
	return found
}

// nothing imports nothing.
type nothing struct{}

func (nothing) Import(string) (*types.Package, error) { return nil, errors.New("not needed") }

func TestEveryStatementIsUnderstood(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		constants := sqlConstants(t, db.Engine())
		if len(constants) < 60 {
			t.Fatalf("only %d constants named sql were found", len(constants))
		}
		for name, text := range constants {
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
