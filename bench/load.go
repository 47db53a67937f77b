package main

import (
	"context"
	"sync"
	"time"
)

// maxUnderWay bounds the requests of a load that are under way.
const maxUnderWay = 64

// openLoop is a load whose requests arrive at fixed times, whether earlier ones were answered or not, as people do. The
// time of each is counted from its intended arrival, so a stall is seen by all who would have come during it.
type openLoop struct {
	rate     float64 // arrivals per second
	count    int
	patience time.Duration // for one request
	underWay int           // at most; a later arrival waits, and its wait counts
}

// run runs the load and returns how long the requests took, and how many failed.
func (l openLoop) run(ctx context.Context, do func(context.Context) error) (times, int) {
	took, failed := make(times, l.count), 0
	var group sync.WaitGroup
	var mu sync.Mutex
	places := make(chan struct{}, l.underWay)
	start := time.Now()
	for i := range l.count {
		intended := start.Add(time.Duration(float64(i) / l.rate * float64(time.Second)))
		time.Sleep(time.Until(intended))
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			ctx, cancel := context.WithTimeout(ctx, l.patience)
			defer cancel()
			err := do(ctx)
			mu.Lock()
			defer mu.Unlock()
			took[i] = time.Since(intended)
			if err != nil {
				failed++
			}
		})
	}
	group.Wait()
	return took, failed
}
