package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
)

// options say what one run measures, and how much of it.
type options struct {
	parts    []string // see allParts
	sizes    []int    // users of the companies, the smallest first
	engines  []string
	data     string         // folder of invented companies
	seed     uint64         // from which they are invented
	makeOnly bool           // make the companies, and measure nothing
	only     *regexp.Regexp // names of the pages that are measured; nil is all
	document string         // its blocks are written anew; "" prints them
	tell     bool           // progress

	budget   budget        // of one page
	rates    []float64     // pages a second of the mixed loads
	loadTime time.Duration // of each
	starts   int
	visitors int // how many look at the pages
	profiled int // of how many pages of each the processor is sampled

	admissionUsers int // of the company that users are added to
	admissionUnits int // of that company
	admissions     int // users added in each measurement
	near           int // invited users for near misses
	mailRounds     int // at most, in each of which every other customer gets an email
	waiting        int // emails of one customer while others' are timed

	patience time.Duration // for an email of the others
	slow     time.Duration // that a slow mail server takes for each email

	door doorOptions
}

// The parts of a run.
const (
	partPages      = "pages"
	partAdmissions = "admissions"
	partNear       = "near"
	partNeighbours = "neighbours"
	partDoor       = "door"
	partProxy      = "proxy"
)

var (
	allParts   = []string{partPages, partAdmissions, partNear, partNeighbours, partDoor, partProxy}
	allEngines = []string{onSQLite, onPostgres}
)

// standard is what "make bench" measures.
func standard() options {
	return options{
		parts: allParts, sizes: []int{1000, 10_000, 100_000, 1_000_000}, engines: allEngines, seed: 1, tell: true,
		budget: budget{rounds: 40, time: 1500 * time.Millisecond}, rates: []float64{5, 20, 50, 100},
		loadTime: 10 * time.Second, starts: 7, visitors: 3, profiled: 1000,
		admissionUsers: 1000, admissionUnits: 200, admissions: 400, near: 100_000, waiting: 10_000, mailRounds: 20,
		patience: 30 * time.Second, slow: 300 * time.Millisecond,
		door: doorOptions{sessions: 100_000, active: 10_000, asked: 20_000, rounds: 5, revocations: 10, streams: 1000,
			pinned: true},
	}
}

func main() {
	err := func() error {
		if served, err := servedForBench(context.Background(), os.Args); served {
			return err
		}
		o, err := parse(os.Args[1:])
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return run(ctx, os.Stdout, o)
	}()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// servedForBench runs the server that a measurement has started this program as, if it has.
func servedForBench(ctx context.Context, args []string) (bool, error) {
	if len(args) == 4 {
		switch args[1] {
		case serveFlag:
			return true, serveForBench(ctx, args[2], args[3])
		case doorFlag:
			return true, serveDoor(ctx, args[2], args[3])
		}
	}
	return false, nil
}

// parse reads the flags.
func parse(args []string) (options, error) {
	o := standard()
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	parts := f.String("parts", strings.Join(allParts, ","), "what to measure")
	sizes := f.String("users", "1000,10000,100000,1000000", "users of the invented companies, the smallest first")
	engines := f.String("engines", strings.Join(allEngines, ","), "the databases to measure on")
	f.StringVar(&o.data, "data", "", "the folder that keeps invented companies for later runs; none keeps nothing")
	f.Uint64Var(&o.seed, "seed", o.seed, "from which companies are invented")
	f.BoolVar(&o.makeOnly, "make-only", false, "make the companies in -data, and measure nothing")
	f.Func("only", "a regular expression: only pages with such names are measured", func(text string) (err error) {
		o.only, err = regexp.Compile(text)
		return err
	})
	f.StringVar(&o.document, "write", "", "the document to write the tables and plots into; none prints the tables")
	f.IntVar(&o.budget.rounds, "rounds", o.budget.rounds, "at most so many measurements of each page")
	f.DurationVar(&o.budget.time, "time", o.budget.time, "at most about so long for each page, twice")
	f.DurationVar(&o.loadTime, "load", o.loadTime, "how long each rate of the mixed load takes")
	f.IntVar(&o.admissions, "each", o.admissions, "users added in each measurement of admissions")
	f.IntVar(&o.near, "near", o.near, "invited users for near misses")
	f.IntVar(&o.waiting, "neighbours", o.waiting, "emails of one customer that wait while others' are timed")
	f.DurationVar(&o.patience, "patience", o.patience, "the longest wait for an email of others")
	f.IntVar(&o.door.sessions, "sessions", o.door.sessions, "sessions at an application; a tenth of them is active")
	f.DurationVar(&o.slow, "slow", o.slow, "what a slow mail server takes for an email")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.door.active = min(o.door.active, o.door.sessions/10)
	o.parts, o.engines, o.sizes = strings.Split(*parts, ","), strings.Split(*engines, ","), nil
	for _, p := range o.parts {
		if !slices.Contains(allParts, p) {
			return o, fmt.Errorf("there is no part %q; there are %s", p, strings.Join(allParts, ", "))
		}
	}
	for _, e := range o.engines {
		if !slices.Contains(allEngines, e) {
			return o, fmt.Errorf("there is no engine %q; there are %s", e, strings.Join(allEngines, ", "))
		}
	}
	for s := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return o, fmt.Errorf("-users: %w", err)
		}
		o.sizes = append(o.sizes, n)
	}
	slices.Sort(o.sizes)
	return o, nil
}

// run measures once and publishes the tables.
func run(ctx context.Context, out io.Writer, o options) error {
	dir, err := os.MkdirTemp("", "pactius-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // a temporary folder; what stays is the system's to clear
	if o.data == "" {
		o.data = dir
	}
	began := time.Now()
	tell := func(format string, args ...any) {
		if o.tell {
			fmt.Fprintf(os.Stderr, "%7.1fs "+format+"\n", append([]any{time.Since(began).Seconds()}, args...)...)
		}
	}
	if o.makeOnly {
		if o.data == dir {
			return errors.New("-make-only needs -data, the folder that keeps the companies")
		}
		return makeData(ctx, out, o, tell)
	}
	var blocks []block
	var plots map[string]string
	for _, part := range o.parts {
		if ctx.Err() != nil {
			tell("ended early: the rest is not measured")
			break
		}
		tell("%s", part)
		var text strings.Builder
		var err error
		switch part {
		case partPages:
			var all []result
			if all, err = measureSizes(ctx, o, tell); err == nil {
				blocks, plots = pageBlocks(all)
				blocks = append(blocks, block{"machine", circumstances(all, ctx.Err() != nil)})
			}
		case partNeighbours:
			err = measureNeighbours(ctx, &text, dir, o)
		case partDoor:
			err = measureDoor(ctx, &text, o, tell)
		case partProxy:
			err = measureProxied(ctx, &text, o, tell)
		default:
			err = measureBoth(ctx, &text, dir, o, part)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		if text.Len() > 0 {
			blocks = append(blocks, block{part, text.String()})
		}
	}
	return publish(o, out, blocks, plots)
}

// makeData makes the invented companies, or finds them, and tells where they are.
func makeData(ctx context.Context, out io.Writer, o options, tell func(string, ...any)) error {
	for _, users := range o.sizes {
		d, err := dataFor(ctx, o.data, o.seed, users, func(what string, n int) { tell("%s %d", what, n) })
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d users, %d units, %d requests, %d events, made in %s, %s of the processors\n",
			d.file(), d.Users, d.Units, d.Requests, d.Events, d.Took.Round(time.Second), d.CPU.Round(time.Second))
	}
	return nil
}

// measureBoth measures admissions or near misses on the engines.
func measureBoth(ctx context.Context, out io.Writer, dir string, o options, part string) error {
	measure := func(engine, database string) error {
		if part == partNear {
			return measureNearMisses(ctx, out, engine, database, o)
		}
		return measureAdmissions(ctx, out, engine, database, o)
	}
	if slices.Contains(o.engines, onSQLite) {
		if err := measure(onSQLite, sqlite(dir, part+".db")); err != nil {
			return err
		}
	}
	if !slices.Contains(o.engines, onPostgres) {
		return nil
	}
	err := withPostgres(ctx, func(database string) error { return measure(onPostgres, database) })
	if errors.Is(err, storetest.ErrNoPostgres) {
		fmt.Fprintln(out, "Not measured:", err)
		return nil
	}
	return err
}
