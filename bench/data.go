package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pactius/pactius/bench/invent"
	"github.com/pactius/pactius/internal/store"
)

// host is the host name of the invented company's environment.
const host = "localhost"

// data is a folder with an invented company that later runs find again.
type data struct {
	dir string
	invent.Company
	Took time.Duration // to make it
	CPU  time.Duration // of the processors meanwhile
}

// file is the SQLite database.
func (d data) file() string { return filepath.Join(d.dir, "pactius.db") }

// address is the address of the SQLite database.
func (d data) address() string { return "sqlite:" + d.file() }

// dataFor returns the company of a size. It is made where the folder has none of the same seed, size and schema. Data
// of another schema is left alone: other programs may use it.
func dataFor(
	ctx context.Context, folder string, seed uint64, users int, progress func(what string, n int),
) (data, error) {
	schema, err := schemaName()
	if err != nil {
		return data{}, err
	}
	d := data{dir: filepath.Join(folder, fmt.Sprintf("%d-users-seed-%d-schema-%s", users, seed, schema))}
	note := filepath.Join(d.dir, "company.json")
	switch text, err := os.ReadFile(note); {
	case err == nil:
		return d, json.Unmarshal(text, &d)
	case !errors.Is(err, fs.ErrNotExist):
		return d, err
	}
	if err := errors.Join(os.RemoveAll(d.dir), os.MkdirAll(d.dir, 0o700)); err != nil {
		return d, err
	}
	began, cpu := time.Now(), cpuTime()
	s, err := store.Open(ctx, d.address(), store.Options{})
	if err != nil {
		return d, err
	}
	err = invent.Fast(ctx, s, progress, func() error {
		d.Company, err = invent.Make(ctx, s, invent.Options{Seed: seed, Users: users, Now: began, Host: host,
			Progress: progress})
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		return d, err
	}
	d.Took, d.CPU = time.Since(began), cpuTime()-cpu
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return d, err
	}
	return d, os.WriteFile(note, text, 0o600) // last: without it the folder is made anew
}

// schemaName names the schema and the version of what is invented.
func schemaName() (string, error) {
	steps, err := store.Steps()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, invent.Version)
	for _, s := range steps {
		fmt.Fprintln(h, s.Name, s.SQL)
	}
	return fmt.Sprintf("%d-%x", len(steps), h.Sum(nil)[:3]), nil
}
