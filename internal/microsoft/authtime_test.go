package microsoft_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/microsoft"
)

// The time of the authentication is an optional claim, which a customer's token may have in any form.
func TestAuthTime(t *testing.T) {
	t.Parallel()
	f := newForger(t, newKey(t))
	now := f.clock.now()
	tests := []struct {
		name  string
		claim any // nil: absent
		want  time.Time
	}{
		{"absent", nil, time.Time{}},
		{"an hour ago", now.Add(-time.Hour).Unix(), now.Add(-time.Hour)},
		{"a year ago, in a session that is used", now.AddDate(-1, 0, 0).Unix(), now.AddDate(-1, 0, 0)},
		{"with a fraction", float64(now.Unix()-60) + 0.5, now.Add(-time.Minute)},
		{"Microsoft's clock is ahead of ours", now.Add(4 * time.Minute).Unix(), now},
		{"in the future", now.Add(6 * time.Minute).Unix(), time.Time{}},
		{"milliseconds", now.UnixMilli(), time.Time{}},
		{"beyond every number", 1e300, time.Time{}},
		{"before every sign-in", 1, time.Time{}},
		{"zero", 0, time.Time{}},
		{"negative", -5, time.Time{}},
		{"text", "1777885200", time.Time{}},
		{"an object", map[string]any{"x": 1}, time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f.give(sign(f.key, "one", f.claims(map[string]any{"auth_time": tt.claim})))
			c, err := f.exchange(t)
			if err != nil || !c.AuthTime.Equal(tt.want) {
				t.Errorf("%v, %v; want %v", c.AuthTime, err, tt.want)
			}
		})
	}
}

// A tenant sends the claim where the registration has it, and it tells a silent sign-in from one with credentials.
func TestAuthTimeTellsWhetherCredentialsWereAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signIn := func(o microsoft.SignInOptions, asked bool) time.Time {
		t.Helper()
		a, page := w.open(t, o)
		var back url.Values
		switch shown := page.Form("/"+tenantID+"/oauth2/v2.0/authorize") != nil; {
		case shown != asked:
			t.Fatalf("%+v: the page is shown: %v, want %v", o, shown, asked)
		case shown:
			back = w.press(t, page, "person", annaID)
		default:
			back = returned(t, page)
		}
		c, err := w.m.Exchange(t.Context(), w.c, a, back.Get("code"))
		if err != nil {
			t.Fatal(err)
		}
		return c.AuthTime
	}
	if at := signIn(microsoft.SignInOptions{}, true); !at.IsZero() {
		t.Errorf("%v without the optional claim", at)
	}
	app, _ := w.tenant.App(clientID)
	app.AuthTime = true
	if err := w.tenant.PutApp(app); err != nil {
		t.Fatal(err)
	}
	first := w.theirs.now()
	later := func(d time.Duration) { w.theirs.add(d); w.ours.add(d) }
	later(time.Minute)
	for _, step := range []struct {
		options microsoft.SignInOptions
		asked   bool
	}{
		{microsoft.SignInOptions{}, false},
		{microsoft.SignInOptions{MaxAge: 61 * time.Second}, false},
		{microsoft.SignInOptions{MaxAge: 61 * time.Second}, true}, // a second later,
		{microsoft.SignInOptions{Login: true}, true},
		{microsoft.SignInOptions{SelectAccount: true}, true},
	} {
		want := first
		if step.asked {
			want = w.theirs.now()
		}
		if at := signIn(step.options, step.asked); !at.Equal(want) {
			t.Errorf("%+v: %v, want %v", step.options, at, want)
		}
		first = want
		later(time.Second)
	}
}
