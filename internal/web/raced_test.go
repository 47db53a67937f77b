package web

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
)

// Both ways in at the same moment, from several browsers: one person, one user,
// one decision, and none of them gets an internal error.
func TestBothWaysInAtOnceMakeOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.request(vera, w.north)
	approve := url.Values{"unit": {string(w.north)}, "access." + string(w.north): {"read"}}
	add := url.Values{"username": {vera.username}, "name": {"Vera Visitor"}, "confirmed": {string(q)}}
	const each = 4
	var browsers []*browser
	for range each {
		browsers = append(browsers, w.as(ada), w.as(lone))
	}
	codes := make([][2]int, len(browsers))
	var wg sync.WaitGroup
	for i, b := range browsers {
		wg.Go(func() {
			first, second := requestPath(q)+"/approve", "/settings/users/add"
			forms := map[string]url.Values{first: approve, second: add}
			if i%4 > 1 {
				first, second = second, first
			}
			codes[i] = [2]int{b.post(first, forms[first]).StatusCode, b.post(second, forms[second]).StatusCode}
		})
	}
	wg.Wait()
	for _, pair := range codes {
		for _, code := range pair {
			switch code {
			case http.StatusSeeOther, http.StatusConflict, http.StatusUnprocessableEntity:
			default:
				t.Errorf("status %d", code)
			}
		}
	}
	if got := w.db.Count(t, `SELECT COUNT(*) FROM users WHERE username_key = $1`, vera.username); got != 1 {
		t.Errorf("%d users, want 1", got)
	}
	if got := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'request.approved'`); got != 1 {
		t.Errorf("%d decisions, want 1", got)
	}
	w.as(vera).get("/").shows("Welcome, Vera", "Vera Visitor")
}
