package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// Process is a running program.
type Process struct {
	Log *Log // its output

	cmd   *exec.Cmd
	ended chan struct{}
}

// hearHangUps lets processes hear SIGHUP although this one was started to ignore it, as under nohup: they would inherit
// that.
var hearHangUps = sync.OnceFunc(func() {
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
})

// Start starts a command. Its output goes to the process's Log, as far as the
// command has no writers of its own; a *Log among them becomes that of the process.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	var ok bool
	if p.Log, ok = cmd.Stderr.(*Log); !ok {
		p.Log = &Log{}
	}
	if cmd.Stdout == nil {
		cmd.Stdout = p.Log
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.Log
	}
	hearHangUps()
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is in ProcessState
		close(p.ended)
	}()
	return p, nil
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Signal sends a signal. A process that has ended already is no error.
func (p *Process) Signal(signal os.Signal) error {
	if err := p.cmd.Process.Signal(signal); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Await waits until the log matches a regular expression and returns the match and
// its groups.
func (p *Process) Await(ctx context.Context, pattern string) ([]string, error) {
	wanted := regexp.MustCompile(pattern)
	for {
		text, grown := p.Log.look()
		if found := wanted.FindStringSubmatch(text); found != nil {
			return found, nil
		}
		select {
		case <-grown:
		case <-p.ended:
			if found := wanted.FindStringSubmatch(p.Log.String()); found != nil {
				return found, nil
			}
			return nil, fmt.Errorf("%s ended without printing %s:\n%s", p.cmd, pattern, p.Log)
		case <-ctx.Done():
			return nil, fmt.Errorf("%s does not print %s: %w:\n%s", p.cmd, pattern, ctx.Err(), p.Log)
		}
	}
}

// Ready waits until "pactius serve" takes requests and returns its address.
func (p *Process) Ready(ctx context.Context) (string, error) {
	found, err := p.Await(ctx, `msg="PACTIUS is ready" listen=(\S+)`)
	if err != nil {
		return "", err
	}
	return found[1], nil
}

// Wait waits until the process has ended and returns its exit code, -1 after a
// signal. It is killed when patience ends first.
func (p *Process) Wait(patience time.Duration) int {
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	return p.cmd.ProcessState.ExitCode()
}

// End sends a signal and waits, see Wait.
func (p *Process) End(signal os.Signal, patience time.Duration) error {
	err := p.Signal(signal)
	p.Wait(patience)
	return err
}

// Result is how a command ended.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Run runs a command to its end. The error is about one that could not be run.
func Run(cmd *exec.Cmd) (Result, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		return Result{}, fmt.Errorf("run %s: %w", cmd, err)
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}, nil
}
