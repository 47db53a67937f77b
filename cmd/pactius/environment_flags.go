package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/brand"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/names"
)

// environmentFlags are the settings of an environment as flags.
type environmentFlags struct {
	name, host, tenant, clientID, secretFile, contact, language, timeZone string
	certificateFile, secretEndsOn, leavers, accent, logo, welcome         string
	leaverBound                                                           int
}

// Values of --leavers.
const (
	leaversDeactivate = "deactivate"
	leaversMark       = "mark"
)

func (f *environmentFlags) bind(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.name, "name", "", "the company's `NAME`, shown on every page")
	flags.StringVar(&f.host, "host", "", "`HOST` name where people reach it, without a port")
	flags.StringVar(&f.tenant, "tenant", "", "directory (tenant) `ID` of the customer's Microsoft 365")
	flags.StringVar(&f.clientID, "client-id", "", "application (client) `ID` of its app registration; "+
		"if not given, the deployment's is used")
	flags.StringVar(&f.secretFile, "client-secret-file", "", "`FILE` with the client secret, - for standard input; "+
		"needs PACTIUS_SECRET")
	flags.StringVar(&f.certificateFile, "certificate-file", "",
		"`FILE` with a certificate and its private key in PEM instead of a secret, - for standard input; "+
			"needs PACTIUS_SECRET")
	flags.StringVar(&f.secretEndsOn, "secret-ends-on", "", "last `DAY` of the client secret, as year-month-day; "+
		"its administrators are reminded before it expires")
	flags.StringVar(&f.leavers, "leavers", "", "`RULE` for users whose account is disabled or deleted in "+
		"Microsoft 365: deactivate or mark")
	flags.IntVar(&f.leaverBound, "leaver-bound", 0, "an administrator decides if more than this `PERCENT` of the "+
		"users leave in a day, 1 to 100")
	flags.StringVar(&f.contact, "support-contact", "", "`CONTACT` for people who need help; "+
		"if not given, the deployment's is shown")
	flags.StringVar(&f.language, "language", "", "`LANGUAGE` if the reader's is unknown: "+languages())
	flags.StringVar(&f.timeZone, "time-zone", "",
		"time `ZONE` if the reader's is unknown, such as Europe/Copenhagen")
	flags.StringVar(&f.logo, "logo", "", "`FILE` with the company's logo, PNG or JPEG, for pages and emails; "+
		"\"\" removes it")
	flags.StringVar(&f.accent, "accent", "", "`COLOUR` of buttons and links, such as #0f6cbd; \"\" is PACTIUS's")
	flags.StringVar(&f.welcome, "welcome", "", "`TEXT` on the pages for signing in and requesting access; "+
		"\"\" removes it")
	complete(c, "leavers", leaversDeactivate, leaversMark)
	complete(c, "language", strings.Split(languages(), ", ")...)
}

// languages lists the supported languages.
func languages() string {
	var codes []string
	for _, code := range language.Supported() {
		codes = append(codes, string(code))
	}
	return strings.Join(codes, ", ")
}

// update returns the values of the given flags.
func (f *environmentFlags) update(a *app, c *cobra.Command) (pactius.EnvironmentUpdate, error) {
	up := pactius.EnvironmentUpdate{Name: given(c, "name", &f.name),
		Host: given(c, "host", &f.host), TenantID: given(c, "tenant", &f.tenant),
		ClientID: given(c, "client-id", &f.clientID), SupportContact: given(c, "support-contact", &f.contact),
		Language: given(c, "language", &f.language), TimeZone: given(c, "time-zone", &f.timeZone),
		Accent: given(c, "accent", &f.accent), Welcome: given(c, "welcome", &f.welcome)}
	if c.Flags().Changed("logo") {
		file, err := readLogo(f.logo)
		if err != nil {
			return up, err
		}
		up.Logo = &file
	}
	if c.Flags().Changed("secret-ends-on") {
		up.SecretEndsOn = new(pactius.Date(f.secretEndsOn))
	}
	if err := f.leaver(c, &up); err != nil {
		return up, err
	}
	for flag, file := range map[string]struct {
		name string
		to   **string
	}{"client-secret-file": {f.secretFile, &up.ClientSecret},
		"certificate-file": {f.certificateFile, &up.Certificate}} {
		if !c.Flags().Changed(flag) {
			continue
		}
		secret, err := a.secret(flag, file.name)
		if err != nil {
			return up, err
		}
		*file.to = &secret
	}
	return up, nil
}

// readLogo reads the file of a logo; no name is no logo. A file that is too large is refused by the rules.
func readLogo(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the logo: %w", err)
	}
	defer file.Close()
	logo, err := io.ReadAll(io.LimitReader(file, brand.MaxLogoFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the logo: %w", err)
	case len(logo) == 0:
		return nil, usage("%s is empty; to remove the logo, use --logo \"\"", name)
	}
	return logo, nil
}

// leaver sets the values of the flags about leavers.
func (f *environmentFlags) leaver(c *cobra.Command, up *pactius.EnvironmentUpdate) error {
	if c.Flags().Changed("leaver-bound") {
		up.LeaverBound = &f.leaverBound
	}
	if !c.Flags().Changed("leavers") {
		return nil
	}
	switch f.leavers {
	case leaversDeactivate:
		up.LeaverRule = new(pactius.LeaversDeactivated)
	case leaversMark:
		up.LeaverRule = new(pactius.LeaversMarked)
	default:
		return usage("--leavers takes %s or %s, not %q", leaversDeactivate, leaversMark, f.leavers)
	}
	return nil
}

// connects reports whether a flag about the Microsoft 365 connection was given.
func (*environmentFlags) connects(c *cobra.Command) bool {
	for _, flag := range []string{"tenant", "client-id", "client-secret-file", "certificate-file"} {
		if c.Flags().Changed(flag) {
			return true
		}
	}
	return false
}

// needs returns the settings required to store the given values.
func (f *environmentFlags) needs() []string {
	if f.secretFile == "" && f.certificateFile == "" {
		return nil
	}
	return []string{"secret"}
}

// maxSecretFile is the most bytes of a file with a secret.
const maxSecretFile = 64 << 10

// secret reads the secret of a flag from a file, or from standard input for "-".
func (a *app) secret(flag, file string) (string, error) {
	what := "client secret"
	if flag == "certificate-file" {
		what = "certificate"
	}
	var b []byte
	var err error
	switch {
	case file == "":
		return "", usage("--%s names no file", flag)
	case file == "-":
		b, err = io.ReadAll(io.LimitReader(a.stdin, maxSecretFile+1))
	case a.readFile != nil:
		b, err = a.readFile(file)
	default:
		b, err = config.ReadFile(file)
	}
	secret := names.TrimMark(string(b))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the %s: %w", what, err)
	case len(b) > maxSecretFile:
		return "", fmt.Errorf("the file with the %s is larger than %d bytes; give a file with nothing else in it", what,
			maxSecretFile)
	case names.IsUTF16(b):
		return "", fmt.Errorf("the file with the %s %s", what, names.UTF16Remedy)
	case secret == "":
		return "", fmt.Errorf("the file with the %s is empty: %s", what, file)
	}
	return secret, nil
}
