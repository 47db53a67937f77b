package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/testbed/process"
)

// stopPatience is how long a server may take to end before it is killed.
const stopPatience = 5 * time.Second

// Server is a pactius with its own port, database, tenant and mail address. It
// is reached at http://localhost:PORT; more environments may live at other
// names below localhost.
type Server struct {
	URL      string  // origin of the first environment
	Tenant   *Tenant // of the first environment
	MailFrom string  // address its emails come from, unlike any other server's
	Mailbox  *Mailbox

	t      testing.TB
	stage  *Stage
	binary string
	listen string
	env    []string
	dir    string           // database and secrets
	proc   *process.Process // nil while it is stopped
	log    *process.Log
}

// ServerOptions say what [Stage.Serve] sets up.
type ServerOptions struct {
	People        []Account // of the first environment's tenant; one of them is Administrator
	Administrator string    // account name; empty: no environment is set up
	Name          string    // of the environment; "Nordhavn" when empty
	Env           []string  // more environment variables, KEY=value; they win
}

// Serve builds pactius, sets up one environment at localhost and starts the
// server. It ends with the test; when the test failed, its log is shown.
func (s *Stage) Serve(t testing.TB, o ServerOptions) *Server {
	t.Helper()
	s.Need(t)
	binary, err := s.binary()
	if err != nil {
		t.Fatal(err)
	}
	sv := &Server{t: t, stage: s, binary: binary, dir: t.TempDir(), log: &process.Log{}, Mailbox: s.Mailbox(t)}
	sv.listen = freePort(t)
	_, port, _ := net.SplitHostPort(sv.listen)
	sv.URL = "http://localhost:" + port
	sv.MailFrom = strings.ToLower(rand.Text()) + "@pactius.example"
	sv.Tenant = s.Microsoft(t).NewTenant(t, []string{sv.URL}, o.People...)
	sv.env = process.Environ(
		"PACTIUS_LISTEN="+sv.listen,
		"PACTIUS_URL="+sv.URL,
		"PACTIUS_DATABASE=sqlite:"+filepath.Join(sv.dir, "pactius.db"),
		"PACTIUS_SECRET="+rand.Text()+rand.Text(),
		"PACTIUS_SMTP_URL=smtp://"+sv.Mailbox.SMTP+"?tls=none",
		"PACTIUS_MAIL_FROM=PACTIUS <"+sv.MailFrom+">",
		"PACTIUS_SUPPORT_CONTACT=support@pactius.example",
		"PACTIUS_MICROSOFT_AUTHORITY="+s.Microsoft(t).Authority,
		"PACTIUS_DIRECTORY_SWEEP=0", // tests count what is asked of Microsoft, and sweep when they say so
	)
	sv.env = append(sv.env, o.Env...)
	if o.Administrator != "" {
		name := o.Name
		if name == "" {
			name = "Nordhavn"
		}
		sv.AddEnvironment(name, "localhost", sv.Tenant, o.Administrator)
	}
	t.Cleanup(func() {
		sv.Stop()
		if t.Failed() {
			t.Logf("the server's log:\n%s", sv.log)
		}
	})
	sv.Start()
	return sv
}

// AddEnvironment sets up an environment at a host name below localhost, with
// a tenant that knows [Server.Origin] of that name.
func (sv *Server) AddEnvironment(name, host string, tenant *Tenant, administrator string) {
	sv.t.Helper()
	secret := filepath.Join(sv.dir, tenant.ID+".secret")
	if err := os.WriteFile(secret, []byte(tenant.ClientSecret+"\n"), 0o600); err != nil {
		sv.t.Fatal(err)
	}
	sv.Must("environment", "add", "--name", name, "--host", host, "--tenant", tenant.ID,
		"--client-id", tenant.ClientID, "--client-secret-file", secret, "--administrator", administrator)
}

// Origin is the origin of the environment with this host name.
func (sv *Server) Origin(host string) string {
	u, err := url.Parse(sv.URL)
	if err != nil {
		sv.t.Fatal(err)
	}
	return u.Scheme + "://" + net.JoinHostPort(host, u.Port())
}

// Person opens a private browser for someone who visits the first environment.
func (sv *Server) Person(name string) *Person {
	sv.t.Helper()
	return sv.stage.Person(sv.t, name, sv.URL)
}

// Mail waits for an email of this server to someone, see [Mailbox.WaitFor].
func (sv *Server) Mail(to, subject string) Mail {
	sv.t.Helper()
	return sv.Mailbox.WaitFor(sv.t, sv.MailFrom, to, subject)
}

// Mails returns what this server has sent to someone so far.
func (sv *Server) Mails(to string) []Mail {
	sv.t.Helper()
	return sv.Mailbox.Sent(sv.t, sv.MailFrom, to)
}

// Start starts the server again after Stop and waits until it is ready.
func (sv *Server) Start() {
	sv.t.Helper()
	cmd := exec.Command(sv.binary, "serve")
	cmd.Env, cmd.Dir = sv.env, sv.dir
	cmd.Stdout, cmd.Stderr = sv.log, sv.log
	var err error
	if sv.proc, err = process.Start(cmd); err != nil {
		sv.t.Fatal(err)
	}
	err = eventually(sv.t.Context(), Patience, func() error {
		resp, err := http.Get("http://" + sv.listen + "/readyz")
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("GET /readyz: %s", resp.Status)
		}
		return nil
	})
	if err != nil {
		sv.t.Fatalf("pactius serve did not become ready: %v", err)
	}
}

// Stop asks the server to end and waits for it. Stopping twice is fine.
func (sv *Server) Stop() {
	if sv.proc != nil {
		sv.end(os.Interrupt)
	}
}

// Kill ends the server as a power cut would.
func (sv *Server) Kill() { sv.end(os.Kill) }

// end sends a signal and waits for the end; too long a wait ends it by force.
func (sv *Server) end(signal os.Signal) {
	sv.t.Helper()
	if err := sv.proc.End(signal, stopPatience); err != nil {
		sv.t.Error(err)
	}
	sv.proc = nil
}

// Log returns the newest part of what the server has logged.
func (sv *Server) Log() string { return sv.log.String() }

// Run runs a pactius command with the server's settings.
func (sv *Server) Run(args ...string) process.Result {
	sv.t.Helper()
	return sv.RunWith("", args...)
}

// RunWith is Run with a text at standard input.
func (sv *Server) RunWith(stdin string, args ...string) process.Result {
	sv.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, sv.binary, args...)
	cmd.Env, cmd.Dir = sv.env, sv.dir
	cmd.Stdin = strings.NewReader(stdin)
	r, err := process.Run(cmd)
	if err != nil {
		sv.t.Fatal(err)
	}
	return r
}

// Must runs a command that has to succeed and returns its output.
func (sv *Server) Must(args ...string) string {
	sv.t.Helper()
	r := sv.Run(args...)
	if r.Code != 0 {
		sv.t.Fatalf("pactius %q ended with %d\n%s%s", args, r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// freePort returns an address on the loopback interface that was free a moment ago.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
