package database

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/pactius/pactius"
)

// filePermissions are those of the database and its copies: they hold personal
// data, so only the owner may read them. SQLite gives its companions
// (-wal, -shm) the same.
const filePermissions = 0o600

// maxLinks is how many links in a row a path may lead through, as on Linux (path_resolution(7)).
const maxLinks = 40

// ResolvePlace returns the file that a path leads to, which need not exist. SQLite reads and
// writes through a link; a rename or a new file would take the link's place instead, and
// leave the database on the other side as it was.
func ResolvePlace(path string) (string, error) {
	place := path
	for range maxLinks {
		info, err := os.Lstat(place)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return place, nil // opening it says what is wrong
		}
		target, err := os.Readlink(place)
		if err != nil {
			return "", errPlace(path, err)
		}
		folder, file := filepath.Split(target)
		if !filepath.IsAbs(target) {
			above, _ := filepath.Split(place)
			folder = above + folder
		}
		// Not cleaned before: ".." leads to the folder above the real one.
		real, err := filepath.EvalSymlinks(cmp.Or(folder, "."))
		if err != nil {
			return "", errFolderMissing(filepath.Clean(folder), err)
		}
		place = filepath.Join(real, file)
	}
	return "", errPlace(path, errors.New("too many links"))
}

func errPlace(path string, err error) error {
	return &pactius.Error{Kind: pactius.KindInvalid, Err: err,
		Message: pactius.T("The path %s leads through links that can't be followed. Specify the file itself with "+
			"PACTIUS_DATABASE.", path)}
}

// CheckPlace refuses a path whose folder does not exist.
func CheckPlace(path string) error {
	path, err := ResolvePlace(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err == nil && info.IsDir() {
		return nil
	}
	return errFolderMissing(dir, err)
}

func errFolderMissing(dir string, err error) error {
	return &pactius.Error{Kind: pactius.KindInvalid, Err: err,
		Message: pactius.T("The folder %s for the database doesn't exist. Create it, or specify another one with "+
			"PACTIUS_DATABASE.", dir)}
}

// preparePlace refuses a place where SQLite cannot work, and makes the file where
// there is none, so that it is private from the first byte.
func preparePlace(path string) error {
	if err := CheckPlace(path); err != nil {
		return err
	}
	if err := refuseFolder(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePermissions)
	switch {
	case errors.Is(err, fs.ErrExist):
		return writable(path)
	case err != nil:
		return errFolder(filepath.Dir(path), err)
	}
	return f.Close()
}

// refuseFolder refuses a path that leads to a folder.
func refuseFolder(path string) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil // opening it says what is wrong
	}
	return pactius.Refuse(pactius.KindInvalid,
		pactius.T("%s is a folder. Specify a file in it, for example %s.", path, filepath.Join(path, "pactius.db")))
}

// writable refuses a file that this process cannot write: SQLite would open it for reading alone.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if readOnly(err) {
		return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
			Message: pactius.T("The disk with the database %s is read-only. Mount it for writing, or check the "+
				"system log for disk errors.", path)}
	}
	if err != nil {
		return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
			Message: pactius.T("The database file %s can't be opened for reading and writing. Give the user that runs "+
				"PACTIUS access to it.", path)}
	}
	return f.Close()
}

// warnOfReaders logs that others than its owner may read a database: PACTIUS makes it private, but leaves the
// permissions of a file that exists as they are.
func warnOfReaders(logger *slog.Logger, path string) {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&^filePermissions != 0 {
		logger.Warn("other users of this machine may read the database; make it private with chmod 600", "file", path,
			"mode", info.Mode().Perm().String())
	}
}

// explainPlace returns what is wrong with the place of a database that SQLite cannot write: the file or its
// folder, where SQLite makes files beside the database. It returns nil if both can be written.
func explainPlace(path string) error {
	if err := writable(path); err != nil {
		return err
	}
	folder := filepath.Dir(path)
	probe, err := os.CreateTemp(folder, ".pactius-*")
	if err != nil {
		return errFolder(folder, err)
	}
	_ = probe.Close() // it is empty
	_ = os.Remove(probe.Name())
	return nil
}

// errFolder says why a file cannot be made in the folder of the database.
func errFolder(folder string, err error) error {
	switch {
	case full(err):
		return &pactius.Error{Kind: pactius.KindUnavailable, Message: fullText, Err: err}
	case readOnly(err):
		return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
			Message: pactius.T("The disk with the folder %s is read-only. Mount it for writing, or check the system "+
				"log for disk errors.", folder)}
	}
	return &pactius.Error{Kind: pactius.KindUnavailable, Err: err,
		Message: pactius.T("The folder %s can't be written to. SQLite creates files next to the database: give the "+
			"user that runs PACTIUS write access to the folder, or "+
			"move the database to one where it has that access.", folder)}
}
