package process

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// stopPatience is how long a process may take to end before it is killed.
const stopPatience = 5 * time.Second

// Dialog is a process that answers each line of JSON with one, and ends with its
// standard input.
type Dialog struct {
	*Process
	in  io.WriteCloser
	out *bufio.Reader
}

// Talk starts such a process.
func Talk(cmd *exec.Cmd) (*Dialog, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p, err := Start(cmd)
	if err != nil {
		return nil, err
	}
	return &Dialog{p, in, bufio.NewReader(out)}, nil
}

// Say sends a value.
func (d *Dialog) Say(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write to %s: %w\n%s", d.cmd, err, d.Log)
	}
	return nil
}

// Hear decodes the next line.
func (d *Dialog) Hear(into any) error {
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read from %s: %w\n%s", d.cmd, err, d.Log)
	}
	return json.Unmarshal(line, into)
}

// Close ends the process.
func (d *Dialog) Close() {
	_ = d.in.Close()
	d.Wait(stopPatience)
}
