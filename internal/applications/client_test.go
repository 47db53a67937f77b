package applications_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/store"
)

const callback = "https://contracts.nordhavn.example/callback"

// client is an update that makes an application a client with redirect addresses.
func client(kind pactius.ClientKind, redirects ...string) pactius.ApplicationUpdate {
	return pactius.ApplicationUpdate{ClientKind: &kind, RedirectURIs: &redirects}
}

func (w *world) update(t *testing.T, up pactius.ApplicationUpdate) error {
	t.Helper()
	_, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0, up)
	return err
}

// stored is the application as the store has it.
func (w *world) stored(t *testing.T) pactius.Application {
	t.Helper()
	l, err := w.rules.Find(t.Context(), w.root, w.app.ID)
	if err != nil {
		t.Fatal(err)
	}
	return l.Application
}

// wrongFields are the fields that an error names.
func wrongFields(err error) string {
	e, ok := errors.AsType[*pactius.Error](err)
	if !ok {
		return fmt.Sprint(err)
	}
	var all []string
	for _, f := range e.Fields {
		all = append(all, f.Field)
	}
	return strings.Join(all, " ")
}

// TestRedirectAddresses are what may be registered, per kind of client. A browser brings a code there, so a wrong one
// signs somebody else in.
func TestRedirectAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(t, "Wages", w.sales, "https://wages.nordhavn.example", "https://bücher.example", "http://wages.localhost:90")
	build(t, w.db, "b.example", "https://b.app.example")
	web, native := pactius.ClientWeb, pactius.ClientNative
	many := func(n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("%s/%d", callback, i)
		}
		return all
	}
	long := func(n int) string { return callback + "?" + strings.Repeat("x", n-len(callback)-1) }
	for _, test := range []struct {
		name string
		kind pactius.ClientKind
		all  []string
		ok   bool
	}{
		{"its own origin", web, []string{callback}, true},
		{"another host", web, []string{"https://vendor.example/oidc?tenant=nordhavn"}, true},
		{"another port of its own", web, []string{"https://contracts.nordhavn.example:8443/cb"}, true},
		{"ten", web, many(pactius.MaxClientURIs), true},
		{"of 500 bytes", web, []string{long(pactius.MaxClientURI)}, true},
		{"a developer's machine", web, []string{"http://localhost:3000/", "http://127.0.0.1/", "http://[::1]/"}, true},
		{"a device's loopback", native, []string{"http://127.0.0.1/", "http://[::1]:7777/", "http://localhost/"}, true},
		{"a private-use scheme", native, []string{"com.example.app:/cb", "com.example.app://cb"}, true},
		{"a claimed https address", native, []string{callback}, true},

		{"none", web, nil, false},
		{"empty ones", web, []string{"", "  "}, false},
		{"eleven", web, many(pactius.MaxClientURIs + 1), false},
		{"501 bytes", web, []string{long(pactius.MaxClientURI + 1)}, false},
		{"http on the internet", web, []string{"http://contracts.nordhavn.example/cb"}, false},
		{"http on the internet, native", native, []string{"http://contracts.nordhavn.example/cb"}, false},
		{"another spelling of loopback", web, []string{"http://2130706433/cb"}, false},
		{"a short loopback", native, []string{"http://127.1/cb"}, false},
		{"loopback in hexadecimal", native, []string{"http://0x7f.1/cb"}, false},
		{"a name that begins like loopback", native, []string{"http://localhost.evil.example/cb"}, false},
		{"a fragment", web, []string{callback + "#here"}, false},
		{"an empty fragment", web, []string{callback + "#"}, false},
		{"user information", web, []string{"https://contracts.nordhavn.example@evil.example/cb"}, false},
		{"empty user information", web, []string{"https://@evil.example/cb"}, false},
		{"a wildcard host", web, []string{"https://*.nordhavn.example/cb"}, false},
		{"a wildcard path", web, []string{"https://contracts.nordhavn.example/*"}, false},
		{"relative", web, []string{"/callback"}, false},
		{"without a scheme", web, []string{"contracts.nordhavn.example/cb"}, false},
		{"without a host", web, []string{"https:///cb"}, false},
		{"opaque", web, []string{"https:cb"}, false},
		{"a backslash", web, []string{`https://contracts.nordhavn.example\@evil.example/`}, false},
		{"a space within", web, []string{"https://contracts.nordhavn.example/a b"}, false},
		{"a line within", web, []string{"https://contracts.nordhavn.example/a\nb"}, false},
		{"a character nobody sees", web, []string{"https://contracts.nordhavn.example/\u200bcb"}, false},
		{"a port out of range", web, []string{"https://contracts.nordhavn.example:65536/cb"}, false},
		{"port 0", web, []string{"https://contracts.nordhavn.example:0/cb"}, false},
		{"a script", web, []string{"javascript:alert(1)"}, false},
		{"a script, native", native, []string{"javascript:alert(1)"}, false},
		{"data, native", native, []string{"data:text/html,x"}, false},
		{"a scheme without a dot", native, []string{"myapp:/cb"}, false},
		{"a private-use scheme, web", web, []string{"com.example.app:/cb"}, false},
		{"a fragment, private-use", native, []string{"com.example.app:/cb#x"}, false},
		{"one good, one bad", web, []string{callback, "http://evil.example/"}, false},

		{"PACTIUS itself", web, []string{"https://a.example/"}, false},
		{"PACTIUS in capitals", web, []string{"https://A.EXAMPLE/"}, false},
		{"PACTIUS with the root's dot", web, []string{"https://a.example./"}, false},
		{"PACTIUS at another port", native, []string{"https://a.example:8443/"}, false},
		{"another environment's PACTIUS", web, []string{"https://b.example/"}, false},
		{"the deployment's PACTIUS", web, []string{"https://public.example/"}, false},
		{"another application", web, []string{"https://wages.nordhavn.example/cb"}, false},
		{"another application, native", native, []string{"https://wages.nordhavn.example/cb"}, false},
		{"another application at another port", web, []string{"https://wages.nordhavn.example:8443/cb"}, false},
		{"another application in A-labels", web, []string{"https://xn--bcher-kva.example/cb"}, false},
		{"another application in other dots", web, []string{"https://bücher。example/cb"}, false},
		{"another application on this machine", web, []string{"http://wages.localhost:91/cb"}, false},
		{"another environment's application", web, []string{"https://b.app.example/cb"}, false},
	} {
		err := w.update(t, client(test.kind, test.all...))
		if test.ok && err != nil || !test.ok && wrongFields(err) != "redirect" {
			t.Errorf("%s: %v (%s)", test.name, err, wrongFields(err))
		}
		if test.all == nil {
			continue
		}
		up := client(test.kind, callback) // return addresses have the same rules, and there may be none
		up.ReturnURIs = &test.all
		err = w.update(t, up)
		if none := strings.TrimSpace(strings.Join(test.all, "")) == ""; (test.ok || none) && err != nil ||
			!test.ok && !none && wrongFields(err) != "return" {
			t.Errorf("%s, as a return address: %v (%s)", test.name, err, wrongFields(err))
		}
	}
}

// TestAddressesAreJudgedByTheKindAnew when only the kind changes.
func TestAddressesAreJudgedByTheKindAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.update(t, client(pactius.ClientNative, "com.example.app:/cb", callback, " ", callback)); err != nil {
		t.Fatal(err)
	}
	if got := w.stored(t).Client.RedirectURIs; !slices.Equal(got, []string{"com.example.app:/cb", callback}) {
		t.Errorf("stored %v", got)
	}
	onlyKind := pactius.ApplicationUpdate{ClientKind: new(pactius.ClientWeb)}
	if got := wrongFields(w.update(t, onlyKind)); got != "redirect" {
		t.Errorf("a web client with a private-use scheme: wrong is %q", got)
	}
	if err := w.update(t, pactius.ApplicationUpdate{ClientKind: new(pactius.ClientNone)}); err != nil {
		t.Errorf("it can't be switched off: %v", err)
	}
	if got := w.stored(t).Client; !got.Equal(pactius.Client{}) {
		t.Errorf("after it was switched off: %+v", got)
	}
}

// TestOtherBadInput names the fields that are wrong.
func TestOtherBadInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	build(t, w.db, "b.example", "https://b.app.example")
	with := func(change func(*pactius.ApplicationUpdate)) pactius.ApplicationUpdate {
		up := client(pactius.ClientWeb, callback)
		change(&up)
		return up
	}
	back := func(s string) pactius.ApplicationUpdate {
		return with(func(up *pactius.ApplicationUpdate) { up.BackChannel = &s })
	}
	for name, test := range map[string]struct {
		up   pactius.ApplicationUpdate
		want string
	}{
		"an unknown kind":             {client("spa", callback), "client"},
		"addresses without a kind":    {pactius.ApplicationUpdate{RedirectURIs: &[]string{callback}}, "client"},
		"a sign-out without a kind":   {pactius.ApplicationUpdate{BackChannel: new(callback)}, "client"},
		"groups without a kind":       {pactius.ApplicationUpdate{Groups: new(true)}, "client"},
		"fields of a form, all empty": {with(func(up *pactius.ApplicationUpdate) { *up = emptyForm() }), ""},
		"http":                        {back("http://contracts.nordhavn.example/logout"), "back_channel"},
		"a fragment":                  {back(callback + "#x"), "back_channel"},
		"user information":            {back("https://u:p@contracts.nordhavn.example/"), "back_channel"},
		"PACTIUS itself":              {back("https://a.example/oauth/logout"), "back_channel"},
		"the deployment's":            {back("https://public.example/"), "back_channel"},
		"a private-use scheme":        {back("com.example.app:/logout"), "back_channel"},
		"without a host":              {back("https:/logout"), "back_channel"},
		"too long":                    {back(callback + strings.Repeat("x", pactius.MaxClientURI)), "back_channel"},
		"two at once": {with(func(up *pactius.ApplicationUpdate) {
			up.BackChannel, up.ReturnURIs = new("x"), &[]string{"y"}
		}), "return back_channel"},
		"https":        {back("https://contracts.nordhavn.example/logout"), ""},
		"this machine": {back("http://127.0.0.1:3000/logout"), ""},
		"none":         {back("  "), ""},
	} {
		if got := wrongFields(w.update(t, test.up)); got != test.want && !(test.want == "" && got == "<nil>") {
			t.Errorf("%s: wrong is %q, want %q", name, got, test.want)
		}
		if err := w.update(t, client(pactius.ClientNone)); err != nil {
			t.Fatal(err)
		}
	}
}

// emptyForm is what a form brings in which nothing of OpenID Connect was touched.
func emptyForm() pactius.ApplicationUpdate {
	up := client(pactius.ClientNone)
	up.ReturnURIs, up.BackChannel, up.Groups = &[]string{""}, new(""), new(false)
	return up
}

// TestTheInternalAddressIsOfSupport: with it one could read what the servers of the deployment reach.
func TestTheInternalAddressIsOfSupport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	support := pactius.SupportActor(w.Env)
	set := func(actor pactius.Actor, s string) error {
		_, err := w.rules.Update(t.Context(), actor, w.app.ID, 0, pactius.ApplicationUpdate{Upstream: &s})
		return err
	}
	const upstream = "http://127.0.0.1:8090"
	for name, actor := range map[string]pactius.Actor{"an administrator": w.root, "a reader": w.reader} {
		if err := set(actor, upstream); pactius.KindOf(err) != pactius.KindForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	up := draft("Orders", w.sales, "https://orders.nordhavn.example")
	up.Upstream = new(upstream)
	if _, err := w.rules.Add(t.Context(), w.root, up); pactius.KindOf(err) != pactius.KindForbidden {
		t.Errorf("an administrator, with a new application: %v", err)
	}
	if err := set(support, upstream+"/"); err != nil {
		t.Fatal(err)
	}
	if got := w.stored(t).Upstream; got != upstream {
		t.Errorf("stored %s", got)
	}
	if err := set(w.root, upstream); err != nil {
		t.Errorf("an administrator's form that leaves it as it is: %v", err)
	}
	if err := set(w.root, ""); pactius.KindOf(err) != pactius.KindForbidden {
		t.Errorf("an administrator takes it away: %v", err)
	}
	for _, s := range []string{"127.0.0.1:8090", "ftp://127.0.0.1", "http://127.0.0.1/app", "http://u@127.0.0.1",
		"http://127.0.0.1?x", "http://127.0.0.1#x", "http://", "http://127.0.0.1:65536", "http://127.0.0.1:0",
		"http://under_score", "https://a.example", "https://a.example:8443", "http://public.example",
		string(origin)} {
		if got := wrongFields(set(support, s)); got != "upstream" {
			t.Errorf("%s: wrong is %q", s, got)
		}
	}
	_, err := w.rules.Update(t.Context(), support, w.app.ID, 0, pactius.ApplicationUpdate{Origins: &[]string{upstream}})
	if got := wrongFields(err); got != "upstream" {
		t.Errorf("people open it where its proxy finds it: wrong is %q", got)
	}
	for _, s := range []string{"http://localhost:8080", "https://10.0.0.5", "https://intranet.example"} {
		got := wrongFields(w.update(t, pactius.ApplicationUpdate{Origins: &[]string{string(origin), s}}))
		if got != "origin" {
			t.Errorf("an administrator has PACTIUS answer at %s: wrong is %q", s, got)
		}
	}
	if err := w.update(t, pactius.ApplicationUpdate{Origins: &[]string{string(origin)}}); err != nil {
		t.Errorf("an administrator's form that leaves where people open it: %v", err)
	}
	if err := set(support, ""); err != nil || w.stored(t).Upstream != "" {
		t.Errorf("%v, stored %q", err, w.stored(t).Upstream)
	}
}

// TestOnlyAdministratorsOfEverythingMakeSecrets, and nothing changes for the others.
func TestOnlyAdministratorsOfEverythingMakeSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.update(t, client(pactius.ClientWeb, callback)); err != nil {
		t.Fatal(err)
	}
	local := w.Actor(w.User(t, "local@nordhavn.example", "Local",
		pactius.Grant{Unit: w.sales, Access: pactius.AccessAdminister}))
	elsewhere := build(t, w.db, "b.example", "https://b.app.example")
	visitor := pactius.Visitor(w.Env, pactius.Person{Identity: pactius.Identity{TenantID: "t", ObjectID: "o"}}, "")
	for name, test := range map[string]struct {
		actor pactius.Actor
		want  pactius.Kind
	}{
		"a reader":                             {w.reader, pactius.KindForbidden},
		"an administrator of its unit":         {local, pactius.KindForbidden},
		"a visitor":                            {visitor, pactius.KindNotSignedIn},
		"an administrator of another customer": {elsewhere.root, pactius.KindNotFound},
		"Support of another customer":          {pactius.SupportActor(elsewhere.Env), pactius.KindNotFound},
	} {
		_, secret, err := w.rules.NewSecret(t.Context(), test.actor, w.app.ID, 0, false)
		if secret != "" || pactius.KindOf(err) != test.want {
			t.Errorf("%s: %q, %v", name, secret, err)
		}
	}
	if got := w.stored(t).Client.SecretHash; got != "" {
		t.Errorf("stored %q", got)
	}
	able := map[string]pactius.Actor{"an administrator": w.root, "Support": pactius.SupportActor(w.Env)}
	for name, actor := range able {
		if _, secret, err := w.rules.NewSecret(t.Context(), actor, w.app.ID, 0, false); err != nil || len(secret) < 43 {
			t.Errorf("%s: %q, %v", name, secret, err)
		}
	}
}

// TestASecretIsReplaced in steps: the one before stays valid for a day, or ends at once.
func TestASecretIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.update(t, client(pactius.ClientWeb, callback)); err != nil {
		t.Fatal(err)
	}
	var made []string
	step := func(now bool, want pactius.Client) {
		t.Helper()
		_, secret, err := w.rules.NewSecret(t.Context(), w.root, w.app.ID, 0, now)
		if err != nil || slices.Contains(made, secret) {
			t.Fatalf("%q, %v", secret, err)
		}
		made = append(made, secret)
		want.Kind, want.RedirectURIs = pactius.ClientWeb, []string{callback}
		want.SecretHash = applications.TokenHash(secret)
		if got := w.stored(t).Client; !got.Equal(want) {
			t.Errorf("secret %d: -want +got\n%s", len(made), cmp.Diff(want, got))
		}
	}
	hash := func(i int) string { return applications.TokenHash(made[i]) }
	kept := func() time.Time { return w.db.Clock.Now().Add(pactius.SecretKept) }
	step(false, pactius.Client{})
	step(false, pactius.Client{OldSecretHash: hash(0), OldSecretUntil: kept()})
	w.db.Clock.Advance(time.Hour)
	step(false, pactius.Client{OldSecretHash: hash(1), OldSecretUntil: kept()})
	step(true, pactius.Client{})
	for _, secret := range made {
		if dump := fmt.Sprint(w.db.Dump(t)); strings.Contains(dump, secret) {
			t.Error("a secret is in the database")
		}
	}

	version := w.stored(t).Version
	if _, _, err := w.rules.NewSecret(t.Context(), w.root, w.app.ID, version, false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.rules.NewSecret(t.Context(), w.root, w.app.ID, version, false); !errors.Is(err, store.ErrStale) {
		t.Errorf("the same form again: %v", err)
	}
	if err := w.update(t, pactius.ApplicationUpdate{Name: new("Register"), Groups: new(true)}); err != nil ||
		w.stored(t).Client.SecretHash == "" {
		t.Errorf("another change loses the secret: %v", err)
	}
}

// TestOtherKindsForgetTheirSecrets, and have none.
func TestOtherKindsForgetTheirSecrets(t *testing.T) {
	t.Parallel()
	for _, kind := range []pactius.ClientKind{pactius.ClientNone, pactius.ClientNative} {
		w := newWorld(t)
		if err := w.update(t, client(pactius.ClientWeb, callback)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, _, err := w.rules.NewSecret(t.Context(), w.root, w.app.ID, 0, false); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.update(t, pactius.ApplicationUpdate{ClientKind: &kind}); err != nil {
			t.Fatal(err)
		}
		if c := w.stored(t).Client; c.SecretHash != "" || c.OldSecretHash != "" || !c.OldSecretUntil.IsZero() {
			t.Errorf("%q: %+v", kind, c)
		}
		if _, _, err := w.rules.NewSecret(t.Context(), w.root, w.app.ID, 0, false); pactius.KindOf(err) !=
			pactius.KindConflict {
			t.Errorf("%q: %v", kind, err)
		}
		if err := w.update(t, client(pactius.ClientWeb, callback)); err != nil || w.stored(t).Client.SecretHash != "" {
			t.Errorf("%q: the secret comes back: %v", kind, err)
		}
	}
}
