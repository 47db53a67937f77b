package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup does
		signals = append(signals, syscall.SIGHUP) // a closed terminal ends the demo, which then removes its folder
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, stop) // a second signal ends the program immediately
	code := run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	root := newRootCommand(stdout, stderr)
	root.SetArgs(args)
	if command, err := root.ExecuteContextC(ctx); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", command.CommandPath(), err)
		return 1
	}
	return 0
}

// flags are the flags that both commands have, and where they print.
type flags struct {
	address        string // to listen at
	verbose        bool
	stdout, stderr io.Writer
}

// bind adds the flags to a command.
func (f *flags) bind(c *cobra.Command, listen, of string) {
	c.Flags().StringVar(&f.address, "listen", listen, "`ADDRESS` and port of "+of)
	c.Flags().BoolVar(&f.verbose, "verbose", false, "print the log too")
}

// newLogger returns the log: warnings, or everything with --verbose.
func (f *flags) newLogger() *slog.Logger {
	level := slog.LevelWarn
	if f.verbose {
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(f.stderr, &slog.HandlerOptions{Level: level}))
}

// newRootCommand makes "pactius-demo" and its one subcommand.
func newRootCommand(stdout, stderr io.Writer) *cobra.Command {
	d := &demo{flags: flags{stdout: stdout, stderr: stderr}}
	c := &cobra.Command{
		Use:   "pactius-demo",
		Short: "Try PACTIUS on this machine, with a sample company",
		Long: "Start here if PACTIUS is new to you; there is nothing to configure. The demo serves PACTIUS with a\n" +
			"sample company, a Microsoft 365 tenant to sign in with, a mailbox that shows every email, and an\n" +
			"application. It prints their addresses and a tour. Everything stays on this machine and is deleted\n" +
			"at the end, unless you give a folder with --data.",
		Example:       "  pactius-demo\n  pactius-demo --listen 127.0.0.1:9000 --data ./demo",
		Args:          cobra.NoArgs,
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
		RunE:          func(c *cobra.Command, _ []string) error { return d.serve(c.Context()) },
	}
	c.SetOut(stdout)
	c.SetErr(stderr)
	d.bind(c, "127.0.0.1:8080", "PACTIUS; the tenant, the mailbox and the application take the next three")
	c.Flags().StringVar(&d.keep, "data", "", "`FOLDER` to keep the state in (default a temporary one)")
	c.AddCommand(newTenantCommand(stdout, stderr))
	return c
}
