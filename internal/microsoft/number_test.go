package microsoft_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/testbed/devtenant"
)

// TestEveryNumberHasWords: every number says what happened, why and what to do.
func TestEveryNumberHasWords(t *testing.T) {
	t.Parallel()
	for _, n := range microsoft.Numbers() {
		if n.Title.IsZero() || n.Cause.IsZero() || n.Next.IsZero() || n.Reason == "" {
			t.Errorf("%s lacks words: %+v", n.Code, n)
		}
		if got, ok := microsoft.LookUp("It said " + n.Code + "."); !ok || got.Code != n.Code {
			t.Errorf("%s is not found by its own code, got %q", n.Code, got.Code)
		}
		next := n.Next.String()
		if n.Helper == microsoft.HelperCustomerIT && !strings.Contains(next, "IT") {
			t.Errorf("%s: the customer's IT is to mend it, and is not told so: %s", n.Code, next)
		}
		if n.Helper == microsoft.HelperSupport && !strings.Contains(next, "Support") {
			t.Errorf("%s: Support is to mend it, and is not told so: %s", n.Code, next)
		}
	}
}

// TestKnownNumbers lists the most frequent numbers with their reasons and helpers.
func TestKnownNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		numbers string
		reason  microsoft.Reason
		who     microsoft.Helper
	}{
		{"50105", microsoft.ReasonNotAssigned, microsoft.HelperCustomerIT},
		{"65001 90094 650052", microsoft.ReasonConsentMissing, microsoft.HelperCustomerIT},
		{"65004", microsoft.ReasonDeclined, microsoft.HelperYourself},
		{"50020 50034 16000 90072", microsoft.ReasonOtherTenant, microsoft.HelperLocalAdministrator},
		{"50057 50053", microsoft.ReasonAccountDisabled, microsoft.HelperCustomerIT},
		{"53003 53002 530032", microsoft.ReasonConditionalAccess, microsoft.HelperCustomerIT},
		{"53000 53001 50097", microsoft.ReasonDevice, microsoft.HelperCustomerIT},
		{"50011 700016 7000215 7000222 7000218 7000112 90002 900023 650056 70001 500112 500113",
			microsoft.ReasonMisconfigured, microsoft.HelperCustomerIT},
		{"54005", microsoft.ReasonReplayed, microsoft.HelperYourself},
		{"70008 50089", microsoft.ReasonExpired, microsoft.HelperYourself},
		{"50196", microsoft.ReasonLoop, microsoft.HelperYourself},
		{"500212 500213 500021", microsoft.ReasonCrossTenant, microsoft.HelperCustomerIT},
		{"50058 50074 50076 50079 50055 50072 50144 16001", microsoft.ReasonInteraction, microsoft.HelperYourself},
		{"90033 90012", microsoft.ReasonUnreachable, microsoft.HelperYourself},
	}
	for _, tt := range tests {
		for digits := range strings.FieldsSeq(tt.numbers) {
			n, ok := microsoft.LookUp("AADSTS" + digits)
			if !ok || n.Reason != tt.reason || n.Helper != tt.who || n.Code != "AADSTS"+digits {
				t.Errorf("%s: got %q %v %v, want %q %v", digits, n.Reason, n.Helper, ok, tt.reason, tt.who)
			}
		}
	}
}

// TestTheTenantsNumbersAreKnown: every number of the test tenant has words of its own.
func TestTheTenantsNumbersAreKnown(t *testing.T) {
	t.Parallel()
	for _, n := range devtenant.Numbers() {
		code := "AADSTS" + strconv.Itoa(n.Number)
		if got, ok := microsoft.LookUp(code); !ok || got.Code != code ||
			strings.Contains(got.Title.String(), "doesn't know") && got.Helper == microsoft.HelperCustomerIT &&
				got.Reason == microsoft.ReasonRefused {
			t.Errorf("%s has no words of its own: %+v", code, got)
		}
	}
}

func TestLookUp(t *testing.T) {
	t.Parallel()
	page := "<title>Sign in to your account</title><p>Sorry, but we're having trouble signing you " +
		"in.</p><div>AADSTS50105: Your administrator has configured the application PACTIUS " +
		"('0f3b6c1e-2222-4c5b-b112-000000000002') to block users.</div>Request Id: " +
		"12345678-1111-4c5b-b112-000000065001 Timestamp: 2026-05-04T09:00:00Z"
	tests := []struct {
		name, pasted, want string
	}{
		{"the number as Microsoft writes it", "AADSTS50105", "AADSTS50105"},
		{"a sentence of Microsoft's", "AADSTS50105: Your administrator has configured ...", "AADSTS50105"},
		{"small letters and a space", "aadsts 50105", "AADSTS50105"},
		{"digits alone", "50105", "AADSTS50105"},
		{"a sentence of a person's", "I get error 50105 when I sign in", "AADSTS50105"},
		{"in brackets", "(error code: 50105)", "AADSTS50105"},
		{"in an address", "https://x.example/callback?error=access_denied&error_description=AADSTS50105%3a+Your",
			"AADSTS50105"},
		{"a whole page", page, "AADSTS50105"},
		{"a JSON answer", `{"error":"invalid_client","error_codes":[7000222],"timestamp":"2026-05-04 09:00:00Z"}`,
			"AADSTS7000222"},
		{"the first known one of several", "AADSTS999999, caused by AADSTS7000215", "AADSTS7000215"},
		{"a number that says AADSTS counts before digits", "50105 and AADSTS65001", "AADSTS65001"},
		{"a number nobody knows", "AADSTS999999: something", "AADSTS999999"},
		{"Graph's code", `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}`,
			"Authorization_RequestDenied"},
		{"Graph's code in another case", "SyncStateNotFound", "syncStateNotFound"},
		{"digits nobody knows", "error 12345", ""},
		{"a number inside an ID", "0f3b6c1e-50105-4c5b", ""},
		{"a number inside a longer one", "1501050", ""},
		{"after a number nobody knows", "12345 50105", "AADSTS50105"},
		{"without a space", "code:50105, x=1", "AADSTS50105"},
		{"at the end of a sentence", "I got 50105.", "AADSTS50105"},
		{"a fraction of a second", "2026-05-04T09:00:00.7000215Z", ""},
		{"a name with digits", "user_50105 and x50105y", ""},
		{"a version", "10.0.50105.1", ""},
		{"too many digits", "AADSTS12345678", ""},
		{"nothing", "", ""},
		{"10,000 characters", strings.Repeat("x", 10_000) + " AADSTS50105", "AADSTS50105"},
		{"beyond what is looked at", strings.Repeat("x ", 100_000) + "AADSTS50105", ""},
		{"invalid UTF-8", "\xff\xfeAADSTS50105", "AADSTS50105"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, ok := microsoft.LookUp(tt.pasted)
			if n.Code != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q %v, want %q", n.Code, ok, tt.want)
			}
		})
	}
}

func TestAFailureKnowsItsNumber(t *testing.T) {
	t.Parallel()
	if n, ok := (&microsoft.Failure{Code: "AADSTS50105"}).Number(); !ok || n.Reason != microsoft.ReasonNotAssigned {
		t.Errorf("got %+v %v", n, ok)
	}
	if _, ok := (&microsoft.Failure{Reason: microsoft.ReasonExpired}).Number(); ok {
		t.Error("a failure without a number has one")
	}
}

func FuzzLookUp(f *testing.F) {
	for _, s := range []string{"AADSTS50105", "error 50105", "[7000222]", "Authorization_RequestDenied", "\xff",
		"AADSTS"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := microsoft.LookUp(s)
		if ok != (n.Code != "") || ok && (n.Title.IsZero() || n.Next.IsZero()) {
			t.Errorf("got %+v %v", n, ok)
		}
	})
}

func TestMender(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		incident pactius.Incident
		want     microsoft.Helper
	}{
		{"its number says who", pactius.Incident{Kind: pactius.IncidentSignIn,
			Reason: string(microsoft.ReasonCancelled), Code: "AADSTS50105"}, microsoft.HelperCustomerIT},
		{"a number that is not known is the customer's to look up", pactius.Incident{Kind: pactius.IncidentSignIn,
			Code: "AADSTS999999"}, microsoft.HelperCustomerIT},
		{"without a number the reason says it", pactius.Incident{Kind: pactius.IncidentSignIn,
			Reason: string(microsoft.ReasonCancelled)}, microsoft.HelperYourself},
		{"who is not let in asks a local administrator", pactius.Incident{Kind: pactius.IncidentNoAccess},
			microsoft.HelperLocalAdministrator},
		{"a fault of ours is Support's", pactius.Incident{Kind: pactius.IncidentFault}, microsoft.HelperSupport},
	}
	for _, test := range tests {
		if got := microsoft.Mender(test.incident); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// TestTheReaderOfTheConnectionPageIsSpokenTo: the person who connects Microsoft 365 is the company's IT.
func TestTheReaderOfTheConnectionPageIsSpokenTo(t *testing.T) {
	t.Parallel()
	for _, n := range microsoft.Numbers() {
		about := n.Reason == microsoft.ReasonMisconfigured || n.Reason == microsoft.ReasonConsentMissing
		mine := about && n.Helper == microsoft.HelperCustomerIT
		if got := n.Here.String(); mine == n.Here.IsZero() || strings.Contains(got, "company's IT") {
			t.Errorf("%s, which %v can mend, says on the page of the connection: %q", n.Code, n.Helper, got)
		}
	}
}
