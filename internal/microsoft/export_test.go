package microsoft

import "context"

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
