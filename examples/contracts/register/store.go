package register

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the embedded database
)

// maxContracts is the most contracts that a list shows.
const maxContracts = 500

// Contract is an agreement that a business unit has with a partner.
type Contract struct {
	ID      int64  `json:"-"`
	Version int64  `json:"-"`    // counts the changes
	Unit    string `json:"unit"` // the ID of the business unit in PACTIUS
	Title   string `json:"title"`
	Partner string `json:"partner"`
	Value   int64  `json:"value"`   // in euros
	EndsOn  string `json:"ends_on"` // 2027-12-31, "" for one without an end
}

const (
	schema = `CREATE TABLE IF NOT EXISTS contracts (
	id      INTEGER PRIMARY KEY,
	version INTEGER NOT NULL DEFAULT 1,
	unit    TEXT NOT NULL,
	title   TEXT NOT NULL,
	partner TEXT NOT NULL,
	value   INTEGER NOT NULL,
	ends_on TEXT NOT NULL);
	CREATE INDEX IF NOT EXISTS contracts_unit ON contracts (unit)`

	columns = "id, version, unit, title, partner, value, ends_on"
)

// errChanged says that another person saved the contract first.
var errChanged = errors.New("the contract has been changed meanwhile")

// store keeps the contracts.
type store struct{ db *sql.DB }

// openStore opens a file of contracts, or memory for "". Contracts in sample are added if there are none.
func openStore(ctx context.Context, file string, sample []Contract) (*store, error) {
	dsn := ":memory:"
	if file != "" {
		dsn = "file:" + url.PathEscape(file) + "?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection to memory would be a database of its own
	s := &store{db: db}
	if err := s.prepare(ctx, sample); err != nil {
		return nil, errors.Join(fmt.Errorf("open the contracts: %w", err), db.Close())
	}
	return s, nil
}

func (s *store) prepare(ctx context.Context, sample []Contract) error {
	if _, err := s.db.ExecContext(ctx, schema); err != nil {
		return err
	}
	var empty bool
	err := s.db.QueryRowContext(ctx, "SELECT NOT EXISTS (SELECT 1 FROM contracts)").Scan(&empty)
	if err != nil || !empty {
		return err
	}
	for _, c := range sample {
		if err := s.add(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// list returns the contracts of some units, those that end first at the top.
func (s *store) list(ctx context.Context, units []unit) ([]Contract, error) {
	ids := make([]string, len(units))
	for i, u := range units {
		ids[i] = u.ID
	}
	wanted, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+` FROM contracts
		WHERE unit IN (SELECT value FROM json_each(?)) ORDER BY ends_on = '', ends_on, title, id LIMIT ?`,
		string(wanted), maxContracts)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Contract
	for rows.Next() {
		var c Contract
		if err := rows.Scan(c.fields()...); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// find returns a contract, sql.ErrNoRows if there is none.
func (s *store) find(ctx context.Context, id int64) (Contract, error) {
	var c Contract
	err := s.db.QueryRowContext(ctx, "SELECT "+columns+" FROM contracts WHERE id = ?", id).Scan(c.fields()...)
	return c, err
}

// fields are the destinations of columns.
func (c *Contract) fields() []any {
	return []any{&c.ID, &c.Version, &c.Unit, &c.Title, &c.Partner, &c.Value, &c.EndsOn}
}

func (s *store) add(ctx context.Context, c Contract) error {
	_, err := s.db.ExecContext(ctx,
		"INSERT INTO contracts (unit, title, partner, value, ends_on) VALUES (?, ?, ?, ?, ?)",
		c.Unit, c.Title, c.Partner, c.Value, c.EndsOn)
	return err
}

// save stores a contract that was of unit from when it was read. It fails with errChanged if the contract has another
// version or unit by now, so a right that was checked for one unit is never used in another.
func (s *store) save(ctx context.Context, c Contract, from string) error {
	result, err := s.db.ExecContext(ctx, `UPDATE contracts
		SET version = version + 1, unit = ?, title = ?, partner = ?, value = ?, ends_on = ?
		WHERE id = ? AND version = ? AND unit = ?`,
		c.Unit, c.Title, c.Partner, c.Value, c.EndsOn, c.ID, c.Version, from)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errChanged
}
