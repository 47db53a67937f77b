package microsoft_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

// TestAnApplicationWithItsOwnSigningKey: IT sets up claims mapping, and later takes it back. People sign in all along,
// and so does another application of the same tenant.
func TestAnApplicationWithItsOwnSigningKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signIn := func(when string) {
		t.Helper()
		a, code := w.signIn(t, annaID)
		if _, err := w.m.Exchange(t.Context(), w.c, a, code); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	own := func(is bool) {
		t.Helper()
		app, _ := w.tenant.App(clientID)
		app.OwnKey = is
		if err := w.tenant.PutApp(app); err != nil {
			t.Fatal(err)
		}
	}
	signIn("before")
	own(true)
	signIn("with a key of its own")
	if got := outcomes(w.directory(t).Test(t.Context(), w.c.Credentials, callback)); got != "oooooo" {
		t.Errorf("the connection test: %s", got)
	}
	for _, call := range w.tenant.Calls("/" + tenantID) {
		asks := strings.Contains(call.Path, "openid-configuration")
		if asks && call.Query.Get("appid") != clientID {
			t.Errorf("%s was asked for without the application", call.Path)
		}
	}
	own(false)
	signIn("taken back")

	other := w.c
	other.ClientID = oid(77)
	app, _ := w.tenant.App(clientID)
	app.ClientID, app.OwnKey = other.ClientID, true
	if err := w.tenant.PutApp(app); err != nil {
		t.Fatal(err)
	}
	for _, c := range []microsoft.Connection{other, w.c, other} {
		w.c = c
		signIn("application " + c.ClientID)
	}
}

// TestWhereKeysArePublished: at the application's address, at the tenant's, or nowhere.
func TestWhereKeysArePublished(t *testing.T) {
	t.Parallel()
	key, stranger := newKey(t), newKey(t)
	set := func(w http.ResponseWriter, id string, keys ...any) {
		all := jose.JSONWebKeySet{}
		for _, k := range keys {
			all.Keys = append(all.Keys, jose.JSONWebKey{Key: k, KeyID: id})
		}
		sendJSON(w, all)
	}
	refuse := func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_request","error_description":"AADSTS900144: appid"}`))
	}
	tests := []struct {
		name        string
		with, plain func(http.ResponseWriter) // answers with appid and without
		want        microsoft.Reason
	}{
		{"only with appid", func(w http.ResponseWriter) { set(w, "one", key.Public()) },
			func(w http.ResponseWriter) { set(w, "two", stranger.Public()) }, ""},
		{"only without: none there", func(w http.ResponseWriter) { set(w, "one") },
			func(w http.ResponseWriter) { set(w, "one", key.Public()) }, ""},
		{"only without: others there", func(w http.ResponseWriter) { set(w, "two", stranger.Public()) },
			func(w http.ResponseWriter) { set(w, "one", key.Public()) }, ""},
		{"only without: appid is refused", refuse, func(w http.ResponseWriter) { set(w, "one", key.Public()) }, ""},
		{"none", func(w http.ResponseWriter) { set(w, "two", stranger.Public()) },
			func(w http.ResponseWriter) { set(w, "three", stranger.Public()) }, microsoft.ReasonBadResponse},
		{"empty sets", func(w http.ResponseWriter) { set(w, "") }, func(w http.ResponseWriter) { set(w, "") },
			microsoft.ReasonBadResponse},
		{"both, and they differ: the application's counts", func(w http.ResponseWriter) { set(w, "one", key.Public()) },
			func(w http.ResponseWriter) { set(w, "one", stranger.Public()) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newForger(t, key)
			choose := func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("appid") == clientID {
					tt.with(w)
					return
				}
				tt.plain(w)
			}
			f.keys = choose
			for range 2 { // the second time from the cache
				_, err := f.exchange(t)
				if tt.want == "" && err != nil {
					t.Error(err)
				}
				if tt.want != "" {
					if got, _ := reason(t, err); got != tt.want {
						t.Errorf("got %q, want %q", got, tt.want)
					}
				}
			}
		})
	}
}

// TestADiscoveryThatDoesNotKnowTheQuestion serves the tenant's document only.
func TestADiscoveryThatDoesNotKnowTheQuestion(t *testing.T) {
	t.Parallel()
	f := newForger(t, newKey(t))
	f.discovery = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			http.NotFound(w, r)
			return
		}
		sendJSON(w, f.document())
	}
	if _, err := f.exchange(t); err != nil {
		t.Error(err)
	}
}

// TestAMissingSigningKeyIsExplained to the customer's IT, who can mend it.
func TestAMissingSigningKeyIsExplained(t *testing.T) {
	t.Parallel()
	n, known := microsoft.LookUp("AADSTS50146: This application is required to be configured with an " +
		"application-specific signing key.")
	if !known || n.Helper != microsoft.HelperCustomerIT || !strings.Contains(n.Next.String(), "custom claims") ||
		n.Here.IsZero() {
		t.Errorf("got %+v", n)
	}
}

// TestATenantOfAnotherCloud: the connection test, sign-in and the search for a domain name the cloud and the settings.
func TestATenantOfAnotherCloud(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		host, scope string // of the issuer; tenant_region_sub_scope
		want        []string
	}{
		{"login.microsoftonline.us", "", []string{"US government", "https://login.microsoftonline.us",
			"https://graph.microsoft.us"}},
		{"login.microsoftonline.us", "DOD", []string{"US government", "https://dod-graph.microsoft.us"}},
		{"login.partner.microsoftonline.cn", "", []string{"China", "https://login.partner.microsoftonline.cn",
			"https://microsoftgraph.chinacloudapi.cn"}},
		{"login.chinacloudapi.cn", "", []string{"China", "https://login.partner.microsoftonline.cn"}},
		{"login.microsoftonline.com", "", []string{"public cloud", "https://login.microsoftonline.com",
			"https://graph.microsoft.com"}},
	} {
		t.Run(tt.host+tt.scope, func(t *testing.T) {
			t.Parallel()
			f := newForger(t, nil)
			f.discovery = func(w http.ResponseWriter, _ *http.Request) {
				d := f.document()
				d["issuer"] = "https://" + tt.host + "/" + tenantID + "/v2.0"
				d["token_endpoint"] = "https://" + tt.host + "/token"
				d["tenant_region_sub_scope"] = tt.scope
				sendJSON(w, d)
			}
			g := microsoft.NewGraph(f.m, f.url)
			steps := g.Test(t.Context(), f.c.Credentials, callback)
			_, err := f.m.SignInURL(t.Context(), f.c, f.a, microsoft.SignInOptions{})
			got, _ := reason(t, err)
			failed := err.(*microsoft.Failure)
			page := failed.Title().String() + failed.Explanation().String() + failed.Remedy().String()
			for where, text := range map[string]string{"the test": said(steps), "the page": page} {
				for _, part := range append(tt.want, "PACTIUS_MICROSOFT_AUTHORITY", "PACTIUS_MICROSOFT_GRAPH", f.url) {
					if !strings.Contains(text, part) {
						t.Errorf("%s does not say %q:\n%s", where, part, text)
					}
				}
			}
			if outcomes(steps) != "fsssss" || got != microsoft.ReasonMisconfigured ||
				failed.Helper() != microsoft.HelperSupport || pactius.StepsProved(steps) {
				t.Errorf("outcomes %s, reason %q", outcomes(steps), got)
			}
		})
	}
}
