package store

import (
	"context"
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// ConnectLink is a link by which the customer's IT connects Microsoft 365 before
// any user can sign in. It is stored under the hash of its token and removed once
// it was used.
type ConnectLink struct {
	CreatedAt     time.Time
	ExpiresAt     time.Time
	Administrator string // account name of the first administrator, added by connecting; "" adds none
}

var linkTable = newTable("connect_links", "l", func(l *ConnectLink) []column {
	return []column{
		{"created_at", database.Time(&l.CreatedAt), useFixed},
		{"expires_at", database.Time(&l.ExpiresAt), useFixed},
		{"administrator", &l.Administrator, useFixed},
	}
})

const (
	sqlEndConnectLinks   = `DELETE FROM connect_links WHERE environment_id = $1`
	sqlSweepConnectLinks = `DELETE FROM connect_links WHERE expires_at <= $1`

	sqlKnownTenant = `SELECT tid FROM users WHERE environment_id = $1 AND oid <> ''
		ORDER BY last_sign_in_at DESC, tid LIMIT 1`

	// Each warning is for a day and due while none as late was sent; a secret without
	// any warning gets one.
	sqlSecretEnds = `SELECT id FROM environments
		WHERE secret_ends_on <> '' AND secret_ends_on <= $1 AND tenant_id <> '' AND (secret_warned = 0
		OR secret_ends_on <= $2 AND secret_warned > $3 OR secret_ends_on <= $4 AND secret_warned > $5)
		ORDER BY secret_ends_on, id`
	sqlSecretWarned = `UPDATE environments SET secret_warned = $2 WHERE id = $1`
	sqlSealedSecret = `UPDATE environments SET sealed_secret = $2 WHERE id = $1`
)

// InsertConnectLink stores a link under the hash of its token. administrator
// is the account name of the first administrator, "" for none.
func (t *Tx) InsertConnectLink(tokenHash, administrator string, now, expires time.Time) error {
	l := ConnectLink{CreatedAt: now, ExpiresAt: expires, Administrator: administrator}
	return t.exec(linkTable.insert(t.env, &l, column{"token_hash", &tokenHash, useKey}))
}

// ConnectLink finds a link by the hash of its token, also one that has expired.
func (t *Tx) ConnectLink(tokenHash string) (ConnectLink, error) {
	return linkTable.one(t, `l.token_hash = ?`, tokenHash)
}

// EndConnectLinks ends all links of the environment.
func (t *Tx) EndConnectLinks() error {
	return t.run(sqlEndConnectLinks, t.env)
}

// KnownTenant is the tenant of the latest sign-in, "" where no user is linked. After a
// move there may be users of the tenant before.
func (t *Tx) KnownTenant() (string, error) {
	tenant, err := one(t, database.Value[string], sqlKnownTenant, t.env)
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
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlSecretEnds,
		by(0), by(1), warnings[1], by(2), warnings[2])
}

// SetSecretWarned notes for how many days before the end the environment's
// administrators were warned. It leaves the version alone: a form that is open
// meanwhile does not become stale by it.
func (t *Tx) SetSecretWarned(days int) error {
	return t.tx.ExecOne(sqlSecretWarned, t.env, days)
}

// SetSealedSecret stores the connection's client secret in another sealed form. It leaves the version alone, as
// SetSecretWarned does.
func (t *Tx) SetSealedSecret(sealed string) error {
	return t.tx.ExecOne(sqlSealedSecret, t.env, sealed)
}
