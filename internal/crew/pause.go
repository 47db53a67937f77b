package crew

import "time"

// Pause returns the pause after a number of failures, at least one: the first pause, doubled with each further failure
// up to the longest.
func Pause(failures int, first, longest time.Duration) time.Duration {
	pause := first
	for range failures - 1 {
		if pause *= 2; pause >= longest {
			return longest
		}
	}
	return pause
}
