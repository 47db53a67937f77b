package e2e

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/users"
)

// openid is a company with applications that speak OpenID Connect, and another environment with one. Each application
// requires read access to Sales. Nothing listens at their redirect addresses: the tests read where a browser is led.
type openid struct {
	*company
	driver *Driver
	core   *server.Core // adds applications, as commands do, but in less time

	shop, wiki client // web: with a back channel; without, and with groups
	till       client // native
	fjord      client // web, of the other environment
}

func openOpenID(t *testing.T) *openid {
	t.Helper()
	o := &openid{driver: stage.Driver(t)}
	o.company = newCompanyWith(t, []string{"PACTIUS_ALLOWED_NETWORKS=127.0.0.0/8", "PACTIUS_TRUSTED_PROXIES=127.0.0.1"},
		gu(), bo(), eva())
	fjord := o.stage.Microsoft(t).NewTenant(t, []string{o.Origin("fjord.localhost")}, finn())
	o.AddEnvironment("Fjord", "fjord.localhost", fjord, finn().Username)

	cfg, err := config.Load(config.Sources{Environ: o.env, Require: config.ForCommands()})
	if err != nil {
		t.Fatal(err)
	}
	if o.core, err = server.Open(t.Context(), cfg, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.core.Close() })
	for unit, people := range map[string][]Account{"Sales": {gu(), bo()}, "Operations": {eva()}} {
		for _, who := range people {
			o.adds(t, who, unit)
		}
	}
	channel := o.driver.URL + "/out/"
	o.shop = o.register(t, "localhost", "Shop", "Sales", pactius.ClientWeb, pactius.ApplicationUpdate{
		RedirectURIs: &[]string{"http://shop.localhost/signed-in", "http://shop.localhost/signed-in?tenant=1"},
		ReturnURIs:   &[]string{"http://shop.localhost/signed-out"}, BackChannel: new(channel + "shop")})
	o.wiki = o.register(t, "localhost", "Wiki", "Sales", pactius.ClientWeb, pactius.ApplicationUpdate{
		RedirectURIs: &[]string{"http://wiki.localhost/signed-in"}, BackChannel: new(channel + "wiki"),
		Groups: new(true)})
	o.till = o.register(t, "localhost", "Till", "Sales", pactius.ClientNative, pactius.ApplicationUpdate{
		RedirectURIs: &[]string{"http://127.0.0.1/signed-in", "http://[::1]/signed-in",
			"example.nordhavn.till:/signed-in"}})
	o.till.redirect = "http://127.0.0.1:50123/signed-in"
	o.fjord = o.register(t, "fjord.localhost", "Shop", "/", pactius.ClientWeb, pactius.ApplicationUpdate{
		RedirectURIs: &[]string{"http://shop.fjord.localhost/signed-in"}})
	o.driver.listens(t, "shop", o.shop, 0)
	o.driver.listens(t, "wiki", o.wiki, 0)
	return o
}

// within finds an environment and a unit of it.
func (o *openid) within(t *testing.T, environment, unit string) (pactius.Actor, pactius.UnitID) {
	t.Helper()
	env, err := o.core.Environments.ByHost(t.Context(), environment)
	if err != nil {
		t.Fatal(err)
	}
	support := pactius.SupportActor(env.ID)
	u, err := o.core.Units.Find(t.Context(), support, unit)
	if err != nil {
		t.Fatal(err)
	}
	return support, u.ID
}

// adds adds a user with write access to a unit.
func (o *openid) adds(t *testing.T, who Account, unit string) {
	t.Helper()
	support, u := o.within(t, "localhost", unit)
	_, err := o.core.Users.Add(t.Context(), support, users.NewUser{Username: who.Username, Name: who.Name,
		Grants: []pactius.Grant{{Unit: u, Access: pactius.AccessWrite}}})
	if err != nil {
		t.Fatal(err)
	}
}

// register adds an application that requires read access to a business unit. A web client gets a secret.
func (o *openid) register(
	t *testing.T, environment, name, unit string, kind pactius.ClientKind, up pactius.ApplicationUpdate,
) client {
	t.Helper()
	support, u := o.within(t, environment, unit)
	host := strings.ToLower(name) + "." + environment
	up.Name, up.Unit, up.ClientKind, up.Access = &name, &u, &kind, new(pactius.AccessRead)
	if up.Origins == nil {
		up.Origins = &[]string{o.Origin(host)}
	}
	app, err := o.core.Applications.Add(t.Context(), support, up)
	if err != nil {
		t.Fatal(err)
	}
	c := client{Library: libraries[0], Issuer: o.Origin(environment), ID: string(app.ID), Auth: "none",
		driver: o.driver, redirect: "http://" + host + "/signed-in"}
	if kind == pactius.ClientWeb {
		c.Auth, c.Secret = "basic", o.newSecret(t, c, false)
	}
	return c
}

// newSecret makes a secret of a client. now ends the one before.
func (o *openid) newSecret(t *testing.T, c client, now bool) string {
	t.Helper()
	support, _ := o.within(t, mustURL(t, c.Issuer).Hostname(), "/")
	_, secret, err := o.core.Applications.NewSecret(t.Context(), support, pactius.ApplicationID(c.ID), 0, now)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// listens says whose logout tokens come to a channel, and how they are answered: 0 as they deserve.
func (d *Driver) listens(t testing.TB, name string, c client, status int) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"client": c, "status": status})
	if err != nil {
		t.Fatal(err)
	}
	if err := call(t.Context(), http.MethodPut, d.URL+"/out/"+name, body, nil); err != nil {
		t.Fatal(err)
	}
}

// hears waits for a logout token that names a sign-in.
func (d *Driver) hears(t testing.TB, name string, sid any) {
	t.Helper()
	err := eventually(t.Context(), Patience, func() error {
		var all []came
		if err := call(t.Context(), http.MethodGet, d.URL+"/out/"+name, nil, &all); err != nil {
			return err
		}
		for _, heard := range all {
			if heard.Error != nil {
				t.Fatalf("the back channel of %s refuses: %+v", name, *heard.Error)
			}
			if heard.Claims["sid"] == sid {
				return nil
			}
		}
		return fmt.Errorf("%d logout tokens came, none for %v", len(all), sid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// by is the same client made of another library, with another way to show its secret.
func (c client) by(library, auth string) client {
	c.Library, c.Auth = library, auth
	return c
}

// signsIn has a person sign in at a client with a browser of their own.
func (o *openid) signsIn(t *testing.T, c client, a Account, params ...string) (*wire, came) {
	t.Helper()
	w := newWire(t, c.Issuer)
	return w, o.again(t, w, c, &a, params...)
}

// again has the person of a browser sign in at a client. Without an account Microsoft must not ask.
func (o *openid) again(t *testing.T, w *wire, c client, a *Account, params ...string) came {
	t.Helper()
	b := c.begins(t, params...)
	at := w.walks(t, b.URL, c.redirect, a)
	o.led(t, c, b.Flow, at)
	return c.finishes(t, b.Flow, at).works(t, "sign in at "+c.String())
}

// led checks what every answer of the authorization endpoint has, also an error (RFC 9207).
func (o *openid) led(t *testing.T, c client, f flow, at string) {
	t.Helper()
	if got := mustURL(t, at).Query(); fmt.Sprint(got["iss"]) != "["+c.Issuer+"]" || got.Get("state") != f.State {
		t.Errorf("%s is led to %s, without issuer and state", c, at)
	}
}

// bears sends a request with a bearer token and returns the status.
func (o *openid) bears(t *testing.T, origin, path, token string) int {
	t.Helper()
	w := newWire(t, origin)
	w.Header.Set("Authorization", "Bearer "+token)
	return w.get(path).StatusCode
}

// refused waits until a token is refused: other instances may take it for a second.
func (o *openid) refused(t *testing.T, path, token string) {
	t.Helper()
	err := eventually(t.Context(), Patience, func() error {
		if got := o.bears(t, o.URL, path, token); got != http.StatusUnauthorized {
			return fmt.Errorf("%s answers %d, want 401", path, got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

const (
	userinfoPath = "/oauth/userinfo"
	unitsPath    = "/api/v1/units"
)

// TestOpenIDConnect tells its stories on one server. The last one changes the keys.
func TestOpenIDConnect(t *testing.T) {
	t.Parallel()
	o := openOpenID(t)
	t.Run("clients", func(t *testing.T) {
		for _, library := range libraries {
			for _, c := range []client{o.shop.by(library, "basic"), o.shop.by(library, "post"),
				o.wiki.by(library, "basic"), o.till.by(library, "none"), o.fjord.by(library, "post")} {
				t.Run("signs in: "+c.String(), func(t *testing.T) { t.Parallel(); o.codeFlow(t, c) })
			}
			for name, tell := range map[string]func(*openid, *testing.T, string){
				"refresh tokens rotate":        (*openid).rotation,
				"reuse ends the sign-in":       (*openid).reuse,
				"a code is exchanged once":     (*openid).race,
				"sign-out by the client":       (*openid).leaving,
				"prompts":                      (*openid).prompts,
				"codes of others":              (*openid).codesOfOtherClients,
				"a session ends at the portal": (*openid).endsAtPortal,
			} {
				t.Run(name+": "+library, func(t *testing.T) { t.Parallel(); tell(o, t, library) })
			}
		}
		for name, tell := range map[string]func(*openid, *testing.T){
			"metadata says what is there":      (*openid).metadata,
			"what isn't led back":              (*openid).notLedBack,
			"what is led back":                 (*openid).ledBack,
			"loopback with any port":           (*openid).loopback,
			"a person without access":          (*openid).withoutAccess,
			"a person who is deactivated":      (*openid).deactivated,
			"sign-out asks, and leads nowhere": (*openid).leavingAsks,
			"tokens for something else":        (*openid).confusion,
			"secrets":                          (*openid).secrets,
			"the visitor list, in a browser":   (*openid).visitors,
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); tell(o, t) })
		}
	})
	t.Run("keys", o.rotatesKeys)
}

func (o *openid) codeFlow(t *testing.T, c client) {
	who, scopes := gu(), "openid profile email offline_access"
	if c.ID == o.fjord.ID {
		who = finn()
	}
	w, got := o.signsIn(t, c, who)
	claims := got.Claims
	for name, want := range map[string]any{"iss": c.Issuer, "aud": c.ID, "name": who.Name,
		"preferred_username": who.Username} {
		if claims[name] != want {
			t.Errorf("the claim %s is %v, want %v", name, claims[name], want)
		}
	}
	if claims["sub"] == nil || claims["sid"] == nil || claims["nonce"] == nil || claims["locale"] == nil ||
		claims["pactius_units"] == nil || claims["at_hash"] == nil {
		t.Errorf("the ID token lacks claims: %v", claims)
	}
	if _, groups := claims["groups"]; groups != (c.ID == o.wiki.ID) {
		t.Errorf("the claim groups is %v", claims["groups"])
	}
	if a := got.Access; a["client_id"] != c.ID || a["sub"] != claims["sub"] || a["sid"] != claims["sid"] ||
		a["name"] != nil {
		t.Errorf("the access token says %v", a)
	}
	if k := got.Tokens; k.Scope != scopes || k.Expires <= 0 || k.Expires > 300 || k.Refresh == "" {
		t.Errorf("the answer has the scope %q for %d s", k.Scope, k.Expires)
	}

	info := c.ask(t, "userinfo", map[string]any{"token": got.Tokens.Access, "subject": claims["sub"]})
	if info.works(t, "userinfo"); info.Claims["name"] != who.Name || info.Claims["sub"] != claims["sub"] {
		t.Errorf("userinfo says %v", info.Claims)
	}
	if status := o.bears(t, c.Issuer, unitsPath, got.Tokens.Access); status != http.StatusOK {
		t.Errorf("the units answer %d", status)
	}

	next := c.refreshes(t, got.Tokens.Refresh).works(t, "refresh")
	if next.Claims["sub"] != claims["sub"] || next.Claims["sid"] != claims["sid"] ||
		next.Tokens.Access == got.Tokens.Access || next.Tokens.Refresh == got.Tokens.Refresh {
		t.Errorf("a refresh gives %v", next.Claims)
	}
	less := c.ask(t, "refresh", map[string]any{"token": next.Tokens.Refresh, "scope": "openid"}).works(t, "less")
	if less.Tokens.Scope != "openid" || less.Claims["name"] != nil {
		t.Errorf("a refresh for less gives %q and %v", less.Tokens.Scope, less.Claims)
	}

	// A second sign-in of the browser is the same session, and needs no question.
	same := o.again(t, w, c, nil, "scope", "openid")
	if same.Claims["sid"] != claims["sid"] || same.Claims["name"] != nil || same.Tokens.Refresh != "" {
		t.Errorf("the second sign-in of %v says %v", claims["sid"], same.Claims)
	}

	c.ask(t, "revoke", map[string]any{"token": less.Tokens.Refresh}).works(t, "revoke")
	c.ask(t, "revoke", map[string]any{"token": "unknown"}).works(t, "revoke nothing")
	c.refreshes(t, less.Tokens.Refresh).fails(t, "a revoked token", "invalid_grant")
}

// rotation loses an answer, and has many workers refresh at the same moment.
func (o *openid) rotation(t *testing.T, library string) {
	c := o.shop.by(library, "basic")
	_, got := o.signsIn(t, c, gu())
	first := c.refreshes(t, got.Tokens.Refresh).works(t, "the first refresh")
	lost := c.refreshes(t, got.Tokens.Refresh).works(t, "the same token, because the answer was lost")
	second := c.refreshes(t, lost.Tokens.Refresh).works(t, "the token of the repeated answer")
	c.refreshes(t, first.Tokens.Refresh).works(t, "the token of the lost answer, which is of the same generation")

	race := c.ask(t, "refresh", map[string]any{"token": second.Tokens.Refresh, "times": 10}).All
	for i, r := range race {
		r.works(t, fmt.Sprintf("the refresh of worker %d", i))
	}
	for i, r := range race[:2] {
		c.refreshes(t, r.Tokens.Refresh).works(t, fmt.Sprintf("the next refresh of worker %d", i))
	}
}

// reuse shows a refresh token of two generations ago: somebody has a copy.
func (o *openid) reuse(t *testing.T, library string) {
	c := o.shop.by(library, "post")
	w, got := o.signsIn(t, c, gu())
	second := c.refreshes(t, got.Tokens.Refresh).works(t, "the first refresh")
	third := c.refreshes(t, second.Tokens.Refresh).works(t, "the second refresh")
	c.refreshes(t, got.Tokens.Refresh).fails(t, "the first token again", "invalid_grant")
	c.refreshes(t, third.Tokens.Refresh).fails(t, "the last token after that", "invalid_grant")
	o.refused(t, userinfoPath, third.Tokens.Access)
	o.refused(t, unitsPath, third.Tokens.Access)
	o.again(t, w, c, nil) // the person is still signed in at the portal
}

func (o *openid) race(t *testing.T, library string) {
	const times = 20
	c := o.shop.by(library, "basic")
	w, _ := o.signsIn(t, c, gu())
	b := c.begins(t)
	at := w.walks(t, b.URL, c.redirect, nil)
	var won []came
	for _, r := range c.ask(t, "finish", map[string]any{"flow": b.Flow, "at": at, "times": times}).All {
		if r.Error == nil {
			won = append(won, r)
		} else {
			r.fails(t, "a code that was used", "invalid_grant")
		}
	}
	if len(won) != 1 {
		t.Fatalf("%d of %d exchanges of one code work", len(won), times)
	}
	c.refreshes(t, won[0].Tokens.Refresh).fails(t, "after the code was used twice", "invalid_grant")
	o.refused(t, userinfoPath, won[0].Tokens.Access)
}
