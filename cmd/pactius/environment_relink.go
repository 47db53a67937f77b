package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/users"
)

// The results of a relink.
const (
	relinkWould  = "link"   // in a dry run
	relinkDone   = "linked" // by --apply
	relinkUndone = "undone" // by --undo
	relinkLeft   = "left"
)

// relinkRecord is the result of a relink for one user. A dry run's records can be read again with --map.
type relinkRecord struct {
	User     string `json:"user"` // ID
	Username string `json:"username"`
	Name     string `json:"name"`
	To       string `json:"to"`        // account name in the connected tenant
	ToName   string `json:"to_name"`   // display name of the account
	ObjectID string `json:"object_id"` // of the account
	Result   string `json:"result"`    // link, linked, undone or left
	Reason   string `json:"reason"`    // of left
	Text     string `json:"text"`      // the reason in words
}

// relinkLine is a line of --map: a user's account, or a domain's successor. A line with a result is of a dry run.
type relinkLine struct {
	relinkRecord
	Domain string `json:"domain"`
}

// relinkFlags are the flags of "environment relink".
type relinkFlags struct {
	file        string
	apply, undo bool
	yes         *bool
}

func newEnvironmentRelinkCommand(a *app) *cobra.Command {
	var f relinkFlags
	c := describe("environment relink", relinkRecord{}, noArgs)
	c.Flags().StringVar(&f.file, "map", "", "`FILE` with accounts and domains as JSON, one per line, - for "+
		"standard input")
	c.Flags().BoolVar(&f.apply, "apply", false, "link the users; without it, nothing is changed")
	c.Flags().BoolVar(&f.undo, "undo", false, "link users to the accounts of the earlier tenant again")
	f.yes = yesFlag(c)
	c.PreRunE = func(*cobra.Command, []string) error {
		if f.undo && (f.apply || f.file != "") {
			return usage("--undo can't be combined with --apply or --map")
		}
		return nil
	}
	return a.inEnvironment(c, func(ctx context.Context, d *desk, _ []string) error {
		if f.undo {
			return d.undoRelink(ctx, *f.yes)
		}
		return d.relink(ctx, f)
	})
}

// relink plans a relink and, with --apply, carries it out.
func (d *desk) relink(ctx context.Context, f relinkFlags) error {
	said, err := d.readRelinkNames(f.file)
	if err != nil {
		return err
	}
	plan, err := d.Environments.PlanRelink(ctx, d.actor, said)
	if err != nil {
		return err
	}
	if len(plan) == 0 && !d.asJSON {
		return d.say("All linked users of %s have an account in the connected tenant.", d.env.Name)
	}
	link := 0
	for _, r := range plan {
		if r.Left == "" {
			link++
		}
	}
	if !f.apply || link == 0 {
		return d.dryRelink(plan, link)
	}
	if !*f.yes {
		if d.app.atTerminal() && !d.asJSON {
			if err := d.relinkings(relinkWould).print(plan); err != nil {
				return err
			}
		}
		question := fmt.Sprintf("%s of %s will be linked to accounts of tenant %s; %d will be left as they are.",
			counted(link, "user"), d.env.Name, d.env.Connection.TenantID, len(plan)-link)
		if err := d.confirm(question); err != nil {
			return err
		}
	}
	linked := 0
	out := d.relinkings(relinkDone)
	err = d.Environments.Relink(ctx, d.actor, plan, func(r users.Relinking) error {
		if r.Left == "" {
			linked++
		}
		return out.tell(r)
	})
	if err = errors.Join(err, out.end()); err != nil {
		return fmt.Errorf("after %s: %w. Run the command again for the others", counted(linked, "linked user"), err)
	}
	if d.asJSON {
		return nil
	}
	return d.say("Linked %s; %d left as they are. Undo it within %d days with: pactius environment relink "+
		"--environment %s --undo", counted(linked, "user"), len(plan)-linked, int(users.RelinkTime.Hours())/24,
		d.env.Host)
}

// dryRelink prints a plan that is not carried out.
func (d *desk) dryRelink(plan []users.Relinking, link int) error {
	if err := d.relinkings(relinkWould).print(plan); err != nil || d.asJSON {
		return err
	}
	if link == 0 {
		return d.say("No user can be linked by account name. Name the accounts with --map.")
	}
	return d.say("%s would be linked; %d would be left as they are. Nothing was changed. Link them with: pactius "+
		"environment relink --environment %s --apply", counted(link, "user"), len(plan)-link, d.env.Host)
}

// undoRelink undoes the relinks of the last days.
func (d *desk) undoRelink(ctx context.Context, yes bool) error {
	n, err := d.Environments.CountRelinks(ctx, d.actor)
	if err != nil {
		return err
	}
	if n == 0 {
		if d.asJSON {
			return nil
		}
		return d.say("No user of %s was linked within the last %d days.", d.env.Name,
			int(users.RelinkTime.Hours())/24)
	}
	if !yes {
		err := d.confirm(fmt.Sprintf("%s of %s will be linked to accounts of the earlier tenant again, except those "+
			"who have signed in since.", counted(n, "user"), d.env.Name))
		if err != nil {
			return err
		}
	}
	undone, left := 0, 0
	out := d.relinkings(relinkUndone)
	err = d.Environments.UndoRelink(ctx, d.actor, func(r users.Relinking) error {
		if r.Left == "" {
			undone++
		} else {
			left++
		}
		return out.tell(r)
	})
	if err = errors.Join(err, out.end()); err != nil || d.asJSON {
		return err
	}
	return d.say("Undone for %s; %d left as they are.", counted(undone, "user"), left)
}

// counted returns a number with its noun.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// relinkings prints the results of a relink, one by one.
type relinkings struct {
	*printer
	result string // of a user who is not left
	table  *table
}

func (d *desk) relinkings(result string) *relinkings {
	out := &relinkings{printer: d.printer, result: result}
	if !d.asJSON {
		out.table = d.table("ACCOUNT NAME", "NAME", "ACCOUNT", "RESULT")
	}
	return out
}

func (p *relinkings) print(all []users.Relinking) error {
	for _, r := range all {
		if err := p.tell(r); err != nil {
			return err
		}
	}
	return p.end()
}

func (p *relinkings) tell(r users.Relinking) error {
	v := relinkRecord{User: string(r.User.ID), Username: r.User.Username, Name: r.User.Name, To: r.Account.Username,
		ToName: r.Account.Name, ObjectID: r.Account.ObjectID, Result: p.result}
	if r.Left != "" {
		v.Result, v.Reason, v.Text = relinkLeft, string(r.Left), r.Left.Text().String()
	}
	if p.asJSON {
		return p.object(v)
	}
	account := v.To
	if v.ToName != "" && v.ToName != v.Name {
		account += " (" + v.ToName + ")"
	}
	result := v.Result
	if v.Text != "" {
		result += ": " + v.Text
	}
	return p.table.row(v.Username, v.Name, strings.TrimSpace(account), result)
}

func (p *relinkings) end() error {
	if p.table == nil {
		return nil
	}
	return p.table.end()
}

// readRelinkNames reads the file of --map. A single bad line refuses the file, because a line that is missing decides
// about a person. The bad lines are printed.
func (d *desk) readRelinkNames(file string) (users.RelinkNames, error) {
	said := users.RelinkNames{Users: map[string]string{}, Domains: map[string]string{}}
	if file == "" {
		return said, nil
	}
	first, faulty := map[string]int{}, 0
	for line, err := range d.lines(file) {
		if err != nil {
			return said, err
		}
		v, fault := parseLine[relinkLine](line, userExample)
		if v.Result != "" && v.Result != relinkWould {
			continue // of a dry run, and not decided
		}
		var key string
		if fault == "" {
			key, fault = v.add(said)
		}
		if before, again := first[key]; again && fault == "" {
			fault = fmt.Sprintf("Line %d is about the same user or domain. Delete one of them.", before)
		}
		if fault != "" {
			faulty++
			if err := d.note("line %d: %s", line.number, fault); err != nil {
				return said, err
			}
			continue
		}
		first[key] = line.number
	}
	if faulty > 0 {
		return said, fmt.Errorf("wrong lines: %d. Nothing was changed", faulty)
	}
	return said, nil
}

// add takes a line into the names. It returns what the line is about, or its fault.
func (v relinkLine) add(said users.RelinkNames) (key, fault string) {
	to := strings.TrimSpace(v.To)
	domain := strings.ToLower(strings.TrimSpace(v.Domain))
	switch {
	case domain != "" && (v.User != "" || v.Username != ""):
		return "", "This line is about a user and a domain. Write a line for each."
	case domain != "":
		to = strings.ToLower(to)
		if to == "" || strings.ContainsAny(domain+to, "@ ") {
			return "", `A domain's line is such as {"domain": "old.example", "to": "new.example"}.`
		}
		said.Domains[domain] = to
		return "@" + domain, ""
	case v.User == "" && strings.TrimSpace(v.Username) == "":
		return "", `The user is missing. Set "username" to the account name.`
	case to == "":
		return "", `The account is missing. Set "to" to its account name or object ID.`
	case !strings.Contains(to, "@") && !id.Valid(strings.ToLower(to)):
		return "", "to is neither an account name nor an object ID such as 8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e."
	}
	if key = strings.ToLower(v.User); key == "" {
		key = names.Key(v.Username)
	}
	said.Users[key] = to
	return key, ""
}
