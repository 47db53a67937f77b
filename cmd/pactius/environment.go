package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/language"
)

// newEnvironmentCommand makes "pactius environment".
func newEnvironmentCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "environment",
		Short: "Set up and change environments: one for every customer",
		Long: "An environment is one customer's PACTIUS: its own host name, Microsoft 365 connection,\n" +
			"users, business units and settings. Support sets it up and connects it.",
		Args: noArgs,
		RunE: needsSubcommand,
	}
	c.AddCommand(newEnvironmentAddCommand(a), newEnvironmentListCommand(a), newEnvironmentShowCommand(a), newEnvironmentSetCommand(a))
	return c
}

// environmentFlags are the settings of an environment as flags.
type environmentFlags struct {
	name, host, tenant, clientID, secretFile, contact, language, timeZone string
}

func (f *environmentFlags) bind(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.name, "name", "", "the company's `NAME`, shown on every page")
	flags.StringVar(&f.host, "host", "", "`HOST` name under which people reach it, without a port")
	flags.StringVar(&f.tenant, "tenant", "", "directory (tenant) `ID` of the customer's Microsoft 365")
	flags.StringVar(&f.clientID, "client-id", "", "application (client) `ID` of its app registration; without one the deployment's is used")
	flags.StringVar(&f.secretFile, "client-secret-file", "", "`FILE` with the client secret, - for standard input; needs PACTIUS_SECRET")
	flags.StringVar(&f.contact, "support-contact", "", "`CONTACT` whom its people can ask; without one the deployment's contact is shown")
	flags.StringVar(&f.language, "language", "", "`LANGUAGE` where the reader's is unknown: "+languages())
	flags.StringVar(&f.timeZone, "time-zone", "", "time `ZONE` where the reader's is unknown, such as Europe/Copenhagen")
	complete(c, "language", strings.Split(languages(), ", ")...)
}

// languages lists the languages PACTIUS speaks.
func languages() string {
	var codes []string
	for _, code := range language.Supported() {
		codes = append(codes, string(code))
	}
	return strings.Join(codes, ", ")
}

// update collects the flags that were given.
func (f *environmentFlags) update(a *app, c *cobra.Command) (pactius.EnvironmentUpdate, error) {
	given := func(flag string, value *string) *string {
		if !c.Flags().Changed(flag) {
			return nil
		}
		return value
	}
	up := pactius.EnvironmentUpdate{
		Name: given("name", &f.name), Host: given("host", &f.host), TenantID: given("tenant", &f.tenant), ClientID: given("client-id", &f.clientID),
		SupportContact: given("support-contact", &f.contact), Language: given("language", &f.language), TimeZone: given("time-zone", &f.timeZone),
	}
	if !c.Flags().Changed("client-secret-file") {
		return up, nil
	}
	secret, err := a.secret(f.secretFile)
	up.ClientSecret = &secret
	return up, err
}

// needs are the settings that storing what was given takes.
func (f *environmentFlags) needs() []string {
	if f.secretFile == "" {
		return nil
	}
	return []string{"secret"}
}

// maxSecretFile bounds a file with a secret, in bytes: a larger one is not what
// was meant.
const maxSecretFile = 64 << 10

// secret reads a secret from a file, or from standard input for "-".
func (a *app) secret(file string) (string, error) {
	var b []byte
	var err error
	switch {
	case file == "":
		return "", usage("--client-secret-file names no file")
	case file == "-":
		b, err = io.ReadAll(io.LimitReader(a.stdin, maxSecretFile+1))
	case a.readFile != nil:
		b, err = a.readFile(file)
	default:
		b, err = os.ReadFile(file)
	}
	secret := strings.TrimSpace(string(b))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the client secret: %w", err)
	case len(b) > maxSecretFile:
		return "", fmt.Errorf("the file with the client secret is larger than %d bytes; name the file that holds the secret's value alone", maxSecretFile)
	case secret == "":
		return "", fmt.Errorf("the file with the client secret is empty: %s", file)
	}
	return secret, nil
}

func newEnvironmentAddCommand(a *app) *cobra.Command {
	var f environmentFlags
	var administrator string
	c := &cobra.Command{
		Use:   "add --name NAME [--host HOST] [--tenant ID --administrator ACCOUNT_NAME]",
		Short: "Set up an environment with its company unit and first administrator",
		Long: "Support sets up a customer. The database is made if there is none. The host defaults to\n" +
			"that of PACTIUS_URL. The administrator gets administer on the company itself and signs in\n" +
			"with Microsoft 365; that takes the tenant. Without a tenant the environment exists, says that it\n" +
			"is not connected, and lets nobody in until \"environment set\" connects it." + jsonHelp(environmentRecord{}),
		Example: "  pactius environment add --name Nordhavn --host access.nordhavn.example \\\n" +
			"    --tenant 8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e --client-id 5b1f0c2e-7d64-4b0a-8a35-2f9f6d1f7c11 \\\n" +
			"    --client-secret-file secret.txt --administrator anna.hansen@nordhavn.example",
		Args: noArgs,
	}
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
		return a.open(c, deskOptions{require: require, create: true}, *asJSON, func(ctx context.Context, d *desk) error {
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

// toldAdded prints a new environment and what comes next.
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
		return d.say("It is not connected to Microsoft 365 yet: pactius environment set --environment %s --tenant ID", e.Host)
	case administrator == "":
		return d.say("Nobody administers it yet: pactius user add --environment %s --username ACCOUNT_NAME --name NAME --unit / --access administer", e.Host)
	}
	if err := d.say("%s administers it and is let in at the first sign-in.", administrator); err != nil {
		return err
	}
	if uri := d.redirectURI(e); uri != "" {
		if err := d.say("Register this redirect URI with its app registration: %s", uri); err != nil {
			return err
		}
	}
	return d.say("Check the connection with: pactius doctor")
}

func newEnvironmentListCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "list",
		Short:   "List all environments",
		Long:    "Support sees which customers the deployment serves." + jsonHelp(environmentRecord{}),
		Example: "  pactius environment list",
		Args:    noArgs,
	}
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
	c := &cobra.Command{
		Use:   "show",
		Short: "Show one environment: connection, settings, administrators, undelivered mails",
		Long: "Support looks up how a customer is set up. Secrets are not shown. The redirect URI to\n" +
			"register with Microsoft is told where PACTIUS_URL is." + jsonHelp(environmentDetail{}),
		Example: "  pactius environment show --environment access.nordhavn.example",
		Args:    noArgs,
	}
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
		return d.object(environmentDetail{environmentRecord: newEnvironmentRecord(e), Administrators: administrators, Undelivered: len(v.Undelivered), RedirectURI: d.redirectURI(e)})
	}
	connection, client := "not connected", e.Connection.ClientID
	if e.Connection.Connected() {
		connection = e.Connection.TenantID
	}
	if v.SharedClient {
		client = "the deployment's"
	}
	secret := "none of its own"
	if e.Connection.SealedSecret != "" {
		secret = "stored, encrypted"
	}
	undelivered := ""
	if n := len(v.Undelivered); n > 0 {
		undelivered = strconv.Itoa(n)
	}
	return d.facts("Name", e.Name, "Host", e.Host, "ID", string(e.ID), "Tenant", connection, "Client ID", client, "Client secret", secret,
		"Redirect URI", d.redirectURI(e),
		"Support contact", e.SupportContact, "Language", e.Language, "Time zone", e.TimeZone, "Set up", d.time(e.CreatedAt, ""),
		"Administrators", orNone(administrators), "Undelivered mails", undelivered)
}

// redirectURI is the address that must be registered in Microsoft Entra, ""
// where the deployment's public URL is not told.
func (d *desk) redirectURI(e pactius.Environment) string {
	if d.Environments.PublicURL == nil {
		return ""
	}
	return d.Environments.RedirectURI(e)
}

// orNone joins names, "none" where there is nobody.
func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

func newEnvironmentSetCommand(a *app) *cobra.Command {
	var f environmentFlags
	c := &cobra.Command{
		Use:   "set",
		Short: "Change an environment's connection or settings",
		Long: "Support connects a customer, stores a new client secret before the old one ends, or corrects a\n" +
			"setting. Only what is given is changed; an empty value (--tenant \"\") removes it. A stored client\n" +
			"secret stays when the client ID changes, unless another is given." + jsonHelp(environmentRecord{}),
		Example: "  pactius environment set --environment access.nordhavn.example --client-secret-file -  < secret.txt",
		Args:    noArgs,
	}
	f.bind(c)
	asJSON, host := jsonFlag(c), environmentFlag(c)
	config.Bind(c.Flags(), "database", "secret")
	c.RunE = func(c *cobra.Command, _ []string) error {
		up, err := f.update(a, c)
		if err != nil {
			return err
		}
		if up == (pactius.EnvironmentUpdate{}) {
			return usage("nothing to change is given")
		}
		return a.open(c, deskOptions{require: f.needs()}, *asJSON, func(ctx context.Context, d *desk) error {
			if err := d.choose(ctx, *host); err != nil {
				return err
			}
			e, err := d.Environments.Update(ctx, d.actor, 0, up)
			if err != nil {
				return err
			}
			if d.asJSON {
				return d.object(newEnvironmentRecord(e))
			}
			return d.say("Changed %s at %s.", e.Name, e.Host)
		})
	}
	return c
}
