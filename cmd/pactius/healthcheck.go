package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
)

const (
	healthTime = 5 * time.Second // limit of the server's answer
	healthText = 200             // bytes of the answer that are printed
)

// newHealthcheckCommand makes "pactius healthcheck".
func newHealthcheckCommand(a *app) *cobra.Command {
	c := describe("healthcheck", nil, noArgs)
	config.Bind(c.Flags(), "listen")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.config(c.Flags(), nil)
		if err != nil {
			return err
		}
		answer, err := askReady(c.Context(), cfg.Listen)
		if err != nil {
			return err
		}
		return a.printer(false).say("%s", answer)
	}
	return c
}

// askReady returns the readiness of the server that listens on an address.
func askReady(ctx context.Context, listen string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(listen)+"/readyz", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", fmt.Errorf("no server answers: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, healthText))
	if err != nil {
		return "", fmt.Errorf("read the server's answer: %w", err)
	}
	answer := strings.TrimSpace(string(text))
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the server is not ready: %s", answer)
	}
	return answer, nil
}

// reachable turns an address to listen on into one to connect to: the loopback
// address for all addresses of the machine.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen // package config refuses it
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && ip.IsUnspecified() && ip.Is4():
		host = "127.0.0.1"
	case err == nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}
