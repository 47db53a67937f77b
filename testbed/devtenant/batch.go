package devtenant

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBatch is the most requests in one batch.
const maxBatch = 20

// batchRequest is one request of a batch (Microsoft Graph: "Combine multiple HTTP
// requests using JSON batching").
type batchRequest struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

// batchResponse is the answer to one request.
type batchResponse struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// inBatch marks the context of a request in a batch.
type inBatch struct{}

// batch: POST /v1.0/$batch with requests that routes answers. The answers come
// in the opposite order, because Graph promises none.
func (c graphCall) batch(routes http.Handler) error {
	var sent struct {
		Requests []batchRequest `json:"requests"`
	}
	if err := json.NewDecoder(c.r.Body).Decode(&sent); err != nil {
		return &graphError{http.StatusBadRequest, "BadRequest", "Invalid batch payload format."}
	}
	if n := len(sent.Requests); n > maxBatch {
		return &graphError{http.StatusBadRequest, "BadRequest", fmt.Sprintf(
			"Number of batch request steps exceeds the maximum value of %d.", maxBatch)}
	}
	seen := map[string]bool{}
	responses := []batchResponse{}
	for _, q := range sent.Requests {
		if q.ID == "" || seen[q.ID] || !strings.HasPrefix(q.URL, "/") {
			return &graphError{http.StatusBadRequest, "BadRequest",
				"Each step needs an ID of its own and a relative URL."}
		}
		seen[q.ID] = true
		a := &recorder{header: http.Header{}, status: http.StatusOK}
		r, err := http.NewRequestWithContext(context.WithValue(c.r.Context(), inBatch{}, true), q.Method,
			"/v1.0"+q.URL, nil)
		if err != nil {
			return &graphError{http.StatusBadRequest, "BadRequest", "Invalid URL in a step."}
		}
		for name, value := range q.Headers {
			r.Header.Set(name, value)
		}
		r.Header.Set("Authorization", c.r.Header.Get("Authorization"))
		if c.throttledPart() {
			a.Header().Set("Retry-After", strconv.Itoa(1))
			refuseGraph(a, http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
		} else {
			routes.ServeHTTP(a, r)
		}
		one := batchResponse{ID: q.ID, Status: a.status, Headers: map[string]string{}, Body: a.body()}
		for name := range a.header {
			one.Headers[name] = a.Header().Get(name)
		}
		responses = append(responses, one)
	}
	slices.Reverse(responses)
	writeJSON(c.w, http.StatusOK, map[string]any{"responses": responses})
	return nil
}

// recorder keeps the answer to one request of a batch.
type recorder struct {
	bytes.Buffer
	header http.Header
	status int
}

// body is the answer as JSON: another kind of content is in base64.
func (r *recorder) body() json.RawMessage {
	if json.Valid(r.Bytes()) {
		return r.Bytes()
	}
	content, _ := json.Marshal(r.Bytes()) // cannot fail
	return content
}

// Header returns the headers to be sent.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// throttledPart takes one of the requests that are throttled in a batch.
func (c graphCall) throttledPart() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trouble.PartsThrottled == 0 {
		return false
	}
	c.trouble.PartsThrottled--
	return true
}
