//go:build !unix

package dbtool

// own has nothing to do where files belong to their folder.
func own(string, string) error { return nil }

// syncFolder has nothing to do where a folder cannot be opened as a file.
func syncFolder(string) error { return nil }
