package torture

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"

	"github.com/pactius/pactius"
)

// batch is a process of its own that adds users: "pactius user add --batch -",
// which answers each line at once.
type batch struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startBatch starts the process.
func (s *site) startBatch(ctx context.Context) (*batch, error) {
	cmd := exec.CommandContext(ctx, s.binary, "user", "add", "--environment", publicHost, "--batch", "-")
	cmd.Env, cmd.Dir = s.environ(), s.dir
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &batch{cmd, in, bufio.NewReader(out)}, cmd.Start()
}

// add adds a user by a line and gives the result: added, settled, exists or refused.
func (b *batch) add(p pactius.Person) (result string, user pactius.UserID, err error) {
	line, err := json.Marshal(map[string]string{"username": p.Username, "name": p.Name})
	if err != nil {
		return "", "", err
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		return "", "", fmt.Errorf("write to the batch: %w", err)
	}
	said, err := b.out.ReadBytes('\n')
	if err != nil {
		return "", "", fmt.Errorf("read from the batch: %w", err)
	}
	var r struct {
		Result, Error string
		User          pactius.UserID
	}
	if err := json.Unmarshal(said, &r); err != nil {
		return "", "", fmt.Errorf("read from the batch: %w", err)
	}
	if r.Result == "refused" {
		return "", "", fmt.Errorf("the batch refuses: %s", r.Error)
	}
	return r.Result, r.User, nil
}

// close lets the process end.
func (b *batch) close() {
	_ = b.in.Close()
	_ = b.cmd.Wait()
}
