package main

import (
	"context"
	"sync/atomic"
	"time"
)

// mixed is a load of all kinds of pages at one rate.
type mixed struct {
	Rate     float64
	P50, P95 time.Duration
	P99      time.Duration
	Failed   int
	Count    int
}

// usual are the pages of a mixed load: what administrators open all day. Searches and long lists are no rarity in it.
var usual = []string{"home", "users, by name", "one user", "requests, pending", "one request", "activity",
	"search: a full name", "users, active", "one business unit", "home"}

// look is a visitor who looks at a page.
type look struct {
	visitor visitor
	page    page
}

// measureMixed lets administrators of all three kinds open the usual pages at fixed rates.
func (s *subject) measureMixed(
	ctx context.Context, base string, seen []look, o options, tell func(string, ...any),
) ([]mixed, error) {
	var looks []look
	for _, name := range usual {
		for _, l := range seen {
			if l.page.name == name {
				looks = append(looks, l)
			}
		}
	}
	var all []mixed
	for _, rate := range o.rates {
		if len(looks) == 0 { // see options.only
			break
		}
		l := openLoop{rate: rate, count: max(fewest, int(rate*o.loadTime.Seconds())), patience: 30 * time.Second,
			underWay: maxUnderWay}
		var n atomic.Int64
		took, failed := l.run(ctx, func(ctx context.Context) error {
			at := looks[int(n.Add(1)-1)%len(looks)]
			return s.fetch(ctx, base, at.visitor, at.page)
		})
		m := mixed{Rate: rate, P50: took.at(.5), P95: took.at(.95), P99: took.at(.99), Failed: failed, Count: l.count}
		tell("%.0f pages a second: p50 %s ms, p95 %s ms, %d failed", rate, milliseconds(m.P50),
			milliseconds(m.P95), failed)
		all = append(all, m)
		if m.P95 > overloaded {
			break // the next rate would only wait longer
		}
	}
	return all, nil
}

// overloaded is a delay that means that more arrives than is answered.
const overloaded = 5 * time.Second
