package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/microsoft"
)

// warnOfExpiry returns a function that logs the warning about the shared app registration, once on each day of UTC on
// which it is called.
func warnOfExpiry(cfg config.Config, logger *slog.Logger) func(now time.Time) {
	var warned pactius.Date
	return func(now time.Time) {
		today, w := pactius.DateOf(now.UTC()), cfg.MicrosoftWarning(now)
		if w.Says == "" || today == warned {
			return
		}
		warned = today
		level := slog.LevelWarn
		if w.Urgent {
			level = slog.LevelError
		}
		logger.Log(context.Background(), level, w.Says, "application", cfg.MicrosoftClientID, "remedy", w.Remedy)
	}
}

// shared examines when the secret or certificate of the shared app registration expires. The connection tests of the
// environments try it.
func (d *doctor) shared(context.Context) []Diagnosis {
	now := time.Now
	if d.core != nil {
		now = d.core.now
	}
	return examineShared(d.cfg, now())
}

func examineShared(cfg config.Config, now time.Time) []Diagnosis {
	const what = "shared app registration"
	if cfg.MicrosoftClientID == "" {
		return nil
	}
	w := cfg.MicrosoftWarning(now)
	switch {
	case w.Urgent:
		return []Diagnosis{{What: what, Detail: w.Says, Remedy: w.Remedy}}
	case w.Says != "":
		return []Diagnosis{warning(what, w.Says, w.Remedy)}
	}
	fine := "no end of its client secret is known; PACTIUS_MICROSOFT_SECRET_ENDS makes PACTIUS warn before it"
	if !cfg.MicrosoftExpiry.IsZero() {
		fine = "its client secret expires after " + string(pactius.DateOf(cfg.MicrosoftExpiry.UTC().Add(-1)))
	}
	if read, err := microsoft.DescribeCertificate([]byte(cfg.MicrosoftCertificate)); err == nil {
		fine = "its certificate with the thumbprint " + read.Thumbprint + " expires at " +
			read.NotAfter.UTC().Format(time.RFC3339)
	}
	return []Diagnosis{{What: what, OK: true, Detail: fine}}
}
