package server

import (
	"context"
	"fmt"

	"github.com/pactius/pactius"
)

// zoneRemedy mends a time zone that cannot be loaded.
const zoneRemedy = "Set another: pactius environment set --time-zone Europe/Copenhagen --environment "

// examineZone finds a stored time zone that cannot be loaded.
func examineZone(e pactius.Environment) []Diagnosis {
	lost := e.LostZone()
	if lost == "" {
		return nil
	}
	err := fmt.Errorf("the time zone %q can't be loaded: times are shown in UTC, and end dates pass up to 14 hours "+
		"early", lost)
	return []Diagnosis{diagnosis("time zone of "+e.Host, err, "", zoneRemedy+e.Host)}
}

// tellEnvironments logs that there are none, and those whose time zone cannot be loaded.
func (s *Server) tellEnvironments(ctx context.Context) error {
	envs, err := s.Environments.List(ctx)
	if err == nil && len(envs) == 0 {
		s.logger.WarnContext(ctx, "there is no environment yet, so every address answers that there is nothing; "+
			"set one up with: pactius environment add")
	}
	for _, e := range envs {
		if lost := e.LostZone(); lost != "" {
			s.logger.WarnContext(ctx, "a time zone can't be loaded: times are shown in UTC, and end dates pass up to "+
				"14 hours early", "environment", e.Host, "time_zone", lost, "remedy", zoneRemedy+e.Host)
		}
	}
	return err
}
