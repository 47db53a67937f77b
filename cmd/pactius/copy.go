package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/names"
)

// copyRecord is one copied table; a dry run only counts.
type copyRecord struct {
	Table    string `json:"table"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"` // of all rows, in any order; "" in a dry run
	Copied   bool   `json:"copied"`
}

// newCopyCommand makes "pactius copy".
func newCopyCommand(a *app) *cobra.Command {
	var from, to string
	var dryRun bool
	c := describe("copy", copyRecord{}, noArgs)
	asJSON := jsonFlag(c)
	c.Flags().StringVar(&from, "from", "", "`ADDRESS` of the database to read, as in PACTIUS_DATABASE, or @FILE that "+
		"holds it")
	c.Flags().StringVar(&to, "to", "", "`ADDRESS` of the empty database to fill, or @FILE that holds it")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "copy nothing; only check whether it's possible, and count")
	c.RunE = func(c *cobra.Command, _ []string) error {
		source, err := a.database("from", from)
		if err != nil {
			return err
		}
		target, err := a.database("to", to)
		if err != nil {
			return err
		}
		p := a.printer(*asJSON)
		start := time.Now()
		done, err := dbtool.Copy(c.Context(), source.Address(), target.Address(),
			dbtool.CopyOptions{DryRun: dryRun, Progress: p.progress(start)})
		if err != nil {
			return err
		}
		return p.copied(done, dryRun, time.Since(start))
	}
	return c
}

// database parses the address of a database, from a file for "@FILE".
func (a *app) database(flag, text string) (config.Database, error) {
	if text == "" {
		return config.Database{}, usage("--%s is missing: the address of a database", flag)
	}
	if file, ok := strings.CutPrefix(text, "@"); ok {
		read := a.readFile
		if read == nil {
			read = config.ReadFile
		}
		b, err := read(file)
		if err != nil {
			return config.Database{}, fmt.Errorf("read the address of --%s: %w", flag, err)
		}
		if names.IsUTF16(b) {
			return config.Database{}, fmt.Errorf("the file of --%s %s", flag, names.UTF16Remedy)
		}
		text = names.TrimMark(string(b))
	}
	d, err := config.ParseDatabase(text)
	if err != nil {
		return d, usage("--%s %w", flag, err)
	}
	return d, nil
}

// progress returns a function that reports the progress of a copy on stderr.
func (p *printer) progress(start time.Time) func(dbtool.CopiedTable) {
	return func(t dbtool.CopiedTable) {
		state := "so far"
		if t.Done {
			state = "copied, read back and compared"
		}
		at, rows := fmt.Sprintf("%7.1f s", time.Since(start).Seconds()), fmt.Sprintf("%11s", thousands(t.Rows))
		_ = p.note("%s  %s  rows of %s %s", at, rows, t.Name, state) // the result contains the errors
	}
}

// thousands formats a number for people.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// copied prints the copied tables, or those to copy.
func (p *printer) copied(done dbtool.Copied, dryRun bool, took time.Duration) error {
	if p.asJSON {
		for _, t := range done.Tables {
			if err := p.object(copyRecord{Table: t.Name, Rows: t.Rows, Checksum: t.Sum, Copied: t.Done}); err != nil {
				return err
			}
		}
		return nil
	}
	t := p.table("TABLE", "ROWS", "CHECKSUM")
	for _, one := range done.Tables {
		if err := t.row(one.Name, thousands(one.Rows), one.Sum); err != nil {
			return err
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	if dryRun {
		return p.say("Nothing was copied: this was a dry run. %s rows could be copied from %s to %s.",
			thousands(done.Rows()), done.From, done.To)
	}
	rate := float64(done.Rows()) / max(took.Seconds(), 0.001)
	return p.say("Copied %s rows from %s to %s in %s, %s rows a second; every table was read back and matches.\n"+
		"Set PACTIUS_DATABASE to the copy before a server starts. The source is unchanged.",
		thousands(done.Rows()), done.From, done.To, took.Round(100*time.Millisecond), thousands(int64(rate)))
}
