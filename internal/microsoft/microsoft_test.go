package microsoft_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/testbed/devtenant"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name   string
		person devtenant.Person
		want   microsoft.Claims
	}{
		{"a member", anna, microsoft.Claims{
			TenantID: tenantID, ObjectID: annaID, AccountName: anna.AccountName, Name: "Anna Hansen",
			Email: anna.Mail, Language: "da-DK",
		}},
		{"a guest, known by acct and by the name", guest, microsoft.Claims{
			TenantID: tenantID, ObjectID: guest.ObjectID, AccountName: guest.AccountName, Name: "Li Wei",
			Email: guest.Mail, Guest: true,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, code := w.signIn(t, tt.person.ObjectID)
			got, err := w.m.Exchange(t.Context(), w.c, a, code)
			if err != nil {
				t.Fatal(err)
			}
			if got.LoginHint == "" {
				t.Error("no login hint")
			}
			got.LoginHint = ""
			if diff := cmp.Diff(got, tt.want); diff != "" {
				t.Errorf("claims (-got +want):\n%s", diff)
			}
		})
	}
}

func TestSignInURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := microsoft.NewAttempt()
	tests := []struct {
		name    string
		options microsoft.SignInOptions
		want    map[string]string // beyond those of every request
	}{
		{"plain", microsoft.SignInOptions{}, nil},
		{"a hint and a language", microsoft.SignInOptions{LoginHint: "anna@x.example", Language: "da"},
			map[string]string{"login_hint": "anna@x.example", "ui_locales": "da"}},
		{"switching the account drops the hint", microsoft.SignInOptions{SelectAccount: true,
			LoginHint: "anna@x.example"}, map[string]string{"prompt": "select_account"}},
		{"credentials are asked for, of the hinted account", microsoft.SignInOptions{Login: true,
			LoginHint: "anna@x.example"}, map[string]string{"prompt": "login", "login_hint": "anna@x.example"}},
		{"credentials of any account, recently", microsoft.SignInOptions{Login: true, SelectAccount: true,
			LoginHint: "anna@x.example", MaxAge: 90*time.Second + time.Millisecond},
			map[string]string{"prompt": "login", "max_age": "90"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address, err := w.m.SignInURL(t.Context(), w.c, a, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for name, values := range u.Query() {
				got[name] = strings.Join(values, "|")
			}
			if len(got["code_challenge"]) != 43 || got["code_challenge"] == a.Verifier {
				t.Errorf("code_challenge %q is not a hash", got["code_challenge"])
			}
			delete(got, "code_challenge")
			want := map[string]string{
				"client_id": clientID, "redirect_uri": callback, "response_type": "code", "response_mode": "query",
				"scope": "openid profile email", "state": a.State, "nonce": a.Nonce, "code_challenge_method": "S256",
			}
			for name, value := range tt.want {
				want[name] = value
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("parameters (-got +want):\n%s", diff)
			}
		})
	}
}

// TestRefusedAtMicrosoft covers the callbacks without a code.
func TestRefusedAtMicrosoft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name, field, value string
		want               microsoft.Reason
		wantCode           string
	}{
		{"the person cancels", "action", "cancel", microsoft.ReasonCancelled, ""},
		{"the person is not assigned to the application", "person", outside.ObjectID, microsoft.ReasonNotAssigned,
			"AADSTS50105"},
		{"the account is disabled", "account", gone.AccountName, microsoft.ReasonAccountDisabled, "AADSTS50057"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, page := w.open(t, microsoft.SignInOptions{SelectAccount: true})
			code, state, err := microsoft.ParseCallback(w.press(t, page, tt.field, tt.value))
			got, gotCode := reason(t, err)
			if got != tt.want || gotCode != tt.wantCode || code != "" {
				t.Errorf("got %q %q with code %q, want %q %q", got, gotCode, code, tt.want, tt.wantCode)
			}
			if state != a.State {
				t.Errorf("got state %q, want the attempt's", state)
			}
		})
	}
}

func TestExchangeRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		change   func(*world, *microsoft.Attempt, *string)
		want     microsoft.Reason
		wantCode string
	}{
		{"an invented code", func(_ *world, _ *microsoft.Attempt, code *string) { *code = "1.AAAA" },
			microsoft.ReasonExpired, "AADSTS70000"},
		{"a code that is eleven minutes old",
			func(w *world, _ *microsoft.Attempt, _ *string) { w.theirs.add(11 * time.Minute) }, microsoft.ReasonExpired,
			"AADSTS70008"},
		{"another journey's verifier",
			func(_ *world, a *microsoft.Attempt, _ *string) { a.Verifier = microsoft.NewAttempt().Verifier },
			microsoft.ReasonExpired, "AADSTS501481"},
		{"another journey's nonce", func(_ *world, a *microsoft.Attempt, _ *string) { a.Nonce = "other" },
			microsoft.ReasonReplayed, ""},
		{"an attempt without nonce", func(_ *world, a *microsoft.Attempt, _ *string) { a.Nonce = "" },
			microsoft.ReasonExpired, ""},
		{"a wrong secret", func(w *world, _ *microsoft.Attempt, _ *string) { w.c.ClientSecret = "wrong" },
			microsoft.ReasonMisconfigured, "AADSTS7000215"},
		{"no secret", func(w *world, _ *microsoft.Attempt, _ *string) { w.c.ClientSecret = "" },
			microsoft.ReasonMisconfigured, ""},
		{"an unknown application", func(w *world, _ *microsoft.Attempt, _ *string) { w.c.ClientID = annaID },
			microsoft.ReasonMisconfigured, "AADSTS700016"},
		{"another redirect URL", func(w *world, _ *microsoft.Attempt, _ *string) { w.c.RedirectURL = leave },
			microsoft.ReasonMisconfigured, "AADSTS500112"},
		{"a tenant that does not exist", func(w *world, _ *microsoft.Attempt, _ *string) { w.c.TenantID = annaID },
			microsoft.ReasonMisconfigured, "AADSTS90002"},
		{"a tenant ID that is no GUID", func(w *world, _ *microsoft.Attempt, _ *string) { w.c.TenantID = "common" },
			microsoft.ReasonMisconfigured, ""},
		{"Microsoft is down", func(w *world, _ *microsoft.Attempt, _ *string) { w.down.Store(true) },
			microsoft.ReasonUnreachable, ""},
		{"our clock is an hour and ten minutes ahead",
			func(w *world, _ *microsoft.Attempt, _ *string) { w.ours.add(70 * time.Minute) }, microsoft.ReasonClock,
			""},
		{"our clock is ten minutes behind",
			func(w *world, _ *microsoft.Attempt, _ *string) { w.ours.add(-10 * time.Minute) }, microsoft.ReasonClock,
			""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a, code := w.signIn(t, annaID)
			tt.change(w, &a, &code)
			claims, err := w.m.Exchange(t.Context(), w.c, a, code)
			got, gotCode := reason(t, err)
			if got != tt.want || gotCode != tt.wantCode {
				t.Errorf("got %q %q, want %q %q: %v", got, gotCode, tt.want, tt.wantCode, err)
			}
			if claims != (microsoft.Claims{}) {
				t.Errorf("got claims %+v with an error", claims)
			}
		})
	}
}

func TestClocksFourMinutesApartSignIn(t *testing.T) {
	t.Parallel()
	for _, offset := range []time.Duration{-4 * time.Minute, 4 * time.Minute, 64 * time.Minute} {
		t.Run(fmt.Sprint("our clock is off by ", offset), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.ours.add(offset)
			a, code := w.signIn(t, annaID)
			if _, err := w.m.Exchange(t.Context(), w.c, a, code); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, code := w.signIn(t, annaID)
	if _, err := w.m.Exchange(t.Context(), w.c, a, code); err != nil {
		t.Fatal(err)
	}
	_, err := w.m.Exchange(t.Context(), w.c, a, code)
	if got, gotCode := reason(t, err); got != microsoft.ReasonReplayed || gotCode != "AADSTS54005" {
		t.Errorf("got %q %q, want replayed AADSTS54005", got, gotCode)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.signIn(t, annaID)
	if _, again := w.open(t, microsoft.SignInOptions{}); again.StatusCode != 302 {
		t.Fatalf("single sign-on: got status %d, want 302", again.StatusCode)
	}
	address, err := w.m.SignOutURL(t.Context(), w.c, leave, "", "O.hint")
	if err != nil {
		t.Fatal(err)
	}
	r := w.send(t, http.MethodGet, address, nil)
	if got := r.Header.Get("Location"); got != leave {
		t.Errorf("sign-out led to %q, want %q", got, leave)
	}
	if q := r.Request.URL.Query(); q.Get("logout_hint") != "O.hint" || q.Get("client_id") != clientID {
		t.Errorf("sign-out request %v lacks hint or application", q)
	}
	if _, after := w.open(t, microsoft.SignInOptions{}); after.StatusCode != 200 {
		t.Errorf("after sign-out: got status %d, want the sign-in page", after.StatusCode)
	}
}

func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	c := microsoft.Connection{Credentials: pactius.Credentials{TenantID: tenantID, ClientID: clientID,
		ClientSecret: secret}, RedirectURL: callback}
	a := microsoft.NewAttempt()
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "connection", c, "attempt", a)
	for _, text := range []string{fmt.Sprint(c, a), fmt.Sprintf("%v %+v %#v %v %+v %#v", c, c, c, a, a, a),
		log.String()} {
		for _, hidden := range []string{secret, a.State, a.Nonce, a.Verifier} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q is visible in %s", hidden, text)
			}
		}
	}
}

func TestAttemptsAreRandom(t *testing.T) {
	t.Parallel()
	a, b := microsoft.NewAttempt(), microsoft.NewAttempt()
	seen := map[string]bool{}
	for _, part := range []string{a.State, a.Nonce, a.Verifier, b.State, b.Nonce, b.Verifier} {
		if len(part) != 43 || seen[part] {
			t.Errorf("part %q is not 256 fresh bits", part)
		}
		seen[part] = true
	}
}
