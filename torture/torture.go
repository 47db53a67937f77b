package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/process"
)

// Options say how much is done.
type Options struct {
	Kills   int       // on each engine
	Rounds  int       // of racing for the same person, on each engine
	Outages int       // restarts of PostgreSQL, and as many cuts of its connections
	People  int       // at work at the same time
	Hurry   bool      // moves times in the database and in clocks where a full run waits
	Only    []string  // names of promises, see Names; empty is all
	Engine  string    // EngineSQLite or EnginePostgreSQL; "" is both
	Out     io.Writer // says what is being done; nil says nothing
}

// The engines.
const (
	EngineSQLite     = "SQLite"
	EnginePostgreSQL = "PostgreSQL"
)

// Full is what make torture runs, Short what the tests do.
func Full() Options { return Options{Kills: 200, Rounds: 10_000, Outages: 10, People: 8} }

// Short is a bounded part of Full that takes about a minute.
func Short() Options { return Options{Kills: 10, Rounds: 80, Outages: 2, People: 6, Hurry: true} }

// promise is one thing that is tried on one engine.
type promise struct {
	name string
	only string // the engine, where it is for one alone
	try  func(context.Context, *run) *Line
}

// promises are all, in the order of docs/operations.md.
func promises() []promise {
	return []promise{
		{"kill", "", func(ctx context.Context, r *run) *Line {
			return r.withSite(ctx, r.instances(), func(s *site) *Line {
				return kill(ctx, s, killPlan{r.Kills, r.People, r.Hurry})
			})
		}},
		{"race", "", func(ctx context.Context, r *run) *Line {
			return r.withSite(ctx, 0, func(s *site) *Line { return race(ctx, s, r.Rounds) })
		}},
		{"mail", "", func(ctx context.Context, r *run) *Line {
			return r.withSite(ctx, 0, func(s *site) *Line { return mailTrouble(ctx, s, r.share()) })
		}},
		{"postgres", EnginePostgreSQL, func(ctx context.Context, r *run) *Line {
			return r.withSite(ctx, 2, func(s *site) *Line { return outages(ctx, s, r.cluster, r.Options) })
		}},
		{"microsoft", "", func(ctx context.Context, r *run) *Line {
			return r.withSite(ctx, 1, func(s *site) *Line { return microsoftAway(ctx, s, r.Hurry) })
		}},
		{"disk", "", func(ctx context.Context, r *run) *Line { return r.disk(ctx) }},
	}
}

// Names lists the promises that can be tried.
func Names() []string {
	var names []string
	for _, p := range promises() {
		names = append(names, p.name)
	}
	return names
}

// run is one run of all promises on one engine.
type run struct {
	Options
	engine  string
	binary  string
	dir     string
	cluster *storetest.Cluster // of PostgreSQL
	sites   int
}

// Run tries the promises on both engines and reports. The error is about what
// could not be tried at all.
func Run(ctx context.Context, o Options) (Report, error) {
	dir, err := os.MkdirTemp("", "pactius-torture-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // a temporary folder; what stays is the system's to clear
	if o.Out == nil {
		o.Out = io.Discard
	}
	binary, err := process.Build(ctx, dir, "pactius")
	if err != nil {
		return nil, err
	}
	var report Report
	for _, engine := range []string{EngineSQLite, EnginePostgreSQL} {
		if o.Engine != "" && o.Engine != engine {
			continue
		}
		r := &run{Options: o, engine: engine, binary: binary, dir: dir}
		lines, err := r.all(ctx)
		report = append(report, lines...)
		if err != nil {
			return report, err
		}
	}
	return report, nil
}

// all tries all promises on the engine.
func (r *run) all(ctx context.Context) (Report, error) {
	if r.engine == EnginePostgreSQL {
		cluster, err := storetest.StartCluster()
		if errors.Is(err, storetest.ErrNoPostgres) && os.Getenv(storetest.Require) == "" {
			return Report{{Name: "all", Promise: "all", Engine: r.engine, Skipped: err.Error()}}, nil
		}
		if err != nil {
			return nil, err
		}
		r.cluster = cluster
		defer cluster.Close()
	}
	var report Report
	for _, p := range promises() {
		if (p.only != "" && p.only != r.engine) || (len(r.Only) > 0 && !slices.Contains(r.Only, p.name)) {
			continue
		}
		fmt.Fprintf(r.Out, "%s: %s ...\n", r.engine, p.name)
		l := p.try(ctx, r)
		l.Name, l.Engine = p.name, r.engine
		fmt.Fprintf(r.Out, "%s: %s %s after %s %q\n", r.engine, p.name, l.result(), l.Took.Round(1e8), l.Figures)
		for _, c := range l.Broken {
			fmt.Fprintf(r.Out, "  %s\n", c)
		}
		report = append(report, l)
	}
	return report, ctx.Err()
}

// instances is how many serve a database: SQLite is for one, PostgreSQL for several.
func (r *run) instances() int {
	if r.cluster == nil {
		return 1
	}
	return 2
}

// share is how much of their time simulated troubles last.
func (r *run) share() float64 {
	if r.Hurry {
		return 0.1
	}
	return 1
}

// database makes an empty database and a folder of its own.
func (r *run) database(ctx context.Context) (dir, address string, err error) {
	r.sites++
	dir = filepath.Join(r.dir, fmt.Sprintf("%s-%d", r.engine, r.sites))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", "", err
	}
	if r.cluster == nil {
		return dir, sqliteIn(dir), nil
	}
	address, err = r.cluster.NewDatabase(ctx)
	return dir, address, err
}

// withSite sets up a deployment over an empty database and tries something on it.
func (r *run) withSite(ctx context.Context, instances int, try func(*site) *Line) *Line {
	dir, address, err := r.database(ctx)
	if err != nil {
		l := &Line{}
		l.failed(err)
		return l
	}
	s, err := newSite(ctx, r.binary, dir, address, instances)
	if err != nil {
		l := &Line{}
		l.failed(err)
		return l
	}
	defer s.close()
	return try(s)
}
