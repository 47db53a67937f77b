package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// tree is what an archive holds, by path. A folder has a path with a slash at the end; those above files are added.
type tree map[string]file

// file is a file of an archive.
type file struct {
	mode int64
	data []byte
}

// plain is a file that all may read.
func plain(data []byte) file { return file{0o644, data} }

// put adds the files of another tree below a folder.
func (t tree) put(folder string, files tree) {
	for name, f := range files {
		t[folder+name] = f
	}
}

// paths returns the paths with all folders above them, folders before what is in them.
func (t tree) paths() []string {
	all := sorted(t)
	for _, name := range sorted(t) {
		for dir := path.Dir(strings.TrimSuffix(name, "/")); dir != "." && dir != "/"; dir = path.Dir(dir) {
			all = append(all, dir+"/")
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// tar returns the tree as a compressed tar archive, whose files belong to root.
func (t tree) tar(prefix string, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	packed := gzip.NewWriter(&b)
	w := tar.NewWriter(packed)
	for _, name := range t.paths() {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: prefix + name, Mode: t[name].mode, Size: int64(len(t[name].data)),
			ModTime: at, Format: tar.FormatGNU, Uname: "root", Gname: "root"}
		if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Mode = tar.TypeDir, max(h.Mode, 0o755)
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(t[name].data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	err := packed.Close()
	return b.Bytes(), err
}

// zip returns the tree as a zip archive.
func (t tree) zip(at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range sorted(t) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(t[name].data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// gzipped returns a compressed file, without its name and time.
func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}

// company is what accompanies the programs.
type company struct {
	documents tree // LICENSE, CHANGELOG.md and the like
	manual    tree // man1/pactius.1 and others
	shells    map[string][]byte
}

// accompany reads what accompanies the programs. The manual pages and completions are those that the program of this
// machine's platform writes.
func accompany(ctx context.Context, source string, programs []program) (company, error) {
	c := company{documents: tree{}, manual: tree{}, shells: map[string][]byte{}}
	for _, name := range []string{"LICENSE", "CHANGELOG.md", "docs/operations.md", "docs/configuration.md",
		"docs/upgrading.md"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return c, err
		}
		c.documents[path.Base(name)] = plain(text)
	}
	licenses, err := licenses(ctx, source, programs)
	if err != nil {
		return c, err
	}
	c.documents["LICENSES.txt"] = plain(licenses)
	i := slices.IndexFunc(programs, func(p program) bool { return p.platform == runtime.GOOS+"/"+runtime.GOARCH })
	if i < 0 {
		return c, fmt.Errorf("no program runs here: add %s/%s to the platforms", runtime.GOOS, runtime.GOARCH)
	}
	return c, c.ask(ctx, programs[i])
}

// ask has a program write its manual pages and completions.
func (c company) ask(ctx context.Context, p program) error {
	dir, err := os.MkdirTemp("", "pactius-manual-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	run := filepath.Join(dir, p.name())
	if err := os.WriteFile(run, p.file, 0o700); err != nil {
		return err
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if c.shells[shell], err = exec.CommandContext(ctx, run, "completion", shell).Output(); err != nil {
			return fmt.Errorf("the completion for %s: %w", shell, err)
		}
	}
	if said, err := exec.CommandContext(ctx, run, "manual", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("the manual pages: %w\n%s", err, said)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		c.manual["man1/"+filepath.Base(page)] = plain(text)
	}
	return nil
}

// archive returns a program with its company as an archive.
func archive(p program, c company) ([]byte, error) {
	t := tree{p.name(): {0o755, p.file}}
	t.put("", c.documents)
	if p.os() == "windows" {
		t["pactius.ps1"] = plain(c.shells["powershell"])
	} else {
		t.put("man/", c.manual)
		t["completions/pactius.bash"] = plain(c.shells["bash"])
		t["completions/_pactius"] = plain(c.shells["zsh"])
		t["completions/pactius.fish"] = plain(c.shells["fish"])
	}
	whole := tree{}
	whole.put(p.folder()+"/", t)
	if p.os() == "windows" {
		return whole.zip(p.time())
	}
	return whole.tar("", p.time())
}
