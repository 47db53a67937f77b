package config

import (
	_ "embed"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"
)

// Bind adds --config and the flags of the settings to a command; with names, only of
// those settings.
func Bind(flags *pflag.FlagSet, names ...string) {
	flags.String(configFlag, "", "TOML file with settings (PACTIUS_CONFIG)")
	for _, s := range settings() {
		if len(names) > 0 && !slices.Contains(names, s.name) {
			continue
		}
		help := fmt.Sprintf("%s (%s)", s.help, s.env())
		if s.secret {
			help = fmt.Sprintf("File with: %s (%s)", s.help, s.env()+envFile)
		}
		// The flag has no default: a flag that was not given must not win.
		if s.def != "" {
			help += fmt.Sprintf(" (default %s)", s.def)
		}
		flags.String(s.flag(), "", help)
	}
	for _, s := range removed() {
		if len(names) == 0 {
			flags.String(s.flag(), "", s.help)
			flags.Lookup(s.flag()).Hidden = true
		}
	}
}

// GivenFlags returns the flags that were given, for Sources.Flags.
func GivenFlags(flags *pflag.FlagSet) map[string]string {
	given := map[string]string{}
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
	return given
}

// Dump returns a table of all settings with their values and origins, for "config
// show". It hides secrets.
func (c Config) Dump() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tFROM")
	for _, s := range settings() {
		text, from := "-", "-"
		if v, ok := c.values[s.name]; ok {
			text, from = s.shown(v), v.where
			if from == "" {
				from = "default"
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.env(), printable(text), from)
	}
	w.Flush() // writes to memory
	return b.String()
}

// Effective returns all settings that have a value, as a group for the log at the start
// of the server. It hides secrets.
func (c Config) Effective() slog.Value {
	var all []slog.Attr
	for _, s := range settings() {
		v, ok := c.values[s.name]
		if !ok {
			continue
		}
		all = append(all, slog.String(s.key(), s.shown(v)))
	}
	return slog.GroupValue(all...)
}

// shown returns a value without secrets.
func (s setting) shown(v value) string {
	if s.secret {
		return hidden
	}
	return withoutPassword(v.text)
}

// printable escapes line breaks and control characters, which would break the table or
// the terminal.
func printable(s string) string {
	quoted := fmt.Sprintf("%q", s)
	return quoted[1 : len(quoted)-1]
}

// String hides everything, in case a configuration is logged by mistake.
func (c Config) String() string { return "config.Config" + hidden }

// GoString hides everything from %#v.
func (c Config) GoString() string { return c.String() }

//go:embed docs_head.md
var docsHead string

// Docs returns the page docs/configuration.md, for "config docs".
func Docs() string {
	var b strings.Builder
	b.WriteString(docsHead)
	b.WriteString("\n| environment variable | flag | TOML key | default | meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range settings() {
		def := "-"
		if s.def != "" {
			def = "`" + s.def + "`"
		}
		help := strings.ReplaceAll(s.help, "|", `\|`)
		fmt.Fprintf(&b, "| `%s` | `--%s` | `%s` | %s | %s |\n", s.env(), s.flag(), s.key(), def, help)
	}
	return b.String()
}
