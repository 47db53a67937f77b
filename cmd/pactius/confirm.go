package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// yesFlag adds --yes.
func yesFlag(c *cobra.Command) *bool {
	return c.Flags().Bool("yes", false, "don't ask for confirmation, for scripts")
}

// confirm asks a person at the terminal whether to do what was said. Without a terminal it refuses, because a script
// says so with --yes.
func (d *desk) confirm(said string) error {
	if !d.app.atTerminal() {
		return fmt.Errorf("%s\nNothing was changed. To go ahead, repeat the command with --yes", said)
	}
	if err := d.note("%s\nType yes to go ahead:", said); err != nil {
		return err
	}
	answer, err := bufio.NewReader(d.app.stdin).ReadString('\n')
	if err != nil && err != io.EOF {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(answer) != "yes" {
		return fmt.Errorf("the answer was not yes; nothing was changed")
	}
	return nil
}

// atTerminal reports whether a person can answer a question.
func (a *app) atTerminal() bool {
	if a.answers {
		return true
	}
	f, ok := a.stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
