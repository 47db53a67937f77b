//go:build !unix

package database

// full reports whether the operating system refused for lack of space. Here it is not known.
func full(error) bool { return false }

// readOnly reports whether the file system cannot be written to. Here it is not known.
func readOnly(error) bool { return false }

// SyncFolder has nothing to do where a folder cannot be opened as a file.
func SyncFolder(string) error { return nil }
