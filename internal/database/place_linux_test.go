package database_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// ownsNothing is the ID of the user and the group that own nothing.
const ownsNothing = 65534

// powerless runs fn with the file permissions of a user who owns nothing, as root has no limits.
func powerless(fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with the goroutine, and its user with it
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSGID, ownsNothing, 0, 0)
		_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, ownsNothing, 0, 0)
		fn()
	}()
	<-done
}

func TestWhatCannotBeWrittenIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can give files to others")
	}
	for name, test := range map[string]struct {
		folder, file os.FileMode
		says         string // FILE and FOLDER are theirs
	}{
		"the folder, while the file can":   {0o555, 0o666, "The folder FOLDER can't be written to"},
		"the file, while the folder can":   {0o777, 0o444, "The database file FILE can't be opened"},
		"the folder, and there is no file": {0o555, 0, "The folder FOLDER can't be written to"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, err := os.MkdirTemp("/tmp", "pactius-place-*") // t.TempDir is closed to others
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(folder) })
			file := filepath.Join(folder, "p.db")
			if test.file != 0 {
				s := open(t, file)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(file, test.file); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(folder, test.folder); err != nil {
				t.Fatal(err)
			}
			says := strings.NewReplacer("FILE", file, "FOLDER", folder).Replace(test.says)
			powerless(func() {
				s, err := store.Open(t.Context(), "sqlite:"+file, store.Options{})
				if err == nil {
					_ = s.Close()
				}
				if pactius.KindOf(err) != pactius.KindUnavailable || !strings.Contains(err.Error(), says) {
					t.Errorf("Open: %v, want what says %q", err, says)
				}
			})
		})
	}
}

// smallDisk mounts a disk of so many bytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		if os.Getenv("PACTIUS_TEST_REQUIRE") != "" && os.Geteuid() == 0 {
			t.Fatalf("mount: %v", err)
		}
		t.Skipf("SKIPPED: a small disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func TestABackupThatDoesNotFitSaysWhichDiskIsFull(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 256<<10)
	s := open(t, filepath.Join(t.TempDir(), "p.db"))
	copied := filepath.Join(dir, "copy.db")
	err := s.Backup(t.Context(), copied)
	if pactius.KindOf(err) != pactius.KindUnavailable || !strings.Contains(err.Error(), "space for the copy "+copied) {
		t.Errorf("Backup: %v, want what names the copy", err)
	}
	if _, err := os.Stat(copied); !os.IsNotExist(err) {
		t.Errorf("a part of the copy was left: %v", err)
	}
}
