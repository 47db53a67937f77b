package server

import (
	"context"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/gateway"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/metrics"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/web"
)

// meters are the metrics of a server. docs/operations.md explains them; a test
// compares. Labels are routes, methods, status codes and words of the program,
// never text from a person or a request.
type meters struct {
	registry *prometheus.Registry

	requests   *metrics.Vec[prometheus.Counter]
	durations  *metrics.Vec[prometheus.Observer]
	inFlight   prometheus.Gauge
	events     *metrics.Vec[prometheus.Counter]
	admissions *metrics.Vec[prometheus.Counter]
	signIns    *metrics.Vec[prometheus.Counter]
	mails      *metrics.Vec[prometheus.Counter]
	sweeps     *metrics.Vec[prometheus.Counter]
	door       *metrics.Vec[prometheus.Counter]
	signOuts   *metrics.Vec[prometheus.Counter]
	heals      *metrics.Vec[prometheus.Counter]
}

// durationBuckets are upper bounds in seconds: pages take milliseconds, sign-ins
// wait for Microsoft, and a request ends after 30 seconds.
var durationBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// linked is the way of a person whose approved request led to an existing user.
const linked = "linked"

func newMeters() *meters {
	r := metrics.New()
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "http_request_duration_seconds",
		Help: "How long requests took.", Buckets: durationBuckets}, []string{"route", "method"})
	inFlight := prometheus.NewGauge(prometheus.GaugeOpts{Name: "http_requests_in_flight",
		Help: "Requests being answered now."})
	r.MustRegister(durations, inFlight)
	m := &meters{
		registry: r, durations: metrics.Limit(durations), inFlight: inFlight,
		requests: metrics.Counter(r, "http_requests_total", "Requests answered.", "route", "method", "code"),
		events: metrics.Counter(r, "pactius_events_total",
			"Events of the activity log that this instance wrote, by kind.", "kind"),
		admissions: metrics.Counter(r, "pactius_admissions_total",
			"People given access by this instance, by the way they came.", "way"),
		signIns: metrics.Counter(r, "pactius_sign_ins_total",
			"Sign-ins that came back from Microsoft to this instance, by outcome.", "outcome"),
		sweeps: metrics.Counter(r, "pactius_directory_sweeps_total",
			"Turns of this instance at comparing an environment's users with its directory, by outcome.", "outcome"),
		door: metrics.Counter(r, "pactius_door_answers_total",
			"Answers of this instance to proxies that asked whether a request may pass, by outcome.", "outcome"),
		signOuts: metrics.Counter(r, "pactius_client_sign_outs_total",
			"Attempts of this instance to tell a client that a session has ended, by outcome.", "outcome"),
		heals: metrics.Counter(r, "pactius_clock_healed_total",
			"What this instance found planned later than any pause, because a clock was ahead, and corrected.", "kind"),
		mails: metrics.Counter(r, "pactius_outbox_mails_total",
			"Attempts of this instance to deliver an email, by outcome.", "outcome"),
	}
	m.showZeros()
	return m
}

// showZeros makes the series that alarms ask for, before the first time that
// something is counted.
func (m *meters) showZeros() {
	for _, outcome := range []outbox.Delivery{outbox.DeliverySent, outbox.DeliveryPutOff, outbox.DeliveryGivenUp,
		outbox.DeliveryHandedBack} {
		m.mails.With(string(outcome))
	}
	for _, outcome := range clients.Tellings() {
		m.signOuts.With(string(outcome))
	}
	for _, kind := range store.HealedKinds() {
		m.heals.With(string(kind))
	}
	for _, outcome := range leavers.RoundEnds() {
		m.sweeps.With(string(outcome))
	}
	for _, way := range []pactius.Way{pactius.ByRequest, pactius.ByAdd, pactius.ByCommand, pactius.BySetup, linked} {
		m.admissions.With(string(way))
	}
	for _, outcome := range []string{entered, web.OutcomeUnknown, web.OutcomeBlocked, web.OutcomeStray} {
		m.signIns.With(outcome)
	}
}

// entered is the outcome of a sign-in that let a user in; package web names the others.
const entered = "entered"

// request observes a request; see edge.Observe.
func (m *meters) request(_ context.Context, r edge.Result) {
	m.requests.With(r.Route, r.Method, strconv.Itoa(r.Status)).Inc()
	m.durations.With(r.Route, r.Method).Observe(r.Duration.Seconds())
}

// underWay is a middleware that counts the requests being answered.
func (m *meters) underWay(next http.Handler) http.Handler {
	return promhttp.InstrumentHandlerInFlight(m.inFlight, next)
}

// answered returns the function that counts answers of the door. It has the counters at hand: each request to an
// application is counted.
func (m *meters) answered() func(gateway.Outcome) {
	var counters []prometheus.Counter
	for _, outcome := range gateway.Outcomes() {
		counters = append(counters, m.door.With(outcome.String()))
	}
	return func(o gateway.Outcome) { counters[o].Inc() }
}

// happened counts an event after its commit.
func (m *meters) happened(e pactius.Event) {
	m.events.With(string(e.Kind)).Inc()
	switch e.Kind {
	case pactius.UserAdded, pactius.UserAdmitted:
		m.admissions.With(e.Facts[pactius.FactWay]).Inc()
	case pactius.UserLinked:
		m.admissions.With(linked).Inc()
	case pactius.UserSignedIn:
		m.signIns.With(entered).Inc()
	}
}

// swept counts a comparison of an environment with its directory.
func (m *meters) swept(o leavers.RoundEnd) { m.sweeps.With(string(o)).Inc() }

// delivered counts an attempt to deliver a mail.
func (m *meters) delivered(o outbox.Delivery) { m.mails.With(string(o)).Inc() }

// told counts an attempt to tell a client of a sign-out.
func (m *meters) told(o clients.Telling) { m.signOuts.With(string(o)).Inc() }

// healed counts what was planned while a clock was ahead.
func (m *meters) healed(kind store.Healed, rows int) { m.heals.With(string(kind)).Add(float64(rows)) }

// collect registers the numbers that are kept elsewhere and read at every scrape.
func (s *Server) collect() {
	version, revision := thisVersion()
	build := prometheus.Labels{"version": version, "revision": revision, "go": runtime.Version()}
	s.meters.registry.MustRegister(metrics.Collector(func(to chan<- prometheus.Metric) {
		to <- metrics.Gauge("pactius_build_info", "Always 1; the labels say which program this is.", 1, build)
		to <- metrics.Gauge("pactius_work_stalled",
			"1 while delivering emails or tidying up has not moved for five minutes.",
			truth(s.runner.Stalled() != ""), nil)
		to <- metrics.Gauge("pactius_clock_off_seconds",
			"How far this machine's clock is ahead of what is known, while it isn't believed; 0 while it is.",
			s.db.Clock.Off(s.now()).Seconds(), nil)
		to <- metrics.Gauge("pactius_stopping",
			"1 after the server was told to stop.", truth(s.health.stopping.Load()), nil)
		if end := s.cfg.MicrosoftExpiry; !end.IsZero() {
			to <- metrics.Gauge("pactius_microsoft_shared_expiry_timestamp_seconds",
				"When the secret or certificate of the shared app registration expires.", float64(end.Unix()), nil)
		}
	}), metrics.Collector(s.collectPools), metrics.Collector(s.collectDatabase))
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// collectPools sends the numbers of the connections to the database.
func (s *Server) collectPools(to chan<- prometheus.Metric) {
	commits := float64(s.store.Commits())
	to <- metrics.Total("pactius_database_changes_total", "Changes committed by this instance.", commits, nil)
	to <- metrics.Total("pactius_database_commits_total", "Commits of this instance, one each change.", commits, nil)
	if s.store.Engine() == database.SQLite {
		to <- metrics.Gauge("pactius_database_wal_bytes", "Size of SQLite's write-ahead log.",
			float64(s.store.WALSize()), nil)
	}
	for _, p := range s.store.Pools() {
		pool := prometheus.Labels{"pool": p.Name}
		to <- metrics.Gauge("pactius_database_connections", "Connections to the database.", float64(p.Open), pool)
		to <- metrics.Gauge("pactius_database_connections_in_use", "Connections that work now.", float64(p.InUse), pool)
		to <- metrics.Gauge("pactius_database_connections_limit", "The most connections.", float64(p.Limit), pool)
		to <- metrics.Total("pactius_database_waits_total",
			"Times that a caller waited for a connection.", float64(p.Waits), pool)
		to <- metrics.Total("pactius_database_wait_seconds_total",
			"How long they waited in all.", p.WaitDuration.Seconds(), pool)
	}
}

// collectDatabase sends the numbers that are counted in the database, and whether
// it answers. If it does not, the numbers are left out: old ones would be wrong.
func (s *Server) collectDatabase(to chan<- prometheus.Metric) {
	now := s.now()
	n, err := s.health.numbers.at(now, numbersEvery, s.countNow)
	to <- metrics.Gauge("pactius_database_up", "1 while the database answers.", truth(err == nil), nil)
	if err != nil {
		return
	}
	to <- metrics.Gauge("pactius_outbox_waiting",
		"Emails waiting to be sent, of all instances.", float64(n.MailsWaiting), nil)
	to <- metrics.Gauge("pactius_outbox_dead",
		"Emails that were given up and that no administrator has sent again.", float64(n.MailsDead), nil)
	to <- metrics.Gauge("pactius_outbox_oldest_seconds",
		"Age of the oldest waiting email.", since(now, n.OldestMail), nil)
	to <- metrics.Gauge("pactius_outbox_queue_put_off",
		"1 while the mail server takes no email from us and all emails wait.", truth(n.QueuePutOff), nil)
	to <- metrics.Gauge("pactius_outbox_late_seconds",
		"How long the next email has been due and not taken by a worker.", since(now, n.NextMail), nil)
	for kind, count := range map[string]int{"user": n.UserSessions, "visitor": n.VisitorSessions} {
		to <- metrics.Gauge("pactius_sessions",
			"Sessions that have not ended.", float64(count), prometheus.Labels{"kind": kind})
	}
	lack, err := s.health.lacking.at(now, attendedEvery, s.countLacking)
	if err != nil {
		s.logger.Warn("the environments without administrators could not be counted", "error", err)
		return
	}
	for what, count := range map[string]int{"administrator": lack.administrator, "address": lack.address} {
		to <- metrics.Gauge("pactius_environments_unattended",
			"Connected environments without an administrator of the whole company who can sign in, or has an address.",
			float64(count), prometheus.Labels{"lacks": what})
	}
}

// since returns how many seconds ago a moment was, 0 for none or one in the future.
func since(now, then time.Time) float64 {
	if then.IsZero() || then.After(now) {
		return 0
	}
	return now.Sub(then).Seconds()
}

// thisVersion returns the version and revision that the Go tool wrote into the
// program.
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
