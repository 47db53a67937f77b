package config

import (
	"errors"
	"strings"

	"github.com/pactius/pactius/internal/names"
)

func parseCallbackHost(c *Config, v string) error {
	host, ok := names.ParseHost(v)
	if !ok || strings.ContainsAny(v, ":/") {
		return errors.New("must be a host name alone, such as signin.company.com: scheme and port are those of " +
			"PACTIUS_URL")
	}
	c.CallbackHost = host
	return nil
}

// callbackFault returns what contradicts the callback host in the other settings, "" for nothing.
func (c Config) callbackFault() string {
	switch {
	case c.CallbackHost == "":
	case c.MicrosoftClientID == "":
		return "is for the shared app registration, and there is none: set PACTIUS_MICROSOFT_CLIENT_ID too"
	case c.URL == nil:
	case c.CallbackHost == c.URL.Hostname():
		return "is the host of PACTIUS_URL, which is an environment's. It needs a host name of its own"
	case c.URL.Scheme == "http" && !loopback(c.CallbackHost):
		return "must be a name of this machine, such as signin.localhost, while PACTIUS_URL is http://"
	}
	return ""
}
