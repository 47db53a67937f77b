package main

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
)

// sweepRecord is the result of a comparison with the directory.
type sweepRecord struct {
	Outcome  string         `json:"outcome"`  // finished, held or trouble
	Accounts int            `json:"accounts"` // in the directory's answer
	Asked    int            `json:"asked"`    // accounts that were looked up singly
	Found    int            `json:"found"`    // users with a changed account
	Done     map[string]int `json:"done"`     // actions taken, with their number
	Waiting  int            `json:"waiting"`  // users that need an administrator's decision
	Missing  int            `json:"missing"`  // users whose account was not found and will be looked at again
	CutOff   int            `json:"cut_off"`  // users of an earlier tenant, who were not compared
	Trouble  string         `json:"trouble"`  // a failed request to the directory; "" for none
}

// newSweepCommand makes "pactius sweep".
func newSweepCommand(a *app) *cobra.Command {
	c := describe("sweep", sweepRecord{}, noArgs)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, _ []string) error { return d.sweep(ctx) })
}

func (d *desk) sweep(ctx context.Context) error {
	report, err := d.Leavers.Sweep(ctx, d.actor)
	trouble, isTrouble := errors.AsType[*pactius.DirectoryError](err)
	if err != nil && !isTrouble {
		return err
	}
	r := sweepRecord{Outcome: string(report.Outcome), Accounts: report.Accounts, Asked: report.Asked,
		Found: report.Found,
		Done:  map[string]int{}, Waiting: report.Waiting, Missing: report.Unsettled, Trouble: string(report.Trouble)}
	for done, n := range report.Done {
		r.Done[string(done)] = n
	}
	cut, countErr := d.Environments.CountCutOff(ctx, d.actor)
	if countErr != nil {
		return countErr
	}
	if r.CutOff = cut; d.asJSON {
		if err := d.object(r); err != nil {
			return err
		}
	} else if err := d.saySweep(report, cut); err != nil {
		return err
	}
	if !isTrouble {
		return nil
	}
	text := leavers.TroubleText(trouble.Trouble).String()
	if trouble.Code != "" {
		text += " (" + trouble.Code + ")"
	}
	if trouble.Trace != "" {
		text += " [" + trouble.Trace + "]"
	}
	return errors.New(text)
}

// saySweep prints the result of a comparison as sentences.
func (d *desk) saySweep(r leavers.Report, cutOff int) error {
	if err := d.say("Microsoft 365 reported %d accounts; %d users are affected.", r.Accounts, r.Found); err != nil {
		return err
	}
	for _, done := range slices.Sorted(maps.Keys(r.Done)) {
		if err := d.say("  %d  %s", r.Done[done], done.Text()); err != nil {
			return err
		}
	}
	if r.Unsettled > 0 {
		if err := d.say("Not found in Microsoft 365: %s. Nothing has changed for them; Microsoft is asked again in a "+
			"few minutes.", counted(r.Unsettled, "user")); err != nil {
			return err
		}
	}
	if cutOff > 0 {
		if err := d.say("Not compared, because they are linked to accounts of an earlier tenant: %s. Link them with: "+
			"pactius environment relink --environment %s", counted(cutOff, "user"), d.env.Host); err != nil {
			return err
		}
	}
	if r.Waiting > 0 {
		return d.say("An administrator must decide about %d users under Settings > Users > Left Microsoft 365.",
			r.Waiting)
	}
	return nil
}
