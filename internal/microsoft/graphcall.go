package microsoft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
)

// graphCall is one call of Graph.
type graphCall struct {
	what   string            // its name in errors
	path   string            // below /v1.0, escaped
	query  [][2]string       // names and values, in order, not escaped
	header map[string]string // besides Authorization and Accept
	body   []byte            // JSON to POST; nil: GET
}

// address returns the address of the call. Graph reads %20 as a space everywhere, but + only in some places.
func (q graphCall) address(base string) string {
	var b strings.Builder
	b.WriteString(base + "/v1.0" + q.path)
	for i, p := range q.query {
		b.WriteString(map[bool]string{true: "?", false: "&"}[i == 0])
		b.WriteString(p[0] + "=" + strings.ReplaceAll(url.QueryEscape(p[1]), "+", "%20"))
	}
	return b.String()
}

// graphAnswer is an answer of 200.
type graphAnswer struct {
	body []byte
	kind string // Content-Type
}

// call calls Graph for a tenant unless the tenant asked to wait. It tries once more with a new token when Graph refuses
// the first.
func (g *Graph) call(ctx context.Context, c pactius.Credentials, q graphCall) (graphAnswer, error) {
	if checkCredentials(c) != nil || (c.ClientSecret == "" && len(c.Certificate) == 0) {
		return graphAnswer{}, directoryError(pactius.TroubleNoConnection, "the app registration is incomplete")
	}
	for again := false; ; again = true {
		if d := g.waitLeft(c); d > 0 {
			return graphAnswer{}, throttledError(d, errors.New("not asked: the tenant asks to wait"))
		}
		t, err := g.token(ctx, c)
		if err != nil {
			return graphAnswer{}, err
		}
		a, err := g.callWith(ctx, c, q, t)
		if status(err) != http.StatusUnauthorized {
			return a, err
		}
		g.drop(c, t)
		if again {
			return a, err
		}
	}
}

// callWith makes one call with a token.
func (g *Graph) callWith(ctx context.Context, c pactius.Credentials, q graphCall, t *appToken) (graphAnswer, error) {
	method := http.MethodGet
	if q.body != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, q.address(g.base), bytes.NewReader(q.body))
	if err != nil {
		return graphAnswer{}, garbledError(q.what, "has no usable address: %w", withoutAddress(err))
	}
	r.Header.Set("Accept", "application/json")
	if q.body != nil {
		r.Header.Set("Content-Type", "application/json")
		// Every call here only reads. This key, which has no value and is not sent, lets net/http send a batch again
		// when the server has just closed the idle connection.
		r.Header["Idempotency-Key"] = nil
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	r.Header.Set("Authorization", "Bearer "+t.value)
	r = named(r)
	resp, err := g.client.Do(r)
	if err != nil {
		e := callError(q.what, err)
		e.Trace = trace(r, nil)
		return graphAnswer{}, e
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // cannot fail: see boundedTransport
	if resp.StatusCode != http.StatusOK {
		return graphAnswer{}, g.statusError(c, q, resp, body)
	}
	return graphAnswer{body, resp.Header.Get("Content-Type")}, nil
}

// callError sorts the errors of a call that got no complete answer.
func callError(what string, err error) *pactius.DirectoryError {
	err = withoutAddress(err)
	switch {
	case errors.Is(err, errTooLarge):
		return garbledError(what, "cannot be used: %w", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return directoryError(pactius.TroubleSlow, "waiting for %s: %w", what, err)
	}
	return directoryError(pactius.TroubleAway, "%s: %w", what, err)
}

// statusError returns the error of an answer that is not 200. Of its body only the code is used: the message may repeat
// the query.
func (g *Graph) statusError(c pactius.Credentials, q graphCall, resp *http.Response, body []byte) error {
	var said struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &said) // an answer in any other form has no code
	r := &statusCode{status: resp.StatusCode}
	if codeForm.MatchString(said.Error.Code) {
		r.code = said.Error.Code
	}
	e := directoryError(r.trouble(), "%s: %w", q.what, r)
	e.Code, e.Trace = r.code, trace(resp.Request, resp)
	told := retryAfter(resp, g.m.now())
	if e.Trouble == pactius.TroubleThrottled || (e.Trouble == pactius.TroubleAway && told > 0) {
		e.Trouble, e.RetryAfter = pactius.TroubleThrottled, g.noteWait(c, told)
		g.m.log.WarnContext(resp.Request.Context(), "Microsoft asks to wait",
			"tenant", c.TenantID, "for", e.RetryAfter, "what", q.what, "trace", e.Trace)
	}
	return e
}

// read decodes the answer, which must be one JSON value.
func (a graphAnswer) read(what string, into any) error {
	if err := json.Unmarshal(a.body, into); err != nil {
		return garbledError(what, "is not the expected JSON: %w", safeJSON(err))
	}
	return nil
}
