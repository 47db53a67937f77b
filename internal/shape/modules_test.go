package shape

import (
	"encoding/json"
	"os/exec"
	"testing"
)

// TestTheCLibraryFitsSQLite keeps modernc.org/libc at exactly the version that
// modernc.org/sqlite was translated against. A newer one compiles and then
// crashes: the translated code relies on its inner layout.
func TestTheCLibraryFitsSQLite(t *testing.T) {
	t.Parallel()
	const sqlite, libc = "modernc.org/sqlite", "modernc.org/libc"
	wanted := ""
	for _, r := range requirements(t, goMod(t, sqlite)) {
		if r.Path == libc {
			wanted = r.Version
		}
	}
	if wanted == "" {
		t.Fatalf("%s does not require %s any more: remove this test", sqlite, libc)
	}
	if got := version(t, libc); got != wanted {
		t.Errorf("%s is %s, but %s needs exactly %s", libc, got, sqlite, wanted)
	}
}

// requirement is a line of a go.mod file.
type requirement struct{ Path, Version string }

// requirements reads a go.mod file.
func requirements(t *testing.T, path string) []requirement {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", path).Output()
	if err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	var file struct{ Require []requirement }
	if err := json.Unmarshal(out, &file); err != nil {
		t.Fatal(err)
	}
	return file.Require
}

// goMod returns the path of a module's go.mod in the module cache.
func goMod(t *testing.T, module string) string {
	t.Helper()
	return list(t, "{{.GoMod}}", module)
}

// version returns the version of a module that is linked.
func version(t *testing.T, module string) string {
	t.Helper()
	return list(t, "{{.Version}}", module)
}

func list(t *testing.T, format, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", format, module).Output()
	if err != nil {
		t.Fatalf("go list -m %s: %v", module, err)
	}
	return string(out[:max(0, len(out)-1)]) // without the line break
}
