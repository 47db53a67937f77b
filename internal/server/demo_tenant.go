package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/testbed/devtenant"
)

// tenantFile keeps the people of the sample tenant beside the database, so that
// who was renamed, blocked or deleted there stays so.
const tenantFile = "microsoft365.json"

// keptTenant is what that file holds.
type keptTenant struct {
	People  []devtenant.Person `json:"people"`
	Deleted []devtenant.Person `json:"deleted,omitempty"`
}

// startTenant makes the Microsoft 365 tenant of the sample company, with the
// people it had when the demo ended.
func (d *demo) startTenant() error {
	kept := keptTenant{People: demoAccounts()}
	content, err := os.ReadFile(filepath.Join(d.data, tenantFile))
	if err == nil {
		kept = keptTenant{}
		err = json.Unmarshal(content, &kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the people of the sample tenant: %w", err)
	}
	d.microsoft, err = devtenant.New(devtenant.Config{
		URL: d.tenantURL.String(), TenantID: demoTenantID, TenantName: demoCompany, ClientID: demoClientID, ClientSecret: demoClientSecret,
		RedirectURLs: []string{d.public.String() + environments.CallbackPath, d.public.String() + "/"},
		People:       kept.People, Deleted: kept.Deleted, Logger: d.options.Logger,
	})
	return err
}

// keepTenant writes the people down.
func (d *demo) keepTenant() error {
	if d.options.Data == "" {
		return nil
	}
	content, err := json.MarshalIndent(keptTenant{d.microsoft.People(), d.microsoft.Deleted()}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.data, tenantFile), append(content, '\n'), 0o600)
}
