package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
)

// unitFlags are the flags --unit and --access, which belong together.
type unitFlags struct {
	units, access []string
	levels        []string // allowed values of --access
}

// bind adds the flags. levels are the allowed values of --access.
func (f *unitFlags) bind(c *cobra.Command, levels ...string) {
	f.levels = levels
	c.Flags().StringArrayVar(&f.units, "unit", nil, "`PATH` of a business unit, such as \"Sales / North\"; "+
		"may be repeated")
	c.Flags().StringArrayVar(&f.access, "access", nil, "`LEVEL` of access to it: "+strings.Join(levels, ", ")+
		"; once for all units or once for each (default read)")
	complete(c, "access", levels...)
}

// complete sets the values of a flag for the shell's completion.
func complete(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag,
		cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // a bug: the flag does not exist
	}
}

// check refuses flags that do not fit together.
func (f *unitFlags) check() error {
	switch n := len(f.access); {
	case n > 0 && len(f.units) == 0:
		return usage("--access needs a --unit")
	case n > 1 && n != len(f.units):
		return usage("give --access once for all units, or once for each of the %d", len(f.units))
	}
	for _, level := range f.access {
		if _, err := pactius.ParseAccess(level); err != nil {
			return usage("%q is not an access level; choose %s", level, strings.Join(f.levels, ", "))
		}
	}
	return nil
}

// wishes returns checked flags as pairs.
func (f *unitFlags) wishes() []unitWish {
	wishes := make([]unitWish, len(f.units))
	for i, path := range f.units {
		wishes[i] = unitWish{Unit: path, Access: pactius.AccessRead.String()}
		switch len(f.access) {
		case 0:
		case 1:
			wishes[i].Access = f.access[0]
		default:
			wishes[i].Access = f.access[i]
		}
	}
	return wishes
}

// english returns a text of the command line, which is English only and not in the
// catalogue.
func english(format string, args ...any) pactius.Text {
	var t pactius.Text
	t.Key = fmt.Sprintf(format, args...)
	return t
}

// unitWish is access to a business unit as typed.
type unitWish struct {
	Unit   string `json:"unit"`
	Access string `json:"access"`
}

// grants returns the business units of typed paths, with all faults at once.
func (d *desk) grants(ctx context.Context, wishes []unitWish) ([]pactius.Grant, error) {
	seen := map[pactius.UnitID]bool{}
	grants := make([]pactius.Grant, len(wishes))
	var wrong pactius.Fields
	for i, w := range wishes {
		access, err := pactius.ParseAccess(w.Access)
		wrong.Collect(err)
		u, err := d.unit(ctx, w.Unit)
		if pactius.KindOf(err) == pactius.KindInternal && err != nil {
			return nil, err
		}
		wrong.Collect(err)
		if err == nil && seen[u.ID] {
			wrong.Add("unit", english("This business unit is listed twice: %s", w.Unit))
		}
		seen[u.ID] = true
		grants[i] = pactius.Grant{Unit: u.ID, Access: access}
	}
	return grants, wrong.Err()
}
