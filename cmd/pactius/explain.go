package main

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/users"
)

// explanation is the answer of "pactius explain".
type explanation struct {
	Username   string           `json:"username"`
	Decision   string           `json:"decision"` // enter, bind, unrecognised, blocked, foreign or not_connected
	User       string           `json:"user"`     // ID, "" for none
	Reasons    []reasonRecord   `json:"reasons"`
	Remedy     string           `json:"remedy"`               // "" if nothing is wrong
	Request    string           `json:"request"`              // ID of the pending access request
	NearMisses []string         `json:"near_misses"`          // account names of invited users, best first
	Directory  standingRecord   `json:"directory"`            // the account in Microsoft 365
	NotVisible []string         `json:"not_visible"`          // outside of what was checked
	Matches    []matchRecord    `json:"matches"`              // users found by a name instead of an account name
	Likenesses []likenessRecord `json:"likenesses,omitempty"` // of the near misses, with --verbose

	Application *openingRecord `json:"application,omitempty"` // with --application
}

// reasonRecord is one step of a decision.
type reasonRecord struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// likenessRecord describes why a user is a near miss.
type likenessRecord struct {
	Username string   `json:"username"`
	User     string   `json:"user"`  // ID
	Score    int      `json:"score"` // 0 to 100
	Reasons  []string `json:"reasons"`
}

// standingRecord describes an account in Microsoft 365.
type standingRecord struct {
	// not_asked, enabled, exists, disabled, deleted, gone, missing, or unknown for the trouble
	State    string       `json:"state"`
	Username string       `json:"username"` // present account name, "" for none
	Name     string       `json:"name"`
	ObjectID string       `json:"oid"`
	Guest    bool         `json:"guest"`
	Trouble  string       `json:"trouble"`
	Near     []nearRecord `json:"near"`  // accounts with nearly the name, best first
	Other    *nearRecord  `json:"other"` // the account that has the name of a deleted one
}

// nearRecord is another account of the directory.
type nearRecord struct {
	Username string `json:"username"`
	Name     string `json:"name"`
	ObjectID string `json:"oid"`
}

// matchRecord is a user found by a name.
type matchRecord struct {
	Username string `json:"username"`
	Name     string `json:"name"`
	User     string `json:"user"` // ID
}

func newStandingRecord(s pactius.Standing) standingRecord {
	r := standingRecord{State: cmp.Or(string(s.State), "not_asked"), Username: s.Account.Username, Name: s.Account.Name,
		ObjectID: s.Account.ObjectID, Guest: s.Account.Guest, Trouble: string(s.Trouble), Near: []nearRecord{}}
	for _, a := range s.Near {
		r.Near = append(r.Near, nearRecord{a.Username, a.Name, a.ObjectID})
	}
	if a := s.Other; a != nil {
		r.Other = &nearRecord{a.Username, a.Name, a.ObjectID}
	}
	return r
}

func newExplanation(username string, x users.Explanation, verbose bool) explanation {
	r := explanation{Username: username, Decision: string(x.Outcome), Reasons: []reasonRecord{},
		Remedy: x.Remedy.String(), NearMisses: []string{}, Directory: newStandingRecord(x.Standing),
		NotVisible: texts(x.Unseen()), Matches: []matchRecord{}}
	for _, u := range x.Matches {
		r.Matches = append(r.Matches, matchRecord{u.Username, u.Name, string(u.ID)})
	}
	for _, why := range x.Reasons {
		r.Reasons = append(r.Reasons, reasonRecord{Code: why.Code, Text: why.Text.String()})
	}
	if x.User != nil {
		r.User = string(x.User.ID)
	}
	if x.Request != nil {
		r.Request = string(x.Request.ID)
	}
	for _, s := range x.Similar {
		if s.User == nil {
			continue
		}
		r.NearMisses = append(r.NearMisses, s.User.Username)
		if verbose {
			r.Likenesses = append(r.Likenesses,
				likenessRecord{s.User.Username, string(s.User.ID), s.Score, texts(s.Reasons)})
		}
	}
	return r
}

// texts returns texts in English.
func texts(all []pactius.Text) []string {
	said := make([]string, len(all))
	for i, t := range all {
		said[i] = t.String()
	}
	return said
}

// joinReasons joins reasons to one line.
func joinReasons(reasons []pactius.Text) string { return strings.Join(texts(reasons), "; ") }

// explainFlags are the flags of "explain".
type explainFlags struct {
	name, email, oid         string
	batch, number, reference string
	application              string
	verbose, offline         bool
}

// newExplainCommand makes "pactius explain".
func newExplainCommand(a *app) *cobra.Command {
	var f explainFlags
	c := describe("explain", explanation{}, nil)
	f.bind(c.Flags())
	c.PreRunE = func(c *cobra.Command, args []string) error { return f.check(c.Flags(), args) }
	c = a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		switch {
		case f.reference != "":
			return d.explainReference(ctx, f)
		case f.batch != "":
			return d.explainBatch(ctx, f)
		}
		return d.explain(ctx, args[0], f)
	})
	atDesk := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if f.number != "" {
			asJSON, err := c.Flags().GetBool("json")
			return errors.Join(err, a.printer(asJSON).explainNumber(f.number))
		}
		return atDesk(c, args)
	}
	return c
}

func (f *explainFlags) bind(flags *pflag.FlagSet) {
	flags.StringVar(&f.name, "name", "", "the person's `NAME`, to find near misses")
	flags.StringVar(&f.email, "email", "", "the person's email `ADDRESS`, to find near misses")
	flags.StringVar(&f.oid, "oid", "", "object `ID` of the Microsoft 365 account in the environment's tenant")
	flags.StringVar(&f.application, "application", "", "`NAME` of an application: can the person open it?")
	flags.StringVar(&f.batch, "batch", "", "`FILE` with one person per line as JSON, - for standard input")
	flags.StringVar(&f.number, "number", "", "`TEXT` with a Microsoft error number")
	flags.StringVar(&f.reference, "reference", "", "`REFERENCE` from a page, or text with one")
	flags.BoolVar(&f.offline, "offline", false, "don't look accounts up in Microsoft 365")
	flags.BoolVar(&f.verbose, "verbose", false, "say why near misses are near")
}

// check refuses several questions, and flags that do not belong to the question.
func (f *explainFlags) check(flags *pflag.FlagSet, args []string) error {
	var asked []string
	for _, name := range []string{"batch", "number", "reference"} {
		if flags.Changed(name) {
			asked = append(asked, "--"+name)
			if value, err := flags.GetString(name); err != nil || strings.TrimSpace(value) == "" {
				return errors.Join(err, usage("--%s is empty", name))
			}
		}
	}
	if len(asked) == 0 {
		if err := oneUser(nil, args); err != nil {
			return usageError{err}
		}
		if f.oid != "" && !id.Valid(strings.ToLower(f.oid)) {
			return usage("--oid takes a GUID such as 8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e")
		}
		return nil
	}
	if len(asked) > 1 || len(args) > 0 {
		return usage("%s can't be combined with another question", asked[0])
	}
	for _, name := range []string{"name", "email", "oid", "application"} {
		if flags.Changed(name) {
			return usage("--%s goes with an account name, not with %s", name, asked[0])
		}
	}
	return nil
}

// explain explains one person.
func (d *desk) explain(ctx context.Context, username string, f explainFlags) error {
	person := pactius.Person{Username: username, Name: f.name, Email: f.email}
	person.ObjectID = strings.ToLower(f.oid)
	x, err := d.explained(ctx, person, f.offline)
	if err != nil {
		return err
	}
	if x.User != nil {
		username = x.User.Username
	}
	opening, err := d.opening(ctx, x.User, f.application)
	if err != nil {
		return err
	}
	if d.asJSON {
		r := newExplanation(username, x, f.verbose)
		r.Application = newOpeningRecord(opening)
		return d.object(r)
	}
	return errors.Join(d.sayExplanation(username, x, f.verbose), d.sayOpening(username, opening))
}

// explained returns the explanation of one person, with the account looked up unless it is offline.
func (d *desk) explained(ctx context.Context, person pactius.Person, offline bool) (users.Explanation, error) {
	q := users.Question{Person: person}
	if !offline {
		var err error
		if q.Standing, err = d.Directory.StandingAtLength(ctx, d.actor, person); err != nil {
			return users.Explanation{}, err
		}
	}
	return d.Users.ExplainOne(ctx, d.actor, q)
}

// sayExplanation prints an explanation as sentences.
func (d *desk) sayExplanation(username string, x users.Explanation, verbose bool) error {
	all := []error{d.say("%s (%s)", x.Verdict(username), x.Outcome)}
	for _, r := range x.Reasons {
		all = append(all, d.say("  because  %s (%s)", r.Text, r.Code))
	}
	if !x.Remedy.IsZero() {
		all = append(all, d.say("  remedy   %s", x.Remedy))
	}
	for _, unseen := range x.Unseen() {
		all = append(all, d.say("  unseen   %s", unseen))
	}
	for _, u := range x.Matches {
		all = append(all, d.say("  user     %s, %s", u.Username, u.Name))
	}
	for _, a := range x.Standing.Near {
		all = append(all, d.say("  account  %s, %s", a.Username, a.Name))
	}
	for _, s := range x.Similar {
		if s.User == nil {
			continue
		}
		all = append(all, d.say("  similar  %s, %s: %s", s.User.Username, s.User.Name, joinReasons(s.Reasons)))
		if verbose {
			all = append(all, d.say("           score %d of 100, user %s", s.Score, s.User.ID))
		}
	}
	for _, former := range x.Former {
		all = append(all, d.say("  before   %s had this account name until %s", former.Name, d.time(former.Until, "")))
	}
	if x.Request != nil {
		all = append(all,
			d.say("  pending  An access request of %s: %s", d.time(x.Request.CreatedAt, ""), x.Request.ID))
	}
	return errors.Join(all...)
}
