package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/store/storetest"
)

// result is what was measured of one size on one engine.
type result struct {
	Engine   string
	Version  string
	Users    int
	Units    int
	Events   int
	Read     time.Duration // one row by its key, median
	Empty    figures
	Visitors []visited
	Mixed    []mixed
	Ready    time.Duration // from the start of the program to the first /readyz, median
	Memory   int64         // of the idle program, bytes
}

// visited are the pages of one visitor.
type visited struct {
	Name  string
	Pages []figures
}

// baseline is how often the baselines are measured.
const baseline = 200

// measureSizes measures all pages at all sizes on all engines, the engines of a size one after the other.
func measureSizes(ctx context.Context, o options, tell func(string, ...any)) ([]result, error) {
	var all []result
	for i, users := range o.sizes {
		d, err := dataFor(ctx, o.data, o.seed, users, func(what string, n int) {
			tell("%d users: %s %d", users, what, n)
		})
		if err != nil {
			return nil, err
		}
		tell("%d users, %d units, %d events: made in %s", d.Users, d.Units, d.Events, d.Took.Round(time.Second))
		last := i == len(o.sizes)-1
		for _, engine := range o.engines {
			r := result{Engine: engine, Users: d.Users, Units: d.Units, Events: d.Events}
			err := onEngine(ctx, engine, d, tell, func(address string) error {
				return measureSize(ctx, o, address, d, last, tell, &r)
			})
			if errors.Is(err, storetest.ErrNoPostgres) {
				tell("not measured: %v", err)
				continue
			}
			if ctx.Err() != nil && len(r.Visitors) > 0 { // ended early: what there is counts
				return append(all, r), nil
			}
			if err != nil {
				return nil, fmt.Errorf("%d users on %s: %w", users, engine, err)
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// The engines, as the tables call them.
const (
	onSQLite   = "SQLite"
	onPostgres = "PostgreSQL"
)

// onEngine calls fn with the address of a database with the company: the kept file, or a copy of it on a PostgreSQL
// server with its default settings, which is started and ended here.
func onEngine(
	ctx context.Context, engine string, d data, tell func(string, ...any), fn func(address string) error,
) error {
	if engine == onSQLite {
		return fn(d.address())
	}
	return withPostgres(ctx, func(address string) error {
		began := time.Now()
		if _, err := dbtool.Copy(ctx, d.address(), address, dbtool.CopyOptions{}); err != nil {
			return err
		}
		tell("copied to PostgreSQL in %s", time.Since(began).Round(time.Second))
		return fn(address)
	})
}

// measureSize measures the pages of one size on one engine. Profiles are made where they are shown: of the largest.
func measureSize(
	ctx context.Context, o options, address string, d data, profiled bool, tell func(string, ...any), r *result,
) error {
	s, err := openSubject(ctx, address, d.Company)
	if err != nil {
		return err
	}
	front := httptest.NewServer(s.handler)
	err = s.measureAll(ctx, o, front.URL, profiled, tell, r)
	front.Close()
	if err := errors.Join(err, s.close()); err != nil {
		return err
	}
	if o.starts > 0 && r.Engine == onSQLite {
		r.Ready, r.Memory, err = measureStart(ctx, address, d, o.starts)
	}
	return err
}

func (s *subject) measureAll(
	ctx context.Context, o options, base string, profiled bool, tell func(string, ...any), r *result,
) error {
	took, err := measure(min(baseline, 10*o.budget.rounds), func() error { return s.read(ctx) })
	if err != nil {
		return err
	}
	r.Read = took.at(.5)
	if r.Version, err = s.version(ctx, r.Engine); err != nil {
		return err
	}
	if r.Empty, err = s.measure(ctx, base, visitor{}, emptyPage, o.budget, false); err != nil {
		return err
	}
	visitors, err := s.visitors(ctx)
	if err != nil {
		return err
	}
	var looks []look
	for _, v := range visitors[:o.visitors] {
		pages, err := s.pagesFor(ctx, v)
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		if o.only != nil {
			pages = slices.DeleteFunc(pages, func(p page) bool { return !o.only.MatchString(p.name) })
		}
		r.Visitors = append(r.Visitors, visited{Name: v.name})
		seen := &r.Visitors[len(r.Visitors)-1]
		for i, p := range pages {
			f, err := s.measure(ctx, base, v, p, o.budget, profiled && r.Engine == onSQLite && i < o.profiled)
			if err != nil {
				return fmt.Errorf("%s: %w", v.name, err)
			}
			if r.Engine == onPostgres && profiled && f.Serial > 0 {
				f.Database = max(0, 1-f.CPU.Seconds()/f.Serial.Seconds())
			}
			tell("%s, %d users, %s, %s: %s ms", r.Engine, r.Users, v.name, p.name, milliseconds(f.P50))
			seen.Pages, looks = append(seen.Pages, f), append(looks, look{v, p})
		}
	}
	r.Mixed, err = s.measureMixed(ctx, base, looks, o, tell)
	return err
}
