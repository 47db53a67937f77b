package retention

// SetBounds changes how many events are in a batch, and batches in a turn and in a round.
func (r *Rules) SetBounds(batch, turn, round int) { r.bounds = bounds{batch, turn, round} }
