package e2e

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// stage is what the tests share; TestMain makes and closes it.
var stage *Stage

// The tests mostly wait for browsers, so twice as many run as there are cores,
// unless -parallel says otherwise.
func TestMain(m *testing.M) {
	err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0)))
	if err != nil {
		panic(err)
	}
	if stage, err = NewStage(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	stage.Close()
	os.Exit(code)
}
