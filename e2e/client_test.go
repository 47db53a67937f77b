package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/pactius/pactius/testbed/scripted"
)

// Driver runs clients of OpenID Connect in Node.js, made of libraries that the OpenID Foundation has certified. It
// remembers nothing of a sign-in, so tests may change everything between two steps.
type Driver struct {
	URL string `json:"url"`
}

// Driver returns the shared driver.
func (s *Stage) Driver(t testing.TB) *Driver {
	t.Helper()
	s.Need(t)
	d, err := s.driver()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *Stage) startDriver() (*Driver, error) {
	d := &Driver{}
	_, err := s.startNode(d, "oidc/driver.mjs")
	return d, err
}

// libraries are what the driver makes clients of.
var libraries = []string{"openid-client", "oauth4webapi"}

// client is a client of an OpenID provider.
type client struct {
	Library string `json:"library"`
	Issuer  string `json:"issuer"`
	ID      string `json:"id"`
	Secret  string `json:"secret,omitempty"`
	Auth    string `json:"auth"`            // basic, post or none
	Fresh   int    `json:"fresh,omitempty"` // another number is another program, which has read nothing yet

	redirect string
	driver   *Driver
}

// flow is what a client remembers of a sign-in that it has begun.
type flow struct {
	Verifier string `json:"verifier"`
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Redirect string `json:"redirect"`
	MaxAge   string `json:"maxAge,omitempty"`
}

// came is what came of an operation of the driver.
type came struct {
	URL      string         `json:"url"`
	Flow     flow           `json:"flow"`
	Tokens   tokens         `json:"tokens"`
	Claims   map[string]any `json:"claims"` // of the ID token, verified; or of userinfo
	Access   map[string]any `json:"access"` // of the access token, verified
	Metadata map[string]any `json:"metadata"`
	All      []came         `json:"all"`
	Error    *clientError   `json:"error"`
}

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
	Scope   string `json:"scope"`
	Expires int    `json:"expires_in"`
}

// clientError is what a library found wrong.
type clientError struct {
	Error       string `json:"error"` // the code of OAuth, "" if the library itself refuses
	Description string `json:"description"`
	Code        string `json:"code"` // of the library
	Status      int    `json:"status"`
	Message     string `json:"message"`
}

// ask has the driver do something. args are JSON.
func (c client) ask(t testing.TB, operation string, args map[string]any) came {
	t.Helper()
	whole := map[string]any{"client": c}
	for name, value := range args {
		whole[name] = value
	}
	body, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	var got came
	if err := call(t.Context(), http.MethodPost, c.driver.URL+"/do/"+operation, body, &got); err != nil {
		t.Fatalf("ask the driver: %v", err)
	}
	return got
}

// begins begins a sign-in with further parameters: pairs of name and value. The scope and others can be replaced.
func (c client) begins(t testing.TB, params ...string) came {
	t.Helper()
	got := c.ask(t, "begin", map[string]any{"redirect": c.redirect, "params": pairs(params)})
	if got.Error != nil {
		t.Fatalf("%s begins no sign-in: %+v", c.Library, *got.Error)
	}
	return got
}

// finishes exchanges the code that an address of the client carries.
func (c client) finishes(t testing.TB, f flow, at string) came {
	t.Helper()
	return c.ask(t, "finish", map[string]any{"flow": f, "at": at})
}

// refreshes shows a refresh token.
func (c client) refreshes(t testing.TB, token string) came {
	t.Helper()
	return c.ask(t, "refresh", map[string]any{"token": token})
}

// leaves is where a client sends a browser to sign out: pairs of name and value.
func (c client) leaves(t testing.TB, params ...string) string {
	t.Helper()
	return c.ask(t, "leave", map[string]any{"params": pairs(params)}).works(t, "leave").URL
}

func pairs(params []string) map[string]string {
	all := map[string]string{}
	for i := 0; i < len(params); i += 2 {
		all[params[i]] = params[i+1]
	}
	return all
}

// works fails the test unless something came without an error.
func (o came) works(t testing.TB, what string) came {
	t.Helper()
	if o.Error != nil {
		t.Fatalf("%s: %+v", what, *o.Error)
	}
	return o
}

// fails fails the test unless the provider refused with a code of OAuth.
func (o came) fails(t testing.TB, what, code string) {
	t.Helper()
	if o.Error == nil {
		t.Errorf("%s: it works, want %s", what, code)
	} else if o.Error.Error != code {
		t.Errorf("%s: %+v, want %s", what, *o.Error, code)
	}
}

// walks opens an address and goes on until the browser is sent to an address that begins with back, which is returned.
// An account is picked where Microsoft asks for one; a nil account fails the test there.
func (w *wire) walks(t testing.TB, address, back string, a *Account) string {
	t.Helper()
	at, page := w.wanders(t, address, back, a)
	if at == "" {
		t.Fatalf("%s does not lead to %s, but to %s (status %d): %s", address, back, page.at(), page.StatusCode,
			page.Text())
	}
	return at
}

// wanders is walks where the way may end at a page.
func (w *wire) wanders(t testing.TB, address, back string, a *Account) (string, answer) {
	t.Helper()
	method, form := http.MethodGet, url.Values(nil)
	const enough = 15
	for range enough {
		p, err := w.Send(t.Context(), method, address, form)
		if err != nil {
			t.Fatal(err)
		}
		page := answer{p}
		method, address, form = http.MethodGet, page.Next(), nil
		if address == "" {
			buttons := page.Elements(func(n *html.Node) bool { return scripted.Value(n, "data-account") != "" })
			leave := page.Elements(func(n *html.Node) bool {
				u, err := url.Parse(scripted.Value(n, "href"))
				return n.Data == "a" && err == nil && strings.HasSuffix(u.Path, "/auth")
			})
			switch {
			case len(buttons) > 0 && a != nil:
				method, address, form = http.MethodPost, page.at(), url.Values{"account": {page.account(t, a.Username)}}
			case len(leave) > 0: // the page that leads to Microsoft
				address = scripted.Value(leave[0], "href")
			default:
				return "", page
			}
		}
		if strings.HasPrefix(address, back) {
			return address, page
		}
	}
	t.Fatalf("%s leads on and on", address)
	return "", answer{}
}

// parameter is a parameter of an address.
func parameter(t testing.TB, address, name string) string {
	t.Helper()
	return mustURL(t, address).Query().Get(name)
}

// changed is an address with other parameters: pairs of name and value, which is "" for none.
func changed(t testing.TB, address string, params ...string) string {
	t.Helper()
	u := mustURL(t, address)
	q := u.Query()
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
		if params[i+1] == "" {
			q.Del(params[i])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// The driver is judged by a certified provider before PACTIUS is judged by the driver.
func TestStageHasClients(t *testing.T) {
	t.Parallel()
	const origin = "http://shop.localhost"
	tenant := stage.Microsoft(t).NewTenant(t, []string{origin}, ada())
	for _, library := range libraries {
		t.Run(library, func(t *testing.T) {
			c := client{Library: library, Issuer: tenant.Issuer(), ID: tenant.ClientID, Secret: tenant.ClientSecret,
				Auth: "post", redirect: origin + "/sign-in/callback", driver: stage.Driver(t)}
			w, account := newWire(t, origin), ada()

			none := c.begins(t, "prompt", "none")
			c.finishes(t, none.Flow, w.walks(t, none.URL, c.redirect, nil)).fails(t, "no session", "login_required")

			b := c.begins(t)
			at := w.walks(t, b.URL, c.redirect, &account)
			got := c.finishes(t, b.Flow, at).works(t, "a sign-in")
			if got.Claims["name"] != ada().Name || got.Tokens.Access == "" {
				t.Errorf("signed in as %v with %+v", got.Claims, got.Tokens)
			}
			c.finishes(t, b.Flow, at).fails(t, "the code once more", "invalid_grant")

			for what, spoil := range map[string]func(f *flow, at string) string{
				"a wrong verifier": func(f *flow, at string) string { f.Verifier = strings.Repeat("v", 43); return at },
				"a wrong state":    func(f *flow, at string) string { f.State = "other"; return at },
				"a wrong nonce":    func(f *flow, at string) string { f.Nonce = "other"; return at },
				"another issuer": func(_ *flow, at string) string {
					return changed(t, at, "iss", "https://other.example")
				},
				"no issuer": func(_ *flow, at string) string { return changed(t, at, "iss", "") },
				"an error":  func(_ *flow, at string) string { return changed(t, at, "error", "access_denied") },
				"another redirect": func(f *flow, at string) string {
					f.Redirect += "/"
					return strings.Replace(at, "?", "/?", 1)
				},
			} {
				b := c.begins(t)
				f, at := b.Flow, w.walks(t, b.URL, c.redirect, nil)
				if got := c.finishes(t, f, spoil(&f, at)); got.Error == nil {
					t.Errorf("%s is taken: %+v", what, got)
				}
			}
			leave := c.leaves(t, "id_token_hint", got.Tokens.ID, "post_logout_redirect_uri", origin+"/")
			if !strings.HasPrefix(leave, tenant.Issuer()) || parameter(t, leave, "id_token_hint") != got.Tokens.ID {
				t.Errorf("leaves by %s", leave)
			}
		})
	}
}

// String shows no secrets of a client.
func (c client) String() string { return fmt.Sprintf("%s, %s, %s", c.Library, c.Auth, c.ID) }
