package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newManualCommand makes "pactius manual".
func newManualCommand(a *app) *cobra.Command {
	c := describe("manual", nil, cobra.ExactArgs(1))
	c.RunE = func(c *cobra.Command, args []string) error {
		n, err := writeManual(c.Root(), args[0])
		if err != nil {
			return fmt.Errorf("write the manual pages: %w", err)
		}
		_, err = fmt.Fprintf(a.stdout, "Wrote %d manual pages to %s.\n", n, args[0])
		return err
	}
	return c
}

// writeManual writes the manual page of a command and of those below it into a folder, and returns their number.
func writeManual(c *cobra.Command, folder string) (int, error) {
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	if err := os.WriteFile(filepath.Join(folder, name+".1"), manualPage(c, thisBuild()), 0o644); err != nil {
		return 0, err
	}
	n := 1
	for _, sub := range documented(c) {
		more, err := writeManual(sub, folder)
		if err != nil {
			return n, err
		}
		n += more
	}
	return n, nil
}

// documented returns the subcommands of a command that have manual pages.
func documented(c *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			all = append(all, sub)
		}
	}
	return all
}

// manualPage returns a page for man(1). The page is made here and not by cobra's package doc, which takes the help for
// Markdown: account_name would become italic, and examples would flow together.
func manualPage(c *cobra.Command, b build) []byte {
	var p bytes.Buffer
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	date, _, _ := strings.Cut(b.Time, "T")
	fmt.Fprintf(&p, ".TH %q 1 %q %q PACTIUS\n.nh\n.ad l\n", strings.ToUpper(name), date, "pactius "+b.Version)
	fmt.Fprintf(&p, ".SH NAME\n%s \\- %s\n", roff(name), roff(c.Short))
	fmt.Fprintf(&p, ".SH SYNOPSIS\n\\fB%s\\fR\n", roff(c.UseLine()))
	p.WriteString(".SH DESCRIPTION\n")
	roffText(&p, c.Long)
	if c.HasAvailableFlags() {
		p.WriteString(".SH OPTIONS\n")
		c.Flags().VisitAll(func(f *pflag.Flag) { roffFlag(&p, f) })
	}
	if c.Example != "" {
		fmt.Fprintf(&p, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(c.Example))
	}
	if !c.HasParent() {
		p.WriteString(".SH EXIT STATUS\n0: done. 1: refused or failed; the reason is on standard error. " +
			"2: the command line was wrong.\n.SH ENVIRONMENT\nEvery setting can be given as a variable such as " +
			"PACTIUS_DATABASE; pactius config docs lists them.\n")
	}
	var near []string
	if c.HasParent() {
		near = append(near, c.Parent().CommandPath())
	}
	for _, sub := range documented(c) {
		near = append(near, sub.CommandPath())
	}
	for i, path := range near {
		near[i] = `\fB` + roff(strings.ReplaceAll(path, " ", "-")) + `\fR(1)`
	}
	fmt.Fprintf(&p, ".SH SEE ALSO\n%s\n", strings.Join(near, ", "))
	return p.Bytes()
}

// roffText writes a plain text: what is indented keeps its lines, the rest flows.
func roffText(p *bytes.Buffer, text string) {
	for block := range strings.SplitSeq(text, "\n\n") {
		p.WriteString(".PP\n")
		kept := false
		for line := range strings.SplitSeq(strings.Trim(block, "\n"), "\n") {
			if indented := strings.HasPrefix(line, " "); indented != kept {
				p.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[indented])
				kept = indented
			}
			p.WriteString(roff(line) + "\n")
		}
		if kept {
			p.WriteString(".fi\n")
		}
	}
}

// roffFlag writes a flag with its meaning.
func roffFlag(p *bytes.Buffer, f *pflag.Flag) {
	value, usage := pflag.UnquoteUsage(f)
	if f.Hidden {
		return
	}
	p.WriteString(".TP\n")
	if f.Shorthand != "" {
		fmt.Fprintf(p, "\\fB\\-%s\\fR, ", roff(f.Shorthand))
	}
	fmt.Fprintf(p, "\\fB\\-\\-%s\\fR", roff(f.Name))
	if value != "" {
		fmt.Fprintf(p, " \\fI%s\\fR", roff(value))
	}
	fmt.Fprintf(p, "\n%s", roff(usage))
	switch f.DefValue {
	case "", "false", "0", "[]", "0s":
	default:
		fmt.Fprintf(p, " (default %s)", roff(f.DefValue))
	}
	p.WriteString("\n")
}

// roffSigns are the signs that mean something else to man(1). A hyphen of groff can't be copied into a shell.
var roffSigns = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// roff returns a text whose lines are no requests of roff.
func roff(text string) string {
	lines := strings.Split(roffSigns.Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
