package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/testbed/devtenant"
)

// newTenantCommand makes "pactius-demo tenant".
func newTenantCommand(stdout, stderr io.Writer) *cobra.Command {
	f := &flags{stdout: stdout, stderr: stderr}
	var redirects []string
	c := &cobra.Command{
		Use:   "tenant --redirect URL...",
		Short: "Run the Microsoft 365 tenant alone, to rehearse \"pactius serve\" with it",
		Long: "Use it to rehearse what a customer's Microsoft 365 does later: sign-in, the directory, people who\n" +
			"leave. It prints the settings that pactius needs. It asks for no password, and everything is\n" +
			"deleted at the end.",
		Example: "  pactius-demo tenant --redirect http://localhost:8080/sign-in/callback \\\n" +
			"    --redirect http://localhost:8080/",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.serveTenant(c.Context(), redirects) },
	}
	f.bind(c, "127.0.0.1:8081", "the tenant")
	c.Flags().StringArrayVar(&redirects, "redirect", nil,
		"`URL` that people are sent back to, after signing in or out; may be given several times")
	_ = c.MarkFlagRequired("redirect") // the flag exists
	return c
}

// serveTenant runs the tenant until the context ends.
func (f *flags) serveTenant(ctx context.Context, redirects []string) error {
	people, err := samplePeople()
	if err != nil {
		return err
	}
	l, err := listen(ctx, f.address)
	if err != nil {
		return err
	}
	origin, logger := originOf(l).String(), f.newLogger()
	t, err := devtenant.New(devtenant.Config{URL: origin, TenantID: tenantID, TenantName: company, ClientID: clientID,
		ClientSecret: clientSecret, RedirectURLs: redirects, People: accounts(people), Logger: logger})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	fmt.Fprintf(f.stdout, `
  Microsoft 365  %[1]s

  export PACTIUS_MICROSOFT_AUTHORITY=%[1]s PACTIUS_MICROSOFT_GRAPH=%[1]s
  export PACTIUS_MICROSOFT_CLIENT_ID=%s PACTIUS_MICROSOFT_CLIENT_SECRET=%s
  pactius environment add --name %q --tenant %s --administrator %s

  People are sent back to %s.
  Press Ctrl+C to stop. Nothing is kept.

`, origin, clientID, clientSecret, company, tenantID, people[0].AccountName, strings.Join(redirects, " and "))
	s := edge.NewServer(t.Handler(), logger)
	stop := context.AfterFunc(ctx, func() { _ = s.Close() }) // ends Serve
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// tenantFile keeps the people of the sample tenant beside the database, so that
// renamed, blocked and deleted accounts stay so.
const tenantFile = "microsoft365.json"

// keptTenant is the content of that file.
type keptTenant struct {
	People  []devtenant.Person `json:"people"`
	Deleted []devtenant.Person `json:"deleted,omitempty"`
}

// startTenant makes the Microsoft 365 tenant of the sample company, with the
// people it had when the demo ended.
func (d *demo) startTenant() error {
	kept := keptTenant{People: accounts(d.people)}
	content, err := os.ReadFile(filepath.Join(d.data, tenantFile))
	if err == nil {
		kept = keptTenant{}
		err = json.Unmarshal(content, &kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the people of the sample tenant: %w", err)
	}
	d.microsoft, err = devtenant.New(devtenant.Config{URL: d.tenantURL.String(), TenantID: tenantID,
		TenantName: company, ClientID: clientID, ClientSecret: clientSecret,
		RedirectURLs: []string{d.public.String() + environments.CallbackPath, d.public.String() + "/"},
		People:       kept.People, Deleted: kept.Deleted, Logger: d.logger})
	return err
}

// keepTenant writes the people to the file.
func (d *demo) keepTenant() error {
	if d.keep == "" {
		return nil
	}
	content, err := json.MarshalIndent(keptTenant{d.microsoft.People(), d.microsoft.Deleted()}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.data, tenantFile), append(content, '\n'), 0o600)
}
