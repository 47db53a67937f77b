package doorcheck_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/doorcheck"
)

const (
	origin = pactius.Origin("https://contracts.nordhavn.example")
	other  = pactius.Origin("https://wages.nordhavn.example")
	portal = "https://access.nordhavn.example"
	id     = pactius.ApplicationID("01998f4e-7a10-7c3b-9a64-5f4a3b2c1d0e")
)

// door is a reverse proxy with PACTIUS and an application behind it, done right.
func door(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host != origin.Host() && !strings.HasPrefix(r.Host, "example.com"):
		http.Error(w, "no such site", http.StatusMisdirectedRequest)
	case strings.HasPrefix(path.Clean(r.URL.Path), "/.pactius/"):
		start(w, r, string(id), "https://"+r.Host, portal)
	case r.Header.Get("Sec-Fetch-Mode") == "navigate":
		w.Header().Set("Location", "/.pactius/start?to=%2F")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `<a href="/.pactius/start?to=%2F">Sign in</a>`)
	default:
		http.Error(w, `{"enter": "https://contracts.nordhavn.example/.pactius/start"}`, http.StatusUnauthorized)
	}
}

// start is PACTIUS below /.pactius/.
func start(w http.ResponseWriter, r *http.Request, application, origin, portal string) {
	w.Header().Set("Permissions-Policy", "camera=()")
	if path.Base(r.URL.Path) != "start" {
		http.Error(w, "the code is unknown", http.StatusBadRequest)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "__Host-pactius-start", Value: "secret"})
	q := url.Values{"application": {application}, "origin": {origin}, "challenge": {"hash"}, "to": {"/"}}
	http.Redirect(w, r, portal+"/enter?"+q.Encode(), http.StatusSeeOther)
}

// application is what a stranger must not see.
func application(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "<html><title>Contracts</title>all of them")
}

// hole makes a proxy that passes some requests to the application unasked.
func hole(passes func(*http.Request) bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if passes(r) {
			application(w, r)
			return
		}
		door(w, r)
	}
}

// has makes a hole for requests with a header.
func has(name string) http.HandlerFunc {
	return hole(func(r *http.Request) bool { return r.Header.Get(name) != "" })
}

// verdicts are the probes whose verdict isn't closed.
type verdicts map[string]doorcheck.Verdict

func check(t *testing.T, h http.Handler, change func(*doorcheck.Door)) []doorcheck.Result {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	d := theDoor(t, server.URL)
	if change != nil {
		change(&d)
	}
	return doorcheck.Checker{}.Check(t.Context(), d)
}

func theDoor(t *testing.T, address string) doorcheck.Door {
	t.Helper()
	d := doorcheck.Door{Application: pactius.Application{ID: id, Origins: []pactius.Origin{origin}}, Origin: origin,
		Portal: parsed(t, portal), Other: other}
	if address != "" {
		d.Address = parsed(t, address)
	}
	return d
}

func parsed(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func notClosed(all []doorcheck.Result) verdicts {
	found := verdicts{}
	for _, r := range all {
		if r.Verdict != doorcheck.VerdictClosed {
			found[r.Probe] = r.Verdict
		}
	}
	return found
}

func TestADoorThatIsRightIsClosed(t *testing.T) {
	t.Parallel()
	all := check(t, http.HandlerFunc(door), nil)
	if diff := cmp.Diff(verdicts{}, notClosed(all)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if n := len(all); n < 25 || n > 30 {
		t.Errorf("asked %d times", n)
	}
	for _, r := range all {
		if r.Probe == "" || r.Detail == "" || r.Remedy != "" {
			t.Errorf("got %+v", r)
		}
	}
}

// TestWhatIsOpenIsFound lists misconfigurations of proxies, and for each the probes that find it.
func TestWhatIsOpenIsFound(t *testing.T) {
	t.Parallel()
	const open = doorcheck.VerdictOpen
	cases := []struct {
		name  string
		proxy http.HandlerFunc
		want  verdicts
	}{
		{"the proxy asks nobody", application, verdicts{"a person opens /": open}},
		{"scripts aren't asked for", has("X-Requested-With"), verdicts{"a script asks /": open}},
		{"HEAD isn't asked for", hole(func(r *http.Request) bool { return r.Method == http.MethodHead }),
			verdicts{"HEAD /": open}},
		{"OPTIONS isn't asked for", hole(func(r *http.Request) bool { return r.Method == http.MethodOptions }),
			verdicts{"OPTIONS /": open, "a CORS preflight": open}},
		{"an identity header lets in", has("Pactius-User"),
			verdicts{"forged Pactius-*": open, "forged pactius-*": open}},
		{"a header with underscores lets in", has("Pactius_Token"), verdicts{"forged Pactius_*": open}},
		{"a client's X-Forwarded-Method reaches PACTIUS",
			hole(func(r *http.Request) bool { return r.Header.Get("X-Forwarded-Method") == http.MethodOptions }),
			verdicts{"forged X-Forwarded-Method": open}},
		{"a client's X-Forwarded-Uri decides", has("X-Forwarded-Uri"), verdicts{"forged X-Forwarded-Uri": open}},
		{"the application reads X-Original-URL", has("X-Original-Url"), verdicts{"forged X-Original-URL": open}},
		{"the application reads X-Rewrite-Url", has("X-Rewrite-Url"), verdicts{"forged X-Original-URL": open}},
		{"another application's host lets in",
			hole(func(r *http.Request) bool { return r.Header.Get("X-Forwarded-Host") == other.Host() }),
			verdicts{"forged X-Forwarded-Host": open}},
		{"a network address that a header names lets in", has("X-Real-Ip"), verdicts{"forged X-Forwarded-For": open}},
		{"any cookie of the right name lets in", hole(func(r *http.Request) bool {
			_, err := r.Cookie("__Host-pactius-app-3b2c1d0e")
			return err == nil
		}), verdicts{"a made-up session": open}},
		{"any token lets in", has("Authorization"), verdicts{"a made-up token": open}},
		{"the default site is the application", hole(func(r *http.Request) bool { return r.Host != origin.Host() }),
			verdicts{"another Host": open, "HTTP/1.0 without Host": open}},
		{"the proxy exempts a prefix before it cleans the path", hole(func(r *http.Request) bool {
			return strings.HasPrefix(r.RequestURI, "/.pactius/") && path.Clean(r.URL.Path) == "/"
		}), verdicts{"GET /.pactius/../": open, "GET /.pactius/%2e%2e/": open}},
		{"WebSockets aren't asked for", upgrade("websocket"), verdicts{"a WebSocket": open}},
		{"the proxy passes on h2c", upgrade("h2c"), verdicts{"HTTP/2 by upgrade": open}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := check(t, c.proxy, nil)
			if diff := cmp.Diff(c.want, notClosed(all)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for _, r := range all {
				if r.Verdict == open && (r.Remedy == "" || !strings.Contains(r.Detail, "Contracts") &&
					!strings.Contains(r.Detail, "Switching") && r.Probe != "HEAD /") {
					t.Errorf("got %+v", r)
				}
			}
		})
	}
}

// upgrade makes a proxy that changes to another protocol without asking.
func upgrade(protocol string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != protocol {
			door(w, r)
			return
		}
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", protocol)
		w.WriteHeader(http.StatusSwitchingProtocols)
	}
}

func TestEverySpellingOfAPathIsTried(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"//", "/./", "/%2e%2e/", "/.pactius/../", "/.pactius/%2e%2e/", "/.pactius%2f..%2f", "/;", "/.pactius;/..;/",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			all := check(t, hole(func(r *http.Request) bool { return r.RequestURI == path }), nil)
			want := verdicts{"GET " + path: doorcheck.VerdictOpen}
			if diff := cmp.Diff(want, notClosed(all)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestWhatDoesNotWorkIsFound lists proxies that let no stranger in, and no one else either.
func TestWhatDoesNotWorkIsFound(t *testing.T) {
	t.Parallel()
	const open, wrong = doorcheck.VerdictOpen, doorcheck.VerdictWrong
	below := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/.pactius/") {
				answer(w, r)
				return
			}
			door(w, r)
		}
	}
	started := func(application, origin, portal string) http.HandlerFunc {
		return below(func(w http.ResponseWriter, r *http.Request) { start(w, r, application, origin, portal) })
	}
	here := string(origin)
	cases := []struct {
		name   string
		proxy  http.HandlerFunc
		want   verdicts
		detail string // of the first that isn't closed
	}{
		{"/.pactius/ isn't routed to PACTIUS", below(http.NotFound),
			verdicts{"GET /.pactius/start": wrong, "GET /.pactius/finish": wrong}, "404 Not Found"},
		{"/.pactius/ is asked about, too", below(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
		}), verdicts{"GET /.pactius/start": wrong, "GET /.pactius/finish": wrong}, "whether someone is signed in: 401"},
		{"/.pactius/ is asked about, by nginx", below(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Permissions-Policy", "camera=()")
			http.Redirect(w, r, "/.pactius/start?to=%2F", http.StatusFound)
		}), verdicts{"GET /.pactius/start": wrong, "GET /.pactius/finish": wrong}, "whether someone is signed in: 302"},
		{"PACTIUS gets another Host", below(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Permissions-Policy", "camera=()")
			w.WriteHeader(http.StatusForbidden)
		}), verdicts{"GET /.pactius/start": wrong, "GET /.pactius/finish": wrong}, "doesn't know the application"},
		{"the application answers below /.pactius/", below(application), verdicts{"GET /.pactius/start": wrong,
			"GET /.pactius/finish": wrong, "GET /.pactius/../": open, "GET /.pactius/%2e%2e/": open,
			"GET /.pactius%2f..%2f": open}, "isn't PACTIUS that answers: 200"},
		{"another application's ID", started("another", here, portal), verdicts{"GET /.pactius/start": wrong},
			"the application another"},
		{"X-Forwarded-Proto isn't trusted", started(string(id), "http://contracts.nordhavn.example", portal),
			verdicts{"GET /.pactius/start": wrong}, "people are at http://contracts"},
		{"another deployment answers", started(string(id), here, "https://elsewhere.example"),
			verdicts{"GET /.pactius/start": wrong}, "elsewhere.example instead of access.nordhavn.example"},
		{"cookies are lost", below(func(w http.ResponseWriter, r *http.Request) {
			start(&without{w, "Set-Cookie"}, r, string(id), here, portal)
		}), verdicts{"GET /.pactius/start": wrong}, "cookie"},
		{"scripts are redirected", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Sec-Fetch-Mode") == "cors" {
				http.Redirect(w, r, "/.pactius/start", http.StatusFound)
				return
			}
			door(w, r)
		}, verdicts{"a script asks /": wrong}, "to the sign-in"},
		{"the application redirects who has a token", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				http.Redirect(w, r, "/contracts", http.StatusFound)
				return
			}
			door(w, r)
		}, verdicts{"a made-up token": wrong}, "to /contracts"},
		{"the 401 has no page", func(w http.ResponseWriter, r *http.Request) {
			if r.RequestURI == "/" && len(r.Header) <= 4 {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			door(w, r)
		}, verdicts{"a person opens /": wrong}, "without a way to the sign-in"},
		{"the proxy can't reach PACTIUS", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
		}, verdicts{"a person opens /": wrong, "a script asks /": wrong, "GET /.pactius/start": wrong,
			"GET /.pactius/finish": wrong}, "502 Bad Gateway"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := check(t, c.proxy, nil)
			if diff := cmp.Diff(c.want, notClosed(all)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for _, r := range all {
				if r.Verdict == wrong {
					if !strings.Contains(r.Detail, c.detail) || r.Remedy == "" {
						t.Errorf("got %+v, want %q in it", r, c.detail)
					}
					break
				}
			}
		})
	}
}

// without removes a header from answers.
type without struct {
	http.ResponseWriter
	name string
}

func (w *without) WriteHeader(status int) {
	w.Header().Del(w.name)
	w.ResponseWriter.WriteHeader(status)
}

// TestARedirectOfTheApplicationIsSaid: its answer is no success, and yet it answered.
func TestARedirectOfTheApplicationIsSaid(t *testing.T) {
	t.Parallel()
	all := check(t, http.RedirectHandler("/contracts?page=1", http.StatusFound), nil)
	if all[0].Verdict != doorcheck.VerdictWrong || !strings.Contains(all[0].Detail, "/contracts?page=1") {
		t.Errorf("got %+v", all[0])
	}
}

// TestFineWaysToRefuse are answers that differ from the door's and leave nothing open.
func TestFineWaysToRefuse(t *testing.T) {
	t.Parallel()
	preflights := func(d *doorcheck.Door) { d.Application.Preflight = true }
	cases := []struct {
		name   string
		proxy  http.HandlerFunc
		change func(*doorcheck.Door)
	}{
		{"the sign-in by a redirect", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.URL.Path == "/" {
				http.Redirect(w, r, "https://contracts.nordhavn.example/.pactius/start?to=%2F", http.StatusFound)
				return
			}
			door(w, r)
		}, nil},
		{"a preflight that may pass", hole(func(r *http.Request) bool {
			return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
		}), preflights},
		{"paths are cleaned by a redirect", func(w http.ResponseWriter, r *http.Request) {
			if clean := path.Clean(r.URL.Path); clean == "/" && r.URL.Path != "/" {
				w.Header().Set("Location", "/")
				w.WriteHeader(http.StatusMovedPermanently)
				return
			}
			door(w, r)
		}, nil},
		{"an empty page for unknown hosts", func(w http.ResponseWriter, r *http.Request) {
			if r.Host == origin.Host() {
				door(w, r)
			}
		}, nil},
		{"another site for unknown hosts", func(w http.ResponseWriter, r *http.Request) {
			if r.Host != origin.Host() {
				http.Redirect(w, r, "https://www.nordhavn.example/", http.StatusFound)
				return
			}
			door(w, r)
		}, nil},
		{"the connection closed", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" && !strings.HasPrefix(path.Clean(r.URL.Path), "/.pactius/") {
				panic(http.ErrAbortHandler)
			}
			door(w, r)
		}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(verdicts{}, notClosed(check(t, c.proxy, c.change))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestAnOptionsRequestIsNoPreflight: where preflights may pass, nothing else does.
func TestAnOptionsRequestIsNoPreflight(t *testing.T) {
	t.Parallel()
	all := check(t, hole(func(r *http.Request) bool { return r.Method == http.MethodOptions }),
		func(d *doorcheck.Door) { d.Application.Preflight = true })
	if diff := cmp.Diff(verdicts{"OPTIONS /": doorcheck.VerdictOpen}, notClosed(all)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
