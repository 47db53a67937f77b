package microsoft

import "context"

// Check asks Microsoft afresh for the tenant's endpoints and signing keys, as the
// connection test does in its first two steps.
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
