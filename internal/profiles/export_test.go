package profiles

import (
	"context"

	"github.com/pactius/pactius"
)

// Bounds of looks.
const (
	LookBatch = lookBatch
	LeaseTime = leaseTime
	Refresh   = refresh
	Jitter    = jitter
)

// Look asks the directory about the people of an environment who are due.
func (r *Rules) Look(ctx context.Context, env pactius.EnvironmentID) (int, error) {
	return r.look(ctx, env)
}
