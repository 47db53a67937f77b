package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mounted returns a folder on a disk of its own, and a function that mounts it for reading alone.
func mounted(t *testing.T) (dir string, freeze func()) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m,mode=0700"); err != nil {
		if os.Getenv("PACTIUS_TEST_REQUIRE") != "" && os.Geteuid() == 0 {
			t.Fatalf("mount: %v", err)
		}
		t.Skipf("SKIPPED: a disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir, func() {
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatalf("mount for reading: %v", err)
		}
	}
}

// TestADatabaseOnADiskThatIsMountedForReading is read with all that is in its -wal file, or refused.
func TestADatabaseOnADiskThatIsMountedForReading(t *testing.T) {
	t.Parallel()
	const part = "A part of the database"
	for name, c := range map[string]struct {
		crash bool
		leave func(path string) error // changes the -wal and -shm files
		lacks string                  // the refusal; "" is none
	}{
		"at rest":                  {leave: func(string) error { return nil }},
		"with an empty -wal":       {leave: func(p string) error { return os.WriteFile(p+"-wal", nil, 0o600) }},
		"with a -wal and its -shm": {crash: true, leave: func(string) error { return nil }},
		"with a -wal alone": {crash: true, leave: func(p string) error { return os.Remove(p + "-shm") },
			lacks: part},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, freeze := mounted(t)
			w := newCompany(t)
			path := filepath.Join(dir, "pactius.db")
			if c.crash {
				w.crashed(dir)
			} else if err := os.WriteFile(path, []byte(w.bytes()), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := c.leave(path); err != nil {
				t.Fatal(err)
			}
			before := files(t, dir)
			freeze()
			own, out := "sqlite:"+path, t.TempDir()
			for _, line := range [][]string{
				{"check", "--database", own}, {"version", "--check", "--database", own},
				{"backup", filepath.Join(out, "backup.db"), "--database", own},
				{"copy", "--from", own, "--to", "sqlite:" + filepath.Join(out, "copy.db")},
				{"unit", "list", "--database", own},
			} {
				r := w.run("", line...)
				if c.lacks != "" {
					if r.code != exitRefused || !strings.Contains(r.stdout+r.stderr, c.lacks) {
						t.Errorf("%v ends with %d: %s%s", line, r.code, r.stdout, r.stderr)
					}
					continue
				}
				if r.code != exitDone {
					t.Errorf("%v ends with %d: %s%s", line, r.code, r.stdout, r.stderr)
				}
			}
			unchanged(t, dir, before)
			if c.lacks != "" {
				unchanged(t, out, nil)
				return
			}
			for _, from := range []string{path, filepath.Join(out, "backup.db"), filepath.Join(out, "copy.db")} {
				units := w.must("unit", "list", "--database", "sqlite:"+from)
				if strings.Contains(units, "Unmerged") != c.crash {
					t.Errorf("in %s there are the units\n%s", from, units)
				}
			}
			if r := w.run("", "unit", "add", "New", "--database", own); r.code != exitRefused ||
				!strings.Contains(r.stderr, "read-only") {
				t.Errorf("a change ends with %d: %s", r.code, r.stderr)
			}
		})
	}
}

// TestReadingBesideAServerThroughAMountForReading sees what the server has written, also in its -wal file alone.
func TestReadingBesideAServerThroughAMountForReading(t *testing.T) {
	t.Parallel()
	dir, _ := mounted(t) // says whether disks can be mounted
	w := newCompany(t)
	w.startShell(w.shell("", "serve")).found(ready)
	w.must("unit", "add", "Late")
	for _, flags := range []uintptr{syscall.MS_BIND, syscall.MS_BIND | syscall.MS_REMOUNT | syscall.MS_RDONLY} {
		if err := syscall.Mount(w.dir, dir, "", flags, ""); err != nil {
			t.Fatalf("mount for reading: %v", err)
		}
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	own, out := "sqlite:"+filepath.Join(dir, "pactius.db"), filepath.Join(t.TempDir(), "backup.db")
	w.must("check", "--database", own)
	w.must("backup", out, "--database", own)
	for _, from := range []string{own, "sqlite:" + out} {
		if units := w.must("unit", "list", "--database", from); !strings.Contains(units, "Late") {
			t.Errorf("in %s there are the units\n%s", from, units)
		}
	}
}
