package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pactius/pactius/testbed/process"
)

// shell returns the command line of a pactius in a world, run by a shell after a script.
func (w *world) shell(script string, args ...string) *exec.Cmd {
	cmd := exec.Command("sh", append([]string{"-c", script + ` exec "$0" "$@"`, os.Args[0]}, args...)...)
	cmd.Env = process.Environ(append(w.environ, asProgram+"=1", "PACTIUS_LISTEN=127.0.0.1:0")...)
	return cmd
}

// startShell starts a command line of shell.
func (w *world) startShell(cmd *exec.Cmd) *program {
	w.t.Helper()
	p, err := process.Start(cmd)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = p.End(os.Kill, patience) })
	return &program{p, w.t}
}

// get asks over a connection that stays open.
func get(c net.Conn, path string) (int, string, error) {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, "", err
	}
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestTheServerOutlivesItsTerminal and the reader of its log, and ends when it is told to.
func TestTheServerOutlivesItsTerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.startShell(w.shell("", "serve"))
	address := p.found(ready)
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.found("(SIGHUP changes nothing)")
	if status, _, err := get(dial(t, address), "/readyz"); err != nil || status != http.StatusOK {
		t.Errorf("after SIGHUP: %d, %v", status, err)
	}
	p.signal()
	if code := p.wait(); code != exitDone {
		t.Errorf("after SIGTERM: exit code %d\n%s", code, p.Log)
	}
}

// TestTheServerOutlivesTheReaderOfItsLog: a write to a closed pipe on standard error ended the process.
func TestTheServerOutlivesTheReaderOfItsLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cmd := w.shell("", "serve")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = writer
	w.startShell(cmd)
	writer.Close()
	address := ""
	for lines := bufio.NewScanner(reader); address == "" && lines.Scan(); {
		if _, after, found := strings.Cut(lines.Text(), `msg="PACTIUS is ready" listen=`); found {
			address, _, _ = strings.Cut(after, " ")
		}
	}
	reader.Close()
	c := dial(t, address)
	for _, path := range []string{"/", "/", "/readyz"} { // pages are logged
		if _, _, err := get(c, path); err != nil {
			t.Fatalf("GET %s without a reader of the log: %v", path, err)
		}
	}
}

// TestTheOtherCommandsEndWithTheirTerminal, as in any shell.
func TestTheOtherCommandsEndWithTheirTerminal(t *testing.T) {
	t.Parallel()
	w := newCompany(t)
	cmd := w.shell("", "user", "add", "--batch", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := w.startShell(cmd)
	if _, err := io.WriteString(in, `{"username": "bo@nordhavn.example", "name": "Bo"}`+"\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil { // it runs
		t.Fatalf("%q, %v\n%s", line, err, p.Log)
	}
	if err := p.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(); code != -1 {
		t.Errorf("exit code %d, want the end by the signal", code)
	}
	if out := w.must("user", "list"); !strings.Contains(out, "bo@nordhavn.example") {
		t.Errorf("what was told as done is not there:\n%s", out)
	}
}

// TestNoDescriptorsLeft fills a server with connections up to a low limit of open files.
func TestNoDescriptorsLeft(t *testing.T) {
	t.Parallel()
	const limit, more = 64, 100
	w := newWorld(t)
	p := w.startShell(w.shell(fmt.Sprintf("ulimit -n %d;", limit), "serve"))
	p.found(fmt.Sprintf("limit of open files is low.* limit=(%d) ", limit))
	address := p.found(ready)
	known := dial(t, address)
	if status, _, err := get(known, "/livez"); err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	var others []net.Conn
	for range more {
		others = append(others, dial(t, address))
	}
	p.found("level=ERROR msg=\"no file descriptors are left.* limit=(64) ")
	awaitReadiness(t, known, http.StatusServiceUnavailable, "no file descriptors are left\n")
	for _, c := range others {
		c.Close()
	}
	awaitReadiness(t, dial(t, address), http.StatusOK, "ready\n")
	if n := strings.Count(p.Log.String(), "no file descriptors are left"); n != 1 {
		t.Errorf("said %d times, want once\n%s", n, p.Log)
	}
}

// TestTheSoftLimitOfFilesIsRaised: a shell's usual limit is a soft one, so it needs no attention.
func TestTheSoftLimitOfFilesIsRaised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.startShell(w.shell("ulimit -Hn 4096 && ulimit -Sn 64;", "serve"))
	p.found(ready)
	if strings.Contains(p.Log.String(), "limit of open files is low") {
		t.Errorf("the soft limit is kept:\n%s", p.Log)
	}
}

// awaitReadiness asks until the server gives an answer; what it found before may be used again for a second.
func awaitReadiness(t *testing.T, c net.Conn, status int, text string) {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		got, body, err := get(c, "/readyz")
		if err == nil && got == status && body == text {
			return
		}
		if err != nil || time.Now().After(end) {
			t.Fatalf("/readyz: %d %q, %v, want %d %q", got, body, err, status, text)
		}
	}
}
