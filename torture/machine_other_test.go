//go:build !linux

package torture

import "errors"

var errNoSmallDisk = errors.New("small disks are made on Linux only")

func smallDisk(string, int) error { return errNoSmallDisk }

func readOnlyDisk(string, bool) error { return errNoSmallDisk }

func takeDiskAway(string) error { return nil }
