package store

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/nearmiss"
)

// SimilarInvited finds users who wait for their first sign-in, have no identity
// and share a key with the person looked up: candidates for nearmiss.Rank, at
// most MaxSimilar.
func (t *Tx) SimilarInvited(ctx context.Context, l nearmiss.Lookup) ([]pactius.User, error) {
	return nil, nil
}

// SimilarUsers is SimilarInvited among all users, also those who are in or deactivated.
func (t *Tx) SimilarUsers(ctx context.Context, l nearmiss.Lookup) ([]pactius.User, error) {
	return nil, nil
}

// SimilarRequests finds the pending requests of people who share a key with the
// person looked up, without their wished units.
func (t *Tx) SimilarRequests(ctx context.Context, l nearmiss.Lookup) ([]pactius.AccessRequest, error) {
	return nil, nil
}

// Commonness counts how many users share words, each up to nearmiss.MaxCount.
func (t *Tx) Commonness(ctx context.Context, words []string) (nearmiss.Commonness, error) {
	return nearmiss.Commonness{}, nil
}
