package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/users"
)

// checkFlags adds the flags of a command that takes a typed account name.
func checkFlags(c *cobra.Command, offline, despite *bool) {
	c.Flags().BoolVar(offline, "offline", false, "don't look account names up in Microsoft 365")
	c.Flags().BoolVar(despite, "despite", false, "go on even if the account name or the person resembles another")
}

// verify asks the directory about a typed account name, unless the command is offline.
func (d *desk) verify(ctx context.Context, username string) (directory.Verdict, error) {
	if d.offline {
		return directory.Verdict{}, nil
	}
	return d.Directory.VerifyAnew(ctx, d.actor, username)
}

// directoryWord names what the directory knows of an account name for programs:
// exists, missing or not_checked.
func directoryWord(v directory.Verdict) string {
	switch v.State {
	case directory.NameExists, directory.NameMissing:
		return string(v.State)
	default:
		return "not_checked"
	}
}

// misspeltError refuses an account name that no account has while others nearly do.
type misspeltError struct {
	username string
	meant    []directory.Meant
}

// Error lists the accounts that were probably meant.
func (e *misspeltError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Microsoft 365 has no account named %s. Did you mean:", e.username)
	for _, m := range e.meant {
		fmt.Fprintf(&b, "\n  %s, %s: %s", m.Username, m.Name, joinReasons(m.Reasons))
	}
	return b.String() + "\nCorrect the account name, or add --despite to go on with it."
}

// refuseMisspelt refuses an account name that is probably mistyped.
func refuseMisspelt(username string, v directory.Verdict, despite bool) error {
	if despite || v.State != directory.NameMissing || len(v.Meant) == 0 {
		return nil
	}
	return &misspeltError{printable(strings.TrimSpace(username)), v.Meant}
}

// similarError is a *users.SimilarError that names everyone, because Support sees all.
type similarError struct{ *users.SimilarError }

// Error lists the users and requests that are probably of the same person.
func (e similarError) Error() string {
	var b strings.Builder
	b.WriteString("This is probably the same person as:")
	for _, s := range e.Similar {
		if s.User != nil {
			fmt.Fprintf(&b, "\n  the user %s, %s: %s", s.User.Username, s.User.Name, joinReasons(s.Reasons))
		} else {
			fmt.Fprintf(&b, "\n  the access request %s of %s, %s: %s", s.Request.ID, s.Request.Person.Username,
				s.Request.Person.Name, joinReasons(s.Reasons))
		}
	}
	return b.String() + "\nUse that user or approve that request, or add --despite if this is another person."
}

// Unwrap hides the shorter refusal, which reason would print.
func (similarError) Unwrap() error { return nil }

// explainSimilar replaces a *users.SimilarError by one that names everyone.
func explainSimilar(err error) error {
	if e, ok := errors.AsType[*users.SimilarError](err); ok {
		return similarError{e}
	}
	return err
}

// noteChecked notes what the directory could not confirm of an account name that was
// stored.
func (d *desk) noteChecked(v directory.Verdict) error {
	switch {
	case v.State == directory.NameMissing && v.Trouble != "":
		return d.note("Microsoft 365 has no account with this name, and similar names weren't checked. " +
			"Check the spelling.")
	case v.State == directory.NameMissing:
		return d.note("Microsoft 365 has no account with this name. Check the spelling, unless the account will be " +
			"created later.")
	case v.State == directory.NameUnchecked:
		return d.note("The account name wasn't checked. %s", v.Trouble.Text())
	}
	return nil
}

// Limits of asking the directory about the lines of one batch. The lines after that
// are not checked.
const (
	maxBatchChecks   = 1000 // groups of directory.MaxBatch lines
	maxBatchFailures = 3    // groups without a complete answer
)

// checker verifies the account names of a batch.
type checker struct {
	*desk
	asked, failed int
}

// verify verifies the account names of at most directory.MaxBatch lines.
func (c *checker) verify(ctx context.Context, usernames []string) ([]directory.Verdict, error) {
	if c.offline || c.asked == maxBatchChecks || c.failed == maxBatchFailures {
		return make([]directory.Verdict, len(usernames)), nil
	}
	c.asked++
	verdicts, err := c.Directory.VerifyAll(ctx, c.actor, usernames)
	for _, v := range verdicts {
		if v.Trouble != "" {
			c.failed++
			break
		}
	}
	return verdicts, err
}

// meantNames are the account names that were probably meant, of an error.
func meantNames(err error) []string {
	e, ok := errors.AsType[*misspeltError](err)
	if !ok {
		return nil
	}
	var all []string
	for _, m := range e.meant {
		all = append(all, m.Username)
	}
	return all
}

// checkRenamed asks the directory about a corrected account name and adds the account
// that has it.
func (d *desk) checkRenamed(ctx context.Context, id pactius.UserID, up *pactius.UserUpdate) (
	directory.Verdict, error,
) {
	if up.Username == nil {
		return directory.Verdict{}, nil
	}
	u, err := d.Users.User(ctx, d.actor, id)
	if err != nil || u.User.Username == *up.Username {
		return directory.Verdict{}, err
	}
	v, err := d.verify(ctx, *up.Username)
	if err == nil {
		err = refuseMisspelt(*up.Username, v, up.Despite)
	}
	if err == nil && v.Linkable() {
		up.Identity, up.Username = v.Person.Identity, &v.Person.Username
	}
	return v, err
}
