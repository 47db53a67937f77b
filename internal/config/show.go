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

// Bind adds the settings' flags to a command, and --config. With names, only
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
		// The default is told, not set: a flag that is not given must not win.
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

// Dump returns a table of all settings with their values and where each comes
// from, for "config show". Secrets are hidden.
func (c Config) Dump() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tFROM")
	for _, s := range settings() {
		text, from := "-", "-"
		if v, ok := c.values[s.name]; ok {
			text, from = withoutPassword(v.text), v.where
			if s.secret {
				text = hidden
			}
			if from == "" {
				from = "default"
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.env(), printable(text), from)
	}
	w.Flush() // writes to memory
	return b.String()
}

// Effective returns all settings that have a value, as one group for the log at
// the start of the server. Secrets are hidden.
func (c Config) Effective() slog.Value {
	var all []slog.Attr
	for _, s := range settings() {
		v, ok := c.values[s.name]
		if !ok {
			continue
		}
		text := withoutPassword(v.text)
		if s.secret {
			text = hidden
		}
		all = append(all, slog.String(s.key(), text))
	}
	return slog.GroupValue(all...)
}

// printable keeps a value with line breaks or escape characters from breaking
// the table or the terminal.
func printable(s string) string {
	quoted := fmt.Sprintf("%q", s)
	return quoted[1 : len(quoted)-1]
}

// String hides everything: a configuration in a log would be a mistake.
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
		fmt.Fprintf(&b, "| `%s` | `--%s` | `%s` | %s | %s |\n", s.env(), s.flag(), s.key(), def, strings.ReplaceAll(s.help, "|", `\|`))
	}
	return b.String()
}
