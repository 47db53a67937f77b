package leavers

import "context"

// Sweepers is how many turns work at a time.
const Sweepers = sweepers

// SweepDue gives every due environment a turn and returns their number.
func (r *Rules) SweepDue(ctx context.Context, moved func()) (int, error) {
	if moved == nil {
		moved = func() {}
	}
	all := 0
	for _, troubled := range []bool{false, true} {
		crew := r.NewCrew(troubled, moved)
		n, err := crew.Start(ctx)
		crew.Wait()
		if all += n; err != nil {
			return all, err
		}
	}
	return all, nil
}

// SecondLook is how long an account must be missing.
const SecondLook = secondLook
