package dbtool

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/pactius/pactius/internal/database"
)

// SchemaState is what a server of this program finds in a database.
type SchemaState string

// The states of a database's schema.
const (
	SchemaMissing SchemaState = "missing" // there is no such SQLite file
	SchemaEmpty   SchemaState = "empty"   // without any table
	SchemaOlder   SchemaState = "older"   // the server upgrades it when it starts
	SchemaSame    SchemaState = "same"
	SchemaNewer   SchemaState = "newer" // the server refuses it
	SchemaForeign SchemaState = "other" // the server refuses it: another build has made it
)

// Schemas compares the schema of a database with this program's.
type Schemas struct {
	State    SchemaState
	Program  int // the newest schema step that this program knows
	Database int // the newest schema step that the database has
}

// CompareSchemas looks at the schema of a database and changes nothing. It refuses another program's database, and one
// of another build.
func CompareSchemas(ctx context.Context, address string, o Options) (s Schemas, err error) {
	options, err := o.database()
	if err != nil {
		return Schemas{}, err
	}
	s = Schemas{State: SchemaMissing, Program: len(options.Steps)}
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok && !database.FileExists(path) {
		return s, nil
	}
	options.Reading = true
	db, err := database.Connect(ctx, address, options)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	empty, refused := db.CheckUsable(ctx)
	if empty {
		s.State = SchemaEmpty
		return s, nil
	}
	if s.Database, err = db.SchemaVersion(ctx); err != nil {
		return s, cmp.Or(refused, err) // another program's database has no schema steps
	}
	switch foreign := (*database.ForeignStepsError)(nil); {
	case errors.As(refused, &foreign):
		s.State = SchemaForeign
	case s.Database > s.Program:
		s.State = SchemaNewer
		return s, nil
	case s.Database < s.Program:
		s.State = SchemaOlder
	default:
		s.State = SchemaSame
	}
	return s, refused
}
