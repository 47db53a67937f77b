package devtenant_test

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius/testbed/devtenant"
)

func TestTrouble(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	tests := []struct {
		name    string
		trouble devtenant.Trouble
		status  int
		want    string
	}{
		{"down", devtenant.Trouble{Down: true}, 503, "serviceNotAvailable"},
		{"HTML", devtenant.Trouble{Answer: devtenant.HTML}, 200, "<h1>"},
		{"half of it", devtenant.Trouble{Answer: devtenant.HalfJSON}, 200, `"value":[{"id":"`},
		{"null", devtenant.Trouble{Answer: devtenant.Null}, 200, "null"},
		{"trouble elsewhere", devtenant.Trouble{Down: true, Path: "/v1.0/users/delta"}, 200, "Anna Hansen"},
		{
			"a way to another host", devtenant.Trouble{ForeignNext: "https://evil.example"}, 200,
			`"@odata.nextLink":"https://evil.example/v1.0/users?$top=1&$skiptoken=`,
		},
		{"fair weather", devtenant.Trouble{}, 200, "Anna Hansen"},
	}
	for _, tt := range tests {
		s.tenant.SetTrouble(tt.trouble)
		if a := s.graph(t, token, "/v1.0/users?$top=1"); a.StatusCode != tt.status ||
			!strings.Contains(a.Body, tt.want) {
			t.Errorf("%s: got %d %.200s, want %d with %s", tt.name, a.StatusCode, a.Body, tt.status, tt.want)
		}
	}
	s.tenant.SetTrouble(devtenant.Trouble{Answer: devtenant.Nothing})
	if a := s.graph(t, token, "/v1.0/users"); a.StatusCode != 200 || a.Body != "" {
		t.Errorf("nothing: %d %q", a.StatusCode, a.Body)
	}
	s.tenant.SetTrouble(devtenant.Trouble{Answer: devtenant.HalfJSON})
	if json.Valid([]byte(s.graph(t, token, "/v1.0/users").Body)) {
		t.Error("the half is whole")
	}
	s.tenant.SetTrouble(devtenant.Trouble{Answer: devtenant.Flood})
	if got := len(s.graph(t, token, "/v1.0/users?$top=1").page(t).Value); got != 50_000 {
		t.Errorf("a flood of %d", got)
	}
	s.tenant.SetTrouble(devtenant.Trouble{Path: "/", Down: true})
	if a := s.post(t, s.path("/oauth2/v2.0/token"), s.tokenForm()); a.StatusCode != 503 {
		t.Errorf("everything down: the token endpoint says %d", a.StatusCode)
	}
	if a := s.authorize(t, nil); a.StatusCode != 200 {
		t.Errorf("everything down: the sign-in page says %d", a.StatusCode)
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	s.tenant.SetTrouble(devtenant.Trouble{Throttled: 2, RetryAfter: 90 * time.Second})
	for i, want := range []int{429, 429, 200} {
		a := s.graph(t, token, "/v1.0/users")
		if a.StatusCode != want || (want == 429) != (a.Header.Get("Retry-After") == "90") {
			t.Errorf("call %d: got %d, Retry-After %q", i+1, a.StatusCode, a.Header.Get("Retry-After"))
		}
	}
}

func TestDelayEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	s.tenant.SetTrouble(devtenant.Trouble{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1.0/users", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	if _, err := s.browser.Client.Do(r); err == nil {
		t.Error("answered without delay")
	}
}

func TestCallsAreWrittenDown(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	token := s.token(t)
	s.tenant.ForgetCalls()
	// Three calls that wait until all have begun.
	s.tenant.SetTrouble(devtenant.Trouble{Path: "/v1.0/users/delta", Delay: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			r, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1.0/users/delta?$select=id", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			if response, err := s.browser.Client.Do(r); err == nil {
				response.Body.Close()
			}
		})
	}
	for len(s.tenant.Calls("/v1.0/users/delta")) < 3 {
		runtime.Gosched()
	}
	cancel()
	wg.Wait()
	s.graph(t, token, "/v1.0/users?$top=1")
	s.graph(t, token, "/v1.0/users?$top=2")
	s.token(t)
	if got := s.tenant.Calls("/v1.0/users"); len(got) != 5 || got[4].Query.Get("$top") != "2" ||
		got[0].Path != "/v1.0/users/delta" || got[0].Method != "GET" {
		t.Errorf("got %v", got)
	}
	if got := len(s.tenant.Calls("/" + tenantID + "/oauth2/")); got != 1 {
		t.Errorf("%d calls for tokens, want 1", got)
	}
	if at := s.tenant.AtOnce("/v1.0/users/delta"); at != 3 {
		t.Errorf("%d at once, want 3", at)
	}
	s.tenant.ForgetCalls()
	s.graph(t, token, "/v1.0/users")
	s.graph(t, token, "/v1.0/users")
	if at := s.tenant.AtOnce("/v1.0/"); at != 1 {
		t.Errorf("one after the other: %d at once", at)
	}
}
