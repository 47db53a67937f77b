package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// program is PACTIUS for a platform.
type program struct {
	platform string // linux/amd64
	file     []byte
	info     *buildinfo.BuildInfo
}

func (p program) os() string      { os, _, _ := strings.Cut(p.platform, "/"); return os }
func (p program) arch() string    { _, arch, _ := strings.Cut(p.platform, "/"); return arch }
func (p program) version() string { return p.info.Main.Version } // v1.2.3

// prefix begins the name of every file of the release, folder the name of the program's archive.
func (p program) prefix() string { return "pactius_" + strings.TrimPrefix(p.version(), "v") }
func (p program) folder() string { return p.prefix() + "_" + p.os() + "_" + p.arch() }

// name is the name of the program's file, ending that of its archive's.
func (p program) name() string {
	if p.os() == "windows" {
		return "pactius.exe"
	}
	return "pactius"
}

func (p program) ending() string {
	if p.os() == "windows" {
		return ".zip"
	}
	return ".tar.gz"
}

// setting returns something that the Go tool has written into the program, such as vcs.time.
func (p program) setting(key string) string {
	for _, s := range p.info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// time is the commit's, which all files of the release have. It is what SOURCE_DATE_EPOCH would be.
func (p program) time() time.Time {
	t, _ := time.Parse(time.RFC3339, p.setting("vcs.time")) // build has looked at it
	return t.UTC()
}

// settled are the variables that decide what the Go tool makes; no machine's own count.
func settled(platform, cache string) []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "GO") || name == "GOCACHE" || name == "GOMODCACHE" || name == "GOPATH" ||
			name == "GOROOT" || name == "GOPROXY" || name == "GONOSUMDB" || name == "GOSUMDB" {
			env = append(env, v)
		}
	}
	env = append(env, "GOENV=off", "GOWORK=off", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0")
	if cache != "" {
		env = append(env, "GOCACHE="+cache)
	}
	if goos, goarch, ok := strings.Cut(platform, "/"); ok {
		env = append(env, "GOOS="+goos, "GOARCH="+goarch)
	}
	return env
}

// build builds the program in a clone: without symbols, and without the names of the machine's folders.
func build(ctx context.Context, source, platform, cache string) (program, error) {
	out := filepath.Join(source, "bin", "pactius")
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", out,
		"./cmd/pactius")
	command.Dir, command.Env = source, settled(platform, cache)
	if said, err := command.CombinedOutput(); err != nil {
		return program{}, fmt.Errorf("build for %s: %w\n%s", platform, err, said)
	}
	p := program{platform: platform}
	var err error
	if p.file, err = os.ReadFile(out); err != nil {
		return program{}, err
	}
	if p.info, err = buildinfo.Read(bytes.NewReader(p.file)); err != nil {
		return program{}, err
	}
	if _, err := time.Parse(time.RFC3339, p.setting("vcs.time")); err != nil || p.setting("vcs.modified") != "false" {
		return program{}, fmt.Errorf("the program for %s doesn't know its commit", platform)
	}
	return p, nil
}

// commitOf returns the commit of a checkout without changes.
func commitOf(ctx context.Context, root string) (string, error) {
	changed, err := git(ctx, root, "status", "--porcelain")
	if err != nil {
		return "", err
	}
	if changed != "" {
		return "", fmt.Errorf("a release is made from a commit; commit or remove these changes:\n%s", changed)
	}
	return git(ctx, root, "rev-parse", "HEAD")
}

// clone makes a checkout of a commit in a new folder, with the tags.
func clone(ctx context.Context, root, folder, commit string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if _, err := git(ctx, root, "clone", "--quiet", "--shared", "--no-checkout", root, folder); err != nil {
		return err
	}
	_, err = git(ctx, folder, "checkout", "--quiet", "--detach", commit)
	return err
}

// tagged is a tag that the Go tool takes for a version of a module without /v2 in its path.
var tagged = regexp.MustCompile(`^v[01]\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// checkTag compares the version in the programs with the tags of the commit, and looks for its section in CHANGELOG.md.
func checkTag(ctx context.Context, source, commit, version string) error {
	tags, err := git(ctx, source, "tag", "--points-at", commit, "--list", "v*")
	if err != nil || tags == "" {
		return err
	}
	for tag := range strings.FieldsSeq(tags) {
		if !tagged.MatchString(tag) {
			return fmt.Errorf("the tag %s is no version that Go writes into programs: use v1.2.3, or, from v2 on, "+
				"a module path that ends in /v2", tag)
		}
		if tag != version {
			continue
		}
		changes, err := os.ReadFile(filepath.Join(source, "CHANGELOG.md"))
		title := "\n## " + strings.TrimPrefix(tag, "v") + "\n"
		if err == nil && !strings.Contains(string(changes), title) {
			err = fmt.Errorf("CHANGELOG.md has no section %q", strings.TrimSpace(title))
		}
		return err
	}
	return fmt.Errorf("the programs have the version %s, but the commit has the tags %q", version, tags)
}

// git runs git in a folder and returns what it prints, without the last line break.
func git(ctx context.Context, folder string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "git", args...)
	command.Dir = folder
	out, err := command.Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("git %s: %w\n%s", args[0], err, e.Stderr)
	}
	return strings.TrimRight(string(out), "\n"), err
}

// checksums returns lines as sha256sum writes them.
func checksums(files map[string][]byte) string {
	var b strings.Builder
	for _, name := range sorted(files) {
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(files[name]), name)
	}
	return b.String()
}
