package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

func newUnitAddCommand(a *app) *cobra.Command {
	var parents bool
	var batch string
	c := describe("unit add", unitRecord{}, nil)
	c.Args = func(c *cobra.Command, args []string) error {
		if c.Flags().Changed("batch") {
			return noArgs(c, args)
		}
		return takes("one PATH or --batch")(c, args)
	}
	c.PreRunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 && noPath(args[0]) {
			return usage("the path has no name for the new unit")
		}
		return nil
	}
	c.Flags().BoolVar(&parents, "parents", false, "add missing parent units too, and accept a unit that exists")
	c.Flags().StringVar(&batch, "batch", "", "`FILE` with one unit per line as JSON, - for standard input")
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		adding := unitAdder{desk: d, parents: parents, added: map[string]pactius.UnitID{}}
		if len(args) == 0 {
			return adding.batch(ctx, batch)
		}
		id, existed, err := adding.add(ctx, args[0])
		for _, one := range adding.order { // also if what is below it was refused
			err = errors.Join(err, d.toldUnit(ctx, one, "Added %s."))
		}
		if existed {
			err = d.toldUnit(ctx, id, "%s exists already.")
		}
		return err
	})
}

// unitAdder adds units by their paths. It reads the tree once and remembers what it has added.
type unitAdder struct {
	*desk
	parents bool                      // add missing parents, and accept a unit that exists
	added   map[string]pactius.UnitID // by pathKey
	order   []pactius.UnitID          // in which they were added
}

// noPath reports whether a path has no name.
func noPath(path string) bool { return strings.Trim(path, "/ \t") == "" }

func pathKey(path string) string { return names.Fold(plainPath(path)) }

// find returns a unit in use by its path.
func (a *unitAdder) find(ctx context.Context, path string) (id pactius.UnitID, found bool, err error) {
	if id, found = a.added[pathKey(path)]; found {
		return id, true, nil
	}
	tree, err := a.units(ctx)
	if err != nil {
		return "", false, err
	}
	u, found := tree.FindPath(path)
	return u.ID, found, nil
}

// add adds the unit at a path.
func (a *unitAdder) add(ctx context.Context, path string) (id pactius.UnitID, existed bool, err error) {
	path = strings.Trim(path, "/ \t")
	above, name := "/", path
	if i := strings.LastIndex(path, "/"); i >= 0 {
		above, name = strings.TrimSpace(path[:i]), path[i+1:]
	}
	if a.parents {
		if id, existed, err = a.find(ctx, path); err != nil || existed {
			return id, existed, err
		}
	}
	parent, found, err := a.find(ctx, above)
	if err == nil && !found && a.parents {
		parent, _, err = a.add(ctx, above)
	} else if err == nil && !found {
		var u pactius.Unit
		u, err = a.unit(ctx, above) // if it was added since the tree was read; otherwise the refusal
		parent = u.ID
	}
	if err != nil {
		return "", false, err
	}
	u, err := a.Units.Add(ctx, a.actor, parent, name)
	if err == nil {
		a.added[pathKey(path)] = u.ID
		a.order = append(a.order, u.ID)
	}
	return u.ID, false, err
}

// unitLine is a line of a batch.
type unitLine struct {
	Unit string `json:"unit"` // path
}

// unitResult is the result of a line of a batch.
type unitResult struct {
	Line   int    `json:"line"` // counted from 1
	Unit   string `json:"unit,omitempty"`
	Result string `json:"result"`
	ID     string `json:"id,omitempty"`
	Error  string `json:"error,omitempty"`
}

// batch adds the units of a file, one per line. A unit that exists is no error, so that a batch can be run again.
func (a *unitAdder) batch(ctx context.Context, file string) error {
	refused := 0
	for line, err := range a.lines(file) {
		if err != nil {
			return err
		}
		r := a.line(ctx, line)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped before line %d of the batch; the lines before it are done: %w", line.number, err)
		}
		if r.Result == resultRefused {
			refused++
		}
		if err := a.object(r); err != nil {
			return err
		}
	}
	return linesRefused(refused)
}

// line adds the unit of one line.
func (a *unitAdder) line(ctx context.Context, line batchLine) unitResult {
	parsed, fault := parseLine[unitLine](line, unitExample)
	r := unitResult{Line: line.number, Unit: parsed.Unit, Result: resultAdded}
	var id pactius.UnitID
	var existed bool
	var err error
	switch {
	case fault != "":
		r.Result, r.Error = resultRefused, fault
		return r
	case noPath(parsed.Unit):
		err = errors.New("unit is missing: the path of the new unit")
	default:
		if id, existed, err = a.find(ctx, parsed.Unit); err == nil && !existed {
			id, existed, err = a.add(ctx, parsed.Unit)
		}
	}
	switch {
	case err != nil:
		r.Result, r.Error = resultRefused, reason(err)
	case existed:
		r.Result = resultExists
	}
	r.ID = string(id)
	return r
}
