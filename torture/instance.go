package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Times of processes.
const (
	startPatience = 30 * time.Second // for the server to be ready, which takes a fraction of a second
	logKept       = 64 << 10         // bytes of a server's log that are kept; the newest stay
)

// build builds the real program into a folder.
func build(ctx context.Context, dir string) (string, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	binary := filepath.Join(dir, "pactius")
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", binary, "./cmd/pactius")
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build pactius: %w\n%s", err, out)
	}
	return binary, nil
}

// instance is one process of "pactius serve".
type instance struct {
	binary, dir string
	env         []string
	address     atomic.Pointer[string] // where it listens; nil while it is not ready
	log         *serverLog
	cmd         *exec.Cmd
	ended       chan struct{}
}

// launch starts the process and does not wait.
func (i *instance) launch() error {
	ready := make(chan string, 1)
	i.log = &serverLog{ready: ready}
	cmd := exec.Command(i.binary, "serve", "--listen", "127.0.0.1:0")
	cmd.Env, cmd.Dir, cmd.Stderr = i.env, i.dir, i.log
	endWithUs(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start pactius serve: %w", err)
	}
	i.cmd, i.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait() // how it ended shows in its log
		close(ended)
	}(i.ended)
	return nil
}

// start starts the process and waits until it is ready.
func (i *instance) start(ctx context.Context) error {
	if err := i.launch(); err != nil {
		return err
	}
	select {
	case address := <-i.log.ready:
		i.address.Store(&address)
		return nil
	case <-i.ended:
		return fmt.Errorf("pactius serve ended before it was ready:\n%s", i.log)
	case <-time.After(startPatience):
		return errors.Join(fmt.Errorf("pactius serve is not ready after %s:\n%s", startPatience, i.log), i.end(os.Kill))
	case <-ctx.Done():
		return errors.Join(ctx.Err(), i.end(os.Kill))
	}
}

// end sends a signal and waits until the process is gone. One that has ended
// already is fine.
func (i *instance) end(signal os.Signal) error {
	i.address.Store(nil)
	if i.cmd == nil {
		return nil
	}
	if err := i.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end pactius serve: %w", err)
	}
	select {
	case <-i.ended:
	case <-time.After(startPatience):
		_ = i.cmd.Process.Kill()
		<-i.ended
	}
	i.cmd = nil
	return nil
}

// serverLog keeps the newest part of a log and finds the line that says where the
// server listens.
type serverLog struct {
	ready chan string

	mu   sync.Mutex
	part []byte // of a line
	kept bytes.Buffer
	said bool
}

// Write keeps p.
func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept.Write(p)
	if over := l.kept.Len() - logKept; over > 0 {
		l.kept.Next(over)
	}
	if l.said {
		return len(p), nil
	}
	l.part = append(l.part, p...)
	for {
		line, rest, whole := bytes.Cut(l.part, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.part = rest
		if _, at, ok := strings.Cut(string(line), `msg="PACTIUS is ready" listen=`); ok && !l.said {
			address, _, _ := strings.Cut(at, " ")
			l.said = true
			l.ready <- address
		}
	}
}

// String is what was kept.
func (l *serverLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept.String()
}
