package microsoft

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
)

// MaxBatch is the most questions that one call of Accounts or Searches asks (Microsoft Graph: "Combine multiple HTTP
// requests using JSON batching").
const MaxBatch = 20

const batchWhat = "the directory's answer to a batch"

// Accounts is Account for at most MaxBatch account names with one call, or two where the permission allows less than
// all properties. Each name has an account or an error.
func (g *Graph) Accounts(ctx context.Context, c pactius.Credentials, names []string) ([]pactius.Account, []error) {
	calls, accounts := make([]graphCall, len(names)), make([]pactius.Account, len(names))
	listed := make([]bool, len(names))
	for i, name := range names {
		if name = strings.TrimSpace(name); canBeAccountName(name) {
			calls[i], listed[i] = accountCall(name)
		}
	}
	answers, errs := g.propertiesOfEach(ctx, c, calls)
	for i, call := range calls {
		if call.path == "" {
			errs[i] = errNoAccount
			continue
		}
		var u graphUser
		var page searchPage
		switch {
		case errs[i] != nil:
		case !listed[i]:
			errs[i] = answers[i].read(accountWhat, &u)
		default:
			if errs[i] = answers[i].read(accountWhat, &page); errs[i] == nil {
				errs[i] = page.only(&u)
			}
		}
		accounts[i], errs[i] = u.answered(c.TenantID, errs[i], false)
	}
	return accounts, errs
}

// Searches is Search for at most MaxBatch lists of texts with one call, or two as with Accounts. Each list has accounts
// or an error.
func (g *Graph) Searches(ctx context.Context, c pactius.Credentials, limit int, texts [][]string) (
	[][]pactius.Account, []error,
) {
	calls, found := make([]graphCall, len(texts)), make([][]pactius.Account, len(texts))
	for i, each := range texts {
		calls[i] = searchCall(limit, each)
	}
	answers, errs := g.propertiesOfEach(ctx, c, calls)
	for i := range calls {
		if errs[i] != nil || calls[i].path == "" {
			continue
		}
		var page searchPage
		if errs[i] = answers[i].read(searchWhat, &page); errs[i] == nil {
			found[i], errs[i] = page.accounts(c.TenantID, limit)
		}
	}
	return found, errs
}

// propertiesOfEach is properties for several calls. Calls without a path are not made.
func (g *Graph) propertiesOfEach(ctx context.Context, c pactius.Credentials, calls []graphCall) (
	[]graphAnswer, []error,
) {
	selecting := func(properties string) []graphCall {
		all := make([]graphCall, len(calls))
		for i, q := range calls {
			all[i] = q.selecting(properties)
		}
		return all
	}
	if g.basic(c) {
		return g.batch(ctx, c, selecting(basicProperties))
	}
	answers, errs := g.batch(ctx, c, selecting(fullProperties))
	if slices.ContainsFunc(errs, denied) {
		if answers, errs = g.batch(ctx, c, selecting(basicProperties)); !slices.ContainsFunc(errs, denied) {
			g.noteBasic(c)
		}
	}
	return answers, errs
}

// batchRequest is one call of a batch.
type batchRequest struct {
	ID     string            `json:"id"`
	Method string            `json:"method"`
	URL    string            `json:"url"`
	Header map[string]string `json:"headers,omitempty"`
}

// batchResponse is one answer of a batch; Graph orders them as it likes.
type batchResponse struct {
	ID     string            `json:"id"`
	Status int               `json:"status"`
	Header map[string]string `json:"headers"`
	Body   json.RawMessage   `json:"body"`
}

// batch makes at most MaxBatch calls in one. Calls without a path are not made. A call without an answer gets the error
// Garbled; one that Microsoft asks to wait for gets Throttled while the others have their answers.
func (g *Graph) batch(ctx context.Context, c pactius.Credentials, calls []graphCall) ([]graphAnswer, []error) {
	answers, errs := make([]graphAnswer, len(calls)), make([]error, len(calls))
	fail := func(err error) ([]graphAnswer, []error) {
		for i, q := range calls {
			if q.path != "" {
				errs[i] = err
			}
		}
		return answers, errs
	}
	var sent struct {
		Requests []batchRequest `json:"requests"`
	}
	for i, q := range calls {
		if q.path != "" {
			errs[i] = garbledError(batchWhat, "leaves one call out")
			sent.Requests = append(sent.Requests, batchRequest{ID: strconv.Itoa(i), Method: http.MethodGet,
				URL: strings.TrimPrefix(q.address(""), "/v1.0"), Header: q.header})
		}
	}
	if len(sent.Requests) == 0 {
		return answers, errs
	}
	if len(sent.Requests) > MaxBatch {
		return fail(garbledError(batchWhat, "would have %d parts, more than %d", len(sent.Requests), MaxBatch))
	}
	body, err := json.Marshal(sent)
	if err != nil {
		return fail(garbledError(batchWhat, "has no question: %w", err))
	}
	answer, err := g.call(ctx, c, graphCall{what: batchWhat, path: "/$batch", body: body})
	if err != nil {
		return fail(err)
	}
	var got struct {
		Responses []batchResponse `json:"responses"`
	}
	if err := answer.read(batchWhat, &got); err != nil {
		return fail(err)
	}
	for _, r := range got.Responses {
		i, err := strconv.Atoi(r.ID)
		if err != nil || i < 0 || i >= len(calls) || calls[i].path == "" {
			return fail(garbledError(batchWhat, "is about another call"))
		}
		answers[i], errs[i] = graphAnswer{body: r.Body}, nil
		if r.Status != http.StatusOK {
			errs[i] = g.statusError(c, calls[i], r.response(ctx), r.Body)
		}
	}
	return answers, errs
}

// response returns the answer as that of a call of its own.
func (r batchResponse) response(ctx context.Context) *http.Response {
	h := http.Header{}
	for name, value := range r.Header {
		h.Set(name, value)
	}
	return &http.Response{StatusCode: r.Status, Header: h, Request: (&http.Request{}).WithContext(ctx)}
}
