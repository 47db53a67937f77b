package dbtool

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// RestoreOptions are the options of Restore. The zero value works.
type RestoreOptions struct {
	Options
	Despite bool // accept a backup with flaws, but not a damaged file
	Stopped bool // no process has the present database open, which is too damaged to ask
}

// Restored is the result of Restore.
type Restored struct {
	File     string // of the database
	Replaced string // file of the previous one; "" is none
	Flaws    []Flaw // of the backup: warnings, or all with Despite
}

// FlawedError refuses a backup with flaws.
type FlawedError struct{ Flaws []Flaw }

// Error returns the message in English.
func (e *FlawedError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal as a *pactius.Error.
func (e *FlawedError) Unwrap() error {
	return pactius.Refuse(pactius.KindConflict,
		pactius.Plural(len(e.Flaws), "The check found %d problem in this backup. Nothing was changed.",
			"The check found %d problems in this backup. Nothing was changed."))
}

// Restore replaces the SQLite database at an address by a copy of a backup, upgraded to
// this program's schema and checked. It keeps the present database beside the new one,
// and refuses while another process has it open. At every moment there is a complete
// database, the old or the new.
func Restore(ctx context.Context, backup, address string, o RestoreOptions) (Restored, error) {
	path, ok := strings.CutPrefix(address, database.SQLite+":")
	if !ok {
		return Restored{}, pactius.Refuse(pactius.KindInvalid,
			pactius.T("Restore a PostgreSQL database with its own tools into a new, empty database, for example: "+
				"pg_restore --exit-on-error --no-owner --dbname=pactius_new %s. Then run pactius check on it; see "+
				"docs/operations.md.", backup))
	}
	path, err := database.ResolvePlace(path) // the draft must be beside the file, and take its place
	if err != nil {
		return Restored{}, err
	}
	if err := checkBackup(backup, path); err != nil {
		return Restored{}, err
	}
	if err := database.CheckPlace(path); err != nil {
		return Restored{}, err
	}
	release, err := takeAlone(ctx, path, o.Stopped)
	if err != nil {
		return Restored{}, err
	}
	defer release()
	draft, err := copyBeside(ctx, backup, path)
	if err != nil {
		return Restored{}, err
	}
	defer removeDatabase(draft) // does nothing once it is in place
	flaws, err := examine(ctx, draft, backup, o)
	if err != nil {
		return Restored{}, err
	}
	done := Restored{File: path, Flaws: flaws}
	done.Replaced, err = swap(draft, path, o)
	return done, err
}

// checkBackup refuses a file that is no backup.
func checkBackup(backup, path string) error {
	info, err := os.Stat(backup)
	switch {
	case err != nil:
		return &pactius.Error{Kind: pactius.KindNotFound, Err: err,
			Message: pactius.T("The backup %s can't be read. Check the path and who can read it.", backup)}
	case !info.Mode().IsRegular():
		return pactius.Refuse(pactius.KindInvalid, pactius.T("%s isn't a file. Specify a backup file.", backup))
	case sameFile(backup, path):
		return pactius.Refuse(pactius.KindInvalid,
			pactius.T("%s is the database itself. Specify a backup file.", backup))
	case notEmpty(backup + "-wal"):
		return pactius.Refuse(pactius.KindInvalid,
			pactius.T("%s is a database in use, not a backup: part "+
				"of it is in %s. Back it up with: pactius backup", backup, backup+"-wal"))
	}
	return nil
}

func notEmpty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}

// draftPattern ends the name of the future database, which is beside the present one:
// a rename is atomic within one file system only.
const draftPattern = ".restoring-*"

// copyBeside copies the backup to a draft beside the database.
func copyBeside(ctx context.Context, backup, path string) (string, error) {
	from, err := os.Open(backup)
	if err != nil {
		return "", &pactius.Error{Kind: pactius.KindNotFound, Err: err,
			Message: pactius.T("The backup %s can't be read. Check the path and who can read it.", backup)}
	}
	defer from.Close()
	to, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+draftPattern) // private from the first byte
	if err != nil {
		return "", &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
			Message: pactius.T("The folder of the database %s can't be written to. Check its permissions.", path)}
	}
	_, err = io.Copy(to, cancellable{ctx, from})
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		_ = os.Remove(to.Name()) // the first error counts
		return "", &pactius.Error{Kind: pactius.KindUnavailable,
			Err: fmt.Errorf("copy the backup beside the database: %w", err),
			Message: pactius.T("The backup can't be copied to the database's folder. Nothing was changed; check the " +
				"free space there.")}
	}
	return to.Name(), nil
}

// cancellable reads until a context ends.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancellable) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}

// examine upgrades the draft to the program's schema and checks it.
func examine(ctx context.Context, draft, backup string, o RestoreOptions) ([]Flaw, error) {
	flaws, err := checkDraft(ctx, draft, backup, o.Options)
	if database.IsDamaged(err) {
		return nil, &pactius.Error{Kind: pactius.KindInvalid, Err: err,
			Message: pactius.T("The backup %s is damaged or isn't a PACTIUS database. Nothing was changed; use "+
				"another backup.", backup)}
	}
	if err != nil {
		return nil, err
	}
	var wrong []Flaw
	for _, f := range flaws {
		if !f.Warning {
			wrong = append(wrong, f)
		}
	}
	torn := slices.ContainsFunc(wrong, func(f Flaw) bool { return f.Check == theFile })
	if torn || len(wrong) > 0 && !o.Despite {
		return nil, &FlawedError{Flaws: wrong}
	}
	return flaws, settleFile(ctx, draft)
}

func checkDraft(ctx context.Context, draft, backup string, o Options) ([]Flaw, error) {
	options, err := o.database()
	if err != nil {
		return nil, err
	}
	options.DraftOf = backup
	db, err := database.Connect(ctx, "sqlite:"+draft, options)
	if err != nil {
		return nil, err
	}
	flaws, err := func() ([]Flaw, error) {
		empty, err := db.CheckUsable(ctx)
		if err == nil && empty {
			err = pactius.Refuse(pactius.KindInvalid, pactius.T("%s is empty. Specify a backup file.", backup))
		}
		if err == nil {
			err = db.Migrate(ctx)
		}
		if err != nil {
			return nil, err
		}
		return check(ctx, db, o.clock())
	}()
	return flaws, errors.Join(err, db.Close())
}

// settleFile writes all of a closed database into its one file, durably.
func settleFile(ctx context.Context, path string) error {
	release, err := takeAlone(ctx, path, false)
	if err != nil {
		return err
	}
	release()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the restored database: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

const (
	// Leaving WAL merges and removes the -wal file, which fails while another process
	// has the database open, even an idle one.
	sqlLeaveWALSQLite = `PRAGMA journal_mode = DELETE`
	sqlAloneSQLite    = `BEGIN EXCLUSIVE`
)

// takeAlone verifies that no process has a database open, removes its companions (-wal,
// -shm) and locks it until release.
func takeAlone(ctx context.Context, path string, stopped bool) (release func(), err error) {
	nothing := func() {}
	if !database.FileExists(path) {
		return nothing, nil
	}
	db, err := sql.Open("sqlite", database.FileURL(path)) // without waiting
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	release = func() { _ = db.Close() } // also ends the transaction
	var mode string
	err = db.QueryRowContext(ctx, sqlLeaveWALSQLite).Scan(&mode)
	if err == nil {
		_, err = db.ExecContext(ctx, sqlAloneSQLite)
	}
	switch {
	case err == nil:
		return release, nil
	case database.IsDamaged(err) && stopped:
		release()
		return nothing, nil
	}
	release()
	switch {
	case database.IsDamaged(err):
		return nil, &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
			Message: pactius.T("The current database %s is too damaged to tell whether a server still has it open. "+
				"Stop every server, then confirm this with --stopped.", path)}
	case database.IsBusy(err):
		return nil, &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
			Message: pactius.T("Another process has the database %s open. Stop every server and command that uses "+
				"it, then try again; nothing was changed.", path)}
	}
	return nil, database.Translate(fmt.Errorf("open %s alone: %w", path, err))
}

// swap puts the draft in place and keeps the present database.
func swap(draft, path string, o RestoreOptions) (replaced string, err error) {
	like := path
	if !database.FileExists(path) {
		like = filepath.Dir(path)
	}
	if err := own(draft, like); err != nil {
		return "", err
	}
	if like == path {
		if replaced, err = keep(path, o); err != nil {
			return "", err
		}
	}
	// A dead process may have left them; they do not belong to the new file.
	for _, companion := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + companion); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return replaced, fmt.Errorf("remove what is left of the old database: %w", err)
		}
	}
	if err := os.Rename(draft, path); err != nil {
		return replaced, fmt.Errorf("put the restored database in place; the one before is %s: %w", replaced, err)
	}
	return replaced, database.SyncFolder(filepath.Dir(path))
}

// maxKept is the number of databases that can be replaced in one second.
const maxKept = 10

// keep gives the present database a second name that remains, and moves a -wal file that
// SQLite could not merge with it.
func keep(path string, o RestoreOptions) (string, error) {
	base := path + ".replaced-" + o.clock().UTC().Format("20060102T150405")
	name := base
	err := os.Link(path, name)
	for i := 2; errors.Is(err, fs.ErrExist) && i <= maxKept; i++ {
		name = fmt.Sprintf("%s-%d", base, i)
		err = os.Link(path, name)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(path, name) // without hard links there is no database for a moment
	}
	if err == nil && notEmpty(path+"-wal") {
		err = os.Rename(path+"-wal", name+"-wal")
	}
	if err != nil {
		return "", fmt.Errorf("keep the present database as %s: %w", name, err)
	}
	return name, nil
}

// removeDatabase removes a draft with its companions.
func removeDatabase(path string) {
	for _, name := range []string{path, path + "-wal", path + "-shm", path + "-journal"} {
		_ = os.Remove(name) // most do not exist
	}
}
