package store

import (
	"encoding/base64"
	"fmt"

	"github.com/pactius/pactius/internal/database"
)

const (
	sqlSetLogo = `INSERT INTO logos (environment_id, hash, image) VALUES ($1, $2, $3)
		ON CONFLICT (environment_id) DO UPDATE SET hash = excluded.hash, image = excluded.image`
	sqlDropLogo = `DELETE FROM logos WHERE environment_id = $1`
	sqlLogo     = `SELECT image FROM logos WHERE environment_id = $1 AND hash = $2`
)

// SetLogo stores the image of the environment's logo; without a hash it removes it. The row of the environment has the
// hash too: see UpdateEnvironment.
func (t *Tx) SetLogo(hash string, image []byte) error {
	if hash == "" {
		return t.run(sqlDropLogo, t.env)
	}
	return t.run(sqlSetLogo, t.env, hash, base64.StdEncoding.EncodeToString(image))
}

// Logo reads the image of the environment's logo, ErrNotFound if its hash is another one.
func (t *Tx) Logo(hash string) ([]byte, error) {
	return one(t, func(r database.Scanner) ([]byte, error) {
		var text string
		if err := r.Scan(&text); err != nil {
			return nil, err
		}
		image, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			err = fmt.Errorf("read the logo: %w", err)
		}
		return image, err
	}, sqlLogo, t.env, hash)
}
