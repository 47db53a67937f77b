package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// here is the platform of this machine.
const here = runtime.GOOS + "/" + runtime.GOARCH

// standIn is a small program in the place of pactius, which compiles within a second: it writes its manual and its
// completions. The real one is built by make release, and by the other tests with what the end-to-end tests have
// compiled.
const standIn = `package main

import (
	"fmt"
	"os"

	"golang.org/x/time/rate"
)

func main() {
	if os.Args[1] == "manual" {
		if err := os.WriteFile(os.Args[2]+"/pactius.1", []byte(".TH PACTIUS 1\n"), 0o644); err != nil {
			panic(err)
		}
	}
	fmt.Println(rate.Inf, os.Args[1:])
}
`

// repository makes a repository with the stand-in and the shipped files, whose commit has tags.
func repository(t *testing.T, changes string, tags ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "deploy"), os.DirFS("../deploy")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"LICENSE", "go.mod", "go.sum", "docs/operations.md", "docs/configuration.md",
		"docs/upgrading.md"} {
		text, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	write(t, filepath.Join(dir, "CHANGELOG.md"), changes)
	write(t, filepath.Join(dir, "cmd/pactius/main.go"), standIn)
	gitIn(t, dir, "init", "--quiet")
	gitIn(t, dir, "add", ".")
	gitIn(t, dir, "commit", "--quiet", "--message", "all")
	for _, tag := range tags {
		gitIn(t, dir, "tag", tag)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// gitIn runs git with a committer and a time of its own.
func gitIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Ada", "-c",
		"user.email=ada@nordhavn.example"}, args...)...)
	command.Dir, command.Env = dir, append(os.Environ(), "GIT_COMMITTER_DATE=2027-03-31T12:00:00Z")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", args, err, out)
	}
}

// releaseOf makes a release of a repository for this machine, and returns its folder.
func releaseOf(t *testing.T, root string) (string, error) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "dist")
	return out, release(t.Context(), options{root: root, out: out, platforms: []string{here}, oneCache: true,
		log: io.Discard})
}

// TestAReleaseIsReproducible releases one commit from two repositories in different folders.
func TestAReleaseIsReproducible(t *testing.T) {
	t.Parallel()
	root := repository(t, "# Changes\n\n## 0.9.0\n", "v0.9.0")
	other := filepath.Join(t.TempDir(), "a", "deeper", "folder")
	gitIn(t, root, "clone", "--quiet", ".", other)
	var sums []string
	for _, root := range []string{root, other} {
		out, err := releaseOf(t, root)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, string(text))
		checkRelease(t, out, string(text))
	}
	if sums[0] != sums[1] {
		t.Errorf("the releases differ:\n%s\n%s", sums[0], sums[1])
	}
}

// checkRelease looks at the files of a release.
func checkRelease(t *testing.T, out, sums string) {
	t.Helper()
	names := regexp.MustCompile(`(?m)^[0-9a-f]{64}  (\S+)$`).FindAllStringSubmatch(sums, -1)
	files, err := os.ReadDir(out)
	if err != nil || len(names) != len(files)-2 {
		t.Errorf("SHA256SUMS lists %d files of %d, %v", len(names), len(files)-2, err)
	}
	for _, m := range names {
		if !strings.HasPrefix(m[1], "pactius_0.9.0_") {
			t.Errorf("the version is not the tag's: %s", m[1])
		}
	}
	folder := "pactius_0.9.0_" + strings.ReplaceAll(here, "/", "_")
	packed, err := os.ReadFile(filepath.Join(out, folder+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	inside := untar(t, packed)
	for _, name := range []string{"pactius", "LICENSES.txt", "man/man1/pactius.1", "completions/_pactius"} {
		if inside[folder+"/"+name] == nil {
			t.Errorf("the archive has no %s", name)
		}
	}
	if text := string(inside[folder+"/LICENSES.txt"]); !strings.Contains(text, "==== golang.org/x/time v") {
		t.Error("the license of a linked module is missing")
	}
	if program := inside[folder+"/pactius"]; bytes.Contains(program, []byte(filepath.Dir(out))) ||
		bytes.Contains(program, []byte(os.TempDir()+"/pactius-release-")) {
		t.Error("the program names a folder of this machine")
	}
}

// untar reads a compressed archive, whose times have to be the commit's.
func untar(t *testing.T, packed []byte) map[string][]byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if at := h.ModTime.UTC().Format("2006-01-02 15:04"); at != "2027-03-31 12:00" || h.Uid != 0 {
			t.Errorf("%s is of %s and user %d", h.Name, at, h.Uid)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatIsNoReleaseIsRefused tries commits and tags that no release can be made of.
func TestWhatIsNoReleaseIsRefused(t *testing.T) {
	t.Parallel()
	const changes = "# Changes\n\n## 0.9.0\n"
	for name, c := range map[string]struct {
		changes string
		tags    []string
		spoil   func(root string)
		want    string
	}{
		"uncommitted changes": {changes, []string{"v0.9.0"}, func(root string) {
			write(t, filepath.Join(root, "LICENSE"), "Mine.\n")
		}, "commit or remove these changes"},
		"a tag that Go ignores":   {changes, []string{"v2.0.0"}, nil, "a module path that ends in /v2"},
		"a tag without a section": {"# Changes\n\n## 0.9\n", []string{"v0.9.0"}, nil, `has no section "## 0.9.0"`},
		"a unit that has changed": {changes, []string{"v0.9.0"}, func(root string) {
			write(t, filepath.Join(root, "deploy/pactius.service"), "[Unit]\n[Service]\nExecStart=/opt/pactius serve\n")
			gitIn(t, root, "commit", "--quiet", "--all", "--message", "moved")
		}, "doesn't have this once"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := repository(t, c.changes, c.tags...)
			if c.spoil != nil {
				c.spoil(root)
			}
			out, err := releaseOf(t, root)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

// TestDebianVersionsSort gives previews versions that dpkg sorts before the next release.
func TestDebianVersionsSort(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"v1.2.0":                               "1.2.0",
		"v1.2.0-rc.1":                          "1.2.0~rc.1",
		"v1.2.1-0.20270331120000-0123456789ab": "1.2.1~0.20270331120000.0123456789ab",
		"v0.0.0-20270331120000-0123456789ab":   "0.0.0~20270331120000.0123456789ab",
	} {
		if got := debianVersion(version); got != want {
			t.Errorf("%s is %s for dpkg, want %s", version, got, want)
		}
	}
}

// TestTheImageContextIsComplete looks for all that the Dockerfile copies, and that it asks for nothing else.
func TestTheImageContextIsComplete(t *testing.T) {
	t.Parallel()
	p := theProgram(t, "v0.9.0")
	packed, err := imageContext("..", []program{p}, company{documents: tree{}})
	if err != nil {
		t.Fatal(err)
	}
	files := untar(t, packed)
	for line := range strings.Lines(string(files["Dockerfile"])) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "FROM" && words[1] != "scratch", words[0] == "RUN", words[0] == "ADD":
			t.Errorf("the image needs something else: %s", line)
		case words[0] == "COPY":
			from := strings.Replace(words[len(words)-2], "${TARGETARCH}", runtime.GOARCH, 1)
			if _, ok := files[from]; !ok {
				t.Errorf("the context has no %s", from)
			}
		}
	}
	roots := 0
	for rest := files["rootfs/etc/ssl/certs/ca-certificates.crt"]; ; roots++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
	}
	if roots < 100 { // Mozilla has about 140
		t.Errorf("the image has %d authorities", roots)
	}
}
