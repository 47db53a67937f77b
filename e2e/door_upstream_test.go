package e2e

import (
	"bufio"
	"crypto/sha1" // the handshake of WebSockets demands it
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// doorHeaders are the headers in which the door says who sends a request.
var doorHeaders = []string{"Pactius-User", "Pactius-Account", "Pactius-Name", "Pactius-Email", "Pactius-Language",
	"Pactius-Access", "Pactius-Units", "Pactius-Units-Url", "Pactius-Token"}

// forged marks what tests write into requests in the name of others. No upstream may meet it where PACTIUS or the proxy
// speaks.
const forged = "forged"

// caseHeader tells an upstream which forged request of the table arrives.
const caseHeader = "X-Case"

// upstream is an application behind the proxies. It shows what it is told, and judges every request it gets.
type upstream struct {
	*httptest.Server
	app       string // ID of the application
	issuer    string
	hosts     []string // of its origins
	preflight bool     // CORS preflights arrive without a session
	keys      func() (*jose.JSONWebKeySet, error)

	mu       sync.Mutex
	arrivals []arrival
}

// arrival is a request that reached an upstream.
type arrival struct {
	Case, Method, URI string
	User, Name        string   // of the token
	Units, UnitsURL   string   // of the headers
	HeaderBytes       int      // of all headers of PACTIUS
	Strange           []string // headers that only look like those of PACTIUS, and trailers
	Faults            []string
}

func newUpstream(t testing.TB) *upstream {
	u := &upstream{}
	u.Server = httptest.NewServer(u)
	t.Cleanup(u.Close)
	return u
}

// serves tells an upstream which application it is, of the environment at an address. listen is where PACTIUS listens:
// names below localhost are known to browsers only.
func (u *upstream) serves(app, issuer, listen string, origins ...string) {
	u.app, u.issuer = app, issuer
	for _, o := range origins {
		u.hosts = append(u.hosts, hostOf(o))
	}
	u.keys = sync.OnceValues(func() (*jose.JSONWebKeySet, error) {
		r, err := http.NewRequest(http.MethodGet, "http://"+listen+"/.well-known/jwks.json", nil)
		if err != nil {
			return nil, err
		}
		r.Host = hostOf(issuer)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer func() { _ = answer.Body.Close() }()
		set := &jose.JSONWebKeySet{}
		return set, json.NewDecoder(answer.Body).Decode(set)
	})
}

// site is the upstream at a proxy.
func (u *upstream) site(word, host string) site {
	return site{word, host, u.app, u.Listener.Addr().String()}
}

// ServeHTTP shows the person and the address.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // the trailers come after it
	a := u.judge(r)
	u.mu.Lock()
	u.arrivals = append(u.arrivals, a)
	u.mu.Unlock()
	w.Header().Set("X-Upstream", "yes")
	switch {
	case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		greet(w, r, a.Name)
	case r.URL.Path == "/data":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"name": a.Name})
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>App</title>
			<link rel="icon" href="data:,"><h1>Hello %s</h1><p>%s %s</p>
			<form method="post" action="/save"><label>Note <input name="note"></label><button>Save</button></form>
			<a href="/.pactius/sign-out">Sign out</a>`, html.EscapeString(a.Name), r.Method,
			html.EscapeString(r.RequestURI))
	}
}

// judge compares everything a request says in the name of PACTIUS with its signed token.
func (u *upstream) judge(r *http.Request) arrival {
	a := arrival{Case: r.Header.Get(caseHeader), Method: r.Method, URI: r.RequestURI,
		Units: r.Header.Get("Pactius-Units"), UnitsURL: r.Header.Get("Pactius-Units-Url")}
	fault := func(format string, args ...any) { a.Faults = append(a.Faults, fmt.Sprintf(format, args...)) }
	for name, values := range r.Header {
		all := strings.Join(values, " ")
		switch {
		case slices.Contains(doorHeaders, name):
			a.HeaderBytes += len(name) + len(all)
			if len(values) != 1 {
				fault("%s arrives %d times", name, len(values))
			}
		case strings.HasPrefix(strings.ToLower(strings.Trim(name, "_-")), "pactius"):
			a.Strange = append(a.Strange, name)
		case strings.HasPrefix(name, "X-Forwarded-") && strings.Contains(all, forged):
			fault("%s says %q", name, all)
		case name == "Upgrade" && !strings.EqualFold(all, "websocket"):
			fault("the connection is to become %s", all)
		}
	}
	for name := range r.Trailer {
		a.Strange = append(a.Strange, "trailer "+name)
	}
	if !slices.Contains(u.hosts, r.Host) {
		fault("the host is %s", r.Host)
	}
	nobody := !slices.ContainsFunc(doorHeaders, func(name string) bool { return r.Header.Get(name) != "" })
	if u.preflight && r.Method == http.MethodOptions && nobody {
		return a
	}
	if err := u.compare(r, &a); err != nil {
		fault("%s", err)
	}
	return a
}

// doorClaims are those of a token.
type doorClaims struct {
	jwt.Claims
	Name     string            `json:"name"`
	Email    string            `json:"email"`
	Username string            `json:"preferred_username"`
	Locale   string            `json:"locale"`
	Access   string            `json:"access"`
	Units    map[string]string `json:"units"`
	UnitsURL string            `json:"units_url"`
}

// compare verifies the token, and compares the other headers with it.
func (u *upstream) compare(r *http.Request, a *arrival) error {
	token, err := jwt.ParseSigned(r.Header.Get("Pactius-Token"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return fmt.Errorf("the token: %w", err)
	}
	keys, err := u.keys()
	if err != nil {
		return err
	}
	key := keys.Key(token.Headers[0].KeyID)
	if len(key) != 1 {
		return errors.New("the token is signed by an unknown key")
	}
	var c doorClaims
	if err := token.Claims(key[0].Key, &c); err != nil {
		return err
	}
	expected := jwt.Expected{Issuer: u.issuer, AnyAudience: jwt.Audience{u.app}, Time: time.Now()}
	if err := c.Validate(expected); err != nil {
		return err
	}
	a.User, a.Name = c.Subject, c.Name
	for name, want := range map[string]string{"Pactius-User": c.Subject, "Pactius-Account": c.Username,
		"Pactius-Name": c.Name, "Pactius-Email": c.Email, "Pactius-Language": c.Locale, "Pactius-Access": c.Access,
		"Pactius-Units-Url": c.UnitsURL} {
		got, err := url.PathUnescape(r.Header.Get(name))
		if err != nil || got != want && !(name == "Pactius-Name" && got != "" && strings.HasPrefix(want, got)) {
			return fmt.Errorf("%s is %q, the token says %q", name, got, want)
		}
	}
	units := map[string]string{}
	for pair := range strings.SplitSeq(a.Units, ",") {
		if id, access, ok := strings.Cut(pair, "="); ok {
			units[id] = access
		}
	}
	if fmt.Sprint(units) != fmt.Sprint(c.Units) {
		return fmt.Errorf("Pactius-Units is %q, the token says %q", units, c.Units)
	}
	return nil
}

// took returns what arrived since the last call.
func (u *upstream) took() []arrival {
	u.mu.Lock()
	defer u.mu.Unlock()
	arrivals := u.arrivals
	u.arrivals = nil
	return arrivals
}

// greet answers the handshake of a WebSocket (RFC 6455, section 4.2) and sends one message.
func greet(w http.ResponseWriter, r *http.Request, name string) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, stream, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(stream, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"X-Upstream: yes\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	message := "Hello " + name
	_, _ = stream.Write(append([]byte{0x81, byte(len(message))}, message...)) // one whole text frame
	_ = stream.Flush()
	_, _ = bufio.NewReader(stream).ReadByte() // until the browser closes
}
