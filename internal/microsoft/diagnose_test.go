package microsoft_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/testbed/devtenant"
)

// outcomes returns one letter per step of a test: o ok, w warning, f failed, s skipped.
func outcomes(steps []pactius.ConnectionStep) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteByte(string(s.Outcome)[0])
	}
	return b.String()
}

// said joins all words of the steps.
func said(steps []pactius.ConnectionStep) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString(s.Name.String() + ": " + s.Text.String() + " " + s.Remedy.String() + " " + s.Code + "\n")
	}
	return b.String()
}

func TestTheConnectionTest(t *testing.T) {
	t.Parallel()
	token := "/" + tenantID + "/oauth2/v2.0/token"
	key := rsaKey(t, 2048)
	stranger := []byte(encode("CERTIFICATE", certify(t, key, moment, moment.AddDate(1, 0, 0)).Raw) + keyPEM(t, key))
	tests := []struct {
		name   string
		change func(*world) error
		want   string   // service, keys, secret, redirect address, look-up, changes
		words  []string // among what is said
	}{
		{"everything right", func(*world) error { return nil }, "oooooo",
			[]string{"Client secret", "Accounts can be looked up"}},
		{"no permission", func(w *world) error { return w.tenant.Grant(clientID) }, "ooooww",
			[]string{"User.Read.All is missing: no application permission is granted", "API permissions",
				"Authorization_RequestDenied"}},
		{"the smaller permission", func(w *world) error { return w.tenant.Grant(clientID, devtenant.ReadBasic) },
			"ooooww", []string{"the permission is only User.ReadBasic.All", "User.Read.All is missing",
				"Privileged Role Administrator"}},
		{"other permissions", func(w *world) error { return w.tenant.Grant(clientID, "Mail.Send") }, "ooooww",
			[]string{"Granted permissions: Mail.Send"}},
		{"a wrong secret", func(w *world) error { w.c.ClientSecret = "wrong"; return nil }, "oofoss",
			[]string{"AADSTS7000215", "its value"}},
		{"a certificate nobody registered", func(w *world) error { w.c.Certificate = stranger; return nil }, "oofoss",
			[]string{"Certificate", "AADSTS700027", "thumbprint"}},
		{"no secret", func(w *world) error { w.c.ClientSecret = ""; return nil }, "oofoss",
			[]string{"part of the connection is missing"}},
		{"a redirect address nobody registered",
			func(w *world) error { w.c.RedirectURL = "https://other.example/back"; return nil }, "ooofoo",
			[]string{"AADSTS50011", "redirect URI"}},
		{"a redirect address that is none", func(w *world) error { w.c.RedirectURL = "x"; return nil }, "ooofoo", nil},
		{"an application nobody knows", func(w *world) error { w.c.ClientID = oid(9); return nil }, "ooffss",
			[]string{"AADSTS700016"}},
		{"a tenant nobody knows", func(w *world) error { w.c.TenantID = oid(9); return nil }, "fsssss",
			[]string{"AADSTS90002", "Tenant ID"}},
		{"a tenant that is no GUID", func(w *world) error { w.c.TenantID = "nordhavn.example"; return nil }, "fsssss",
			[]string{"Overview page"}},
		{"Microsoft is away", func(w *world) error { w.down.Store(true); return nil }, "fsssss",
			[]string{"isn't responding", "firewall"}},
		{"the token endpoint sends a page", func(w *world) error {
			w.tenant.SetTrouble(devtenant.Trouble{Path: token, Answer: devtenant.HTML})
			return nil
		}, "oofoss", []string{"made no sense"}},
		{"no keys", func(w *world) error {
			w.tenant.SetTrouble(devtenant.Trouble{Path: "/" + tenantID + "/discovery/", Answer: devtenant.HalfJSON})
			return nil
		}, "ofoooo", []string{"made no sense"}},
		{"the directory is away",
			func(w *world) error { w.tenant.SetTrouble(devtenant.Trouble{Down: true}); return nil }, "ooooww",
			[]string{"Try again in a minute"}},
		{"the directory is something else",
			func(w *world) error { w.tenant.SetTrouble(devtenant.Trouble{Answer: devtenant.HTML}); return nil },
			"ooooww", []string{"PACTIUS_MICROSOFT_GRAPH"}},
		{"the directory asks to wait", func(w *world) error {
			w.tenant.SetTrouble(devtenant.Trouble{Throttled: 1, RetryAfter: time.Minute})
			return nil
		}, "ooooww", []string{"has asked us to wait"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if err := tt.change(w); err != nil {
				t.Fatal(err)
			}
			steps := w.directory(t).Test(t.Context(), w.c.Credentials, w.c.RedirectURL)
			words := said(steps)
			if got := outcomes(steps); got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, words)
			}
			for _, part := range tt.words {
				if !strings.Contains(words, part) {
					t.Errorf("nothing is said of %q:\n%s", part, words)
				}
			}
			if strings.Contains(words, secret) {
				t.Error("the secret is said")
			}
			if got, want := pactius.StepsFailed(steps), strings.Contains(tt.want, "f"); got != want {
				t.Errorf("StepsFailed is %v, want %v", got, want)
			}
			for _, s := range steps {
				if s.Name.IsZero() || s.Text.IsZero() ||
					(s.Outcome == pactius.StepFailed || s.Outcome == pactius.StepWarning) == s.Remedy.IsZero() {
					t.Errorf("a step lacks words: %+v", s)
				}
			}
		})
	}
}

// TestTheTestAsksAfresh: a cached success does not hide a new mistake.
func TestTheTestAsksAfresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	if got := outcomes(g.Test(t.Context(), w.c.Credentials, callback)); got != "oooooo" {
		t.Fatal(got)
	}
	app, _ := w.tenant.App(clientID)
	app.Secrets = []devtenant.Secret{{Value: "renewed"}}
	if err := w.tenant.PutApp(app); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(g.Test(t.Context(), w.c.Credentials, callback)); got != "oofoss" {
		t.Errorf("with the old secret: got %s", got)
	}
	w.c.ClientSecret = "renewed"
	if got := outcomes(g.Test(t.Context(), w.c.Credentials, callback)); got != "oooooo" {
		t.Errorf("with the new secret: got %s", got)
	}
}

// TestARedirectThatCannotBeTold: another page than Microsoft's proves nothing.
func TestARedirectThatCannotBeTold(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>Please wait</html>")) },
		"another place": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://adfs.nordhavn.example/?u="+callback, http.StatusFound)
		},
		"the address with an end": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, callback+".evil.example/?state="+r.URL.Query().Get("state"), http.StatusFound)
		},
		"nothing": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			rest := w.tenant.Handler()
			w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/authorize") {
					answer(rw, r)
					return
				}
				rest.ServeHTTP(rw, r)
			}))
			steps := w.directory(t).Test(t.Context(), w.c.Credentials, callback)
			diff := cmp.Diff(outcomes(steps), "ooosoo")
			if diff != "" || !strings.Contains(steps[3].Remedy.String(), callback) {
				t.Errorf("got - want +:\n%s%s", diff, said(steps))
			}
		})
	}
}
