package store

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const sqlProxiedAt = `SELECT o.environment_id, o.origin FROM application_origins o
	JOIN applications a ON a.environment_id = o.environment_id AND a.id = o.application_id
	WHERE o.host = $1 AND a.upstream <> ''`

// ProxiedAt finds the origins at a host, without port, of applications that PACTIUS itself is the proxy of; ErrNotFound
// if there is none. A host belongs to one environment.
func (s *Store) ProxiedAt(ctx context.Context, host string) ([]pactius.Origin, error) {
	var origins []pactius.Origin
	// With a space it is neither an ID nor an origin, whose lines it would share otherwise.
	err := s.atDoor(ctx, "host "+host, func(t *Tx) (pactius.EnvironmentID, error) {
		var env pactius.EnvironmentID
		var err error
		origins, err = list(t, func(r database.Scanner) (pactius.Origin, error) {
			var o pactius.Origin
			err := r.Scan(&env, &o)
			return o, err
		}, sqlProxiedAt, host)
		if err == nil && len(origins) == 0 {
			err = ErrNotFound
		}
		return env, err
	})
	return origins, err
}
