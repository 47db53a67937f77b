package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
)

// build describes the build of this program.
type build struct {
	Version  string `json:"version"`            // the module's version, "devel" in a checkout
	Revision string `json:"revision,omitempty"` // the commit
	Time     string `json:"time,omitempty"`     // of the commit, RFC 3339
	Modified bool   `json:"modified,omitempty"` // built from uncommitted changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// newVersionCommand makes "pactius version".
func newVersionCommand(a *app) *cobra.Command {
	var asJSON, check bool
	var sums string
	c := describe("version", nil, noArgs)
	c.RunE = func(c *cobra.Command, _ []string) error {
		b := thisBuild()
		switch {
		case check:
			return a.checkVersion(c, b, sums, asJSON)
		case sums != "":
			return usage("--checksums needs --check")
		case asJSON:
			return json.NewEncoder(a.stdout).Encode(b)
		}
		_, err := fmt.Fprintln(a.stdout, b)
		return err
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	c.Flags().BoolVar(&check, "check", false, "compare this program with its release and with the database")
	c.Flags().StringVar(&sums, "checksums", "",
		"with --check: `FILE` with the SHA-256 checksums of the release's programs")
	config.Bind(c.Flags(), "database")
	return c
}

// String returns the line for people.
func (b build) String() string {
	s := "pactius " + b.Version
	if b.Revision != "" {
		s += fmt.Sprintf(" (%.12s", b.Revision)
		if b.Modified {
			s += " with changes"
		}
		s += ")"
	}
	return fmt.Sprintf("%s %s %s", s, b.Go, b.Platform)
}

// thisBuild returns the build information in the program.
func thisBuild() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}
