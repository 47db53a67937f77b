package e2e

import (
	"fmt"
	"os"
	"testing"
)

// stage is what the tests share; TestMain makes and closes it.
var stage *Stage

func TestMain(m *testing.M) {
	var err error
	if stage, err = NewStage(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	stage.Close()
	os.Exit(code)
}
