package main

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// TestTimeZonesAreBuiltIn loads a zone in a process that may not open files: on a
// machine without zone files every zone became UTC, and an access that had ended
// there was still valid here.
func TestTimeZonesAreBuiltIn(t *testing.T) {
	const child = "PACTIUS_TEST_WITHOUT_FILES"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTimeZonesAreBuiltIn$")
		cmd.Env = append(os.Environ(), child+"=1", "ZONEINFO=/nowhere")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: 0}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Open("/"); err == nil {
		t.Fatal("files can still be opened, so this test proves nothing")
	}
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	if _, offset := time.Date(2026, 7, 1, 12, 0, 0, 0, zone).Zone(); offset != 2*60*60 {
		t.Errorf("in summer the offset is %d seconds, want two hours", offset)
	}
}
