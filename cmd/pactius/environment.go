package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/names"
)

// newEnvironmentCommand makes "pactius environment".
func newEnvironmentCommand(a *app) *cobra.Command {
	return group("environment", newEnvironmentAddCommand(a), newEnvironmentListCommand(a), newEnvironmentShowCommand(a),
		newEnvironmentSetCommand(a), newEnvironmentTestCommand(a), newEnvironmentConnectLinkCommand(a),
		newEnvironmentRelinkCommand(a), newEnvironmentResealCommand(a))
}

func newEnvironmentAddCommand(a *app) *cobra.Command {
	var f environmentFlags
	var administrator string
	c := describe("environment add", environmentRecord{}, noArgs)
	f.bind(c)
	c.Flags().StringVar(&administrator, "administrator", "", "`ACCOUNT_NAME` of the first administrator")
	asJSON := jsonFlag(c)
	config.Bind(c.Flags(), "database", "url", "secret")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if f.name == "" {
			return usage("--name is missing: the company's name")
		}
		up, err := f.update(a, c)
		if err != nil {
			return err
		}
		require := f.needs()
		if f.host == "" {
			require = append(require, "url")
		}
		o := deskOptions{require: require}
		return a.open(c, o, *asJSON, func(ctx context.Context, d *desk) error {
			n := environments.NewEnvironment{Name: f.name, Host: f.host, Update: up, Administrator: administrator}
			e, err := d.Environments.Add(ctx, pactius.SupportActor(""), n)
			if err != nil {
				return err
			}
			return d.toldAdded(e, administrator)
		})
	}
	return c
}

// toldAdded prints a new environment and the next steps.
func (d *desk) toldAdded(e pactius.Environment, administrator string) error {
	if d.asJSON {
		return d.object(newEnvironmentRecord(e))
	}
	where := e.Host
	if d.Environments.PublicURL != nil {
		where = d.Environments.BaseURL(e).String()
	}
	if err := d.say("Set up %s at %s.", e.Name, where); err != nil {
		return err
	}
	switch {
	case !e.Connection.Connected():
		return d.say("It isn't connected to Microsoft 365 yet. Connect it with: pactius environment set "+
			"--environment %s --tenant ID\n"+
			"Or let the company's IT connect it: pactius environment connect-link --environment %s", e.Host, e.Host)
	case administrator == "":
		return d.say("It has no administrator yet. Add one with: pactius user add --environment %s "+
			"--username ACCOUNT_NAME --name NAME --unit / --access administer", e.Host)
	}
	if err := d.say("%s has been added as its first administrator. Check the account with: pactius explain "+
		"--environment %s --username %s", administrator, e.Host, administrator); err != nil {
		return err
	}
	if uri := d.redirectURI(e); uri != "" {
		if err := d.say("Register this redirect URI with its app registration: %s", uri); err != nil {
			return err
		}
	}
	return d.say("Check the connection with: pactius environment test --environment %s", e.Host)
}

func newEnvironmentListCommand(a *app) *cobra.Command {
	c := describe("environment list", environmentRecord{}, noArgs)
	return a.atDesk(c, func(ctx context.Context, d *desk, _ []string) error {
		all, err := d.Environments.List(ctx)
		if err != nil {
			return err
		}
		if len(all) == 0 && !d.asJSON {
			return d.say("There is no environment yet. Set one up with: pactius environment add")
		}
		if d.asJSON {
			for _, e := range all {
				if err := d.object(newEnvironmentRecord(e)); err != nil {
					return err
				}
			}
			return nil
		}
		t := d.table("HOST", "NAME", "MICROSOFT 365", "SET UP")
		for _, e := range all {
			connection := "not connected"
			if e.Connection.Connected() {
				connection = e.Connection.TenantID
			}
			if err := t.row(e.Host, e.Name, connection, d.time(e.CreatedAt, "")); err != nil {
				return err
			}
		}
		return t.end()
	})
}

func newEnvironmentShowCommand(a *app) *cobra.Command {
	c := describe("environment show", environmentDetail{}, noArgs)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, _ []string) error { return d.showEnvironment(ctx) })
}

func (d *desk) showEnvironment(ctx context.Context) error {
	v, err := d.Environments.View(ctx, d.actor)
	if err != nil {
		return err
	}
	administrators := make([]string, len(v.Administrators))
	for i, u := range v.Administrators {
		administrators[i] = u.Username
	}
	e := v.Environment
	if d.asJSON {
		detail := environmentDetail{environmentRecord: newEnvironmentRecord(e), Administrators: administrators,
			Undelivered: v.Undelivered.Total, RedirectURI: d.redirectURI(e)}
		if v.Certificate != nil {
			detail.Thumbprint = v.Certificate.Thumbprint
		}
		return d.object(detail)
	}
	connection, client := "not connected", e.Connection.ClientID
	if e.Connection.Connected() {
		connection = e.Connection.TenantID
	}
	if v.SharedClient {
		client = "the deployment's"
	}
	undelivered := ""
	if n := v.Undelivered.Total; n > 0 {
		undelivered = strconv.Itoa(n)
	}
	secret, thumbprint := d.proof(v)
	return d.facts(
		"Name", e.Name, "Host", hostWords(e.Host), "ID", string(e.ID), "Tenant", connection, "Client ID", client,
		"Client secret", secret, "Certificate", thumbprint, "Expires on", string(e.Connection.SecretEndsOn),
		"Redirect URI", d.redirectURI(e), "Support contact", e.SupportContact, "Language", e.Language,
		"Time zone", zoneWords(e), "Leavers", leaverWords(e), "Accent", e.Brand.Accent, "Logo", logoWords(e.Brand.Logo),
		"Welcome text", e.Brand.Welcome, "Set up", d.time(e.CreatedAt, ""),
		"Administrators", orNone(administrators), "Undelivered emails", undelivered,
	)
}

// hostWords returns a host name as browsers send it, and as people write it where that differs.
func hostWords(host string) string {
	if readable := names.Readable(host); readable != host {
		return host + " (" + readable + ")"
	}
	return host
}

// zoneWords returns the time zone, and says if it cannot be loaded.
func zoneWords(e pactius.Environment) string {
	if e.LostZone() != "" {
		return e.TimeZone + " (can't be loaded; set another with --time-zone)"
	}
	return e.TimeZone
}

// logoWords describes the stored logo, "" without one.
func logoWords(l pactius.Logo) string {
	if l.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d x %d pixels", l.Width, l.Height)
}

// proof describes the credentials of the app registration, without the secret.
func (d *desk) proof(v environments.View) (secret, certificate string) {
	switch c := v.Environment.Connection; {
	case v.Certificate != nil:
		return "", "thumbprint " + v.Certificate.Thumbprint
	case c.SealedCertificate != "":
		return "", "stored, encrypted; set PACTIUS_SECRET to see the thumbprint"
	case !v.FormerUntil.IsZero():
		return "stored, encrypted; until " + d.time(v.FormerUntil, "") + " the previous one is used where Microsoft " +
			"doesn't accept it yet", ""
	case c.SealedSecret != "":
		return "stored, encrypted", ""
	}
	return "none of its own", ""
}

// leaversWord returns the value of --leavers for a rule.
func leaversWord(rule pactius.LeaverRule) string {
	if rule == pactius.LeaversMarked {
		return leaversMark
	}
	return leaversDeactivate
}

// leaverWords describes the treatment of users without an account.
func leaverWords(e pactius.Environment) string {
	return fmt.Sprintf("%s; an administrator decides about more than %d %% of the users in a day",
		leaversWord(e.LeaverRule), e.LeaverPercent())
}

// redirectURI returns the redirect URI to register in Microsoft Entra, "" if the
// deployment's public URL is unknown.
func (d *desk) redirectURI(e pactius.Environment) string {
	if d.Environments.PublicURL == nil {
		return ""
	}
	return d.Environments.RedirectURI(e)
}

// orNone joins names; it returns "none" without any.
func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func newEnvironmentSetCommand(a *app) *cobra.Command {
	var f environmentFlags
	c := describe("environment set", environmentRecord{}, noArgs)
	f.bind(c)
	asJSON, host, yes := jsonFlag(c), environmentFlag(c), yesFlag(c)
	config.Bind(c.Flags(), "database", "secret")
	c.RunE = func(c *cobra.Command, _ []string) error {
		up, err := f.update(a, c)
		if err != nil {
			return err
		}
		if up == (pactius.EnvironmentUpdate{}) {
			return usage("there is nothing to change; give at least one flag")
		}
		o := deskOptions{require: f.needs()}
		return a.openIn(c, *host, o, *asJSON, func(ctx context.Context, d *desk) error {
			e, err := d.Environments.Update(ctx, d.actor, 0, up)
			cut, cutsOff := errors.AsType[*environments.CutOffError](err)
			if cutsOff {
				up.CutOff = math.MaxInt
				if !*yes {
					up.CutOff = cut.Users
					err = d.confirm(cut.Error())
				}
				if *yes || err == nil {
					e, err = d.Environments.Update(ctx, d.actor, 0, up)
				}
			}
			if err != nil {
				return err
			}
			if d.asJSON {
				return d.object(newEnvironmentRecord(e))
			}
			if err := d.say("Changed %s at %s.", e.Name, e.Host); err != nil || !f.connects(c) {
				return err
			}
			err = d.say("Test the connection with: pactius environment test --environment %s", e.Host)
			if err != nil || !cutsOff || !cut.Connects {
				return err
			}
			return d.say("Then link the users to their accounts in the new tenant with: pactius environment relink "+
				"--environment %s", e.Host)
		})
	}
	return c
}
