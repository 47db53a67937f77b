package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // else every time zone would be UTC on a machine without zone files
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program immediately
	code := run(ctx, &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		environ: os.Environ()}, os.Args[1:])
	stop()
	os.Exit(code)
}
