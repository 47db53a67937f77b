package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Root returns the folder of the module that holds the working directory.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// Build builds a command of this module, such as pactius, into a folder and
// returns the path of the program.
func Build(ctx context.Context, dir, name string) (string, error) {
	root, err := Root(ctx)
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", program, "./cmd/"+name)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return program, nil
}

// Environ returns this process's environment without the settings of a pactius,
// and with those given, KEY=value.
func Environ(settings ...string) []string {
	var env []string
	for _, s := range os.Environ() {
		if !strings.HasPrefix(s, "PACTIUS_") {
			env = append(env, s)
		}
	}
	return append(env, settings...)
}
