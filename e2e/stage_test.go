package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius/testbed/process"
)

const (
	// Patience is how long a step waits for what it needs. It is long because
	// two cores may be busy with other tests; a step that succeeds never waits
	// longer than it has to.
	Patience = 15 * time.Second

	// pollEvery is the pause between two looks at something outside this
	// process that cannot tell when it changes.
	pollEvery = 20 * time.Millisecond

	// preparePatience bounds npm ci on a cold machine.
	preparePatience = 10 * time.Minute
)

// Stage holds everything the tests of one run share. Each part starts when it
// is first asked for. The zero Stage is not usable; see [NewStage].
type Stage struct {
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	root   string // the module's folder
	dir    string // temporary files of the run

	parts     func() error // the npm parts are installed
	binary    func() (string, error)
	demo      func() (string, error)
	microsoft func() (*Microsoft, error)
	mailbox   func() (*Mailbox, error)
	driver    func() (*Driver, error)
	markup    func() (*markup, error)
	browser   func() (*browser, error)

	mu      sync.Mutex
	closers []func() // run by Close in reverse order
}

// NewStage prepares a stage in the module that holds the working directory.
// Nothing is started yet.
func NewStage() (*Stage, error) {
	root, err := process.Root(context.Background())
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pactius-e2e-")
	if err != nil {
		return nil, fmt.Errorf("make the folder of the run: %w", err)
	}
	s := &Stage{root: root, dir: dir}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.parts = sync.OnceValue(s.installParts)
	s.binary = sync.OnceValues(s.buildBinary)
	s.demo = sync.OnceValues(func() (string, error) { return process.Build(s.ctx, s.dir, "pactius-demo") })
	s.microsoft = sync.OnceValues(s.startMicrosoft)
	s.mailbox = sync.OnceValues(s.startMailbox)
	s.driver = sync.OnceValues(s.startDriver)
	s.markup = sync.OnceValues(s.startMarkup)
	s.browser = sync.OnceValues(s.startBrowser)
	return s, nil
}

// Close ends everything that was started and removes the temporary files.
func (s *Stage) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
	s.closers = nil
	s.cancel()
	_ = os.RemoveAll(s.dir) // a leftover in the temporary folder does no harm
}

// atClose notes what Close has to do.
func (s *Stage) atClose(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers = append(s.closers, f)
}

// Need skips the test when a program it needs is not on the machine, or fails
// it when PACTIUS_TEST_REQUIRE=1 says that all must be there.
func (s *Stage) Need(t testing.TB) {
	t.Helper()
	var missing []string
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			missing = append(missing, name)
		}
	}
	if _, err := chromium(); err != nil {
		missing = append(missing, "chromium")
	}
	if len(missing) == 0 {
		if err := s.parts(); err != nil {
			t.Fatal(err)
		}
		return
	}
	const message = "END-TO-END TEST NOT RUN: not on this machine: %q (PACTIUS_TEST_REQUIRE=1 makes this a failure)"
	if os.Getenv("PACTIUS_TEST_REQUIRE") == "1" {
		t.Fatalf(message, missing)
	}
	t.Skipf(message, missing)
}

// installParts installs the npm parts exactly as package-lock.json names them,
// unless they are there already.
func (s *Stage) installParts() error {
	lock, err := os.Stat(filepath.Join(s.root, "e2e", "package-lock.json"))
	if err != nil {
		return err
	}
	// npm writes this file at the end of an installation.
	done, err := os.Stat(filepath.Join(s.root, "e2e", "node_modules", ".package-lock.json"))
	if err == nil && !done.ModTime().Before(lock.ModTime()) {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, preparePatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
	cmd.Dir = filepath.Join(s.root, "e2e")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("install the npm parts with npm ci: %w\n%s", err, out)
	}
	return nil
}

// buildBinary builds pactius, once per run, and returns its path.
func (s *Stage) buildBinary() (string, error) {
	if path := os.Getenv("PACTIUS_TEST_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	return process.Build(s.ctx, s.dir, "pactius")
}

// startNode starts a script of this folder in Node.js and decodes its first line,
// which says that it is ready, into ready. The script ends with the stage.
func (s *Stage) startNode(ready any, script string, args ...string) (*process.Dialog, error) {
	cmd := exec.Command("node", append([]string{script}, args...)...)
	cmd.Dir = filepath.Join(s.root, "e2e")
	cmd.Env = append(os.Environ(), "NODE_ENV=production")
	d, err := process.Talk(cmd)
	if err != nil {
		return nil, err
	}
	s.atClose(d.Close)
	giveUp := time.AfterFunc(2*Patience, func() { _ = d.Signal(os.Kill) })
	defer giveUp.Stop()
	if err := d.Hear(ready); err != nil {
		return nil, fmt.Errorf("%s did not become ready: %w", script, err)
	}
	return d, nil
}

// Together runs what several people do at the same time and waits for all of
// them. A step that fails ends only its own function; the test ends afterwards.
func Together(t testing.TB, what ...func()) {
	t.Helper()
	var wg sync.WaitGroup
	for _, f := range what {
		wg.Go(f)
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// eventually repeats try until it returns nil, and returns its last error when
// patience or ctx ends first.
func eventually(ctx context.Context, patience time.Duration, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	var last error
	for {
		err := try()
		if err == nil {
			return nil
		}
		// A try that is cut off by the end of patience tells less than the one before.
		if last == nil || !errors.Is(err, context.DeadlineExceeded) {
			last = err
		}
		select {
		case <-ctx.Done():
			return last
		case <-ticker.C:
		}
	}
}
