package dbtool_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestACopyToAFullDiskLeavesNothing fills the disk with the schema, and with rows.
func TestACopyToAFullDiskLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, kilobytes := range []int{64, 256, 4096} {
		t.Run(fmt.Sprintf("of %d kB", kilobytes), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kilobytes)); err != nil {
				if os.Getenv("PACTIUS_TEST_REQUIRE") != "" && os.Geteuid() == 0 {
					t.Fatalf("mount: %v", err)
				}
				t.Skipf("SKIPPED: a small disk cannot be mounted: %v", err)
			}
			t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
			from := storetest.On(t, "sqlite")
			many(t, from, deployment(t, from), 100_000)
			_, err := dbtool.Copy(t.Context(), from.URL, "sqlite:"+filepath.Join(dir, "p.db"), dbtool.CopyOptions{})
			if pactius.KindOf(err) != pactius.KindUnavailable {
				t.Errorf("Copy: %v, want that the disk is full", err)
			}
			if left := names(t, dir); left != "" {
				t.Errorf("the disk has %s", left)
			}
		})
	}
}
