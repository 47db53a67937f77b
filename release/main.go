package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// everywhere are the platforms of a release.
const everywhere = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64"

// options say what to release.
type options struct {
	root      string // the checkout
	out       string // the folder of the result, which is emptied
	platforms []string
	oneCache  bool // the second build uses the first one's cache, so that only folders differ
	log       io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	platforms := flag.String("platforms", everywhere, "platforms, separated by commas")
	out := flag.String("out", "dist", "folder of the result; what is in it is removed")
	quick := flag.Bool("quick", false, "let the second build use the cache of the first: only the folders differ")
	flag.Parse()
	err := release(ctx, options{root: ".", out: *out, platforms: strings.Split(*platforms, ","), oneCache: *quick,
		log: os.Stdout})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release makes a release twice and keeps one, if both are the same.
func release(ctx context.Context, o options) error {
	work, err := os.MkdirTemp("", "pactius-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	commit, err := commitOf(ctx, o.root)
	if err != nil {
		return err
	}
	sides := make([]string, 2)
	for i, folder := range []string{"one", "another/folder"} {
		sides[i] = filepath.Join(work, folder)
		if err := clone(ctx, o.root, sides[i], commit); err != nil {
			return err
		}
	}
	cache := ""
	if !o.oneCache {
		cache = filepath.Join(work, "cache")
	}
	var programs []program
	for _, p := range o.platforms {
		made, err := buildTwice(ctx, sides, p, cache, o.log)
		if err != nil {
			return err
		}
		programs = append(programs, made)
	}
	if err := checkTag(ctx, sides[0], commit, programs[0].version()); err != nil {
		return err
	}
	return packTwice(ctx, sides, programs, o)
}

// buildTwice builds a program in both clones and compares them.
func buildTwice(ctx context.Context, sides []string, platform, cache string, log io.Writer) (program, error) {
	var both [2]program
	for i, side := range sides {
		start := time.Now()
		own := ""
		if i == 1 {
			own = cache
		}
		var err error
		if both[i], err = build(ctx, side, platform, own); err != nil {
			return program{}, err
		}
		fmt.Fprintf(log, "%-14s build %d  %5.1f MB  %4.0f s\n", platform, i+1, float64(len(both[i].file))/1e6,
			time.Since(start).Seconds())
	}
	if !bytes.Equal(both[0].file, both[1].file) {
		return program{}, fmt.Errorf("the two builds for %s differ: the build isn't reproducible", platform)
	}
	return both[0], nil
}

// packTwice makes the files of a release from both clones, compares them and writes them with their checksums.
func packTwice(ctx context.Context, sides []string, programs []program, o options) error {
	made, err := pack(ctx, sides[0], programs)
	if err != nil {
		return err
	}
	again, err := pack(ctx, sides[1], programs)
	if err != nil {
		return err
	}
	if a, b := checksums(made), checksums(again); a != b {
		return fmt.Errorf("the packages differ when they are made twice:\n%s\n%s", a, b)
	}
	made["SHA256SUMS"] = []byte(checksums(made))
	inside := map[string][]byte{}
	for _, p := range programs {
		inside[p.folder()+"/"+p.name()] = p.file
	}
	made["SHA256SUMS.programs"] = []byte(checksums(inside))
	if err := errors.Join(os.RemoveAll(o.out), os.MkdirAll(o.out, 0o755)); err != nil {
		return err
	}
	for _, name := range sorted(made) {
		if err := os.WriteFile(filepath.Join(o.out, name), made[name], 0o644); err != nil {
			return err
		}
		fmt.Fprintf(o.log, "%-50s %7.2f MB\n", name, float64(len(made[name]))/1e6)
	}
	return nil
}

// pack makes the files of a release, by name.
func pack(ctx context.Context, source string, programs []program) (map[string][]byte, error) {
	shared, err := accompany(ctx, source, programs)
	if err != nil {
		return nil, err
	}
	made := map[string][]byte{}
	first := programs[0]
	for _, p := range programs {
		if made[p.folder()+p.ending()], err = archive(p, shared); err != nil {
			return nil, err
		}
		if p.os() != "linux" {
			continue
		}
		name := fmt.Sprintf("pactius_%s_%s.deb", debianVersion(p.version()), p.arch())
		if made[name], err = debianPackage(source, p, shared); err != nil {
			return nil, err
		}
	}
	if made[first.prefix()+"_sbom.cdx.json"], err = bill(programs); err != nil {
		return nil, err
	}
	made[first.prefix()+"_image.tar.gz"], err = imageContext(source, programs, shared)
	return made, err
}

// sorted returns the names in a map, sorted.
func sorted[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
