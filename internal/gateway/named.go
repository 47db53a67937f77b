package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
)

// proxyFault is a request that a proxy has not named well. Advice is for the log: it says what to mend.
type proxyFault struct {
	kind, advice string
}

// Error implements error.
func (f *proxyFault) Error() string { return f.advice }

var (
	errUnknown = &proxyFault{"unknown", "a proxy asks for an application that does not exist; give it the ID " +
		"that `pactius application show` prints"}
	errUnknownHost = &proxyFault{"unknown host", "no application has the address that a proxy asks for; add it to " +
		"the application, or make the proxy send X-Forwarded-Proto and X-Forwarded-Host of the person's request"}
	errUntrusted = &proxyFault{"untrusted", "no application has the address that a proxy asks for, and the proxy " +
		"is not in PACTIUS_TRUSTED_PROXIES, so what it forwards does not count; name the proxy there"}
	errUnnamed = &proxyFault{"unnamed", "a proxy does not name the application; make it ask " +
		"/verify?application=ID, or name the proxy in PACTIUS_TRUSTED_PROXIES and let it send X-Forwarded-Proto " +
		"and X-Forwarded-Host"}
	errTwice = &proxyFault{"twice", "a proxy names the application or its address twice; make it replace " +
		"X-Forwarded-Proto and X-Forwarded-Host, not add to those of the client"}
	errDisagree = &proxyFault{"disagree", "a proxy asks for one application with the address of another; correct " +
		"the ID in the proxy's settings, or the addresses of the application"}
)

// place is where a person is: an application, and its origin if that is known.
type place struct {
	*front
	origin pactius.Origin
	secure bool // the person's connection to the proxy is https
}

// once returns the value of a header that is there once. more reports that it is there more often, or is a list.
func once(h http.Header, name string) (value string, more bool) {
	switch values := h[name]; len(values) {
	case 0:
		return "", false
	case 1:
		return values[0], strings.IndexByte(values[0], ',') >= 0
	default:
		return "", true
	}
}

// idOf returns the application that a query names.
func idOf(query string) (value pactius.ApplicationID, more bool) {
	for rest := query; rest != ""; {
		var part string
		part, rest, _ = strings.Cut(rest, "&")
		if named, ok := strings.CutPrefix(part, "application="); ok {
			if value != "" {
				return "", true
			}
			value = pactius.ApplicationID(named)
		}
	}
	return value, false
}

// named finds the application that a proxy asks about. by is the ID that it gave, if any.
func (g *Gateway) named(r *http.Request, by pactius.ApplicationID, trusted bool, now time.Time) (place, error) {
	var host, proto string
	if trusted {
		var twice, again bool
		host, twice = once(r.Header, "X-Forwarded-Host")
		proto, again = once(r.Header, "X-Forwarded-Proto")
		if twice || again {
			return place{}, errTwice
		}
	}
	if by == "" {
		if !trusted {
			return place{}, errUnnamed
		}
		if host == "" {
			host = r.Host
		}
		return g.at(r, proto, host, now)
	}
	f, err := g.front(r.Context(), by, now)
	if err != nil {
		return place{}, err
	}
	if host == "" && len(f.Origins) == 1 {
		return f.at(f.Origins[0]), nil
	}
	if host == "" { // on https, if there is a choice: others cannot set its cookie
		return place{front: f, secure: slices.ContainsFunc(f.Origins, pactius.Origin.IsSecure)}, nil
	}
	for _, o := range f.Origins {
		if fits(o, proto, host) {
			return f.at(o), nil
		}
	}
	if o, ok := canonical(proto, host); ok && f.Has(o) {
		return f.at(o), nil
	}
	return place{front: f}, errDisagree
}

// at is an application at one of its origins.
func (f *front) at(o pactius.Origin) place { return place{front: f, origin: o, secure: o.IsSecure()} }

// fits reports whether an origin has a scheme and a host with port; without a scheme the host alone counts.
func fits(o pactius.Origin, proto, host string) bool {
	const between = "://"
	at := len(o) - len(host)
	if at < len(between) || string(o[at:]) != host || string(o[at-len(between):at]) != between {
		return false
	}
	return proto == "" || string(o[:at-len(between)]) == proto
}

// canonical returns the origin with a scheme and host as a client spelled them.
func canonical(proto, host string) (pactius.Origin, bool) {
	o, err := names.ParseOrigin("", strings.ToLower(proto)+"://"+host)
	return o, err == nil
}

// at finds the application that people open at a scheme and host. Without a scheme it is that of the connection.
func (g *Gateway) at(r *http.Request, proto, host string, now time.Time) (place, error) {
	if proto == "" {
		if proto = "http"; r.TLS != nil {
			proto = "https"
		}
	}
	o := pactius.Origin(proto + "://" + host)
	f := g.book.frontAt(o)
	if f == nil || !f.holds(now, g.since(now)) {
		var ok bool
		if o, ok = canonical(proto, host); !ok {
			return place{}, errUnknownHost
		}
		ctx, cancel := context.WithTimeout(r.Context(), verifyTime)
		defer cancel()
		env, by, err := g.Rules.At(ctx, o)
		if pactius.KindOf(err) == pactius.KindNotFound {
			return place{}, errUnknownHost
		}
		if err != nil {
			return place{}, err
		}
		if f, err = g.readFront(ctx, env, by, now); err != nil {
			return place{}, err
		}
		if !f.Has(o) {
			return place{}, errUnknownHost
		}
	}
	return f.at(o), nil
}

// here finds the application on whose host a request for the door itself arrived.
func (g *Gateway) here(r *http.Request) (place, error) {
	trusted := edge.FromTrusted(r, g.TrustedProxies)
	host, proto := r.Host, ""
	if trusted {
		var twice, again bool
		proto, again = once(r.Header, "X-Forwarded-Proto")
		var forwarded string
		if forwarded, twice = once(r.Header, "X-Forwarded-Host"); forwarded != "" {
			host = forwarded
		}
		if twice || again {
			return place{}, errTwice
		}
	}
	p, err := g.at(r, proto, host, g.Now())
	if errors.Is(err, errUnknownHost) && !trusted {
		if _, proxy := edge.UnknownProxy(r, g.TrustedProxies); proxy {
			return p, errUntrusted
		}
	}
	return p, err
}

// front returns an application, kept or read.
func (g *Gateway) front(ctx context.Context, by pactius.ApplicationID, now time.Time) (*front, error) {
	if f := g.book.front(by); f != nil && f.holds(now, g.since(now)) {
		return f, nil
	}
	if !id.Valid(string(by)) {
		return nil, errUnknown
	}
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	env, err := g.Rules.Home(ctx, by)
	if pactius.KindOf(err) == pactius.KindNotFound {
		return nil, errUnknown
	}
	if err != nil {
		return nil, err
	}
	return g.readFront(ctx, env, by, now)
}

func (g *Gateway) readFront(
	ctx context.Context, env pactius.EnvironmentID, by pactius.ApplicationID, now time.Time,
) (*front, error) {
	f := &front{kept: kept{home: g.book.home(env), read: g.since(now)}}
	var err error
	if f.Front, err = g.Rules.Front(ctx, env, by); err != nil {
		if pactius.KindOf(err) == pactius.KindNotFound {
			return nil, errUnknown
		}
		return nil, err
	}
	if len(f.Origins) == 0 {
		return nil, errUnknown // every application has one
	}
	f.seq, f.ends = f.Seq, f.Ends
	f.secureCookie, f.plainCookie = cookieNames(by)
	g.book.keepFront(f)
	return f, nil
}

// warn logs a proxy's fault: for each application once a minute, and for what does not exist within one bound for all,
// because anyone can ask for it.
func (g *Gateway) warn(ctx context.Context, p place, by pactius.ApplicationID, host string, f *proxyFault) {
	key := f.kind
	if p.front != nil {
		key += " " + string(p.ID)
	}
	if !g.warnings.due(key, p.front != nil, g.Now()) {
		return
	}
	attrs := []slog.Attr{slog.String("fault", f.kind), slog.String("host", host[:min(len(host), maxHostShown)])}
	switch {
	case p.front != nil:
		attrs = append(attrs, slog.String("environment", string(p.Environment)),
			slog.String("application", string(p.ID)))
	case id.Valid(string(by)):
		attrs = append(attrs, slog.String("application", string(by)))
	}
	g.Logger.LogAttrs(ctx, slog.LevelWarn, f.advice, attrs...)
}

// asProxyFault returns the fault of a proxy that an error is.
func asProxyFault(err error) (*proxyFault, bool) { return errors.AsType[*proxyFault](err) }
