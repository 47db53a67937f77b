package web

import (
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// TestAPageIsOneSnapshot deactivates the acting user after the page has found the
// session: the page goes on as it began, and the next one is refused.
func TestAPageIsOneSnapshot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	var armed atomic.Bool
	w.site.Users = users.New(&change.DB{Store: w.db.Store, Now: func() time.Time {
		if armed.CompareAndSwap(true, false) { // the session is being read
			w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, w.users[ada.username])
		}
		return w.db.Clock.Now()
	}})
	armed.Store(true)
	b.get("/settings/users").status(http.StatusOK).shows(lone.name, rikke.name)
	if armed.Load() {
		t.Fatal("the session was not read")
	}
	b.get("/settings/users").status(http.StatusSeeOther)
}

// TestMicrosoftIsNotAskedWithinASnapshot looks, whenever Microsoft is asked, for a
// connection to the database that waits for the answer.
func TestMicrosoftIsNotAskedWithinASnapshot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	var asked atomic.Int32
	serve := w.microsoft.Config.Handler
	w.microsoft.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if n := w.db.Reader().Stats().InUse; n > 0 {
			t.Errorf("%s is asked while %d connections read", r.URL.Path, n)
		}
		serve.ServeHTTP(rw, r)
	})
	add := "/settings/users/add"
	for _, step := range []func() *page{
		func() *page { return b.get(add + "/check?" + url.Values{"username": {vera.username}}.Encode()) },
		func() *page { return b.get(add + "/people?q=wal") },
		func() *page { return b.get(add + "/photo?" + url.Values{view.FieldAccount: {walt.oid}}.Encode()) },
		func() *page { return b.post(add, url.Values{"username": {walt.username}, "name": {walt.name}}) },
		func() *page { return b.post(view.ConnectionPath+"/test", nil) },
	} {
		before := asked.Load()
		if p := step(); asked.Load() == before {
			t.Errorf("%s did not ask Microsoft, status %d", p.Request.URL.Path, p.StatusCode)
		}
		w.db.Clock.Advance(time.Second)
	}
}
