package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// Diagnosis is the state of one thing that a deployment depends on.
type Diagnosis struct {
	What    string // "database", "mail server", "Microsoft 365 of portal.nordhavn.example"
	OK      bool
	Warning bool   // it is OK, but should be looked at
	Detail  string // the state in words
	Remedy  string // the next step; "" if OK without a warning
	Cause   string // why a call over the network failed; may be ""
}

const (
	// checkTime limits each examination.
	checkTime = 15 * time.Second

	// shortTime limits each further one of an environment while Microsoft is silent.
	shortTime = 3 * time.Second

	// silentAfter is the number of environments whose examinations must have been in vain, since the last that was not.
	silentAfter = 8

	// atOnce is how many environments are examined at the same time. With it 1,000 of them take a quarter of a minute
	// and 30 times shortTime, even if Microsoft is silent.
	atOnce = 32
)

// doctor is one run of Doctor.
type doctor struct {
	cfg      config.Config
	core     *Core // nil if the database cannot be opened
	patience askLimit
}

// Doctor examines everything that a deployment depends on, and yields each result as soon as it and those before it
// are known. When the context ends, what was not finished is left out, and the last result says so.
func Doctor(ctx context.Context, cfg config.Config) iter.Seq[Diagnosis] {
	d := &doctor{cfg: cfg, patience: askLimit{long: checkTime, short: shortTime}}
	return func(yield func(Diagnosis) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer func() {
			if d.core != nil {
				_ = d.core.Close() // nothing was written
			}
		}()
		d.run(ctx, yield)
	}
}

// run yields all diagnoses.
func (d *doctor) run(ctx context.Context, yield func(Diagnosis) bool) {
	for _, examine := range []func(context.Context) []Diagnosis{d.database, d.clock, d.settings, d.shared, d.zones,
		d.outbox, d.mail} {
		found := examine(ctx)
		if ctx.Err() != nil {
			interrupted(yield, "all else")
			return
		}
		if !yieldAll(yield, found) {
			return
		}
	}
	if d.core == nil {
		return
	}
	envs, err := d.core.Environments.List(ctx)
	if ctx.Err() == nil && (err != nil || len(envs) == 0) {
		yield(diagnosis("environments", orNone(err), "", "Set one up with: pactius environment add"))
		return
	}
	found := d.address(ctx, envs)
	if ctx.Err() != nil {
		interrupted(yield, "the public address and all environments")
		return
	}
	if yieldAll(yield, found) {
		d.environments(ctx, envs, yield)
	}
}

func yieldAll(yield func(Diagnosis) bool, all []Diagnosis) bool {
	for _, one := range all {
		if !yield(one) {
			return false
		}
	}
	return true
}

// interrupted says what was not examined. It is no problem: nothing is known of it.
func interrupted(yield func(Diagnosis) bool, what string) {
	yield(Diagnosis{What: "doctor", OK: true, Warning: true, Detail: "interrupted; not examined: " + what,
		Remedy: "Run it again."})
}

// examined is what was found out about an environment.
type examined struct {
	found []Diagnosis
	whole bool // nothing was left out because of an interruption
}

// environments examines environments side by side and yields what was found in their order.
func (d *doctor) environments(ctx context.Context, envs []pactius.Environment, yield func(Diagnosis) bool) {
	known, err := d.read(ctx)
	if err != nil {
		if ctx.Err() == nil {
			yield(diagnosis("environments", err, "", "Check the database."))
			return
		}
		interrupted(yield, "all environments")
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	results := make([]chan examined, len(envs))
	for i := range results {
		results[i] = make(chan examined, 1)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	for range min(atOnce, len(envs)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(envs); i = int(next.Add(1)) - 1 {
				results[i] <- d.environment(ctx, envs[i], known)
			}
		})
	}
	left := 0
	for _, result := range results {
		r := <-result
		if !yieldAll(yield, r.found) {
			return
		}
		if !r.whole {
			left++
		}
	}
	if left > 0 {
		interrupted(yield, fmt.Sprintf("%d of %d environments", left, len(envs)))
	}
}

// askLimit is how long an examination waits for Microsoft: long, but short while Microsoft answers none.
type askLimit struct {
	long, short time.Duration
	vain        atomic.Int64 // examinations in a row without an answer in time
}

func (p *askLimit) limit() time.Duration {
	if p.vain.Load() >= silentAfter {
		return p.short
	}
	return p.long
}

// note notes whether an answer came in time.
func (p *askLimit) note(silent bool) {
	if silent {
		p.vain.Add(1)
	} else {
		p.vain.Store(0)
	}
}

func orNone(err error) error {
	if err == nil {
		err = fmt.Errorf("there are none")
	}
	return err
}

func diagnosis(what string, err error, fine, remedy string) Diagnosis {
	if err != nil {
		return Diagnosis{What: what, Detail: err.Error(), Remedy: remedy}
	}
	return Diagnosis{What: what, OK: true, Detail: fine}
}

// warning is a diagnosis of what may be right, but should be looked at.
func warning(what, detail, remedy string) Diagnosis {
	return Diagnosis{What: what, OK: true, Warning: true, Detail: detail, Remedy: remedy}
}

// database opens the database, and looks at what SQLite keeps beside it.
func (d *doctor) database(ctx context.Context) []Diagnosis {
	const what, remedy = "database", "Check PACTIUS_DATABASE: the file and its permissions, or the server and its user."
	core, err := OpenReading(ctx, d.cfg, discard())
	d.core = core
	if err != nil {
		return []Diagnosis{diagnosis(what, err, "", cmp.Or(d.setUp(ctx), remedy))}
	}
	found := []Diagnosis{diagnosis(what, nil, d.cfg.Database.String()+" opens and its schema is current", remedy)}
	if size := core.store.WALSize(); size > database.WALLimit {
		found = append(found, warning(what,
			fmt.Sprintf("its -wal file has %d MB, more than the %d that it may keep", size>>20, database.WALLimit>>20),
			"Start the server: it shortens the file within a minute. If it is running, something reads the database "+
				"for long, such as a backup, a check or another program: let it finish or end it."))
	}
	return found
}

// setUp returns the remedy for a database that only has to be set up or upgraded, "" for any other.
func (d *doctor) setUp(ctx context.Context) string {
	s, err := dbtool.CompareSchemas(ctx, d.cfg.Database.Address(), dbtool.Options{})
	if err != nil {
		return ""
	}
	switch s.State {
	case dbtool.SchemaOlder:
		return "Start this version's server: it upgrades the database, and copies a SQLite file first. Until then " +
			"use the older version."
	case dbtool.SchemaMissing, dbtool.SchemaEmpty:
		return "Check PACTIUS_DATABASE, or set the first environment up with: pactius environment add"
	}
	return ""
}

// outbox examines the queue of emails as a whole.
func (d *doctor) outbox(ctx context.Context) []Diagnosis {
	if d.core == nil {
		return nil
	}
	return []Diagnosis{examineOutbox(ctx, d.core)}
}

func examineOutbox(ctx context.Context, core *Core) Diagnosis {
	queue, err := core.store.MailQueue(ctx)
	if err == nil && queue.PutOff() {
		detail := "no email has been sent since " + queue.Since.UTC().Format(time.RFC3339) + ": " + queue.Reason
		if queue.Until.Sub(core.now()) > store.FarAhead {
			return Diagnosis{What: "outbox", Detail: detail + "; the next attempt is due " + inFuture(queue.Until),
				Remedy: clockRemedy}
		}
		return Diagnosis{What: "outbox", Remedy: "Fix what the mail server reports. The emails are then sent " +
			"automatically, at " + queue.Until.UTC().Format(time.RFC3339) + " at the latest.", Detail: detail}
	}
	next, err := core.store.NextMail(ctx)
	if late := core.now().Sub(next); err == nil && !next.IsZero() && late > checkTime {
		err = fmt.Errorf("emails have been due for %s and no server sends them", late.Round(time.Second))
	}
	return diagnosis("outbox", err, "no email is overdue", "Start the server. If it is running, look at its log.")
}

// mail examines the mail server.
func (d *doctor) mail(ctx context.Context) []Diagnosis { return []Diagnosis{examineMail(ctx, d.cfg)} }

// examineMail signs in at the mail server and tries the sender, and sends nothing.
func examineMail(ctx context.Context, cfg config.Config) Diagnosis {
	const what, remedy = "mail server", "Check PACTIUS_SMTP_URL, the account and the network."
	if cfg.SMTPURL == "" {
		return Diagnosis{What: what, Detail: "none is configured, so no email is sent",
			Remedy: "Set PACTIUS_SMTP_URL and PACTIUS_MAIL_FROM."}
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	transport, err := newTransport(cfg, checkTime)
	if err != nil {
		return diagnosis(what, err, "", remedy)
	}
	defer transport.Close()
	fine := "it accepts our account, and " + cfg.MailFrom.Address + " at MAIL FROM"
	if strings.HasPrefix(string(cfg.SMTPURL), mail.GraphScheme) {
		fine = "Microsoft Graph accepts our app registration and the mailbox; no email was sent"
	}
	err = transport.Check(ctx, cfg.MailFrom.String())
	if refusal, ok := errors.AsType[*mail.SendError](err); ok && refusal.Advice != "" {
		found := Diagnosis{What: what, Detail: refusal.Said(), Remedy: refusal.Advice}
		if cause, more := Cause(refusal.Err); more != "" && refusal.Code == 0 {
			found.Cause, found.Remedy = cause, refusal.Advice+" "+more
		}
		return found
	}
	return diagnosis(what, err, fine, remedy)
}

// known is what the database knows of all environments.
type known struct {
	backlogs       map[pactius.EnvironmentID]*store.Backlog
	administrators map[pactius.EnvironmentID][]pactius.User
}

func (d *doctor) read(ctx context.Context) (known, error) {
	backlogs, err := d.core.store.Backlogs(ctx)
	if err != nil {
		return known{}, err
	}
	administrators, err := d.core.store.RootAdministrators(ctx, pactius.DateOf(d.core.now().UTC()))
	return known{backlogs, administrators}, err
}
