package server

import (
	"context"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/metrics"
	"github.com/pactius/pactius/internal/outbox"
)

// meters are the metrics of a server: docs/operations.md explains them and a
// test compares. Labels are routes, methods, status codes and words of the
// program, never anything that a person or a request brought.
type meters struct {
	registry *metrics.Registry

	requests   *metrics.Counter
	durations  *metrics.Histogram
	inFlight   *metrics.Gauge
	events     *metrics.Counter
	admissions *metrics.Counter
	signIns    *metrics.Counter
	mails      *metrics.Counter
	sweeps     *metrics.Counter
}

// durationBuckets are upper bounds in seconds: pages take milliseconds, sign-ins
// wait for Microsoft, and a request is given up after 30 seconds.
var durationBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// linked is the way of somebody whose approved request led to a user who was
// there already.
const linked = "linked"

func newMeters() *meters {
	r := metrics.New()
	m := &meters{
		registry:   r,
		requests:   r.Counter("http_requests_total", "Requests answered.", "route", "method", "code"),
		durations:  r.Histogram("http_request_duration_seconds", "How long requests took.", durationBuckets, "route", "method"),
		inFlight:   r.Gauge("http_requests_in_flight", "Requests being answered now."),
		events:     r.Counter("pactius_events_total", "Events of the activity log that this instance wrote, by kind.", "kind"),
		admissions: r.Counter("pactius_admissions_total", "People let in by this instance, by the way they came.", "way"),
		signIns:    r.Counter("pactius_sign_ins_total", "Sign-ins that came back from Microsoft to this instance, by outcome.", "outcome"),
		sweeps:     r.Counter("pactius_directory_sweeps_total", "Turns of this instance at comparing an environment's users with its directory, by outcome.", "outcome"),
		mails:      r.Counter("pactius_outbox_mails_total", "Attempts of this instance to deliver a mail, by outcome.", "outcome"),
	}
	// What an alarm asks for must be there before it happens for the first time.
	for _, outcome := range []outbox.Outcome{outbox.Sent, outbox.PutOff, outbox.GivenUp, outbox.HandedBack} {
		m.mails.Add(0, string(outcome))
	}
	for _, outcome := range leavers.Outcomes() {
		m.sweeps.Add(0, string(outcome))
	}
	for _, way := range []pactius.Way{pactius.ByRequest, pactius.ByAdd, pactius.ByCommand, pactius.BySetup} {
		m.admissions.Add(0, string(way))
	}
	m.admissions.Add(0, linked)
	for _, outcome := range []string{entered, unknownPerson, blocked} {
		m.signIns.Add(0, outcome)
	}
	return m
}

// The outcomes of sign-ins that Microsoft vouched for; the others are the
// reasons of package microsoft.
const (
	entered       = "entered"
	unknownPerson = "unknown"
	blocked       = "blocked" // known, but deactivated or past the end date
)

// request is an edge.Observer.
func (m *meters) request(ctx context.Context, _ string) (context.Context, func(edge.Result)) {
	m.inFlight.Add(1)
	return ctx, func(r edge.Result) {
		m.inFlight.Add(-1)
		m.requests.Add(1, r.Route, r.Method, strconv.Itoa(r.Status))
		m.durations.Observe(r.Duration.Seconds(), r.Route, r.Method)
	}
}

// happened counts an event whose change is durable.
func (m *meters) happened(e pactius.Event) {
	m.events.Add(1, string(e.Kind))
	switch e.Kind {
	case pactius.UserAdded, pactius.UserAdmitted:
		m.admissions.Add(1, e.Facts[pactius.FactWay])
	case pactius.UserLinked:
		m.admissions.Add(1, linked)
	case pactius.UserSignedIn:
		m.signIns.Add(1, entered)
	case pactius.VisitorSignedIn:
		m.signIns.Add(1, unknownPerson)
	case pactius.SignInRefused:
		m.signIns.Add(1, blocked)
	}
}

// swept counts a turn at an environment's directory.
func (m *meters) swept(o leavers.Outcome) { m.sweeps.Add(1, string(o)) }

// delivered counts an attempt to deliver a mail.
func (m *meters) delivered(o outbox.Outcome) { m.mails.Add(1, string(o)) }

// collect has the registry ask the server for what is kept elsewhere.
func (s *Server) collect() {
	r := s.meters.registry
	r.Process()
	version, revision := thisVersion()
	r.Collect(func(k *metrics.Sink) {
		k.Gauge("pactius_build_info", "Always 1; the labels say which program this is.", 1, "version", version, "revision", revision, "go", runtime.Version())
		stalled, stopping := s.runner.Stalled() != "", s.health.stopping.Load()
		k.Gauge("pactius_work_stalled", "1 while delivering mail or tidying up has not moved for five minutes.", truth(stalled))
		k.Gauge("pactius_stopping", "1 after the server was told to stop.", truth(stopping))
	})
	r.Collect(s.collectDatabase)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// collectDatabase tells of the database and, where it answers, of what is in it.
func (s *Server) collectDatabase(k *metrics.Sink) {
	changes, commits := s.store.Commits()
	k.Counter("pactius_database_changes_total", "Changes committed by this instance.", float64(changes))
	k.Counter("pactius_database_commits_total", "Commits of this instance; on SQLite changes that arrive together share one.", float64(commits))
	for _, p := range s.store.Pools() {
		k.Gauge("pactius_database_connections", "Connections to the database.", float64(p.Open), "pool", p.Name)
		k.Gauge("pactius_database_connections_in_use", "Connections that work now.", float64(p.InUse), "pool", p.Name)
		k.Gauge("pactius_database_connections_limit", "The most connections.", float64(p.Limit), "pool", p.Name)
		k.Counter("pactius_database_waits_total", "Times that somebody waited for a connection.", float64(p.Waits), "pool", p.Name)
		k.Counter("pactius_database_wait_seconds_total", "How long they waited in all.", p.WaitDuration.Seconds(), "pool", p.Name)
	}
	now := s.now()
	n, err := s.health.numbers.at(now, numbersEvery, s.countNow)
	k.Gauge("pactius_database_up", "1 while the database answers.", truth(err == nil))
	if err != nil {
		return // the numbers are not known; old ones would lie
	}
	k.Gauge("pactius_outbox_waiting", "Mails that wait to be sent, of all instances.", float64(n.MailsWaiting))
	k.Gauge("pactius_outbox_dead", "Mails that were given up and that no administrator has sent again.", float64(n.MailsDead))
	k.Gauge("pactius_outbox_oldest_seconds", "Age of the oldest waiting mail.", since(now, n.OldestMail))
	k.Gauge("pactius_outbox_late_seconds", "How long the next mail has been due and not taken by a worker.", since(now, n.NextMail))
	k.Gauge("pactius_sessions", "Sessions that have not ended.", float64(n.UserSessions), "kind", "user")
	k.Gauge("pactius_sessions", "Sessions that have not ended.", float64(n.VisitorSessions), "kind", "visitor")
}

// since is how many seconds ago something was, 0 where it is to come or is not.
func since(now, then time.Time) float64 {
	if then.IsZero() || then.After(now) {
		return 0
	}
	return now.Sub(then).Seconds()
}

// thisVersion reads what the Go tool wrote into the program.
func thisVersion() (version, revision string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = setting.Value
		}
	}
	return info.Main.Version, revision
}
