package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/mailserver"
)

const (
	customers = 10 // environments; the first one has the many emails

	crowd = "crowd.example" // the first customer's recipient domain
)

// situation is a mail server, and how it treats the first customer's emails.
type situation struct {
	name string
	each time.Duration // until an email is accepted
	dead bool          // emails to the first customer's recipients get no answer
}

// measureNeighbours measures how long the emails of nine customers take while so many emails of another one wait, with
// three mail servers, beside the same without them. An email that does not arrive within patience counts as that long.
func measureNeighbours(ctx context.Context, out io.Writer, dir string, o options) error {
	fmt.Fprintf(out, "| the mail server, %d emails of one customer waiting | quiet: p50 ms | p50 ms | p95 ms | "+
		"worst ms | theirs per second |\n| --- | ---: | ---: | ---: | ---: | ---: |\n", o.waiting)
	for i, s := range []situation{
		{name: "answers immediately"}, {name: fmt.Sprintf("takes %s for an email", o.slow), each: o.slow},
		{name: "answers immediately, but never for that customer", dead: true},
	} {
		if err := s.measure(ctx, out, sqlite(dir, fmt.Sprintf("neighbours%d.db", i)), o); err != nil {
			return fmt.Errorf("a mail server that %s: %w", s.name, err)
		}
	}
	_, err := fmt.Fprintf(out, "\nAn email that had not arrived after %s counts as that long.\n\n", o.patience)
	return err
}

// measure prints the row of a situation.
func (s situation) measure(ctx context.Context, out io.Writer, database string, o options) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	n, err := s.open(ctx, database)
	if err != nil {
		return err
	}
	running, ended, err := n.serve()
	if err != nil {
		return err
	}
	quiet, err := n.rounds(ctx, o, 0)
	if err == nil {
		err = n.crowd(ctx, database, o.waiting)
	}
	began, before := time.Now(), n.post.crowd()
	var busy times
	if err == nil {
		busy, err = n.rounds(ctx, o, o.waiting)
	}
	rate := float64(n.post.crowd()-before) / time.Since(began).Seconds()
	stop()
	running()
	err = errors.Join(err, <-ended, n.core.Close(), n.server.Close())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %.1f |\n", s.name, milliseconds(quiet.at(.5)),
		milliseconds(busy.at(.5)), milliseconds(busy.at(.95)), milliseconds(busy.at(1)), rate)
	return err
}

// neighbours are customers of one deployment, with its mail server.
type neighbours struct {
	core   *server.Core
	cfg    config.Config
	server *mailserver.Server
	post   *arrivals
	envs   []pactius.EnvironmentID
	used   int // people who were added
}

// open makes a deployment with its customers.
func (s situation) open(ctx context.Context, database string) (*neighbours, error) {
	n := &neighbours{post: &arrivals{at: map[string]chan time.Time{}}}
	var err error
	n.server, err = mailserver.Start(ctx, "127.0.0.1:0", mailserver.Options{Take: func(m mailserver.Mail) {
		theirs := strings.HasSuffix(m.To[0], "@"+crowd)
		if s.dead && theirs {
			<-ctx.Done()
			return
		}
		time.Sleep(s.each)
		n.post.take(m.To[0], theirs)
	}})
	if err != nil {
		return nil, err
	}
	n.cfg, err = config.Load(config.Sources{Environ: []string{
		"PACTIUS_URL=http://localhost:1", "PACTIUS_DATABASE=" + database, "PACTIUS_SMTP_URL=" + n.server.URL(),
		"PACTIUS_SECRET=a secret that is long enough for a measurement", "PACTIUS_DIRECTORY_SWEEP=0",
		"PACTIUS_MAIL_FROM=pactius@bench.example", "PACTIUS_SUPPORT_CONTACT=support@bench.example",
		"PACTIUS_MICROSOFT_AUTHORITY=http://127.0.0.1:1", "PACTIUS_SHUTDOWN_DELAY=0s",
	}})
	if err != nil {
		return nil, err
	}
	if n.core, err = server.Open(ctx, n.cfg, quiet()); err != nil {
		return nil, err
	}
	for i := range customers {
		ten, cli := id.New(), clientID
		e, err := n.core.Environments.Add(ctx, pactius.SupportActor(""), environments.NewEnvironment{
			Name: fmt.Sprintf("Customer %d", i), Host: fmt.Sprintf("customer%d.localhost", i),
			Update: pactius.EnvironmentUpdate{TenantID: &ten, ClientID: &cli}})
		if err != nil {
			return nil, err
		}
		n.envs = append(n.envs, e.ID)
	}
	return n, nil
}

// serve runs the server with its delivery until stop.
func (n *neighbours) serve() (stop func(), ended chan error, err error) {
	s, err := server.New(n.core, n.cfg, quiet())
	if err != nil {
		return nil, nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener) }()
	return stop, ended, nil
}

// crowd stores the emails of the first customer, a thousand in a transaction.
func (n *neighbours) crowd(ctx context.Context, database string, waiting int) error {
	s, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	kind, data, err := mail.Encode(mail.RequestDeclined{By: "Ada Lund", Note: "Please ask again in March."})
	if err != nil {
		return err
	}
	for done := 0; done < waiting; done += batch {
		mails := make([]pactius.Mail, min(batch, waiting-done))
		for i := range mails {
			mails[i] = pactius.Mail{ID: pactius.MailID(id.New()), Kind: kind, Data: data, CreatedAt: time.Now(),
				To: fmt.Sprintf("person%d@%s", done+i, crowd)}
		}
		if err := s.Update(ctx, n.envs[0], func(tx *store.Tx) error { return tx.Enqueue(mails...) }); err != nil {
			return err
		}
	}
	return nil
}

// rounds adds a user in each other environment, round by round, and measures how long the welcome emails take. It ends
// when the emails of the first customer have left, or with a round in which an email did not arrive in time.
func (n *neighbours) rounds(ctx context.Context, o options, waiting int) (times, error) {
	left := n.post.crowd() + waiting
	var all times
	for round := range o.mailRounds {
		if round > 0 && waiting > 0 && n.post.crowd() >= left {
			break
		}
		late := false
		var waits []func() time.Duration
		for _, env := range n.envs[1:] {
			wait, err := n.welcome(ctx, env, o.patience)
			if err != nil {
				return nil, err
			}
			waits = append(waits, wait)
		}
		for _, wait := range waits {
			took := wait()
			late = late || took >= o.patience
			all = append(all, took)
		}
		if late {
			break
		}
	}
	return all, nil
}

// welcome adds a user and returns what waits for the email.
func (n *neighbours) welcome(ctx context.Context, env pactius.EnvironmentID, patience time.Duration) (
	func() time.Duration, error,
) {
	n.used++
	to := fmt.Sprintf("user%d@neighbour.example", n.used)
	arrived := n.post.expect(to)
	_, err := n.core.Users.Add(ctx, pactius.SupportActor(env), users.NewUser{Username: to,
		Name: fmt.Sprintf("User %d", n.used), Welcome: true, Despite: true})
	began := time.Now()
	return func() time.Duration {
		select {
		case at := <-arrived:
			return max(at.Sub(began), time.Microsecond) // it may arrive before the change has returned
		case <-time.After(patience - time.Since(began)):
			return patience
		}
	}, err
}

// arrivals are the emails that a mail server has accepted.
type arrivals struct {
	mu     sync.Mutex
	at     map[string]chan time.Time // by recipient
	theirs int                       // emails of the first customer
}

// expect returns where the time of an email's arrival is told.
func (a *arrivals) expect(to string) <-chan time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at[to] = make(chan time.Time, 1)
	return a.at[to]
}

func (a *arrivals) take(to string, theirs bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if theirs {
		a.theirs++
	}
	if c := a.at[to]; c != nil {
		delete(a.at, to)
		c <- time.Now()
	}
}

// crowd counts the emails of the first customer.
func (a *arrivals) crowd() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.theirs
}
