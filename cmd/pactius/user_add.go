package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/users"
)

// newcomer is a user to be added, as flags or as a line of a batch.
type newcomer struct {
	Username string     `json:"username"`
	Name     string     `json:"name"`
	Email    string     `json:"email"`
	EndsOn   string     `json:"ends_on"`
	Welcome  bool       `json:"welcome"`
	Units    []unitWish `json:"units"`
	Unit     string     `json:"unit"`   // instead of units, for a single one
	Access   string     `json:"access"` // with unit; the default is read
	Despite  bool       `json:"despite"`
}

func newUserAddCommand(a *app) *cobra.Command {
	var n newcomer
	var units unitFlags
	var batch string
	var offline bool
	c := describe("user add", addedRecord{}, noArgs)
	f := c.Flags()
	f.StringVar(&n.Username, "username", "", "Microsoft 365 `ACCOUNT_NAME`, such as bo.lund@nordhavn.example")
	f.StringVar(&n.Name, "name", "", "the person's `NAME`, if different from the one in Microsoft 365")
	f.StringVar(&n.Email, "email", "", "email `ADDRESS`, if different from the account name")
	f.StringVar(&n.EndsOn, "ends-on", "", "end date: the last `DAY` of access, as year-month-day")
	checkFlags(c, &offline, &n.Despite)
	f.BoolVar(&n.Welcome, "welcome", false, "send a welcome email")
	f.StringVar(&batch, "batch", "", "`FILE` with one user per line as JSON, - for standard input")
	units.bind(c, "read", "write", "administer")
	c.PreRunE = func(*cobra.Command, []string) error {
		if f.Changed("batch") {
			return alone(f)
		}
		if n.Username == "" {
			return usage("--username or --batch is missing")
		}
		return units.check()
	}
	return a.inEnvironment(c, func(ctx context.Context, d *desk, _ []string) error {
		d.offline = offline
		if f.Changed("batch") {
			return d.addBatch(ctx, batch)
		}
		n.Units = units.wishes()
		return d.addOne(ctx, n)
	})
}

// alone refuses flags for values that a batch has in its lines.
func alone(f *pflag.FlagSet) error {
	for _, flag := range []string{"username", "name", "email", "ends-on", "welcome", "unit", "access", "despite"} {
		if f.Changed(flag) {
			return usage("--batch takes everything from its lines; leave --%s out", flag)
		}
	}
	return nil
}

// add adds a user with what the directory says of the account name. It approves a
// pending request of the same account, because this command is an administrator's
// consent to it.
func (d *desk) add(ctx context.Context, n newcomer, v directory.Verdict) (users.Added, error) {
	var wrong pactius.Fields
	wishes := n.Units
	switch {
	case n.Unit != "" && len(n.Units) > 0:
		wrong.Add("unit", english("Write either unit or units."))
	case n.Unit != "":
		wishes = []unitWish{{Unit: n.Unit, Access: n.Access}}
	case n.Access != "":
		wrong.Add("access", english("An access level needs a unit."))
	}
	for i, w := range wishes {
		if w.Access == "" {
			wishes[i].Access = pactius.AccessRead.String()
		}
	}
	grants, err := d.grants(ctx, wishes)
	if err != nil && pactius.KindOf(err) == pactius.KindInternal {
		return users.Added{}, err
	}
	wrong.Collect(err)
	if err := refuseMisspelt(n.Username, v, n.Despite); err != nil {
		return users.Added{}, err
	}
	u := users.NewUser{Username: n.Username, Name: n.Name, Email: n.Email, EndsOn: pactius.Date(n.EndsOn),
		Grants: grants, Wrong: wrong, Welcome: n.Welcome, Settle: true, Despite: n.Despite}
	if v.Linkable() {
		u.Use(v.Person.Account)
	}
	added, err := d.Users.Add(ctx, d.actor, u)
	return added, explainSimilar(err)
}

// addedRecord is the result of adding one user.
type addedRecord struct {
	userRecord
	Result    string `json:"result"`    // resultAdded or resultSettled
	Directory string `json:"directory"` // see directoryWord
}

func (d *desk) addOne(ctx context.Context, n newcomer) error {
	verdict, err := d.verify(ctx, n.Username)
	if err != nil {
		return err
	}
	added, err := d.add(ctx, n, verdict)
	if err != nil {
		return err
	}
	if err := d.noteChecked(verdict); err != nil {
		return err
	}
	v, err := d.Users.User(ctx, d.actor, added.User.ID)
	if err != nil {
		return err
	}
	if n.Welcome && v.User.MailAddress() == "" {
		if err := d.note("No welcome email was sent, because no email address is known. Give one with --email, or " +
			"tell the person yourself."); err != nil {
			return err
		}
	}
	r := addedRecord{userRecord: newUserRecord(v.User, v.Status, v.Memberships, v.Tree), Result: resultOf(added),
		Directory: directoryWord(verdict)}
	if d.asJSON {
		return d.object(r)
	}
	if err := d.say("Added %s (%s)%s.", r.Name, called(r.Username), withUnits(r.Units)); err != nil {
		return err
	}
	if q := added.Settled; q != nil {
		return d.say("The access request of %s has been approved. The person gets an email.", d.time(q.CreatedAt, ""))
	}
	return nil
}

// withUnits returns the end of a sentence about a user's business units.
func withUnits(units []membershipRecord) string {
	if len(units) == 0 {
		return " without business units"
	}
	parts := make([]string, len(units))
	for i, m := range units {
		parts[i] = fmt.Sprintf("%s on %s", m.Access, m.Unit)
	}
	return " with " + strings.Join(parts, ", ")
}
