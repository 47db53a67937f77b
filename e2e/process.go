package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// stopPatience is how long a process may take to end by itself.
const stopPatience = 5 * time.Second

// logLimit bounds what is kept of a process's messages, in bytes; the newest stay.
const logLimit = 64 << 10

// tail keeps the newest logLimit bytes that are written to it.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write keeps p.
func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Write(p)
	if over := l.buf.Len() - logLimit; over > 0 {
		l.buf.Next(over)
	}
	return len(p), nil
}

// String returns what was kept.
func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// nodePart is a script of this folder that runs in Node.js and ends with its
// standard input. It answers in lines of JSON.
type nodePart struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	log *tail
}

// startNode starts a script and decodes its first line, which says that it is
// ready, into ready. The script ends with the stage.
func (s *Stage) startNode(ready any, script string, args ...string) (*nodePart, error) {
	p := &nodePart{cmd: exec.Command("node", append([]string{script}, args...)...), log: &tail{}}
	p.cmd.Dir = filepath.Join(s.root, "e2e")
	p.cmd.Stderr = p.log
	p.cmd.Env = append(os.Environ(), "NODE_ENV=production")
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", script, err)
	}
	s.atClose(p.stop)
	giveUp := time.AfterFunc(2*Patience, func() { _ = p.cmd.Process.Kill() })
	defer giveUp.Stop()
	if err := p.read(ready); err != nil {
		return nil, fmt.Errorf("%s did not become ready: %w\n%s", script, err, p.log)
	}
	return p, nil
}

// read decodes the next line of the script.
func (p *nodePart) read(into any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

// write sends one line of JSON to the script.
func (p *nodePart) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = p.in.Write(append(line, '\n'))
	return err
}

// stop closes the script's standard input and waits for its end.
func (p *nodePart) stop() {
	_ = p.in.Close()
	waitOrKill(p.cmd)
}

// waitOrKill waits until a process that was asked to end has ended, and kills
// it when it does not.
func waitOrKill(cmd *exec.Cmd) {
	giveUp := time.AfterFunc(stopPatience, func() { _ = cmd.Process.Kill() })
	defer giveUp.Stop()
	_ = cmd.Wait() // how it ended does not matter any more
}
