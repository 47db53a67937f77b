package database_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/store/storetest"
)

// nextStep and brokenStep are steps of a later version.
const (
	nextStep   = `CREATE TABLE later (x BIGINT)`
	brokenStep = `CREATE TABLE users (x BIGINT)`
)

// TestAFailedUpgradeUsesTheCopyItMade tries to upgrade again and again, as a supervisor does, while the database stays
// as it is and while it changes.
func TestAFailedUpgradeUsesTheCopyItMade(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	g := db.Ground(t, "a.example")
	fails := func(why string, copies int) {
		t.Helper()
		for range 3 {
			db.Clock.Advance(time.Minute)
			if err := db.MigrateWith(t.Context(), brokenStep); err == nil {
				t.Fatal("a step that cannot work was applied")
			}
		}
		if all := copiesOf(t, db); len(all) != copies {
			t.Errorf("%s: %d copies, want %d: %v", why, len(all), copies, all)
		}
	}
	fails("at first", 1)
	first := copiesOf(t, db)[0]
	contents := read(t, first)
	anna := g.User(t, "anna@nordhavn.example", "Anna")
	fails("the program before served meanwhile", 2)
	db.Exec(t, `UPDATE users SET name = 'Anne' WHERE id = $1`, string(anna.ID))
	fails("one value was changed", 3)
	db.Exec(t, `CREATE INDEX of_ours ON users (name)`)
	fails("an index was made", 4)
	db.Exec(t, `DROP INDEX of_ours`)
	db.Exec(t, `UPDATE users SET name = 'Anna' WHERE id = $1`, string(anna.ID))
	fails("it is as it was at the second copy", 4)
	if err := os.WriteFile(first+"-2", []byte("half a copy of an earlier version"), 0o600); err != nil {
		t.Fatal(err)
	}
	fails("a copy is damaged", 5)
	if !bytes.Equal(contents, read(t, first)) {
		t.Error("the first copy was changed")
	}
	db.Clock.Advance(-365 * 24 * time.Hour)
	fails("the clock was turned back", 5)
	if err := db.MigrateWith(t.Context(), nextStep); err != nil {
		t.Fatal(err)
	}
	if all := copiesOf(t, db); len(all) != 5 {
		t.Errorf("%d copies after the upgrade: %v", len(all), all)
	}
}

func TestACopyThatIsInUseIsNotTrusted(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	if err := db.MigrateWith(t.Context(), brokenStep); err == nil {
		t.Fatal("a step that cannot work was applied")
	}
	if err := os.WriteFile(copiesOf(t, db)[0]+"-wal", []byte("changes"), 0o600); err != nil {
		t.Fatal(err)
	}
	db.Clock.Advance(time.Minute)
	if err := db.MigrateWith(t.Context(), nextStep); err != nil {
		t.Fatal(err)
	}
	if all := copiesOf(t, db); len(all) != 3 { // with the -wal
		t.Errorf("copies %v, want two and a -wal", all)
	}
}

func TestAHalfMadeCopyIsGoneAfterTheNextStart(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]string{
		"that upgrades": {nextStep}, "that fails": {brokenStep}, "without an upgrade": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			half := strings.TrimPrefix(db.URL, "sqlite:") + ".before-upgrade.part"
			if err := errors.Join(os.WriteFile(half, make([]byte, 4096), 0o600),
				os.WriteFile(half+"-journal", nil, 0o600)); err != nil {
				t.Fatal(err)
			}
			if err := db.MigrateWith(t.Context(), steps...); (err != nil) != (name == "that fails") {
				t.Errorf("start: %v", err)
			}
			if left, _ := filepath.Glob(half + "*"); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
