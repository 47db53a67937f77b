package torture

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/process"
)

// underWay is the most emails of one environment that an instance sends at the same time: those
// go out twice if it ends before it has noted that the mail server took them.
const underWay = outbox.DefaultWorkers / 2

// Times of outages.
const (
	calm        = 700 * time.Millisecond // between two outages, at least; as much again at most
	goneFor     = 300 * time.Millisecond // the database is away so long, at least; twice as much again at most
	outageGrace = 500 * time.Millisecond // after the database is back, for requests that meet connections from before
)

// window is a time in which failures are allowed.
type window struct{ from, to time.Time }

// outages takes PostgreSQL away under load: it is stopped in both ways, and the
// connections of the instances are cut.
func outages(ctx context.Context, r *run, v *verdict) error {
	s, err := r.newSite(ctx, v, r.instances())
	if err != nil {
		return err
	}
	defer s.close()
	return s.suffer(ctx, r, outage{"restarts", func(n int) error {
		return restart(ctx, r.cluster, []string{storetest.StopFast, storetest.StopImmediate}[n%2])
	}}, outage{"cuts of all connections", func(int) error { return s.cut(ctx, r.cluster) }})
}

// pooled starts the PgBouncer between the instances and PostgreSQL anew, under load.
func pooled(ctx context.Context, r *run, v *verdict) error {
	pooler, err := r.cluster.NewPooler()
	if errors.Is(err, storetest.ErrNoPooler) && os.Getenv(storetest.Require) == "" {
		v.skipped = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	defer pooler.Close()
	address, err := r.database(ctx)
	if err != nil {
		return err
	}
	s, err := r.siteOver(ctx, v, address, r.instances())
	if err != nil {
		return err
	}
	defer s.close()
	s.vars = append(s.vars, "PACTIUS_DATABASE="+pooler.Through(address, "default_query_exec_mode=exec"))
	for _, i := range s.instances {
		i.env = process.Environ(s.vars...)
	}
	if err := s.startAll(ctx); err != nil {
		return err
	}
	return s.suffer(ctx, r, outage{"restarts of the pooler", func(int) error { return pooler.Restart() }})
}

// outage takes something away and brings it back.
type outage struct {
	what string
	do   func(n int) error
}

// suffer makes outages under load, as often as the run says.
func (s *site) suffer(ctx context.Context, r *run, outages ...outage) error {
	l, err := startLoad(ctx, s, r.people)
	if err != nil {
		return err
	}
	s.mishaps.take() // before anything was taken away
	for _, o := range outages {
		var windows []window
		for n := range r.outages {
			pause(ctx, calm+rand.N(calm))
			w := window{from: time.Now()}
			s.failed(o.do(n))
			w.to = time.Now()
			windows = append(windows, w)
		}
		pause(ctx, calm)
		during, answered := s.mishaps.take()
		s.judge(o.what, windows, during, answered)
	}
	l.end(ctx, r.hurry)
	_, twice := s.post.totals()
	s.figure("%s; %d mails twice", l.summary(), twice)
	if most := len(s.instances) * len(outages) * r.outages * underWay; twice > most {
		s.broken("%d mails were delivered twice, more than were being sent at the outages (%d)", twice, most)
	}
	return nil
}

// restart stops the server, leaves it away for a while and starts it again.
func restart(ctx context.Context, cluster *storetest.Cluster, how string) error {
	if err := cluster.Stop(how); err != nil {
		return err
	}
	pause(ctx, goneFor+rand.N(2*goneFor))
	return cluster.Start()
}

// cut ends all connections to the site's database.
func (s *site) cut(ctx context.Context, cluster *storetest.Cluster) error {
	return cluster.Exec(ctx,
		`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+databaseName(s.database)+`'`)
}

// databaseName is the name of the PostgreSQL database at an address.
func databaseName(address string) string {
	_, name, _ := strings.Cut(strings.TrimPrefix(address, "postgres://"), "/")
	name, _, _ = strings.Cut(name, "?")
	return name
}

// judge sorts failures into those within a window and those that break the promise.
func (v *verdict) judge(what string, windows []window, failures []mishap, answered int) {
	var late time.Duration
	for _, f := range failures {
		within, after := false, time.Duration(-1)
		for _, w := range windows {
			if f.from.Before(w.to) && f.to.After(w.from) {
				within = true
			} else if f.from.After(w.to) && f.from.Before(w.to.Add(outageGrace)) {
				after = f.to.Sub(w.to)
			}
		}
		switch {
		case within:
		case after >= 0:
			late = max(late, after)
		default:
			v.broken("outside of any outage (%s): %d %s after %s", what, f.status, f.what,
				f.to.Sub(f.from).Round(time.Millisecond))
		}
	}
	v.figure("%d %s: %d requests failed meanwhile, the last that began later was answered %s after the end, %d "+
		"were answered well", len(windows), what, len(failures), late.Round(time.Millisecond), answered)
}
