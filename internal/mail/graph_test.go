package mail

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// graphAt is the transport to a stand-in for Graph that answers as the handler does.
func graphAt(t *testing.T, answer http.HandlerFunc, tokens ...string) *Graph {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return NewGraph(GraphOptions{Origin: s.URL, Tokens: &tokenList{tokens: tokens}, Client: client,
		Timeout: 5 * time.Second})
}

func TestAGraphTokenThatEndedIsReplacedOnce(t *testing.T) {
	t.Parallel()
	good := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer good-token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}
	if err := graphAt(t, good, "old", "good-token").Send(t.Context(), envelope(t)); err != nil {
		t.Errorf("a token that ended was not replaced: %v", err)
	}
	failure := sendError(t, graphAt(t, good, "bad-1", "bad-2", "good-token").Send(t.Context(), envelope(t)))
	if !failure.Temporary || failure.About != AboutSender || failure.Code != http.StatusUnauthorized {
		t.Errorf("two refused tokens: %+v", failure)
	}
}

// TestNoAnswerOfGraphGivesUsUp sends answers that make no sense: all emails wait.
func TestNoAnswerOfGraphGivesUsUp(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"a page of a proxy": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<h1>Please sign in</h1>")
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		},
		"half an answer":      func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "99") },
		"a broken connection": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"a wait without end": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "99999999")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"the token in its words": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"error":{"code":"X","message":%q}}`, r.Header.Get("Authorization"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failure := sendError(t, graphAt(t, answer, "s3cr3t-token").Send(t.Context(), envelope(t)))
			if !failure.Temporary || failure.About != AboutSender || failure.Wait > maxGraphWait {
				t.Errorf("got %+v, want one that lets all wait", failure)
			}
			if strings.Contains(failure.Error(), "s3cr3t-token") {
				t.Errorf("the failure shows the token: %v", failure)
			}
		})
	}
}

func TestTheAddressOfGraph(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"graph:": true, "graph:access@company.com": true, "graph://graph.microsoft.com": false, "graph:access": false,
		"graph:Access <access@company.com>": false,
	} {
		if err := CheckTokenURL(address); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
