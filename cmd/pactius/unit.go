package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/units"
)

// newUnitCommand makes "pactius unit".
func newUnitCommand(a *app) *cobra.Command {
	return group("unit", newUnitAddCommand(a), newUnitListCommand(a), newUnitRenameCommand(a), newUnitMoveCommand(a),
		newUnitArchiveCommand(a), newUnitRestoreCommand(a), newUnitDeleteCommand(a))
}

// takes requires one argument for each of the words.
func takes(words ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != len(words) {
			hint := ""
			if len(args) > len(words) {
				hint = "; put names with spaces in quotes"
			}
			return fmt.Errorf("takes %s, but got %d arguments%s", strings.Join(words, " and "), len(args), hint)
		}
		return nil
	}
}

// changeUnit finds a unit, changes it and prints it.
func (d *desk) changeUnit(ctx context.Context, path, sentence string, change func(pactius.UnitID) error) error {
	u, err := d.unit(ctx, path)
	if err != nil {
		return err
	}
	if err := change(u.ID); err != nil {
		return err
	}
	return d.toldUnit(ctx, u.ID, sentence)
}

// toldUnit prints a changed unit as JSON, or the sentence with its path.
func (d *desk) toldUnit(ctx context.Context, id pactius.UnitID, sentence string) error {
	o, err := d.Units.Tree(ctx, d.actor)
	if err != nil {
		return err
	}
	d.tree = o.Tree
	if d.asJSON {
		u, _ := o.Tree.Unit(id)
		return d.object(newUnitRecord(u, o))
	}
	return d.say(sentence, o.Tree.Path(id))
}

func newUnitRecord(u pactius.Unit, o units.Overview) unitRecord {
	r := unitRecord{ID: string(u.ID), ParentID: string(u.ParentID), Unit: o.Tree.Path(u.ID), Name: u.Name,
		Members:        o.Members[u.ID],
		Administrators: []string{}, CreatedAt: utc(u.CreatedAt), ArchivedAt: utc(u.ArchivedAt)}
	for _, who := range o.Administrators[u.ID] {
		r.Administrators = append(r.Administrators, who.Username)
	}
	return r
}

func newUnitListCommand(a *app) *cobra.Command {
	var archived bool
	c := describe("unit list", unitRecord{}, noArgs)
	c.Flags().BoolVar(&archived, "archived", false, "list archived units too")
	return a.inEnvironment(c,
		func(ctx context.Context, d *desk, _ []string) error { return d.listUnits(ctx, archived) })
}

func (d *desk) listUnits(ctx context.Context, archived bool) error {
	o, err := d.Units.Tree(ctx, d.actor)
	if err != nil {
		return err
	}
	var t *table
	if !d.asJSON {
		t = d.table("BUSINESS UNIT", "MEMBERS", "LOCAL ADMINISTRATORS")
	}
	var failed error
	o.Tree.Walk(o.Tree.Root().ID, func(u pactius.Unit, depth int) bool {
		if failed != nil || u.IsArchived() && !archived {
			return false
		}
		r := newUnitRecord(u, o)
		if t == nil {
			failed = d.object(r)
			return true
		}
		name := strings.Repeat("  ", depth) + u.Name
		if u.IsArchived() {
			name += " (archived)"
		}
		failed = t.row(name, strconv.Itoa(r.Members), strings.Join(r.Administrators, ", "))
		return true
	})
	if failed != nil || t == nil {
		return failed
	}
	return t.end()
}

func newUnitRenameCommand(a *app) *cobra.Command {
	c := describe("unit rename", unitRecord{}, takes("a PATH", "a NAME"))
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		return d.changeUnit(ctx, args[0], "Renamed to %s.", func(id pactius.UnitID) error {
			_, err := d.Units.Rename(ctx, d.actor, id, 0, args[1])
			return err
		})
	})
}

func newUnitMoveCommand(a *app) *cobra.Command {
	c := describe("unit move", unitRecord{}, takes("a PATH", "the PATH of its new parent"))
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		return d.changeUnit(ctx, args[0], "Moved to %s.", func(id pactius.UnitID) error {
			parent, err := d.unit(ctx, args[1])
			if err == nil {
				_, err = d.Units.Move(ctx, d.actor, id, 0, parent.ID)
			}
			return err
		})
	})
}

func newUnitArchiveCommand(a *app) *cobra.Command {
	c := describe("unit archive", unitRecord{}, takes("one PATH"))
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		return d.changeUnit(ctx, args[0], "Archived %s.", func(id pactius.UnitID) error {
			_, err := d.Units.Archive(ctx, d.actor, id, 0)
			return err
		})
	})
}

func newUnitRestoreCommand(a *app) *cobra.Command {
	c := describe("unit restore", unitRecord{}, takes("one PATH"))
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		u, err := d.archivedUnit(ctx, args[0])
		if err != nil {
			return err
		}
		if _, err := d.Units.Restore(ctx, d.actor, u, 0); err != nil {
			return err
		}
		return d.toldUnit(ctx, u, "Restored %s.")
	})
}

func newUnitDeleteCommand(a *app) *cobra.Command {
	c := describe("unit delete", unitRecord{}, takes("one PATH"))
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		o, err := d.Units.Tree(ctx, d.actor) // as it was
		if err != nil {
			return err
		}
		inUse, ok := o.Tree.FindPath(args[0])
		id := inUse.ID
		if !ok {
			if id, err = d.archivedUnit(ctx, args[0]); err != nil {
				return err
			}
		}
		u, err := d.Units.Delete(ctx, d.actor, id, 0)
		switch {
		case err != nil:
			return err
		case d.asJSON:
			return d.object(newUnitRecord(u, o))
		}
		return d.say("Deleted %s.", o.Tree.Path(id))
	})
}

// archivedUnit returns an archived unit by its path or ID, or else a unit in use.
func (d *desk) archivedUnit(ctx context.Context, path string) (pactius.UnitID, error) {
	tree, err := d.units(ctx)
	if err != nil {
		return "", err
	}
	var found []pactius.UnitID
	tree.Walk(tree.Root().ID, func(u pactius.Unit, _ int) bool {
		if u.IsArchived() && strings.EqualFold(plainPath(tree.Path(u.ID)), plainPath(path)) {
			found = append(found, u.ID)
		}
		return true
	})
	switch len(found) {
	case 0:
		u, err := d.unit(ctx, path)
		return u.ID, err
	case 1:
		return found[0], nil
	}
	return "", errors.New("several archived units had this path. Give the ID of one: " +
		"pactius unit list --archived --json")
}

// plainPath returns a path without blanks around its names.
func plainPath(path string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	for i, p := range parts {
		parts[i] = strings.TrimSpace(p)
	}
	return strings.Join(parts, "/")
}
