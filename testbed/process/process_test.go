package process

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// asProgram makes the test's own executable be the program that is run.
const asProgram = "TESTBED_AS_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "":
		os.Exit(m.Run())
	case "echo": // one line for each
		_, _ = os.Stdout.ReadFrom(os.Stdin)
	case "hang":
		_, _ = os.Stderr.WriteString(`msg="PACTIUS is ready" listen=127.0.0.1:9 url=x` + "\n")
		select {}
	case "fail":
		_, _ = os.Stderr.WriteString("no\n")
		os.Exit(3)
	}
}

const patience = 30 * time.Second

func command(t *testing.T, program string) *exec.Cmd {
	t.Helper()
	t.Setenv("PACTIUS_URL", "https://elsewhere.example")
	cmd := exec.Command(os.Args[0])
	cmd.Env = Environ(asProgram + "=" + program)
	if strings.Contains(strings.Join(cmd.Env, "\n"), "elsewhere") {
		t.Error("the settings of this process go on to others")
	}
	return cmd
}

func TestAProcessIsAwaitedAndEnded(t *testing.T) {
	p, err := Start(command(t, "hang"))
	if err != nil {
		t.Fatal(err)
	}
	if address, err := p.Ready(t.Context()); err != nil || address != "127.0.0.1:9" {
		t.Errorf("ready at %q: %v", address, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := p.Await(ctx, "never"); err == nil {
		t.Error("it has printed what it does not print")
	}
	if err := p.End(os.Kill, patience); err != nil {
		t.Error(err)
	}
	if _, err := p.Await(t.Context(), "never"); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("after the end: %v", err)
	}
	if err := p.End(os.Interrupt, patience); err != nil {
		t.Errorf("ending it again: %v", err)
	}
}

func TestADialog(t *testing.T) {
	d, err := Talk(command(t, "echo"))
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"one", "two\nlines"} {
		heard := ""
		if err := d.Say(said); err != nil {
			t.Fatal(err)
		}
		if err := d.Hear(&heard); err != nil || heard != said {
			t.Errorf("said %q, heard %q: %v", said, heard, err)
		}
	}
	d.Close()
	if code := d.Wait(patience); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestRunTellsHowItEnded(t *testing.T) {
	if r, err := Run(command(t, "fail")); err != nil || r.Code != 3 || r.Stderr != "no\n" {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := Run(exec.Command("/does/not/exist")); err == nil {
		t.Error("a program that does not exist was run")
	}
}

func TestTheLogKeepsTheNewest(t *testing.T) {
	t.Parallel()
	var l Log
	for range 3 {
		_, _ = l.Write([]byte(strings.Repeat("a", logLimit/2)))
	}
	_, _ = l.Write([]byte("end"))
	if got := l.String(); len(got) != logLimit || !strings.HasSuffix(got, "aend") {
		t.Errorf("%d bytes kept, ending in %q", len(got), got[len(got)-4:])
	}
}
