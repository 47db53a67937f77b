package torture

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius/testbed/process"
)

// startPatience bounds how long a server may take to be ready, or to end.
const startPatience = 30 * time.Second

// instance is one process of "pactius serve".
type instance struct {
	binary, dir string
	env         []string
	address     atomic.Pointer[string] // where it listens; nil while it is not ready
	process     *process.Process       // nil while it does not run
}

// launch starts the process and does not wait.
func (i *instance) launch() error {
	cmd := exec.Command(i.binary, "serve", "--listen", "127.0.0.1:0")
	cmd.Env, cmd.Dir = i.env, i.dir
	var err error
	i.process, err = process.Start(cmd)
	return err
}

// start starts the process and waits until it is ready.
func (i *instance) start(ctx context.Context) error {
	if err := i.launch(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	address, err := i.process.Ready(ctx)
	if err != nil {
		return errors.Join(err, i.end(os.Kill))
	}
	i.address.Store(&address)
	return nil
}

// end sends a signal and waits until the process is gone. One that has ended
// already is fine.
func (i *instance) end(signal os.Signal) error {
	i.address.Store(nil)
	if i.process == nil {
		return nil
	}
	err := i.process.End(signal, startPatience)
	i.process = nil
	return err
}
