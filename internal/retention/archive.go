package retention

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/id"
)

// archive is the folder of the archive. Only its owner can read what is written there.
type archive string

const (
	privateFolder = 0o700
	privateFile   = 0o600
)

// record is an event as a line of the archive, which begins with its ID.
type record struct {
	id   pactius.EventID
	line []byte // JSON without a line break
}

// CheckFolder refuses a folder that cannot hold the archive, in words for the operator.
func CheckFolder(path string) error {
	const set = "PACTIUS_EVENTS_ARCHIVE"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s names the folder %s, which doesn't exist: make it, for the user that runs PACTIUS alone",
			set, path)
	case err != nil:
		return fmt.Errorf("%s: %w", set, err)
	case !info.IsDir():
		return fmt.Errorf("%s names %s, which is no folder", set, path)
	}
	f, err := os.CreateTemp(path, ".try-*")
	if err != nil {
		return fmt.Errorf("%s names the folder %s, in which PACTIUS can't write: %w", set, path, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// add appends the records that the file of a day lacks. They are on the disk when it returns nil.
func (a archive) add(env pactius.EnvironmentID, day pactius.Date, records []record) error {
	folder := filepath.Join(string(a), string(env))
	if err := os.Mkdir(folder, privateFolder); err == nil {
		err = database.SyncFolder(string(a))
		if err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.OpenFile(filepath.Join(folder, string(day)+".ndjson"), os.O_RDWR|os.O_CREATE, privateFile)
	if err != nil {
		return err
	}
	err = appendTo(f, records)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return database.SyncFolder(folder) // the file may be new
}

// appendTo appends the records that a file lacks, after its last complete line.
func appendTo(f *os.File, records []record) error {
	lacking := make(map[pactius.EventID]bool, len(records))
	for _, r := range records {
		lacking[r.id] = true
	}
	end, err := scan(f, func(id pactius.EventID) { delete(lacking, id) })
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, r := range records {
		if lacking[r.id] {
			b.Write(r.line)
			b.WriteByte('\n')
		}
	}
	if err := f.Truncate(end); err != nil { // a line that a crash has cut is written again
		return err
	}
	if _, err := f.WriteAt(b.Bytes(), end); err != nil {
		return errors.Join(err, f.Truncate(end))
	}
	return f.Sync()
}

// head is what a line begins with, before the ID.
const head = `{"id":"`

// scan calls found with the ID of each complete line and returns where the last of them ends.
func scan(from io.Reader, found func(pactius.EventID)) (end int64, err error) {
	r := bufio.NewReader(from)
	for {
		begin, err := r.ReadSlice('\n')
		n := int64(len(begin))
		var event pactius.EventID
		if rest, ok := bytes.CutPrefix(begin, []byte(head)); ok && len(rest) >= id.Length {
			event = pactius.EventID(rest[:id.Length])
		}
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of a long line
			var more []byte
			more, err = r.ReadSlice('\n')
			n += int64(len(more))
		}
		switch {
		case errors.Is(err, io.EOF):
			return end, nil
		case err != nil:
			return end, err
		}
		end += n
		found(event)
	}
}
