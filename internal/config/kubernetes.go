package config

import (
	"regexp"
	"strings"
)

// serviceVariable matches the variables that Kubernetes sets in every container for a Service whose name begins with
// "pactius", such as pactius-web (kubernetes.io, "Service", environment variables), and that no setting resembles.
// One more, such as PACTIUS_WEB_PORT, is known by its value only: see foreign.
var serviceVariable = regexp.MustCompile(
	`^PACTIUS(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// servicePort matches the value of a Service's variable that ends in _PORT.
var servicePort = regexp.MustCompile(`^(tcp|udp|sctp)://`)

// foreign reports whether a PACTIUS_ variable is neither a setting nor a mistake: Kubernetes sets some, and tests have
// some.
func foreign(name, text string) bool {
	return serviceVariable.MatchString(name) || strings.HasPrefix(name, "PACTIUS_TEST_") ||
		strings.HasSuffix(name, "_PORT") && servicePort.MatchString(text)
}
