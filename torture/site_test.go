package torture

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	random "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/process"
)

const (
	publicHost  = "localhost"
	publicURL   = "http://" + publicHost
	nextDoor    = "nextdoor." + publicHost // the host of a second environment, see fair
	nextDoorURL = "http://" + nextDoor
	personAgent = "Mozilla/5.0 (torture)" // of all browsers
)

// site is a deployment: a database, a tenant, a mail server, a sample company
// and the instances that serve it.
type site struct {
	dir, binary, database string
	vars                  []string // its configuration, as environment variables
	env                   pactius.EnvironmentID
	root, sales           pactius.UnitID
	ada, lone             person // administrators of the root and of sales
	m365                  *microsoft365
	post                  *postOffice
	instances             []*instance
	people                atomic.Int64 // how many there are
	transport             *http.Transport
	mishaps               mishaps
	*verdict
}

// newSite makes an empty database and serves a deployment over it.
func (r *run) newSite(ctx context.Context, v *verdict, instances int) (*site, error) {
	address, err := r.database(ctx)
	if err != nil {
		return nil, err
	}
	s, err := r.siteOver(ctx, v, address, instances)
	if err != nil {
		return nil, err
	}
	if err := s.startAll(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// siteOver sets up a deployment over an empty database; nothing is served yet.
func (r *run) siteOver(ctx context.Context, v *verdict, database string, instances int) (*site, error) {
	s := &site{verdict: v, binary: r.binary, dir: r.dir, database: database,
		ada:  person{"aaaaaaaa-0000-4000-8000-000000000001", "ada@nordhavn.example", "Ada Root"},
		lone: person{"aaaaaaaa-0000-4000-8000-000000000002", "lone@nordhavn.example", "Lone Local"}}
	s.transport = &http.Transport{DialContext: s.dial, MaxIdleConnsPerHost: 64}
	s.mishaps.next = s.transport
	var err error
	if s.m365, err = startMicrosoft365(ctx); err != nil {
		return nil, err
	}
	if s.post, err = openPostOffice(ctx); err != nil {
		return nil, err
	}
	s.vars = []string{
		"PACTIUS_URL=" + publicURL, "PACTIUS_DATABASE=" + database, "PACTIUS_SECRET=" + rand.Text() + rand.Text(),
		"PACTIUS_SMTP_URL=" + s.post.URL(), "PACTIUS_MAIL_FROM=PACTIUS <no-reply@pactius.example>",
		"PACTIUS_SUPPORT_CONTACT=support@pactius.example", "PACTIUS_MICROSOFT_AUTHORITY=" + s.m365.origin,
		"PACTIUS_MICROSOFT_GRAPH=" + s.m365.origin, "PACTIUS_MICROSOFT_CLIENT_ID=" + application,
		"PACTIUS_MICROSOFT_CLIENT_SECRET=" + s.m365.secret, "PACTIUS_DIRECTORY_SWEEP=0",
	}
	for range instances {
		s.instances = append(s.instances, &instance{binary: r.binary, dir: r.dir, env: process.Environ(s.vars...)})
	}
	return s, s.found(ctx)
}

// core opens the rules over the site's database, as another process would.
func (s *site) core(ctx context.Context) (*server.Core, error) {
	cfg, err := config.Load(config.Sources{Environ: s.vars, Require: config.ForServe()})
	if err != nil {
		return nil, err
	}
	return server.Open(ctx, cfg, slog.New(slog.DiscardHandler))
}

// found sets up the sample company: a root with sales below it, an
// administrator of each.
func (s *site) found(ctx context.Context) error {
	core, err := s.core(ctx)
	if err != nil {
		return err
	}
	defer core.Close()
	tenant, zone := tenantID, "Europe/Copenhagen"
	e, err := core.Environments.Add(ctx, pactius.Actor{Kind: pactius.ActorSupport}, environments.NewEnvironment{
		Name: "Nordhavn", Host: publicHost, Administrator: s.ada.username,
		Update: pactius.EnvironmentUpdate{TenantID: &tenant, TimeZone: &zone},
	})
	if err != nil {
		return err
	}
	s.env = e.ID
	support := pactius.SupportActor(e.ID)
	o, err := core.Units.Tree(ctx, support)
	if err != nil {
		return err
	}
	s.root = o.Tree.Root().ID
	sales, err := core.Units.Add(ctx, support, s.root, "Sales")
	if err != nil {
		return err
	}
	s.sales = sales.ID
	_, err = core.Users.Add(ctx, support, users.NewUser{Username: s.lone.username, Name: s.lone.name,
		Grants: []pactius.Grant{{Unit: s.sales, Access: pactius.AccessAdminister}}})
	return errors.Join(err, s.m365.hire(s.ada), s.m365.hire(s.lone))
}

// newcomer makes a person who is not known here yet.
func (s *site) newcomer() (person, error) {
	p := employee(s.people.Add(1))
	return p, s.m365.hire(p)
}

// ours reports whether a host is one of the site's or of an application.
func ours(host string) bool { return host == publicHost || strings.HasSuffix(host, "."+publicHost) }

// errDown says that no instance serves.
var errDown = errors.New("no instance is up")

// dial connects to any instance that is up, as a load balancer does; addresses
// other than the site's are dialled as they are.
func (s *site) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, _ := strings.Cut(address, ":"); ours(host) {
		address = ""
		for _, at := range random.Perm(len(s.instances)) {
			if up := s.instances[at].address.Load(); up != nil {
				address = *up
			}
		}
		if address == "" {
			return nil, errDown
		}
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// startAll starts all instances.
func (s *site) startAll(ctx context.Context) error {
	for _, i := range s.instances {
		if err := i.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// look runs fn over the database beside the servers. The connection is closed at
// once: it must not keep anything alive that a crash would lose.
func (s *site) look(fn func(*sql.DB) error) error {
	db, err := storetest.Connect(s.database)
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}

// command runs a command of the program and gives what it printed.
func (s *site) command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.binary, args...)
	cmd.Env, cmd.Dir = process.Environ(s.vars...), s.dir
	r, err := process.Run(cmd)
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("pactius %s ended with %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout, err
}

// close ends everything.
func (s *site) close() {
	for _, i := range s.instances {
		_ = i.end(os.Kill)
	}
	s.transport.CloseIdleConnections()
	_ = s.m365.server.Close()
	_ = s.post.Close()
}

// sqliteIn is the address of a database in a folder.
func sqliteIn(dir string) string { return "sqlite:" + filepath.Join(dir, "pactius.db") }
