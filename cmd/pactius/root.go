package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
)

// The exit codes of every command.
const (
	exitDone    = 0
	exitRefused = 1 // the command was refused or failed; the reason is on stderr
	exitUsage   = 2 // the command line was wrong
	exitPartial = 3 // doctor was interrupted, and had found no problem until then
)

// app holds everything that a command may read or write.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string                          // as os.Environ returns it
	readFile       func(path string) ([]byte, error) // nil means os.ReadFile
	zone           *time.Location                    // for printing times; nil means time.Local
	answers        bool                              // a person answers on stdin, although it is no terminal
}

// usageError is a wrong command line.
type usageError struct{ error }

// usage returns a usageError.
func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes a command line and returns the exit code.
func run(ctx context.Context, a *app, args []string) int {
	root := newRootCommand(a)
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if wrong, ok := errors.AsType[usageError](err); ok {
		fmt.Fprintf(a.stderr, "%s: %s\nSee \"%s --help\".\n", command.CommandPath(), printableLines(wrong.Error()),
			command.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(a.stderr, "%s: %s\n", command.CommandPath(), printableLines(reason(err)))
	if errors.Is(err, errInterrupted) {
		return exitPartial
	}
	return exitRefused
}

// reason returns the reason of a failed command: the sentence for a person or else
// the whole error. For wrong input it returns the faults of the fields, without the
// sentence above them, which is about forms.
func reason(err error) string {
	refusal, ok := errors.AsType[*pactius.Error](err)
	if !ok || refusal.Kind == pactius.KindInternal {
		return err.Error()
	}
	if refusal.Kind != pactius.KindInvalid || len(refusal.Fields) == 0 {
		text := refusal.Message.String()
		if refusal.Err != nil { // Support may read it, as in the log
			text += "\n  cause: " + refusal.Err.Error()
		}
		return text
	}
	faults := make([]string, len(refusal.Fields))
	for i, f := range refusal.Fields {
		faults[i] = f.Message.String()
		if f.Field != "" {
			faults[i] = f.Field + ": " + faults[i]
		}
	}
	if len(faults) == 1 {
		return faults[0]
	}
	return "there are several problems:\n  " + strings.Join(faults, "\n  ")
}

// newRootCommand makes the tree of commands.
func newRootCommand(a *app) *cobra.Command {
	root := group("pactius", newServeCommand(a), newEnvironmentCommand(a), newUserCommand(a), newRequestCommand(a),
		newUnitCommand(a), newApplicationCommand(a), newEmailCommand(a), newExplainCommand(a), newSweepCommand(a),
		newDoctorCommand(a), newHealthcheckCommand(a), newBackupCommand(a), newRestoreCommand(a), newCheckCommand(a),
		newCopyCommand(a), newConfigCommand(a), newVersionCommand(a), newManualCommand(a))
	root.SilenceErrors, root.SilenceUsage = true, true // run prints them
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.InitDefaultCompletionCmd() // before the wrap, so that it is wrapped too
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.Args, completion.RunE = noArgs, needsSubcommand
	}
	wrapArgs(root)
	return root
}

// needsSubcommand is the RunE of commands that only have subcommands.
func needsSubcommand(c *cobra.Command, _ []string) error {
	return usage("a command is missing")
}

// noArgs refuses arguments and suggests the nearest subcommand.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !c.HasSubCommands() {
		return fmt.Errorf("takes no argument, but got %q", args[0])
	}
	c.SuggestionsMinimumDistance = 2 // letters
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command %q; did you mean %q?", args[0], near[0])
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// wrapArgs turns cobra's errors about arguments and missing flags into usageErrors.
func wrapArgs(c *cobra.Command) {
	check := c.Args
	c.Args = func(c *cobra.Command, args []string) error {
		if check != nil {
			if err := check(c, args); err != nil {
				return usageError{err}
			}
		}
		if err := c.ValidateRequiredFlags(); err != nil {
			return usageError{err}
		}
		return nil
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}

// config loads the configuration of a command from its flags, the environment and
// files. require are the required settings.
func (a *app) config(flags *pflag.FlagSet, require []string) (config.Config, error) {
	return config.Load(config.Sources{Flags: config.GivenFlags(flags), Environ: a.environ, ReadFile: a.readFile,
		Require: require})
}

// logger returns the configured log, on stderr.
func (a *app) logger(c config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == config.LogJSON {
		return slog.New(slog.NewJSONHandler(a.stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.stderr, options))
}
