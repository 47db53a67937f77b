package database_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
)

// largeStep is a step of a later version that writes some 3 MB.
const largeStep = `CREATE TABLE later (x TEXT);
	INSERT INTO later WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
	SELECT hex(zeroblob(500)) FROM n`

// TestAnUpgradeOnAFullDisk is tried where there is no room for the copy, where there is none for the step, and with
// room for both.
func TestAnUpgradeOnAFullDisk(t *testing.T) {
	t.Parallel()
	const size = 16 << 20
	disk := smallDisk(t, size)
	file, filler := filepath.Join(disk, "p.db"), filepath.Join(disk, "filler")
	if err := open(t, file).Close(); err != nil {
		t.Fatal(err)
	}
	// upgrade starts the later version, then this one.
	upgrade := func() error {
		t.Helper()
		db, err := database.Connect(t.Context(), "sqlite:"+file, database.Options{Steps: stepsOf(t)})
		if err != nil {
			t.Fatal(err)
		}
		err = db.MigrateWith(t.Context(), largeStep)
		if closed := db.Close(); closed != nil {
			t.Error(closed)
		}
		if err == nil {
			return nil
		}
		before, starts := store.Open(t.Context(), "sqlite:"+file, store.Options{})
		if starts != nil {
			t.Errorf("the version before doesn't start: %v", starts)
		} else if err := before.Close(); err != nil {
			t.Error(err)
		}
		return err
	}
	for _, test := range []struct {
		room   int
		says   string
		copies int
	}{
		{200 << 10, "isn't enough space to copy the database " + file, 0},
		{2 << 20, "disk is full", 1},
		{400 << 10, "disk is full", 1}, // with less room than a further copy needs
		{size, "", 1},
	} {
		if err := os.WriteFile(filler, make([]byte, room(t, disk, filler, test.room)), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			err := upgrade()
			if test.says == "" && err != nil || test.says != "" &&
				(pactius.KindOf(err) != pactius.KindUnavailable || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("with room for %d: %v, want %q", test.room, err, test.says)
			}
			if test.says == "" {
				break
			}
		}
		if left, _ := filepath.Glob(file + ".*"); len(left) != test.copies {
			t.Errorf("with room for %d: %v, want %d copies", test.room, left, test.copies)
		}
	}
}

// room returns how large a file must be so that a disk has so much room left.
func room(t *testing.T, disk, filler string, left int) int {
	t.Helper()
	if err := os.RemoveAll(filler); err != nil {
		t.Fatal(err)
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(disk, &fs); err != nil {
		t.Fatal(err)
	}
	return max(0, int(fs.Bavail)*int(fs.Bsize)-left)
}
