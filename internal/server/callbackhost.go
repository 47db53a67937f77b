package server

import (
	"context"
	"fmt"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/store"
)

// callbackHost examines the way to the host that Microsoft sends people back to, if any environment uses it.
func (d *doctor) callbackHost(ctx context.Context, envs []pactius.Environment) []Diagnosis {
	if err := d.core.callbackHostFree(ctx); err != nil {
		return []Diagnosis{diagnosis("callback host", err, "", "Choose a host name that nothing else has for "+
			"PACTIUS_MICROSOFT_CALLBACK_HOST.")}
	}
	uses := func(e pactius.Environment) bool {
		return e.Connection.Connected() && d.core.Environments.ByCallbackHost(e)
	}
	if !slices.ContainsFunc(envs, uses) {
		return nil
	}
	return d.way(ctx, d.core.Environments.CallbackURL(), environments.SignedOutPath, "is the callback host")
}

// callbackHostFree returns an error if the callback host is one that an environment or an application has as well: its
// pages could not be opened.
func (c *Core) callbackHostFree(ctx context.Context) error {
	host := c.Environments.CallbackHost
	if host == "" {
		return nil
	}
	var environment, application bool
	err := c.store.Glance(ctx, "", func(tx *store.Tx) error {
		var err error
		if environment, err = tx.HostOfEnvironment(host); err == nil {
			application, err = tx.HostOfApplication(host, false)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case environment:
		return fmt.Errorf("PACTIUS_MICROSOFT_CALLBACK_HOST is %s, which is the host of an environment", host)
	case application:
		return fmt.Errorf("PACTIUS_MICROSOFT_CALLBACK_HOST is %s, which is the host of an application", host)
	}
	return nil
}
