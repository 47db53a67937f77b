package dbtool

import (
	"context"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/nearmiss"
	"github.com/pactius/pactius/internal/store"
)

const (
	sqlCheckKeyUsers    = `SELECT environment_id, id, username, name, email, oid, deactivated_at FROM users`
	sqlCheckKeyRequests = `SELECT environment_id, id, username, name, email FROM access_requests
		WHERE state = 'pending' AND user_id = ''`
	sqlCheckUserKeys    = `SELECT environment_id, key, waiting, user_id FROM user_keys`
	sqlCheckRequestKeys = `SELECT environment_id, key, 0, request_id FROM request_keys`
)

// keyBalance compares the expected with the stored keys of an environment, in any
// order: a missing or repeated key leaves a remainder.
type keyBalance struct {
	sum          uint64 // of the hashes: expected minus stored
	wanted, kept int
}

// keyBalances are the balances of all environments.
type keyBalances map[pactius.EnvironmentID]*keyBalance

func (k keyBalances) of(env pactius.EnvironmentID) *keyBalance {
	if k[env] == nil {
		k[env] = &keyBalance{}
	}
	return k[env]
}

func keyHash(key string, waiting int64, id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key + "\x00" + strconv.FormatInt(waiting, 10) + "\x00" + id)) // never fails
	return h.Sum64()
}

// want adds the expected keys of a user or request.
func (k keyBalances) want(env pactius.EnvironmentID, id string, waiting int64, p nearmiss.Person) {
	b := k.of(env)
	for _, key := range nearmiss.Keys(p) {
		b.sum += keyHash(key, waiting, id)
		b.wanted++
	}
}

// kept subtracts a stored key.
func (k keyBalances) kept(r database.Scanner) error {
	var env pactius.EnvironmentID
	var key, id string
	var waiting int64
	if err := r.Scan(&env, &key, &waiting, &id); err != nil {
		return err
	}
	b := k.of(env)
	b.sum -= keyHash(key, waiting, id)
	b.kept++
	return nil
}

// keys verifies the blocking keys of all users and pending requests.
func (c *checking) keys(ctx context.Context) error {
	users, requests := keyBalances{}, keyBalances{}
	err := c.each(ctx, nearMisses, sqlCheckKeyUsers, func(r database.Scanner) error {
		var env pactius.EnvironmentID
		var u pactius.User
		err := r.Scan(&env, &u.ID, &u.Username, &u.Name, &u.Email, &u.Identity.ObjectID,
			database.Time(&u.DeactivatedAt))
		users.want(env, string(u.ID), database.Flag(store.Waiting(u)), nearmiss.OfUser(u))
		return err
	})
	if err == nil {
		err = c.each(ctx, nearMisses, sqlCheckUserKeys, users.kept)
	}
	if err == nil {
		err = c.each(ctx, nearMisses, sqlCheckKeyRequests, func(r database.Scanner) error {
			var env pactius.EnvironmentID
			var id string
			var p nearmiss.Person
			err := r.Scan(&env, &id, &p.Username, &p.Name, &p.Email)
			requests.want(env, id, 0, p)
			return err
		})
	}
	if err == nil {
		err = c.each(ctx, nearMisses, sqlCheckRequestKeys, requests.kept)
	}
	if err != nil {
		return err
	}
	c.balance(users, "users")
	c.balance(requests, "waiting requests")
	return nil
}

// nearMisses is the check of the blocking keys.
const nearMisses = "near misses"

func (c *checking) balance(all keyBalances, of string) {
	for _, env := range slices.Sorted(maps.Keys(all)) {
		if b := all[env]; b.sum != 0 || b.wanted != b.kept {
			c.add(Flaw{Check: nearMisses, Environment: env,
				Detail: "keys of " + of + " are missing or wrong: " + strconv.Itoa(b.kept) + " instead of " +
					strconv.Itoa(b.wanted)})
		}
	}
}
