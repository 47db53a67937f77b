package microsoft_test

import (
	"context"
	"crypto/x509"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/testbed/devtenant"
)

// TestTokens: calls and callers share one token. It is renewed shortly before its end and when Graph refuses it, and
// secrets do not share it.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	tokens := func() int { return len(w.tenant.Calls("/" + tenantID + "/oauth2/v2.0/token")) }
	ask := func(c pactius.Credentials) error {
		_, err := g.Account(t.Context(), c, annaID)
		return err
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := ask(w.c.Credentials); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := tokens(); got != 1 {
		t.Errorf("20 callers: %d tokens, want 1", got)
	}
	w.ours.add(54 * time.Minute)
	w.theirs.add(54 * time.Minute)
	if err := ask(w.c.Credentials); err != nil || tokens() != 1 {
		t.Errorf("after 54 minutes: %v, %d tokens, want 1", err, tokens())
	}
	w.ours.add(2 * time.Minute)
	w.theirs.add(2 * time.Minute)
	if err := ask(w.c.Credentials); err != nil || tokens() != 2 {
		t.Errorf("after 56 minutes: %v, %d tokens, want 2", err, tokens())
	}
	w.tenant.EndTokens()
	if err := ask(w.c.Credentials); err != nil || tokens() != 3 {
		t.Errorf("after it was withdrawn: %v, %d tokens, want 3", err, tokens())
	}
	other := w.c.Credentials
	other.ClientSecret = "another secret"
	if e := trouble(t, ask(other)); e.Trouble != pactius.TroubleBadSecret || e.Code != "AADSTS7000215" {
		t.Errorf("another secret: got %v", e)
	}
	if err := ask(w.c.Credentials); err != nil || tokens() != 4 {
		t.Errorf("the old secret: %v, %d tokens, want 4", err, tokens())
	}
}

func TestCredentialsThatDoNotWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	ended := "0f3b6c1e-2222-4c5b-b112-000000000009"
	if err := w.tenant.PutApp(devtenant.App{ClientID: ended,
		Secrets: []devtenant.Secret{{Value: "old", Ends: moment.Add(-time.Hour)}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.tenant.PutApp(devtenant.App{ClientID: oid(7), Secrets: []devtenant.Secret{{Value: "s"}},
		Granted: []string{}}); err != nil {
		t.Fatal(err)
	}
	key := rsaKey(t, 2048)
	stranger := []byte(encode("CERTIFICATE", certify(t, key, moment, moment.AddDate(1, 0, 0)).Raw) + keyPEM(t, key))
	tests := []struct {
		name string
		c    pactius.Credentials
		want pactius.Trouble
		code string
	}{
		{"nothing", pactius.Credentials{}, pactius.TroubleNoConnection, ""},
		{"no secret", pactius.Credentials{TenantID: tenantID, ClientID: clientID}, pactius.TroubleNoConnection, ""},
		{"no application", pactius.Credentials{TenantID: tenantID, ClientSecret: secret}, pactius.TroubleNoConnection,
			""},
		{"a tenant that is no GUID", pactius.Credentials{TenantID: "nordhavn.example", ClientID: clientID,
			ClientSecret: secret}, pactius.TroubleNoConnection, ""},
		{"a tenant nobody knows", pactius.Credentials{TenantID: oid(5), ClientID: clientID, ClientSecret: secret},
			pactius.TroubleNoConnection, "AADSTS90002"},
		{"an application nobody knows", pactius.Credentials{TenantID: tenantID, ClientID: oid(6), ClientSecret: secret},
			pactius.TroubleNoPermission, "AADSTS700016"},
		{"a wrong secret", pactius.Credentials{TenantID: tenantID, ClientID: clientID, ClientSecret: "wrong"},
			pactius.TroubleBadSecret, "AADSTS7000215"},
		{"a secret that has ended", pactius.Credentials{TenantID: tenantID, ClientID: ended, ClientSecret: "old"},
			pactius.TroubleBadSecret, "AADSTS7000222"},
		{"a certificate nobody registered", pactius.Credentials{TenantID: tenantID, ClientID: clientID,
			Certificate: stranger}, pactius.TroubleBadSecret, "AADSTS700027"},
		{"a certificate that cannot be read", pactius.Credentials{TenantID: tenantID, ClientID: clientID,
			Certificate: []byte("x")}, pactius.TroubleNoConnection, ""},
		{"no permission", pactius.Credentials{TenantID: tenantID, ClientID: oid(7), ClientSecret: "s"},
			pactius.TroubleNoPermission, "Authorization_RequestDenied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := g.Search(t.Context(), tt.c, 5, "anna")
			if e := trouble(t, err); e.Trouble != tt.want || e.Code != tt.code {
				t.Errorf("got %q %q, want %q %q: %v", e.Trouble, e.Code, tt.want, tt.code, e)
			}
		})
	}
}

// TestACertificateProves: the directory and sign-in accept a certificate instead of the secret, several times in a row.
func TestACertificateProves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := rsaKey(t, 3072)
	cert := certify(t, key, moment.Add(-time.Hour), moment.AddDate(1, 0, 0))
	app, _ := w.tenant.App(clientID)
	app.Certificates, app.Secrets = []*x509.Certificate{cert}, nil
	if err := w.tenant.PutApp(app); err != nil {
		t.Fatal(err)
	}
	w.c.ClientSecret, w.c.Certificate = "", []byte(encode("CERTIFICATE", cert.Raw)+keyPEM(t, key))
	g := w.directory(t)
	for range 3 {
		if a, err := g.Account(t.Context(), w.c.Credentials, annaID); err != nil || a.ObjectID != annaID {
			t.Fatalf("got %+v, %v", a, err)
		}
		w.tenant.EndTokens()
	}
	for range 2 {
		a, code := w.signIn(t, annaID)
		claims, err := w.m.Exchange(t.Context(), w.c, a, code)
		if err != nil || claims.ObjectID != annaID {
			t.Fatalf("got %+v, %v", claims, err)
		}
	}
}

// TestToldToWait: no call is made to a tenant that asks to wait.
func TestToldToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	ask := func() error {
		_, err := g.Search(t.Context(), w.c.Credentials, 5, "anna")
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	w.tenant.SetTrouble(devtenant.Trouble{Throttled: 1, RetryAfter: 30 * time.Second})
	if e := trouble(t, ask()); e.Trouble != pactius.TroubleThrottled || e.RetryAfter != 30*time.Second {
		t.Fatalf("got %v after %v", e, e.RetryAfter)
	}
	w.tenant.ForgetCalls()
	w.ours.add(29 * time.Second)
	if e := trouble(t, ask()); e.Trouble != pactius.TroubleThrottled || e.RetryAfter != time.Second {
		t.Errorf("after 29 s: got %v after %v", e, e.RetryAfter)
	}
	if calls := w.tenant.Calls("/"); len(calls) != 0 {
		t.Errorf("asked all the same: %v", calls)
	}
	w.ours.add(time.Second)
	if err := ask(); err != nil {
		t.Errorf("after 30 s: %v", err)
	}
}

// TestSlow: a caller with a short deadline gets the trouble Slow in time.
func TestSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	if _, err := g.Account(t.Context(), w.c.Credentials, annaID); err != nil {
		t.Fatal(err)
	}
	w.tenant.SetTrouble(devtenant.Trouble{Delay: time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := g.Account(ctx, w.c.Credentials, annaID); trouble(t, err).Trouble != pactius.TroubleSlow {
		t.Errorf("got %v, want slow", err)
	}
	w.tenant.SetTrouble(devtenant.Trouble{Path: "/", Delay: time.Second})
	w.ours.add(2 * time.Hour) // the token has ended
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := g.Search(ctx, w.c.Credentials, 5, "anna"); trouble(t, err).Trouble != pactius.TroubleSlow {
		t.Errorf("waiting for a token: got %v, want slow", err)
	}
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		is   devtenant.Trouble
		want pactius.Trouble
	}{
		{"down", devtenant.Trouble{Down: true}, pactius.TroubleAway},
		{"a page for people", devtenant.Trouble{Answer: devtenant.HTML}, pactius.TroubleGarbled},
		{"half a JSON", devtenant.Trouble{Answer: devtenant.HalfJSON}, pactius.TroubleGarbled},
		{"nothing", devtenant.Trouble{Answer: devtenant.Nothing}, pactius.TroubleGarbled},
		{"null", devtenant.Trouble{Answer: devtenant.Null}, pactius.TroubleGarbled},
		{"50,000 results", devtenant.Trouble{Answer: devtenant.Flood}, pactius.TroubleGarbled},
		{"no token, but a page", devtenant.Trouble{Path: "/" + tenantID + "/oauth2/v2.0/token", Answer: devtenant.HTML},
			pactius.TroubleGarbled},
		{"no token, but half of one", devtenant.Trouble{Path: "/" + tenantID + "/oauth2/v2.0/token",
			Answer: devtenant.HalfJSON}, pactius.TroubleGarbled},
		{"a token endpoint that is down", devtenant.Trouble{Path: "/" + tenantID + "/oauth2/v2.0/token", Down: true},
			pactius.TroubleAway},
		{"no description of the service", devtenant.Trouble{Path: "/" + tenantID + "/v2.0/", Answer: devtenant.HTML},
			pactius.TroubleGarbled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.directory(t)
			w.tenant.SetTrouble(tt.is)
			_, searchErr := g.Search(t.Context(), w.c.Credentials, 5, "anna.hansen@nordhavn.example")
			_, accountErr := g.Account(t.Context(), w.c.Credentials, annaID)
			_, changesErr := g.Changes(t.Context(), w.c.Credentials, "")
			_, _, photoErr := g.Photo(t.Context(), w.c.Credentials, annaID)
			for what, err := range map[string]error{"search": searchErr, "account": accountErr, "changes": changesErr,
				"photo": photoErr} {
				if got := trouble(t, err).Trouble; got != tt.want {
					t.Errorf("%s: got %q, want %q: %v", what, got, tt.want, err)
				}
			}
			w.tenant.SetTrouble(devtenant.Trouble{})
			if _, err := g.Account(t.Context(), w.c.Credentials, annaID); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestTwoTenantsDoNotMeet: tenants share neither tokens nor waiting.
func TestTwoTenantsDoNotMeet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, err := devtenant.New(devtenant.Config{URL: w.url, TenantID: oid(1), TenantName: "Other", ClientID: clientID,
		ClientSecret: secret,
		RedirectURLs: []string{callback},
		People:       []devtenant.Person{{ObjectID: oid(2), AccountName: "anna@other.example", Name: "Anna Other"}},
		Now:          w.theirs.now})
	if err != nil {
		t.Fatal(err)
	}
	w.serve(devtenant.Handlers(w.tenant, other))
	g := w.directory(t)
	theirs := w.c.Credentials
	theirs.TenantID = strings.ToUpper(oid(1))
	w.tenant.SetTrouble(devtenant.Trouble{Throttled: 1, RetryAfter: time.Minute})
	_, err = g.Search(t.Context(), w.c.Credentials, 5, "anna")
	if trouble(t, err).Trouble != pactius.TroubleThrottled {
		t.Fatal(err)
	}
	found, err := g.Search(t.Context(), theirs, 5, "anna")
	if err != nil || len(found) != 1 || found[0].Identity != (pactius.Identity{TenantID: oid(1), ObjectID: oid(2)}) {
		t.Errorf("got %+v, %v", found, err)
	}
}
