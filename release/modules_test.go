package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pactius/pactius/testbed/process"
)

// built builds pactius once, as the end-to-end tests do: what they have compiled counts.
var built = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "pactius-release-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary, err := process.Build(context.Background(), dir, "pactius")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(binary)
})

// theProgram is pactius for this machine, as if it had been built from a tag.
func theProgram(t *testing.T, version string) program {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	info.Main.Version = version
	info.Settings = append(info.Settings, debug.BuildSetting{Key: "vcs.time", Value: "2027-03-31T12:00:00Z"},
		debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"})
	return program{platform: here, file: file, info: info}
}

// TestTheBillIsWhatGoModSays compares the bill of materials with go.mod, go.sum and what the packages import.
func TestTheBillIsWhatGoModSays(t *testing.T) {
	t.Parallel()
	text, err := bill([]program{theProgram(t, "v0.9.0")})
	if err != nil {
		t.Fatal(err)
	}
	var b bom
	reader := json.NewDecoder(bytes.NewReader(text))
	reader.DisallowUnknownFields()
	if err := reader.Decode(&b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Metadata.Component.Version != "v0.9.0" || b.SerialNumber[23] != '8' {
		t.Errorf("the bill begins with %+v", b.Metadata)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range b.Components {
		if c.Name == "std" {
			continue
		}
		got = append(got, c.Name+" "+c.Version)
		if !strings.Contains(string(sums), c.Name+" "+c.Version+" "+c.Properties[0].Value+"\n") {
			t.Errorf("%s is not as go.sum has it: %v", c.Name, c.Properties)
		}
		if !slices.Contains(b.Dependencies[0].DependsOn, c.Ref) {
			t.Errorf("nothing depends on %s", c.Name)
		}
	}
	if want := imported(t); !slices.Equal(got, want) {
		t.Errorf("the bill has the modules\n%q\nwant\n%q", got, want)
	}
}

// imported lists the modules in versions of go.mod whose packages are in the program.
func imported(t *testing.T) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "../cmd/pactius")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []string
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestEveryModuleHasALicense reads the licenses of what is linked.
func TestEveryModuleHasALicense(t *testing.T) {
	t.Parallel()
	p := theProgram(t, "v0.9.0")
	text, err := licenses(t.Context(), "..", []program{p})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range p.info.Deps {
		if !strings.Contains(string(text), "\n==== "+m.Path+" "+m.Version+": ") {
			t.Errorf("%s has no license", m.Path)
		}
	}
}
