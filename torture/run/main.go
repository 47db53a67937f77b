package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/pactius/pactius/torture"
)

func main() {
	o := torture.Full()
	o.Out = os.Stderr
	short := flag.Bool("short", false, "the form that the tests run")
	flag.IntVar(&o.Kills, "kills", o.Kills, "kills on each engine")
	flag.IntVar(&o.Rounds, "rounds", o.Rounds, "rounds of racing on each engine")
	flag.IntVar(&o.Outages, "outages", o.Outages, "restarts of PostgreSQL, and cuts of its connections")
	only := flag.String("only", "", "promises to try, separated by commas: "+strings.Join(torture.Names(), ", "))
	flag.StringVar(&o.Engine, "engine", "", torture.EngineSQLite+" or "+torture.EnginePostgreSQL+"; both unless given")
	flag.Parse()
	if *short {
		out, engine := o.Out, o.Engine
		o = torture.Short()
		o.Out, o.Engine = out, engine
	}
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	report, err := torture.Run(ctx, o)
	if printErr := report.Print(os.Stdout); err == nil {
		err = printErr
	}
	if err == nil && !report.Kept() {
		err = fmt.Errorf("a promise was broken")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		stop()
		os.Exit(1)
	}
}
