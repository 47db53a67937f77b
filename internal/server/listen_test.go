package server

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestAPortInUseEndsTheStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // after the parallel subtests
	for setting, flag := range map[string]string{
		"PACTIUS_LISTEN": "--listen", "PACTIUS_METRICS_LISTEN": "--metrics-listen",
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Load(config.Sources{Require: config.ForServe(), Environ: []string{
				"PACTIUS_URL=" + publicURL, "PACTIUS_DATABASE=" + storetest.On(t, "sqlite").URL,
				"PACTIUS_SECRET=0123456789abcdef0123456789abcdef", setting + "=" + taken.Addr().String(),
			}})
			if err != nil {
				t.Fatal(err)
			}
			err = Serve(t.Context(), cfg, slog.New(slog.DiscardHandler))
			if err == nil || !strings.HasSuffix(err.Error(), "choose another with "+flag) {
				t.Errorf("Serve: %v, want an error that names %s", err, flag)
			}
		})
	}
}

// brokenListener cannot accept connections.
type brokenListener struct{ net.Listener }

func (brokenListener) Accept() (net.Conn, error) { return nil, errors.New("the network is gone") }

// logLines passes on every line of a log.
type logLines chan string

func (l logLines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func TestTheEndOfTheMetricsIsLogged(t *testing.T) {
	t.Parallel()
	s, _ := quietServer(t, "sqlite")
	log := make(logLines, 1)
	s.logger = slog.New(slog.NewTextHandler(log, nil))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.runMetrics(brokenListener{l})()
	if line := <-log; !strings.Contains(line, "level=ERROR") || !strings.Contains(line, "the network is gone") {
		t.Errorf("the log says %q", line)
	}
}
