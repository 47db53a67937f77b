package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/dbtool"
)

// versionCheck is what "pactius version --check" finds.
type versionCheck struct {
	build
	Release  bool   `json:"release"`             // built from a commit with a version tag, without changes
	File     string `json:"file"`                // of this program
	SHA256   string `json:"sha256"`              // of the file
	ListedAs string `json:"listed_as,omitempty"` // its name in the file with checksums
	Database string `json:"database,omitempty"`  // as it is printed, without its password

	SchemaProgram  int                `json:"schema_program,omitempty"`
	SchemaDatabase int                `json:"schema_database,omitempty"`
	State          dbtool.SchemaState `json:"state,omitempty"` // of the database's schema
}

// released is the version of a tag. Between tags the Go tool writes a pseudo-version, with the time and the commit.
var released = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$`)

// pseudo is the end of a pseudo-version: see go.dev/ref/mod#pseudo-versions.
var pseudo = regexp.MustCompile(`[-.]\d{14}-[0-9a-f]{12}$`)

// isRelease tells whether a build is one of a version tag.
func isRelease(b build) bool {
	return !b.Modified && released.MatchString(b.Version) && !pseudo.MatchString(b.Version)
}

// checkVersion compares this program with the checksums of its release and with the database it would serve. What is
// found is printed first; the error says why the program must not be started.
func (a *app) checkVersion(c *cobra.Command, b build, sums string, asJSON bool) error {
	v := versionCheck{build: b, Release: isRelease(b)}
	var faults []error
	if err := v.ownFile(sums); err != nil {
		faults = append(faults, err)
	}
	cfg, err := a.config(c.Flags(), nil)
	if err == nil {
		err = v.schema(c, cfg)
	}
	if err != nil {
		faults = append(faults, errors.New(reason(err)))
	}
	if asJSON {
		err = json.NewEncoder(a.stdout).Encode(v)
	} else {
		err = v.print(a.printer(false))
	}
	return errors.Join(append(faults, err)...)
}

// ownFile reads the program's own file and looks for it among the checksums.
func (v *versionCheck) ownFile(sums string) error {
	path, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's file: %w", err)
	}
	v.File = path
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read this program's file: %w", err)
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return fmt.Errorf("read this program's file: %w", err)
	}
	v.SHA256 = hex.EncodeToString(hash.Sum(nil))
	if sums == "" {
		return nil
	}
	text, err := os.ReadFile(sums)
	if err != nil {
		return fmt.Errorf("read the checksums: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && strings.EqualFold(fields[0], v.SHA256) {
			v.ListedAs = strings.TrimPrefix(fields[1], "*")
			return nil
		}
	}
	return fmt.Errorf("%s isn't listed in %s: it's from another release, or it was changed. Don't use it; "+
		"install the release again", path, sums)
}

// schema compares the schema of the configured database.
func (v *versionCheck) schema(c *cobra.Command, cfg config.Config) error {
	if cfg.Database.Address() == "" {
		return nil
	}
	v.Database = cfg.Database.String()
	s, err := dbtool.CompareSchemas(c.Context(), cfg.Database.Address(), dbtool.Options{})
	v.SchemaProgram, v.SchemaDatabase = s.Program, s.Database
	if err == nil || s.State == dbtool.SchemaForeign {
		v.State = s.State
	}
	if v.State == dbtool.SchemaNewer {
		return fmt.Errorf("the database was written by a newer version of PACTIUS (schema %d; this version uses %d), "+
			"so this program doesn't start on it: use the newer version, or restore the copy made before the upgrade",
			s.Database, s.Program)
	}
	return err
}

// print says what was found to a person.
func (v *versionCheck) print(p *printer) error {
	kind := "a release"
	switch {
	case v.Modified:
		kind = "no release: built from uncommitted changes"
	case !v.Release:
		kind = "no release: built from a commit without a version tag"
	}
	if v.Revision != "" {
		kind += fmt.Sprintf(", commit %s of %s", v.Revision, v.Time)
	}
	file := v.SHA256
	if v.ListedAs != "" {
		file += ", listed as " + v.ListedAs
	}
	database := v.Database
	if database == "" {
		database = "not configured, so not compared; specify --config or --database"
	}
	return p.facts("Program", v.build.String(), "Build", kind, "File", v.File, "SHA-256", file, "Database", database,
		"Schema", v.schemas())
}

// schemas says what a server of this program would do with the database; "" says nothing.
func (v *versionCheck) schemas() string {
	switch v.State {
	case dbtool.SchemaMissing, dbtool.SchemaEmpty:
		return fmt.Sprintf("the database is %s: pactius environment add sets it up (schema %d)", v.State,
			v.SchemaProgram)
	case dbtool.SchemaOlder:
		return fmt.Sprintf("%d, this program uses %d: the server upgrades it when it starts. Back it up first",
			v.SchemaDatabase, v.SchemaProgram)
	case dbtool.SchemaSame:
		return fmt.Sprintf("%d, as this program uses it", v.SchemaDatabase)
	case dbtool.SchemaNewer:
		return fmt.Sprintf("%d, this program uses %d and doesn't start on it", v.SchemaDatabase, v.SchemaProgram)
	case dbtool.SchemaForeign:
		return fmt.Sprintf("%d of another build, so this program doesn't start on it", v.SchemaDatabase)
	}
	return ""
}
