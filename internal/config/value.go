package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius/internal/names"
)

// maxFile limits the size of a configuration file and of a file with one value, in
// bytes, so that a wrong path to a huge file is an error.
const maxFile = 1 << 20

// value is the value of a setting and where it was found.
type value struct {
	text  string
	where string // the spelling it was found under, "" for the default
}

// readValue reads the file with a value. A file that cannot be read, or is empty, is a
// problem.
func (l *loader) readValue(f value) (value, bool) {
	b, err := l.sources.ReadFile(f.text)
	text := names.TrimMark(string(b))
	switch {
	case err != nil:
		l.problems.add(f.where, "names a file that %v", unreadable(err))
	case len(b) > maxFile:
		l.problems.add(f.where, "names a file larger than %d bytes", maxFile)
	case names.IsUTF16(b):
		l.problems.add(f.where, "names a file that "+names.UTF16Remedy)
	case text == "":
		l.problems.add(f.where, "names an empty file")
	default:
		return value{text: text, where: f.where}, true
	}
	return value{where: f.where}, true
}

// Errors of ReadFile, as words that follow the path.
var (
	errFolder = errors.New("is a folder; name the file in it")
	errDevice = errors.New("is a device; name a file")
)

// ReadFile reads a file with a value or with settings, up to one byte more than maxFile. It refuses devices, which may
// have no end, but not pipes: shells pass secrets with them. The null device is an empty file.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil: // opening tells why
	case info.IsDir():
		return nil, &fs.PathError{Op: "open", Path: path, Err: errFolder}
	case info.Mode()&fs.ModeDevice != 0 && path != os.DevNull:
		return nil, &fs.PathError{Op: "open", Path: path, Err: errDevice}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// unreadable says why a file cannot be read, as words that follow its name. A relative path
// is said to be one, because the server's working directory may be another than the shell's.
func unreadable(err error) error {
	failed, ok := errors.AsType[*fs.PathError](err)
	switch {
	case ok && errors.Is(err, fs.ErrNotExist) && !strings.HasPrefix(failed.Path, "/"):
		return fmt.Errorf("cannot be read: %w; the path is relative to the working directory", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("cannot be read: %w; let the user that runs PACTIUS read it", err)
	}
	return fmt.Errorf("cannot be read: %w", err)
}

// garbled returns the fault of a value that is no line of text, as words that follow its
// name; "" is none.
func garbled(st setting, text string) string {
	switch {
	case names.IsUTF16([]byte(text)):
		return names.UTF16Remedy
	case !utf8.ValidString(text):
		return "is not UTF-8 text; save it as UTF-8"
	case !st.list && !st.lines && strings.ContainsFunc(text, unicode.IsControl):
		return "contains a control character or a line break"
	}
	return ""
}

// blemish returns what a value has from a web page, a word processor or a shell and should
// not have, as words that follow its name; "" is nothing.
func blemish(st setting, text string) string {
	parts := []string{text}
	if st.lines {
		parts = []string{strings.Join(strings.Fields(text), " ")}
	}
	if st.list {
		parts = append(splitList(text), strings.Join(splitList(text), " "))
	}
	for _, part := range parts {
		if r, found := names.Invisible(part); found {
			return fmt.Sprintf("contains the invisible character U+%04X", r)
		}
		if names.Quoted(part) {
			return "stands between quotation marks"
		}
	}
	return ""
}
