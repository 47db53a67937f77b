package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// WALLimit is the size in bytes that the write-ahead log of SQLite may keep on disk: four times what SQLite merges with
// the database at a time (1,000 pages of 4 KiB), so that usual work reuses the file instead of making it again.
const WALLimit = 16 << 20

// ErrLongReader says that the write-ahead log cannot be shortened, because a reader still needs what is in it.
var ErrLongReader = errors.New("something has been reading the database for long")

// WALSize returns the size in bytes of the write-ahead log, 0 on PostgreSQL, whose log is the server's own concern.
func (db *DB) WALSize() int64 {
	if db.place == nil {
		return 0
	}
	return WALSize(db.place.file)
}

// WALSize returns the size in bytes of the write-ahead log of a SQLite file, 0 without one.
func WALSize(path string) int64 {
	info, err := os.Stat(path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// ShortenWAL merges the write-ahead log with the database and empties it, if it is beyond WALLimit. SQLite merges it as
// it goes, but never shortens it while there is always a reader. A reader that needs it for longer is ErrLongReader.
func (db *DB) ShortenWAL(ctx context.Context) error {
	if db.WALSize() <= WALLimit {
		return nil
	}
	// On a connection of its own, so that changes do not wait while most of it is merged.
	c, err := sql.Open("sqlite", dsn(db.place.file, busyStep))
	if err != nil {
		return fmt.Errorf("open %s: %w", db.name, err)
	}
	defer c.Close()
	c.SetMaxOpenConns(1)
	for _, checkpoint := range []string{sqlMergeWAL, sqlEmptyWAL} {
		if err = merge(ctx, c, checkpoint); err != nil {
			break
		}
	}
	return err
}

const (
	sqlMergeWAL = `PRAGMA wal_checkpoint(PASSIVE)`  // waits for no one
	sqlEmptyWAL = `PRAGMA wal_checkpoint(TRUNCATE)` // waits for busyStep; changes wait meanwhile
)

// merge runs a checkpoint.
func merge(ctx context.Context, c *sql.DB, checkpoint string) error {
	var busy bool
	var pages, merged int
	err := c.QueryRowContext(ctx, checkpoint).Scan(&busy, &pages, &merged)
	if err != nil {
		return Translate(fmt.Errorf("merge the write-ahead log: %w", err))
	}
	if busy {
		return ErrLongReader
	}
	return nil
}
