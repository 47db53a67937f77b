package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// bom is a software bill of materials: cyclonedx.org/docs/1.6/json.
type bom struct {
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp time.Time `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// linked returns the modules in the programs, by path. go.mod decides one version for all platforms.
func linked(programs []program) map[string]*debug.Module {
	all := map[string]*debug.Module{}
	for _, p := range programs {
		for _, m := range p.info.Deps {
			all[m.Path] = m
		}
	}
	return all
}

// goModule returns a module as a component. Its sum is the one in go.sum, a hash of the module's files.
func goModule(kind, path, version, sum string) component {
	purl := "pkg:golang/" + path + "@" + url.PathEscape(version)
	c := component{Type: kind, Ref: purl, Name: path, Version: version, PURL: purl}
	if sum != "" {
		c.Properties = []property{{"go:sum", sum}}
	}
	return c
}

// bill returns the bill of materials: the modules that are linked into the programs, and Go's own library. A module
// that only some platforms need is in it.
func bill(programs []program) ([]byte, error) {
	first := programs[0]
	main := goModule("application", first.info.Main.Path, first.version(), "")
	main.Properties = []property{{"vcs:revision", first.setting("vcs.revision")}}
	b := bom{Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata:   metadata{Timestamp: first.time(), Component: main},
		Components: []component{goModule("library", "std", strings.TrimPrefix(first.info.GoVersion, "go"), "")}}
	modules := linked(programs)
	for _, path := range sorted(modules) {
		m := modules[path]
		if m.Replace != nil {
			m = m.Replace
		}
		b.Components = append(b.Components, goModule("library", m.Path, m.Version, m.Sum))
	}
	used := dependency{Ref: main.Ref}
	for _, c := range b.Components {
		used.DependsOn = append(used.DependsOn, c.Ref)
	}
	b.Dependencies = []dependency{used}
	// RFC 9562, version 8: an identifier of one's own making, here of the programs.
	hash := sha256.New()
	for _, p := range programs {
		hash.Write(p.file)
	}
	id := hash.Sum(nil)[:16]
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	b.SerialNumber = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	text, err := json.MarshalIndent(b, "", "  ")
	return append(text, '\n'), err
}

// license is the name of a file that has to accompany a module's code.
var license = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright|patents)([-._].*)?$`)

// licenses returns the licenses of all modules in the programs and of Go. A module without one is refused.
func licenses(ctx context.Context, source string, programs []program) ([]byte, error) {
	modules := linked(programs)
	command := exec.CommandContext(ctx, "go", append([]string{"list", "-m", "-f", "{{.Path}} {{.Dir}}"},
		sorted(modules)...)...)
	command.Dir, command.Env = source, settled("", "")
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("find the modules: %w", err)
	}
	var b bytes.Buffer
	b.WriteString("PACTIUS contains Go and the modules below. Their licenses:\n")
	// Go's own is golang.org/x's, word for word; not every installation of Go has the file.
	for line := range strings.Lines(string(out)) {
		path, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		files, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		found := false
		for _, f := range files {
			if f.IsDir() || !license.MatchString(f.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "\n==== %s %s: %s\n\n%s\n", path, modules[path].Version, f.Name(), bytes.TrimSpace(text))
			found = true
		}
		if !found {
			return nil, fmt.Errorf("the module %s has no license: it can't be given to others", path)
		}
	}
	return b.Bytes(), nil
}
