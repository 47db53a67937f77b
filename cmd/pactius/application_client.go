package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
)

// clientNone is the word for an application that does not use OpenID Connect.
const clientNone = "none"

// clientRecord is how an application uses OpenID Connect. It has no secret, nor a hash of one.
type clientRecord struct {
	Client         string     `json:"client"` // none, web or native
	RedirectURIs   []string   `json:"redirect_uris"`
	ReturnURIs     []string   `json:"return_uris"`  // after sign-out
	BackChannel    string     `json:"back_channel"` // is told of sign-outs; "" none
	Groups         bool       `json:"groups"`
	HasSecret      bool       `json:"has_secret"`
	OldSecretUntil *time.Time `json:"old_secret_until"` // the secret before is valid until then
	Upstream       string     `json:"upstream"`         // PACTIUS is the proxy and finds it here; "" another proxy
}

func newClientRecord(a pactius.Application) clientRecord {
	c := a.Client
	r := clientRecord{Client: string(c.Kind), RedirectURIs: append([]string{}, c.RedirectURIs...),
		ReturnURIs: append([]string{}, c.ReturnURIs...), BackChannel: c.BackChannel, Groups: c.Groups,
		HasSecret: c.SecretHash != "", OldSecretUntil: utc(c.OldSecretUntil), Upstream: string(a.Upstream)}
	if c.Kind == pactius.ClientNone {
		r.Client = clientNone
	}
	return r
}

// clientFlags are the fields about OpenID Connect, and the built-in proxy, as flags.
type clientFlags struct {
	kind, backChannel, upstream string
	redirects, returns          []string
	groups                      bool
}

func (f *clientFlags) bind(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.kind, "client", "", "`KIND` of client of OpenID Connect: web (a server with a client secret), "+
		"native (on people's devices), none")
	flags.StringArrayVar(&f.redirects, "redirect", nil, "`URI` that sign-ins with OpenID Connect lead back to; may "+
		"be repeated")
	flags.StringArrayVar(&f.returns, "return", nil, "`URI` that sign-outs may lead back to; may be repeated")
	flags.StringVar(&f.backChannel, "back-channel", "", "`URI` that is told of sign-outs, \"\" for none")
	flags.BoolVar(&f.groups, "groups", false, "send the paths of business units as the claim groups; --groups=false "+
		"doesn't")
	flags.StringVar(&f.upstream, "upstream", "", "`ADDRESS` where PACTIUS itself, as the proxy, finds the "+
		"application, such as http://127.0.0.1:8090, \"\" for another proxy")
	complete(c, "client", string(pactius.ClientWeb), string(pactius.ClientNative), clientNone)
}

// update puts the values of the given flags into an update.
func (f *clientFlags) update(c *cobra.Command, up *pactius.ApplicationUpdate) error {
	changed := c.Flags().Changed
	if changed("client") {
		kind := pactius.ClientKind(f.kind)
		switch f.kind {
		case clientNone:
			kind = pactius.ClientNone
		case string(pactius.ClientWeb), string(pactius.ClientNative):
		default:
			return usage("%q is not a kind of client; choose web, native or none", f.kind)
		}
		up.ClientKind = &kind
	}
	if changed("redirect") {
		up.RedirectURIs = &f.redirects
	}
	if changed("return") {
		up.ReturnURIs = &f.returns
	}
	if changed("groups") {
		up.Groups = &f.groups
	}
	up.BackChannel, up.Upstream = given(c, "back-channel", &f.backChannel), given(c, "upstream", &f.upstream)
	return nil
}

// nextStep says what to do with an application that was added.
func (d *desk) nextStep(a pactius.Application) error {
	command := func(verb string) string {
		return fmt.Sprintf("pactius application %s --environment %s %s", verb, d.env.Host, a.ID)
	}
	switch {
	case a.Client.Kind == pactius.ClientWeb:
		return d.say("Create its client secret with: %s\nThen check its addresses with: %s", command("secret"),
			command("check"))
	case a.Client.Kind == pactius.ClientNative:
		return d.say("See its issuer and client ID with: %s\nThen check its addresses with: %s", command("show"),
			command("check"))
	case a.Upstream != "":
		return d.say("Let its addresses lead to PACTIUS. Then check that nothing is open with: %s", command("check"))
	}
	return d.say("See what its proxy needs with: %s\nThen check that nothing is open with: %s", command("show"),
		command("check"))
}

// clientFacts are the lines of "application show" about OpenID Connect.
func (d *desk) clientFacts(l applications.Listed, r applicationDetail) []string {
	c := l.Client
	if c.Kind == pactius.ClientNone {
		return []string{"OpenID Connect", "not used"}
	}
	kind, secret := "web, on a server with a client secret", "none, because it is on people's devices"
	switch {
	case c.Kind == pactius.ClientNative:
		kind = "native, on people's devices"
	case !r.HasSecret:
		secret = fmt.Sprintf("none yet; create it with: pactius application secret --environment %s %s", d.env.Host,
			l.ID)
	case c.OldSecretUntil.After(time.Now()):
		secret = "created; the one before is valid until " + d.time(c.OldSecretUntil, "")
	default:
		secret = "created"
	}
	issuer, discovery := r.Issuer, r.DiscoveryURL
	if issuer == "" {
		issuer = "https://" + d.env.Host + " (set PACTIUS_URL to be sure of it)"
		discovery = clients.DiscoveryPath + " of the issuer"
	}
	groups := "not sent"
	if c.Groups {
		groups = "the paths of business units"
	}
	all := []string{"OpenID Connect", kind, "Issuer", issuer, "Client ID", r.ID, "Client secret", secret,
		"Discovery", discovery, "Redirect addresses", strings.Join(c.RedirectURIs, ", ")}
	for _, pair := range [][2]string{{"Return addresses", strings.Join(c.ReturnURIs, ", ")},
		{"Sign-out address", c.BackChannel}} {
		if pair[1] != "" {
			all = append(all, pair[0], pair[1])
		}
	}
	return append(all, "Groups", groups)
}

// secretRecord is a client secret that was made.
type secretRecord struct {
	Issuer         string     `json:"issuer"` // "" without PACTIUS_URL
	ClientID       string     `json:"client_id"`
	Secret         string     `json:"client_secret"`
	OldSecretUntil *time.Time `json:"old_secret_until"` // the one before is valid until then
}

func newApplicationSecretCommand(a *app) *cobra.Command {
	var now bool
	c := describe("application secret", secretRecord{}, takes("one NAME"))
	c.Flags().BoolVar(&now, "now", false, "end the secret before immediately; it may have leaked")
	yes := yesFlag(c)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		l, err := d.application(ctx, args[0])
		if err != nil {
			return err
		}
		if question := endsSecret(l.Application, now, time.Now()); question != "" && !*yes {
			if err := d.confirm(question); err != nil {
				return err
			}
		}
		app, secret, err := d.Applications.NewSecret(ctx, d.actor, l.ID, l.Version, now)
		if err != nil {
			return err
		}
		return d.toldSecret(app, secret)
	})
}

// endsSecret asks about a secret that is valid and would end; "" if none would.
func endsSecret(a pactius.Application, now bool, at time.Time) string {
	switch c := a.Client; {
	case now && c.SecretHash != "":
		return fmt.Sprintf("The client secret of %s ends now. The application can't sign anyone in until it has "+
			"the new one.", a.Name)
	case c.OldSecretHash != "" && c.OldSecretUntil.After(at):
		return fmt.Sprintf("The client secret of %s was replaced less than a day ago. The one before that one, which "+
			"is still valid, ends now.", a.Name)
	}
	return ""
}

// toldSecret prints a secret, once.
func (d *desk) toldSecret(app pactius.Application, secret string) error {
	r := secretRecord{Issuer: d.portal(), ClientID: string(app.ID), Secret: secret,
		OldSecretUntil: utc(app.Client.OldSecretUntil)}
	if d.asJSON {
		return d.object(r)
	}
	pairs := []string{"Client secret", r.Secret, "Client ID", r.ClientID}
	if r.Issuer != "" {
		pairs = append(pairs, "Issuer", r.Issuer)
	}
	if err := d.facts(pairs...); err != nil {
		return err
	}
	if err := d.say("Enter them in the settings of %s now. The secret can't be shown again.", app.Name); err != nil ||
		r.OldSecretUntil == nil {
		return err
	}
	return d.say("The secret before is valid until %s.", d.time(app.Client.OldSecretUntil, ""))
}
