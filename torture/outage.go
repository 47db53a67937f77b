package torture

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
)

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
func outages(ctx context.Context, s *site, cluster *storetest.Cluster, o Options) *Line {
	line := &Line{Promise: "PostgreSQL restarts and its connections are cut: the service comes back by itself, " +
		"fails only meanwhile, and nothing acknowledged is lost"}
	defer clock(line)()
	if err := s.startAll(ctx); err != nil {
		line.failed(err)
		return line
	}
	l, err := startLoad(ctx, s, line, o.People)
	if err != nil {
		line.failed(err)
		return line
	}
	s.mishaps.take() // before anything was taken away
	var restarts, cuts []window
	for n := range o.Outages {
		pause(ctx, calm+rand.N(calm))
		w, err := restart(ctx, cluster, []string{storetest.StopFast, storetest.StopImmediate}[n%2])
		line.failed(err)
		restarts = append(restarts, w)
	}
	pause(ctx, calm)
	during, answered := s.mishaps.take()
	line.judge("restarts", restarts, during, answered)
	for range o.Outages {
		pause(ctx, calm+rand.N(calm))
		w := window{from: time.Now()}
		line.failed(s.cut(ctx, cluster))
		w.to = time.Now()
		cuts = append(cuts, w)
	}
	pause(ctx, calm)
	during, answered = s.mishaps.take()
	line.judge("cuts of all connections", cuts, during, answered)
	l.finish()
	s.deliverAll(ctx, line, o.Hurry)
	line.failed(s.look(func(db *sql.DB) error { return l.verify(db, line, true) }))
	s.examine(ctx, line)
	_, twice := s.post.totals()
	line.figure("%s; %d mails twice", l.summary(), twice)
	if most := len(s.instances) * (len(restarts) + len(cuts)); twice > most {
		line.broken("%d mails were delivered twice, more than one for each instance and outage (%d)", twice, most)
	}
	return line
}

// restart stops the server, leaves it away for a while and starts it again.
func restart(ctx context.Context, cluster *storetest.Cluster, how string) (window, error) {
	w := window{from: time.Now()}
	if err := cluster.Stop(how); err != nil {
		return w, err
	}
	pause(ctx, goneFor+rand.N(2*goneFor))
	err := cluster.Start()
	w.to = time.Now()
	return w, err
}

// cut ends all connections to the site's database.
func (s *site) cut(ctx context.Context, cluster *storetest.Cluster) error {
	return cluster.Exec(
		ctx,
		fmt.Sprintf(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'`, s.databaseName()),
	)
}

// databaseName is the name of the site's PostgreSQL database.
func (s *site) databaseName() string {
	_, name, _ := strings.Cut(strings.TrimPrefix(s.database, "postgres://"), "/")
	name, _, _ = strings.Cut(name, "?")
	return name
}

// judge sorts failures into those within a window and those that break the promise.
func (l *Line) judge(what string, windows []window, failures []mishap, answered int) {
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
			l.broken(
				"outside of any outage (%s): %d %s after %s", what, f.status, f.what,
				f.to.Sub(f.from).Round(time.Millisecond),
			)
		}
	}
	l.figure("%d %s: %d requests failed meanwhile, the last that began later was answered %s after the end, %d "+
		"were answered well", len(windows), what, len(failures), late.Round(time.Millisecond), answered)
}
