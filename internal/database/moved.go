package database

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/pactius/pactius"
)

// place is the file of an open SQLite database. The operating system lets a program go on
// writing to a file that was moved, deleted or replaced; what it writes then is not in the
// database that the next start opens.
type place struct {
	given, file string      // the address, and the file that it led to
	opened      fs.FileInfo // of that file; nil until the first contact
	torn        atomic.Bool // a file beside it was missing; SQLite may have made another meanwhile

	way    string      // to read it, of a database that is only read
	frozen fs.FileInfo // of a file that is read without locks, before that; nil of others
}

// errMoved refuses changes of a database whose file is no longer in its place.
var errMoved = pactius.Refuse(pactius.KindUnavailable, pactius.T("The database file was moved, deleted or replaced "+
	"while PACTIUS was running. Nothing was changed; Support needs to put it back or restart PACTIUS."))

// IsMoved recognises the refusal of a database whose file is no longer in its place.
func IsMoved(err error) bool { return errors.Is(err, errMoved) }

// InPlace returns an error if the file that was opened, or one of the files that SQLite
// keeps beside it while it is open, is no longer there. A database that was put back is in
// place again; without the files beside it, it is not until the next start.
// PostgreSQL's files are the server's own concern.
func (db *DB) InPlace() error {
	p := db.place
	if p == nil || p.opened == nil {
		return nil
	}
	now, err := os.Stat(p.given)
	if err == nil && !os.SameFile(now, p.opened) {
		err = fs.ErrNotExist
	}
	for _, companion := range []string{"-wal", "-shm"} {
		if err != nil {
			break
		}
		if _, err = os.Stat(p.file + companion); err != nil {
			p.torn.Store(true)
		}
	}
	if err == nil && !p.torn.Load() {
		return nil
	}
	return &pactius.Error{Kind: errMoved.Kind, Message: errMoved.Message, Err: errors.Join(errMoved, err)}
}

// remember notes which file was opened.
func (p *place) remember() (err error) {
	p.opened, err = os.Stat(p.given)
	if err != nil {
		return errors.Join(errMoved, err)
	}
	return nil
}
