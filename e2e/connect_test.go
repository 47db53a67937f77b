package e2e

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/chromedp"

	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/testbed/devtenant"
)

// unconnected is a server with an environment that is not connected yet, and the
// tenant it will be connected to.
func unconnected(t *testing.T) (*Server, *devtenant.Tenant) {
	t.Helper()
	microsoft := httptest.NewUnstartedServer(nil)
	origin := "http://" + microsoft.Listener.Addr().String()
	server := stage.Serve(t, ServerOptions{People: []Account{ada()},
		Env: []string{"PACTIUS_MICROSOFT_AUTHORITY=" + origin, "PACTIUS_MICROSOFT_GRAPH=" + origin}})
	tenant, err := devtenant.New(devtenant.Config{URL: origin, TenantID: officeTenant, TenantName: "Nordhavn",
		ClientID: officeClient, ClientSecret: officeSecret,
		RedirectURLs: []string{server.URL + environments.CallbackPath, server.URL + "/"}, People: officePeople})
	if err != nil {
		t.Fatal(err)
	}
	microsoft.Config.Handler = tenant.Handler()
	microsoft.Start()
	t.Cleanup(microsoft.Close)
	server.Must("environment", "add", "--name", "Nordhavn", "--host", "localhost")
	return server, tenant
}

// certificateFile writes a certificate with its key, as the customer's IT has it.
func certificateFile(t *testing.T) (path string, made *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "PACTIUS"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if made, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "pactius.pem")
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	if err := os.WriteFile(path, both, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, made
}

// reads chooses a file in the field with this label.
func (p *Person) reads(label, path string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		e, err := p.find(ctx, label, "button")
		if err != nil {
			return err
		}
		_, err = chromedp.Call(ctx, dom.SetFileInputFiles,
			dom.SetFileInputFilesParams{Files: []string{path}, BackendNodeID: e.node})
		return err
	}, "choose the file %s", path)
}

// The customer's IT connects Microsoft 365 behind a link, the administrator
// signs in, and later a certificate takes the place of the secret.
func TestConnectingByALink(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		t.Run(map[bool]string{true: "with scripts", false: "without"}[scripts], func(t *testing.T) {
			t.Parallel()
			server, tenant := unconnected(t)
			link := strings.TrimSpace(server.Must("environment", "connect-link", "--administrator",
				"ada@nordhavn.example"))
			it := server.Person("the customer's IT")
			it.Scripts(scripts)
			it.Open(link)
			it.See("Connect Nordhavn to Microsoft 365")
			it.See(server.URL + environments.CallbackPath)
			if scripts {
				it.Look("connect-link")
			}
			it.Fill("Your company's domain", "nordhavn-typo.example")
			it.Fill("Application (client) ID", officeClient)
			it.Fill("Client secret", "mistyped")
			it.Click("button", "Test and connect")
			it.See("No Microsoft 365 tenant has the domain nordhavn-typo.example.")
			it.Fill("Your company's domain", "ada@nordhavn.example")
			it.Fill("Client secret", officeClient)
			it.Click("button", "Test and connect")
			it.See("This is the ID of a secret.")
			it.Fill("Client secret", "mistyped")
			it.Click("button", "Test and connect")
			it.See("The test failed, so nothing was saved")
			it.See("AADSTS7000215")
			it.See("create a new client secret and enter here what the column Value shows")
			it.Fill("Client secret", officeSecret)
			it.Click("button", "Test and connect")
			it.See("Nordhavn is connected to Microsoft 365")
			it.See("ada@nordhavn.example")

			a := server.Person("Ada Lind")
			a.Scripts(scripts)
			a.Open("/")
			a.Click("button", "Sign in with Microsoft")
			a.picks("Ada Lind")
			a.See("Welcome, Ada")
			a.Open("/settings/environment")
			a.Click("button", "Test connection")
			a.See("Connection test")
			a.See("Everything works.")

			file, made := certificateFile(t)
			app, _ := tenant.App(officeClient)
			app.Certificates = []*x509.Certificate{made}
			if err := tenant.PutApp(app); err != nil {
				t.Fatal(err)
			}
			a.Open("/settings/environment/connection")
			a.Check("Certificate")
			if scripts {
				a.reads("Or read it from a file:", file)
			} else {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				a.Fill("Certificate and private key", string(text))
			}
			a.Click("button", "Test and save")
			a.See("The connection has been tested and saved.")
			a.See("Renew certificate")
			app.Secrets = nil
			if err := tenant.PutApp(app); err != nil {
				t.Fatal(err)
			}
			again := server.Person("Ada Lind")
			again.Open("/")
			again.Click("button", "Sign in with Microsoft")
			again.picks("Ada Lind")
			again.See("Welcome, Ada")
			for _, p := range []*Person{it, a, again} {
				if faults := p.Faults(); len(faults) > 0 {
					t.Errorf("the browser complains: %v", faults)
				}
			}
			if log := server.Log(); strings.Contains(log, officeSecret) ||
				strings.Contains(log, strings.TrimPrefix(link, server.URL)) {
				t.Error("the log holds the secret or the link")
			}
		})
	}
}
