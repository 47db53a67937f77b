package server

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// scarce is a listener whose attempts end as a list says.
type scarce struct {
	net.Listener
	ends []error
}

func (s *scarce) Accept() (net.Conn, error) {
	err := s.ends[0]
	s.ends = s.ends[1:]
	return nil, err
}

// TestAnEpisodeWithoutDescriptorsIsLoggedOnce: at the limit attempts fail and succeed in turn.
func TestAnEpisodeWithoutDescriptorsIsLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		full := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
		machine := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.ENFILE)}
		l := &patientListener{now: time.Now, logger: slog.New(slog.NewTextHandler(&log, nil)),
			Listener: &scarce{ends: []error{full, full, nil, machine, nil, nil, full, nil, net.ErrClosed}}}
		said := func(step string, errs, infos int) {
			t.Helper()
			text := log.String()
			e, i := strings.Count(text, "level=ERROR"), strings.Count(text, "level=INFO")
			if e != errs || i != infos {
				t.Errorf("%s: %d errors and %d infos in the log, want %d and %d\n%s", step, e, i, errs, infos, text)
			}
		}
		accept := func() {
			t.Helper()
			if _, err := l.Accept(); err != nil {
				t.Error(err)
			}
		}
		start := time.Now()
		accept()
		if waited := time.Since(start); waited != 2*acceptPause {
			t.Errorf("two failures took %s, want %s", waited, 2*acceptPause)
		}
		accept()
		said("in the episode", 1, 0)
		time.Sleep(quietFor)
		accept()
		said("after it", 1, 1)
		accept()
		said("in the next one", 2, 1)
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a closed listener: %v", err)
		}
	})
}
