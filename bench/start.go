package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius/bench/invent"
)

// serveFlag makes this program the server of measureStart: of the database and the company's time that follow.
const serveFlag = "-serve-for-bench"

// measureStart measures how long a process takes from its start until /readyz answers, and its memory when idle. The
// process is this program, with the real server and without background work, which would change the data.
func measureStart(ctx context.Context, address string, d data, starts int) (time.Duration, int64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	var took times
	var memory times
	for range starts {
		ready, bytes, err := startOnce(ctx, self, address, d.Now)
		if err != nil {
			return 0, 0, err
		}
		took, memory = append(took, ready), append(memory, time.Duration(bytes))
	}
	return took.at(.5), int64(memory.at(.5)), nil
}

// idle is the pause after which a server's memory is read.
const idle = 500 * time.Millisecond

func startOnce(ctx context.Context, self, address string, now time.Time) (time.Duration, int64, error) {
	began := time.Now()
	process := exec.CommandContext(ctx, self, serveFlag, address, now.Format(time.RFC3339Nano))
	process.Stderr = os.Stderr
	end, err := process.StdinPipe()
	if err != nil {
		return 0, 0, err
	}
	out, err := process.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := process.Start(); err != nil {
		return 0, 0, err
	}
	defer func() { _ = process.Wait() }()
	defer end.Close()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return 0, 0, fmt.Errorf("the server did not start: %w", err)
	}
	answer, err := http.Get("http://" + strings.TrimSpace(line) + "/readyz")
	if err != nil {
		return 0, 0, err
	}
	took := time.Since(began)
	if err := answer.Body.Close(); err != nil {
		return 0, 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("/readyz answered %d", answer.StatusCode)
	}
	time.Sleep(idle)
	bytes, err := memoryOf(process.Process.Pid, "VmRSS:")
	return took, bytes, err
}

// memoryOf reads what /proc tells of a process's memory; 0 where there is no /proc.
func memoryOf(pid int, field string) (int64, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == field {
			kilobytes, err := strconv.ParseInt(f[1], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, err
}

// serveForBench is the process of startOnce. It ends with its standard input.
func serveForBench(ctx context.Context, address, now string) error {
	at, err := time.Parse(time.RFC3339Nano, now)
	if err != nil {
		return err
	}
	s, err := openSubject(ctx, address, invent.Company{Now: at})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(listener, s.handler) }()
	fmt.Println(listener.Addr())
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	return s.close()
}
