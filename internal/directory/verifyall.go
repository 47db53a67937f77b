package directory

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

// Limits of VerifyAll.
const (
	// MaxBatch is the most account names that are verified at once: Graph takes as many calls in one batch.
	MaxBatch = 20
	// batchPatience is how long all answers about them may take.
	batchPatience = 10 * time.Second
	// maxNearEach is the number of accounts asked for each name that does not exist: one answer holds them all.
	maxNearEach = 40
)

// VerifyAll is VerifyAnew for the lines of a list, at most MaxBatch account names, with two calls: one for the
// accounts, one for those that are nearly called so. The directory is not asked about a text that is no account name.
func (r *Rules) VerifyAll(ctx context.Context, actor pactius.Actor, usernames []string) ([]Verdict, error) {
	c, err := r.open(ctx, actor, batchPatience)
	if err != nil {
		return nil, err
	}
	defer c.close()
	findings := make([]finding, len(usernames))
	var asked []int
	for i, s := range usernames[:min(len(usernames), MaxBatch)] {
		if findings[i].typed, err = names.ParseAccountName(s); err == nil {
			asked = append(asked, i)
		}
	}
	typed := make([]string, len(asked))
	for j, i := range asked {
		typed[j] = findings[i].typed.Shown
	}
	accounts, errs := c.accounts(typed)
	var missing []int
	var unknown []string
	for j, i := range asked {
		if err := findings[i].judge(accounts[j], errs[j]); err != nil {
			return nil, err
		}
		if findings[i].State == NameMissing {
			missing, unknown = append(missing, i), append(unknown, typed[j])
		}
	}
	near, errs := c.nearly(unknown)
	for j, i := range missing {
		if err := findings[i].judgeNear(alike(findings[i].typed, near[j]), errs[j]); err != nil {
			return nil, err
		}
	}
	return r.complete(ctx, actor, findings)
}

// accounts returns the account of each name, or an error, by one call.
func (c *client) accounts(names []string) ([]pactius.Account, []error) {
	each, errs := c.batch(len(names), names, func(ctx context.Context) answer {
		accounts, errs := c.rules.Graph.Accounts(ctx, c.credentials, names)
		return answer{each: slices.Collect(slices.Chunk(accounts, 1)), errs: errs}
	})
	accounts := make([]pactius.Account, len(names))
	for i := range names {
		if errs[i] == nil {
			accounts[i] = each[i][0]
		}
	}
	return accounts, errs
}

// nearly returns the accounts that are nearly called like each of the names, before they are compared, by one call.
func (c *client) nearly(names []string) ([][]pactius.Account, []error) {
	texts := make([][]string, len(names))
	for i, name := range names {
		texts[i] = beginnings(name)
	}
	return c.batch(len(texts), slices.Concat(texts...), func(ctx context.Context) answer {
		found, errs := c.rules.Graph.Searches(ctx, c.credentials, maxNearEach, texts)
		return answer{each: found, errs: errs}
	})
}

// batch makes a call that asks about several texts and returns the accounts and the error of each. A failure of the
// whole call is that of each, and pauses as that of any call.
func (c *client) batch(n int, texts []string, call func(context.Context) answer) ([][]pactius.Account, []error) {
	if n == 0 {
		return nil, nil
	}
	got, err := c.ask(c.query(queryBatch, strings.Join(texts, "\n")), true, func(ctx context.Context) (answer, error) {
		a := call(ctx)
		if !slices.ContainsFunc(a.errs, func(err error) bool { return trouble(err) == "" }) {
			return answer{}, a.errs[0]
		}
		return a, nil
	})
	if err != nil {
		return make([][]pactius.Account, n), slices.Repeat([]error{err}, n)
	}
	return got.each, got.errs
}
