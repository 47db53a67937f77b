package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pactius/pactius/examples/contracts/register"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "contracts:", err)
		os.Exit(1)
	}
}

// run serves the register until ctx ends.
func run(ctx context.Context, args []string) error {
	var c register.Config
	flags := flag.NewFlagSet("contracts", flag.ContinueOnError)
	flags.StringVar(&c.Pactius, "pactius", "", "address of the environment, such as https://portal.example.com")
	flags.StringVar(&c.Application, "application", "", "ID of this application in PACTIUS")
	flags.StringVar(&c.Data, "data", "", "file of the contracts; without it they are kept in memory")
	listen := flags.String("listen", "127.0.0.1:8090", "address on which the proxy reaches the register")
	sample := flags.String("sample", "", "JSON file of contracts with which an empty register begins")
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp // flags has said what is wrong
	}
	if *sample != "" {
		b, err := os.ReadFile(*sample)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, &c.Sample); err != nil {
			return fmt.Errorf("read %s: %w", *sample, err)
		}
	}
	contracts, err := register.New(c)
	if err != nil {
		return err
	}
	defer contracts.Close()
	return serve(ctx, *listen, contracts)
}

// serve answers requests until ctx ends, and then those that have begun.
func serve(ctx context.Context, address string, h http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	slog.Info("The register listens. People reach it through the proxy.", "address", listener.Addr().String())
	server := &http.Server{
		Handler: h, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		ended <- server.Shutdown(wait)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}
