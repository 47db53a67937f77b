package store

import (
	"context"
	"errors"
	"time"

	"github.com/pactius/pactius"
)

// ConnectLink is a link by which the customer's IT connects Microsoft 365
// before anybody can sign in. It is stored under the hash of its token and gone
// once it was used.
type ConnectLink struct {
	CreatedAt     time.Time
	ExpiresAt     time.Time
	Administrator string // account name of the first administrator, whom connecting adds; "" adds nobody
}

const (
	sqlInsertConnectLink = `INSERT INTO connect_links (environment_id, token_hash, created_at, expires_at, administrator) VALUES ($1, $2, $3, $4, $5)`
	sqlConnectLink       = `SELECT created_at, expires_at, administrator FROM connect_links WHERE environment_id = $1 AND token_hash = $2`
	sqlEndConnectLinks   = `DELETE FROM connect_links WHERE environment_id = $1`
	sqlSweepConnectLinks = `DELETE FROM connect_links WHERE expires_at <= $1`

	sqlKnownTenant = `SELECT tid FROM users WHERE environment_id = $1 AND oid <> '' ORDER BY tid LIMIT 1`

	// Each warning is for a day and due while none as late was sent; a secret that
	// nobody was warned of at all gets one.
	sqlSecretEnds = `SELECT id FROM environments WHERE secret_ends_on <> '' AND secret_ends_on <= $1 AND tenant_id <> '' AND
		(secret_warned = 0 OR secret_ends_on <= $2 AND secret_warned > $3 OR secret_ends_on <= $4 AND secret_warned > $5)
		ORDER BY secret_ends_on, id`
	sqlSecretWarned = `UPDATE environments SET secret_warned = $2 WHERE id = $1`
)

// InsertConnectLink stores a link under the hash of its token. administrator
// is the account name of the first administrator, "" for none.
func (t *Tx) InsertConnectLink(ctx context.Context, tokenHash, administrator string, now, expires time.Time) error {
	_, err := t.exec(ctx, sqlInsertConnectLink, t.env, tokenHash, micros(now), micros(expires), administrator)
	return err
}

// ConnectLink finds a link by the hash of its token; whether its time is over
// is for the caller to say.
func (t *Tx) ConnectLink(ctx context.Context, tokenHash string) (ConnectLink, error) {
	return one(ctx, t, func(r scanner) (ConnectLink, error) {
		var l ConnectLink
		return l, r.Scan(stamp{&l.CreatedAt}, stamp{&l.ExpiresAt}, &l.Administrator)
	}, sqlConnectLink, t.env, tokenHash)
}

// EndConnectLinks ends all links of the environment.
func (t *Tx) EndConnectLinks(ctx context.Context) error {
	_, err := t.exec(ctx, sqlEndConnectLinks, t.env)
	return err
}

// KnownTenant is a tenant that users of the environment are bound to, "" where
// nobody is bound.
func (t *Tx) KnownTenant(ctx context.Context) (string, error) {
	tenant, err := one(ctx, t, value[string], sqlKnownTenant, t.env)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return tenant, err
}

// SecretEnds finds environments whose administrators are due to be warned of
// the end of their secret, see pactius.SecretWarnings, counted by days of UTC.
func (s *Store) SecretEnds(ctx context.Context, now time.Time) ([]pactius.EnvironmentID, error) {
	warnings := pactius.SecretWarnings()
	by := func(i int) pactius.Date { return pactius.DateOf(now.UTC().AddDate(0, 0, warnings[i])) }
	return list(ctx, pool{s.read}, value[pactius.EnvironmentID], sqlSecretEnds, by(0), by(1), warnings[1], by(2), warnings[2])
}

// SetSecretWarned notes for how many days before the end the environment's
// administrators were warned. It leaves the version alone: a form that is open
// meanwhile does not become stale by it.
func (t *Tx) SetSecretWarned(ctx context.Context, days int) error {
	return t.exec1(ctx, sqlSecretWarned, t.env, days)
}
