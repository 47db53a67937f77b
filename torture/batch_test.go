package torture

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/testbed/process"
)

// batch is a process of its own that adds users: "pactius user add --batch -",
// which answers each line at once.
type batch struct{ *process.Dialog }

// startBatch starts the process.
func (s *site) startBatch(ctx context.Context) (*batch, error) {
	cmd := exec.CommandContext(ctx, s.binary, "user", "add", "--environment", publicHost, "--batch", "-")
	cmd.Env, cmd.Dir = process.Environ(s.vars...), s.dir
	d, err := process.Talk(cmd)
	if err != nil {
		return nil, err
	}
	return &batch{d}, nil
}

// add adds a user by a line and gives the result: added, settled, exists or refused.
func (b *batch) add(p pactius.Person) (result string, user pactius.UserID, err error) {
	if err := b.Say(map[string]any{"username": p.Username, "name": p.Name, "despite": true}); err != nil {
		return "", "", err
	}
	var r struct {
		Result, Error string
		User          pactius.UserID
	}
	if err := b.Hear(&r); err != nil {
		return "", "", err
	}
	if r.Result == "refused" {
		return "", "", fmt.Errorf("the batch refuses: %s", r.Error)
	}
	return r.Result, r.User, nil
}
