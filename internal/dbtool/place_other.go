//go:build !unix

package dbtool

// own has nothing to do where files belong to their folder.
func own(string, string) error { return nil }
