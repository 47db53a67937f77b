package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pactius/pactius/testbed/process"
)

// patience is how long a server may take to start or stop.
const patience = 30 * time.Second

// service is the unit of the package.
const service = "usr/lib/systemd/system/pactius.service"

// root is the folder of a small Debian, in which dpkg installs the package.
type root struct {
	t   *testing.T
	dir string
}

// newRoot makes a root with what the package's scripts call. dpkg runs them in a chroot, so the test skips without
// root's rights, dpkg or systemd; where all programs have to be there, it fails without them.
func newRoot(t *testing.T) root {
	t.Helper()
	needed := []string{"dpkg", "dpkg-deb", "chroot", "ldd", "systemd-sysusers", "systemd-analyze"}
	for _, name := range needed {
		if _, err := exec.LookPath(name); err != nil && os.Getenv("PACTIUS_TEST_REQUIRE") == "1" {
			t.Fatalf("%s is not on this machine", name)
		} else if err != nil {
			t.Skipf("SKIPPED: %s is not on this machine, so the Debian package is not installed", name)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can install the Debian package in a folder")
	}
	r := root{t, t.TempDir()}
	if err := os.Chmod(r.dir, 0o755); err != nil { // the service's user has to come in
		t.Fatal(err)
	}
	for dir := filepath.Dir(r.dir); dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib64"} { // as Debian has them since its version 12
		err := errors.Join(os.MkdirAll(r.path("usr/"+name), 0o755), os.Symlink("usr/"+name, r.path(name)))
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sh", "chown", "chmod", "install", "head", "base64", "mv", "rm", "systemd-sysusers"} {
		r.bring(name)
	}
	write(t, r.path("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")
	write(t, r.path("etc/group"), "root:x:0:\n")
	write(t, r.path("dev/urandom"), strings.Repeat("random", 20)) // as far as the script reads
	write(t, r.path("var/lib/dpkg/status"), "")
	write(t, r.path("var/lib/dpkg/info/format"), "1\n")
	for _, name := range []string{"systemd", "ca-certificates"} {
		status, err := os.OpenFile(r.path("var/lib/dpkg/status"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(status, "Package: %s\nStatus: install ok installed\nMaintainer: Debian\nArchitecture: all\n"+
			"Version: 1\nDescription: is there\n\n", name)
		if err := status.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// path returns the path of a file of the root.
func (r root) path(name string) string { return filepath.Join(r.dir, name) }

// bring copies a program of this machine with its libraries.
func (r root) bring(name string) {
	r.t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		r.t.Fatal(err)
	}
	out, err := exec.CommandContext(r.t.Context(), "ldd", program).Output()
	if err != nil {
		r.t.Fatalf("ldd %s: %v", program, err)
	}
	files := regexp.MustCompile(`(?m)(/\S+) \(0x`).FindAllStringSubmatch(string(out), -1)
	for _, m := range append(files, []string{"", program}) {
		if _, err := os.Stat(r.path(m[1])); err == nil {
			continue
		}
		text, err := os.ReadFile(m[1])
		if err == nil {
			err = errors.Join(os.MkdirAll(filepath.Dir(r.path(m[1])), 0o755), os.WriteFile(r.path(m[1]), text, 0o755))
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// dpkg runs dpkg on the root.
func (r root) dpkg(args ...string) string {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), "dpkg", append([]string{"--root=" + r.dir, "--force-bad-path",
		"--no-triggers", "--log=" + r.path("dpkg.log")}, args...)...)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"}
	out, err := command.CombinedOutput()
	if err != nil {
		r.t.Fatalf("dpkg %s: %v\n%s", args, err, out)
	}
	return string(out)
}

// pack makes the package of a version and returns its file.
func (r root) pack(version string) string {
	r.t.Helper()
	p := theProgram(r.t, version)
	c := company{documents: tree{"LICENSES.txt": plain(nil), "CHANGELOG.md": plain(nil)}, manual: tree{}}
	deb, err := debianPackage("..", p, c)
	if err != nil {
		r.t.Fatal(err)
	}
	file := filepath.Join(r.t.TempDir(), "pactius.deb")
	write(r.t, file, string(deb))
	return file
}

// as runs the installed program as the service's user, with the settings of the unit.
func (r root) as(args ...string) *exec.Cmd {
	r.t.Helper()
	passwd, err := os.ReadFile(r.path("etc/passwd"))
	if err != nil {
		r.t.Fatal(err)
	}
	user := regexp.MustCompile(`(?m)^pactius:x:(\d+:\d+):`).FindStringSubmatch(string(passwd))
	if user == nil {
		r.t.Fatalf("there is no user pactius:\n%s", passwd)
	}
	args = append([]string{"--userspec=" + user[1], r.dir}, args...)
	command := exec.CommandContext(r.t.Context(), "chroot", args...)
	for _, m := range regexp.MustCompile(`(?m)^Environment=(.*)$`).FindAllStringSubmatch(r.read(service), -1) {
		command.Env = append(command.Env, m[1])
	}
	return command
}

func (r root) read(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// serve starts what the unit starts, waits until it is ready, asks it, and stops it.
func (r root) serve() {
	r.t.Helper()
	start := regexp.MustCompile(`(?m)^ExecStart=(.*)$`).FindStringSubmatch(r.read(service))
	server, err := process.Start(r.as(strings.Fields(start[1])...))
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() {
		if err := server.End(syscall.SIGTERM, patience); err != nil {
			r.t.Error(err)
		}
	}()
	found, err := server.Await(r.t.Context(), `"msg":"PACTIUS is ready","listen":"([^"]+)"`)
	if err != nil {
		r.t.Fatal(err)
	}
	answer, err := http.Get("http://" + found[1] + "/readyz")
	if err != nil {
		r.t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusOK {
		r.t.Errorf("/readyz says %s", answer.Status)
	}
}

// has checks the mode of what is in the root, and whether it belongs to another user or group than root.
func (r root) has(name string, mode fs.FileMode, otherUser, otherGroup bool) {
	r.t.Helper()
	info, err := os.Stat(r.path(name))
	if err != nil {
		r.t.Error(err)
		return
	}
	owner := info.Sys().(*syscall.Stat_t)
	if info.Mode() != mode || (owner.Uid != 0) != otherUser || (owner.Gid != 0) != otherGroup {
		r.t.Errorf("%s has the mode %s and belongs to %d:%d, want %s", name, info.Mode(), owner.Uid, owner.Gid, mode)
	}
}

// TestThePackageInstallsAndUpgrades installs the package in a folder, sets PACTIUS up, starts it as the unit does,
// upgrades, removes and purges it. systemd itself isn't there.
func TestThePackageInstallsAndUpgrades(t *testing.T) {
	t.Parallel()
	r := newRoot(t)
	if said := r.dpkg("-i", r.pack("v0.9.0-rc.1")); !strings.Contains(said, "README.Debian") {
		t.Errorf("the installation doesn't say what to do next:\n%s", said)
	}
	r.has("etc/pactius", fs.ModeDir|0o750, false, true)
	r.has("etc/pactius/pactius.toml", 0o640, false, true)
	r.has("etc/pactius/secret", 0o640, false, true)
	r.has("var/lib/pactius", fs.ModeDir|0o700, true, true)
	secret := r.read("etc/pactius/secret")
	r.verifyUnit()

	// An administrator sets PACTIUS up.
	edited := strings.NewReplacer(`# url = "`, `url = "`, "127.0.0.1:8080", "127.0.0.1:0").
		Replace(r.read("etc/pactius/pactius.toml"))
	if err := os.WriteFile(r.path("etc/pactius/pactius.toml"), []byte(edited), 0); err != nil {
		t.Fatal(err)
	}
	set := r.as("/usr/bin/pactius", "environment", "add", "--name", "Nordhavn", "--tenant",
		"8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e", "--administrator", "anna@nordhavn.example")
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("environment add: %v\n%s", err, out)
	}
	r.serve()

	r.dpkg("-i", r.pack("v0.9.0"))
	if status := r.dpkg("-s", "pactius"); !strings.Contains(status, "\nVersion: 0.9.0\n") {
		t.Errorf("after the upgrade:\n%s", status)
	}
	if r.read("etc/pactius/pactius.toml") != edited || r.read("etc/pactius/secret") != secret {
		t.Error("the upgrade has changed the settings or the secret")
	}
	r.has("etc/pactius/pactius.toml", 0o640, false, true)
	r.serve()
	list, err := r.as("/usr/bin/pactius", "environment", "list").Output()
	if !strings.Contains(string(list), "Nordhavn") {
		t.Errorf("after the upgrade there are the environments %s, %v", list, err)
	}

	r.dpkg("-r", "pactius")
	r.has("etc/pactius/pactius.toml", 0o640, false, true)
	if said := r.dpkg("--purge", "pactius"); !strings.Contains(said, "Kept: /var/lib/pactius") {
		t.Errorf("the purge doesn't say what it keeps:\n%s", said)
	}
	r.has("var/lib/pactius/pactius.db", 0o600, true, true)
	if r.read("etc/pactius/secret") != secret {
		t.Error("the purge has changed the secret")
	}
	for _, gone := range []string{"usr/bin/pactius", "etc/pactius/pactius.toml"} {
		if _, err := os.Stat(r.path(gone)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", gone, err)
		}
	}
}

// verifyUnit has systemd read the unit, beside those of this machine.
func (r root) verifyUnit() {
	r.t.Helper()
	const units = "/usr/lib/systemd/system"
	if err := os.CopyFS(r.path(units), os.DirFS(units)); err != nil {
		r.t.Fatal(err)
	}
	command := exec.CommandContext(r.t.Context(), "systemd-analyze", "verify", "--root="+r.dir, "pactius.service")
	out, err := command.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "pactius") {
			err = errors.Join(err, errors.New(line))
		}
	}
	if err != nil {
		r.t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
