package tracing

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/pactius/pactius/internal/edge"
)

// Options say where traces go.
type Options struct {
	// Endpoint is the collector's URL without the path of the signal. Where it is
	// "" the standard variables OTEL_EXPORTER_OTLP_... say it (OpenTelemetry
	// specification, OTLP exporter configuration).
	Endpoint string
	Version  string // of this program
	Logger   *slog.Logger
}

// Tracer makes spans and sends them in the background. A nil Tracer makes none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// signalPath is where a collector takes traces (OTLP specification, OTLP/HTTP request).
const signalPath = "/v1/traces"

// New makes a Tracer. The collector is not asked: it may come later. Variables of
// OpenTelemetry (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER, ...)
// are honoured.
func New(ctx context.Context, o Options) (*Tracer, error) {
	var target []otlptracehttp.Option
	if o.Endpoint != "" {
		target = append(target, otlptracehttp.WithEndpointURL(o.Endpoint+signalPath))
	}
	exporter, err := otlptracehttp.New(ctx, target...)
	if err != nil {
		return nil, fmt.Errorf("prepare the sending of traces: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "pactius"), attribute.String("service.version", o.Version),
			attribute.String("service.instance.id", rand.Text())),
		resource.WithFromEnv(), // wins
	)
	if err != nil {
		return nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	p := sdk.NewTracerProvider(sdk.WithBatcher(&quiet{SpanExporter: exporter, log: o.Logger}), sdk.WithResource(about))
	return &Tracer{provider: p, tracer: p.Tracer("github.com/pactius/pactius")}, nil
}

// quiet logs what an exporter could not send instead of giving it to the
// library's global error handler.
type quiet struct {
	sdk.SpanExporter
	log *slog.Logger
}

// ExportSpans sends spans; what cannot be sent is lost.
func (q *quiet) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := q.SpanExporter.ExportSpans(ctx, spans); err != nil {
		q.log.WarnContext(ctx, "traces could not be sent", "spans", len(spans), "error", err)
	}
	return nil
}

// Close sends what is waiting and ends the sending, at the latest when the
// context ends.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Request is an edge.Observer: a span for each request.
func (t *Tracer) Request(ctx context.Context, method string) (context.Context, func(edge.Result)) {
	if t == nil {
		return ctx, func(edge.Result) {}
	}
	ctx, span := t.tracer.Start(ctx, method, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(r edge.Result) {
		if strings.HasPrefix(r.Route, r.Method) { // else no route matched
			span.SetName(r.Route)
		}
		span.SetAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", r.Route),
			attribute.Int("http.response.status_code", r.Status), attribute.Int64("http.response.body.size", r.Bytes),
			attribute.String("pactius.request", r.Request))
		if r.Status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Step is a span for a piece of work inside this process, such as
// "store.update". It is made only below another span: what nobody asked for, such as
// looking for mail every other second, is no trace.
func (t *Tracer) Step(ctx context.Context, name string) (context.Context, func(error)) {
	if t == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, func(error) {}
	}
	return t.start(ctx, name, trace.SpanKindInternal)
}

// Call is a span for work that another program does, such as "smtp.send". Without
// one above it begins a trace.
func (t *Tracer) Call(ctx context.Context, name string) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	return t.start(ctx, name, trace.SpanKindClient)
}

func (t *Tracer) start(ctx context.Context, name string, kind trace.SpanKind) (context.Context, func(error)) {
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind))
	return ctx, func(err error) {
		if err != nil {
			// The type only: messages may quote what somebody typed, or an address.
			span.SetAttributes(attribute.String("error.type", fmt.Sprintf("%T", err)))
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Transport makes a span for each request that goes out by next, named after
// the method and the host.
func (t *Tracer) Transport(next http.RoundTripper) http.RoundTripper {
	if t == nil {
		return next
	}
	return roundTripper{t, next}
}

type roundTripper struct {
	t    *Tracer
	next http.RoundTripper
}

// RoundTrip sends a request.
func (rt roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := rt.t.tracer.Start(r.Context(), r.Method+" "+r.URL.Hostname(), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("server.address", r.URL.Hostname())))
	defer span.End()
	resp, err := rt.next.RoundTrip(r.WithContext(ctx))
	switch {
	case err != nil:
		span.SetAttributes(attribute.String("error.type", fmt.Sprintf("%T", err)))
		span.SetStatus(codes.Error, "")
	default:
		span.SetAttributes(attribute.Int("http.response.status_code", resp.StatusCode))
		if resp.StatusCode >= http.StatusBadRequest {
			span.SetStatus(codes.Error, "")
		}
	}
	return resp, err
}
