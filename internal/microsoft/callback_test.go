package microsoft_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/microsoft"
)

func TestParseCallback(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query         string
		wantCode, wantState string
		want                microsoft.Reason
		wantNumber          string
	}{
		{"a code", "code=c&state=s&session_state=x", "c", "s", "", ""},
		{"cancelled on the account page", "error=access_denied&error_subcode=cancel&state=s", "", "s",
			microsoft.ReasonCancelled, ""},
		{"cancelled, by another provider", "error=access_denied&state=s", "", "s", microsoft.ReasonCancelled, ""},
		{"declined", "error=access_denied&error_description=AADSTS65004:+no&state=s", "", "s", microsoft.ReasonDeclined,
			"AADSTS65004"},
		{"not assigned, as an interaction", "error=interaction_required&error_description=AADSTS50105:+x&state=s", "",
			"s", microsoft.ReasonNotAssigned, "AADSTS50105"},
		{"refused with a number nobody knows", "error=access_denied&error_description=AADSTS999999:+x&state=s", "", "s",
			microsoft.ReasonRefused, "AADSTS999999"},
		{"no consent", "error=consent_required&state=s", "", "s", microsoft.ReasonConsentMissing, ""},
		{"a policy", "error=access_denied&error_description=AADSTS53003&state=s", "", "s",
			microsoft.ReasonConditionalAccess, "AADSTS53003"},
		{"a device", "error=access_denied&error_description=AADSTS53000:&state=s", "", "s", microsoft.ReasonDevice,
			"AADSTS53000"},
		{"a cross-tenant policy", "error=access_denied&error_description=AADSTS500213&state=s", "", "s",
			microsoft.ReasonCrossTenant, "AADSTS500213"},
		{"not in this tenant", "error=invalid_request&error_description=AADSTS50020:&state=s", "", "s",
			microsoft.ReasonOtherTenant, "AADSTS50020"},
		{"a loop", "error=invalid_grant&error_description=AADSTS50196:&state=s", "", "s", microsoft.ReasonLoop,
			"AADSTS50196"},
		{"busy", "error=temporarily_unavailable&state=s", "", "s", microsoft.ReasonUnreachable, ""},
		{"a bad request", "error=invalid_request&state=s", "", "s", microsoft.ReasonMisconfigured, ""},
		{"an error nobody knows", "error=whatever&state=s", "", "s", microsoft.ReasonBadResponse, ""},
		{"an error without state", "error=access_denied", "", "", microsoft.ReasonCancelled, ""},
		{"a number with too many digits", "error=access_denied&error_description=AADSTS12345678&state=s", "", "s",
			microsoft.ReasonCancelled, ""},
		{"nothing", "", "", "", microsoft.ReasonBadResponse, ""},
		{"only a state", "state=s", "", "s", microsoft.ReasonBadResponse, ""},
		{"a code without state", "code=c", "", "", microsoft.ReasonBadResponse, ""},
		{"code and error", "code=c&error=access_denied&state=s", "", "s", microsoft.ReasonBadResponse, ""},
		{"two codes", "code=c&code=d&state=s", "", "s", microsoft.ReasonBadResponse, ""},
		{"two states", "code=c&state=s&state=t", "", "", microsoft.ReasonBadResponse, ""},
		{"two errors", "error=a&error=b&state=s", "", "s", microsoft.ReasonBadResponse, ""},
		{"NUL in the code", "code=c%00&state=s", "", "s", microsoft.ReasonBadResponse, ""},
		{"a line break in the state", "code=c&state=s%0a", "", "", microsoft.ReasonBadResponse, ""},
		{"text in the code", "code=%C3%B8&state=s", "", "s", microsoft.ReasonBadResponse, ""},
		{"an overlong code", "code=" + strings.Repeat("c", 9000) + "&state=s", "", "s", microsoft.ReasonBadResponse,
			""},
		{"an overlong state", "code=c&state=" + strings.Repeat("s", 300), "", "", microsoft.ReasonBadResponse, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			code, state, err := microsoft.ParseCallback(v)
			if code != tt.wantCode || state != tt.wantState {
				t.Errorf("got code %q state %q, want %q %q", code, state, tt.wantCode, tt.wantState)
			}
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if got, number := reason(t, err); got != tt.want || number != tt.wantNumber {
				t.Errorf("got %q %q, want %q %q", got, number, tt.want, tt.wantNumber)
			}
		})
	}
}

func TestDescriptionsStayOut(t *testing.T) {
	t.Parallel()
	v := url.Values{"state": {"s"}, "error": {"access_denied"}, "error_description": {
		"AADSTS50105: <b>The user anna@nordhavn.example</b> Correlation ID: 0f3b6c1e-1111-4c5b-b112-000000000001 end"}}
	_, _, err := microsoft.ParseCallback(v)
	if strings.Contains(err.Error(), "anna") || strings.Contains(err.Error(), "<b>") {
		t.Errorf("the error repeats the description: %v", err)
	}
	if !strings.Contains(err.Error(), "0f3b6c1e-1111-4c5b-b112-000000000001") {
		t.Errorf("the error lacks the correlation ID: %v", err)
	}
}

func FuzzParseCallback(f *testing.F) {
	f.Add("code=c&state=s")
	f.Add("error=access_denied&error_description=AADSTS50105%3A+x&state=s")
	f.Add("code=c&code=d&state=%00")
	f.Add("error_subcode=cancel&error=%ff")
	f.Fuzz(func(t *testing.T, query string) {
		v, _ := url.ParseQuery(query)
		code, state, err := microsoft.ParseCallback(v)
		if (err == nil) != (code != "") {
			t.Fatalf("code %q with error %v", code, err)
		}
		if err == nil && state == "" {
			t.Fatal("a code without state was accepted")
		}
		for _, s := range []string{code, state} {
			if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Fatalf("%q is not visible ASCII", s)
			}
		}
		if err == nil {
			return
		}
		failure, ok := err.(*microsoft.Failure)
		if !ok {
			t.Fatalf("error %T", err)
		}
		if failure.Code != "" && (!strings.HasPrefix(failure.Code, "AADSTS") || len(failure.Code) > 13) {
			t.Fatalf("code %q", failure.Code)
		}
		if failure.Title().IsZero() || len(failure.Error()) > 1000 {
			t.Fatalf("failure %v", failure)
		}
	})
}
