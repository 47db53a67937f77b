package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// backupRecord is a new backup.
type backupRecord struct {
	File  string `json:"file"` // absolute path
	Bytes int64  `json:"bytes"`
}

// newBackupCommand makes "pactius backup".
func newBackupCommand(a *app) *cobra.Command {
	c := describe("backup", backupRecord{}, takes("one FILE"))
	return a.atDesk(c, func(ctx context.Context, d *desk, args []string) error {
		file, err := filepath.Abs(args[0])
		if err != nil {
			return fmt.Errorf("find the place of the backup: %w", err)
		}
		if err := d.Backup(ctx, file); err != nil {
			return err
		}
		info, err := os.Stat(file)
		if err != nil {
			return fmt.Errorf("look at the backup: %w", err)
		}
		if d.asJSON {
			return d.object(backupRecord{File: file, Bytes: info.Size()})
		}
		return d.say("Backed up to %s (%s).", file, sizeText(info.Size()))
	})
}

// sizeText formats a number of bytes for people.
func sizeText(n int64) string {
	const step = 1000
	switch {
	case n < step*step:
		return fmt.Sprintf("%d kB", (n+step-1)/step)
	case n < step*step*step:
		return fmt.Sprintf("%.1f MB", float64(n)/step/step)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/step/step/step)
}
