package microsoft

import (
	"context"
	"time"
)

// Check fetches the tenant's endpoints and signing keys without the cache, like the first two steps of the connection
// test.
func (m *Microsoft) Check(ctx context.Context, c Connection) error {
	t, err := m.tenant(c)
	if err != nil {
		return err
	}
	if _, err := t.endpoints.refresh(ctx); err != nil {
		return err
	}
	_, err = t.keys.refresh(ctx)
	return err
}

// Settle returns when no fetch of the endpoints is under way.
func (m *Microsoft) Settle(c Connection) {
	e := m.tenantOf(c.Credentials).endpoints
	_, _, _ = e.flight.Do(e.what, func() (any, error) { return endpoints{}, nil })
}

// NewTransport returns connections that are given up sooner.
var NewTransport = newTransport

// HealthChecks returns the times of the pings of the connections in use.
func HealthChecks() (after, answer time.Duration) {
	c := New(Options{}).transport.HTTP2
	return c.SendPingTimeout, c.PingTimeout
}

// CallTimeout bounds one call to Microsoft.
const CallTimeout = callTimeout
