package config

import "testing"

// TestVariablesOfKubernetesAreLeftAlone: a new Service whose name begins with pactius must not keep the next instance
// from starting.
func TestVariablesOfKubernetesAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"PACTIUS", "PACTIUS_WEB", "PACTIUS_POSTGRESQL", "PACTIUS_DATABASE",
		"PACTIUS_SECRET", "PACTIUS_MAIL_2_RELAY"} {
		environ := []string{
			service + "_SERVICE_HOST=10.0.0.1", service + "_SERVICE_PORT=5432", service + "_SERVICE_PORT_TCP_SQL=5432",
			service + "_PORT=tcp://10.0.0.1:5432", service + "_PORT_53_UDP=udp://10.0.0.1:53",
			service + "_PORT_5432_TCP=tcp://10.0.0.1:5432", service + "_PORT_5432_TCP_PROTO=tcp",
			service + "_PORT_5432_TCP_PORT=5432", service + "_PORT_5432_TCP_ADDR=10.0.0.1",
			service + "_PORT_9_SCTP_ADDR=10.0.0.1",
		}
		if _, err := Load(Sources{Environ: environ}); err != nil {
			t.Errorf("a Service gives %s: %v", service, err)
		}
	}
}

// TestNoSettingIsTakenForKubernetes: a setting of such a name would be ignored in silence, or set by a Service.
func TestNoSettingIsTakenForKubernetes(t *testing.T) {
	t.Parallel()
	for _, s := range append(settings(), removed()...) {
		for _, name := range []string{s.env(), s.env() + envFile} {
			if foreign(name, "tcp://10.0.0.1:80") {
				t.Errorf("%s can be a variable of a Service", name)
			}
		}
	}
}
