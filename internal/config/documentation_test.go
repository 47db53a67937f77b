package config

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheDocumentationIsInStep(t *testing.T) {
	t.Parallel()
	const path = "../../docs/configuration.md"
	if *update {
		if err := os.WriteFile(path, []byte(Docs()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Docs(), string(written)); diff != "" {
		t.Errorf("docs/configuration.md is out of step, run go test ./internal/config -update: got - want +:\n%s", diff)
	}
}

func TestTheExampleInTheDocumentationIsValid(t *testing.T) {
	t.Parallel()
	_, example, _ := strings.Cut(Docs(), "```toml\n")
	example, _, _ = strings.Cut(example, "```")
	_, err := Load(Sources{Require: ForServe(), Flags: map[string]string{"config": "/c"},
		ReadFile: files(map[string]string{
			"/c": example, "/etc/pactius/secret": goodSecret,
			"/etc/pactius/smtp-url": "smtps://u:p@mail.company.com:465",
		})})
	if err != nil {
		t.Error(err)
	}
}
