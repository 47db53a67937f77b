package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/doorcheck"
)

// probeRecord is the result of one probe of "application check".
type probeRecord struct {
	Origin string `json:"origin"`
	Probe  string `json:"probe"`
	Result string `json:"result"` // closed, good, open, wrong or unasked
	Detail string `json:"detail"`
	Remedy string `json:"remedy"` // "" if it is closed or good
}

// notSeen is said with every check of another proxy, because it was not looked at.
const notSeen = "Not visible from outside: whether the proxy deletes the Pactius-* headers that signed-in people " +
	"send, and whether the application can be reached without the proxy."

func newApplicationCheckCommand(a *app) *cobra.Command {
	var address string
	var door bool
	c := describe("application check", probeRecord{}, takes("one NAME"))
	c.Flags().StringVar(&address, "address", "", "connect to `URL` instead of where the host name leads, such as "+
		"https://10.0.0.7:8443")
	c.Flags().BoolVar(&door, "door", false, "look for open doors also where the application signs people in itself, "+
		"with OpenID Connect")
	asJSON, host := jsonFlag(c), environmentFlag(c)
	config.Bind(c.Flags(), "database", "url")
	c.RunE = func(c *cobra.Command, args []string) error {
		at, err := parseAddress(address)
		if err != nil {
			return err
		}
		return a.openIn(c, *host, deskOptions{require: []string{"url"}}, *asJSON,
			func(ctx context.Context, d *desk) error { return d.checkApplication(ctx, args[0], at, door) })
	}
	return c
}

// parseAddress returns the address of a proxy, nil for "".
func parseAddress(address string) (*url.URL, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || (u.Path != "" && u.Path != "/") ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, usage("--address takes http:// or https://, a host and a port, such as https://10.0.0.7:8443")
	}
	return u, nil
}

// checkApplication tries what an application uses of OpenID Connect, and asks its origins if a proxy guards them; the
// error says what was found.
func (d *desk) checkApplication(ctx context.Context, name string, address *url.URL, door bool) error {
	l, err := d.application(ctx, name)
	if err != nil {
		return err
	}
	isClient := l.Client.Kind != pactius.ClientNone
	door = door || !isClient || l.Upstream != ""
	if address != nil && !door {
		return usage("--address is for a proxy, and this application signs people in itself; add --door")
	}
	count := map[doorcheck.Verdict]int{}
	if isClient {
		if err := d.checkClient(ctx, l, count); err != nil {
			return err
		}
	}
	if !door {
		if !d.asJSON {
			err = d.say("The application signs people in itself, so its own pages weren't tried. If a proxy guards " +
				"them, too, add --door")
		}
		return errors.Join(err, verdictOf(count))
	}
	if err := d.checkDoors(ctx, l, address, count); err != nil {
		return err
	}
	return verdictOf(count)
}

// checkDoors asks every origin of an application, and counts the verdicts.
func (d *desk) checkDoors(
	ctx context.Context, l applications.Listed, address *url.URL, count map[doorcheck.Verdict]int,
) error {
	other, err := d.otherOrigin(ctx, l)
	if err != nil {
		return err
	}
	for _, o := range l.Origins {
		all := doorcheck.Checker{}.Check(ctx, doorcheck.Door{Application: l.Application, Origin: o,
			Portal: d.Environments.BaseURL(d.env), Other: other, Address: address})
		if err := d.probes(string(o), all, count); err != nil {
			return err
		}
	}
	if d.asJSON {
		return nil
	}
	if l.Upstream != "" {
		return d.say("Not visible from outside: whether %s can be reached without PACTIUS.", string(l.Upstream))
	}
	return d.say("%s", notSeen)
}

// checkClient tries what an application uses of OpenID Connect, and counts the verdicts.
func (d *desk) checkClient(ctx context.Context, l applications.Listed, count map[doorcheck.Verdict]int) error {
	keys, err := d.Applications.SigningKeys(ctx, d.actor)
	if err != nil {
		return err
	}
	base := d.Environments.BaseURL(d.env)
	all := doorcheck.Checker{}.CheckClient(ctx, doorcheck.Client{Application: l.Application, Portal: base,
		Key: signing(keys, time.Now())})
	return d.probes(base.String(), all, count)
}

// signing returns the ID of the key that signs: the last whose time has begun; "" if there is none.
func signing(keys []pactius.SigningKey, now time.Time) string {
	for _, k := range slices.Backward(keys) {
		if !now.Before(k.StartsAt) {
			return k.ID
		}
	}
	return ""
}

// otherOrigin returns an origin of another application of the environment, "" if there is none.
func (d *desk) otherOrigin(ctx context.Context, l applications.Listed) (pactius.Origin, error) {
	all, err := d.Applications.List(ctx, d.actor)
	for _, other := range all {
		if other.ID != l.ID && other.Origins[0].Hostname() != l.Origins[0].Hostname() {
			return other.Origins[0], err
		}
	}
	return "", err
}

// probes prints the results for one origin, and counts the verdicts.
func (d *desk) probes(origin string, all []doorcheck.Result, count map[doorcheck.Verdict]int) error {
	for _, r := range all {
		count[r.Verdict]++
	}
	if d.asJSON {
		for _, r := range all {
			record := probeRecord{origin, r.Probe, string(r.Verdict), r.Detail, r.Remedy}
			if err := d.object(record); err != nil {
				return err
			}
		}
		return nil
	}
	t := d.table("", origin, "ANSWER")
	for _, r := range all {
		mark := cmp.Or(marks[r.Verdict], string(r.Verdict))
		if err := t.row(mark, r.Probe, r.Detail); err != nil {
			return err
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	told := map[string]bool{}
	for _, r := range all {
		if r.Remedy == "" || told[r.Remedy] {
			continue
		}
		told[r.Remedy] = true
		if err := d.say("%s: %s", r.Probe, r.Remedy); err != nil {
			return err
		}
	}
	return nil
}

// marks are the verdicts that a reader must not miss.
var marks = map[doorcheck.Verdict]string{
	doorcheck.VerdictOpen: "OPEN", doorcheck.VerdictWrong: "WRONG", doorcheck.VerdictUnasked: "UNASKED",
}

// verdictOf returns the error of a check, nil if everything is closed.
func verdictOf(count map[doorcheck.Verdict]int) error {
	open, wrong, unasked := count[doorcheck.VerdictOpen], count[doorcheck.VerdictWrong], count[doorcheck.VerdictUnasked]
	switch {
	case open > 0:
		return fmt.Errorf("open to everyone: %s", counted(open, "answer"))
	case wrong > 0:
		return fmt.Errorf("nothing is open, but people can't sign in as they should: %s",
			counted(wrong, "wrong answer"))
	case unasked > 0:
		return errors.New("some requests got no answer; the lines above say why")
	}
	return nil
}
