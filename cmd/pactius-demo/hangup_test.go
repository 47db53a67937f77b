package main

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/pactius/pactius/testbed/process"
)

// asProgram makes the test's own executable be pactius-demo.
const asProgram = "PACTIUS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestAClosedTerminalEndsTheDemo in order: the temporary folder is removed, as after an interrupt.
func TestAClosedTerminalEndsTheDemo(t *testing.T) {
	t.Parallel()
	const patience = 2 * time.Minute // longer than the server takes to drain
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "--listen", "127.0.0.1:0")
	cmd.Env = process.Environ(asProgram+"=1", "TMPDIR="+dir)
	p, err := process.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.End(os.Kill, patience) })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := p.Await(ctx, `PACTIUS +http://localhost:`); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Fatalf("while it runs, the folder for temporary files has %v, %v", left, err)
	}
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if code := p.Wait(patience); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.Log)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
