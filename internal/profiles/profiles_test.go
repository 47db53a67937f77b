package profiles_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/profiles"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/devtenant"
)

// world is a company whose directory is read through Graph from a tenant.
type world struct {
	*testing.T
	*storetest.Ground
	db     *storetest.DB
	tenant *devtenant.Tenant
	rules  *profiles.Rules
	log    *bytes.Buffer
	front  atomic.Pointer[func(http.ResponseWriter, *http.Request) bool] // answers instead of the tenant, if true
}

func newWorld(t *testing.T, db *storetest.DB) *world {
	t.Helper()
	w := &world{T: t, db: db, Ground: db.Ground(t, "nordhavn.example"), log: &bytes.Buffer{}}
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	var err error
	w.tenant, err = devtenant.New(devtenant.Config{URL: origin, TenantID: storetest.Tenant, TenantName: "Nordhavn",
		ClientID: "app", ClientSecret: "secret", Now: db.Clock.Now})
	w.must(err)
	server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if front := w.front.Load(); front == nil || !(*front)(rw, r) {
			w.tenant.Handler().ServeHTTP(rw, r)
		}
	})
	server.Start()
	t.Cleanup(server.Close)
	w.rules = profiles.New(profiles.Config{DB: db.Work(), Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Directory: microsoft.NewGraph(microsoft.New(microsoft.Options{Authority: origin, Now: db.Clock.Now}), origin),
		Credentials: func(e pactius.Environment) (c pactius.Credentials, err error) {
			c.TenantID, c.ClientID, c.ClientSecret = e.Connection.TenantID, "app", "secret"
			return c, nil
		}})
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// hire adds a user with an account as the directory has it.
func (w *world) hire(p devtenant.Person) pactius.User {
	w.Helper()
	u := w.User(w, p.AccountName, cmp.Or(p.Name, p.AccountName))
	p.ObjectID = u.Identity.ObjectID
	w.must(w.tenant.Put(p))
	return u
}

// asks adds a pending request.
func (w *world) asks(p devtenant.Person) pactius.AccessRequest {
	w.Helper()
	q := pactius.AccessRequest{ID: pactius.RequestID(id.New()), Person: storetest.Person(p.AccountName, p.Name),
		CreatedAt: w.db.Clock.Now(), ExpiresAt: w.db.Clock.Now(), State: pactius.StatePending, Version: 1}
	w.Update(w, func(tx *store.Tx) error { return tx.InsertRequest(q) })
	p.ObjectID = q.Person.ObjectID
	w.must(w.tenant.Put(p))
	return q
}

// look gives every due environment a turn.
func (w *world) look() {
	w.Helper()
	for _, troubled := range []bool{false, true} {
		crew := w.rules.NewCrew(troubled, func() {})
		_, err := crew.Start(w.Context())
		w.must(err)
		crew.Wait()
	}
}

// profile reads what is kept of a person, and the photo.
func (w *world) profile(i pactius.Identity) (p pactius.Profile, photo pactius.Photo) {
	w.Helper()
	w.View(w, func(tx *store.Tx) error {
		all, err := tx.Profiles([]pactius.Identity{i})
		p = all[i]
		if err == nil && p.Photo != "" {
			photo, err = tx.Photo(i)
		}
		return err
	})
	return p, photo
}

// calls counts the calls of Graph, and forgets them.
func (w *world) calls() int {
	n := len(w.tenant.Calls("/v1.0/"))
	w.tenant.ForgetCalls()
	return n
}

func TestWhatMicrosoftSaysIsKept(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newWorld(t, db)
		ada := w.hire(devtenant.Person{AccountName: "ada@nordhavn.example", Name: "Ada Lund", JobTitle: "Head of IT"})
		bo := w.hire(devtenant.Person{AccountName: "bo@nordhavn.example", Name: "Bo", JobTitle: "Broker",
			Department: strings.Repeat("ø", 200), Manager: ada.Identity.ObjectID, Photo: true})
		q := w.asks(devtenant.Person{AccountName: "cara@nordhavn.example", Name: "Cara", Department: "Sales",
			Photo: true})
		w.look()
		if n := w.calls(); n != 2 {
			t.Errorf("%d calls about three people, want 2", n)
		}
		got, photo := w.profile(bo.Identity)
		want := pactius.Profile{Title: "Broker", Department: strings.Repeat("ø", pactius.MaxWork),
			ManagerID: ada.Identity.ObjectID, ManagerName: "Ada Lund", Photo: got.Photo}
		size, _, err := image.DecodeConfig(bytes.NewReader(photo.Image))
		if got != want || photo.Kind != "image/png" || err != nil || size.Width != 96 {
			t.Errorf("got %+v and %d bytes of %q, %v", got, len(photo.Image), photo.Kind, err)
		}
		if got, _ := w.profile(ada.Identity); got != (pactius.Profile{Title: "Head of IT"}) {
			t.Errorf("without a photo: %+v", got)
		}
		if got, photo := w.profile(q.Person.Identity); got.Department != "Sales" || len(photo.Image) == 0 {
			t.Errorf("a person who waits: %+v", got)
		}

		// Nothing is asked again until the refresh; then what was removed is gone.
		db.Clock.Advance(profiles.Refresh - time.Hour)
		w.look()
		if n := w.calls(); n != 0 {
			t.Errorf("%d calls before anybody is due", n)
		}
		w.must(w.tenant.Put(devtenant.Person{ObjectID: bo.Identity.ObjectID, AccountName: "bo@nordhavn.example",
			Name: "Bo"}))
		db.Clock.Advance(profiles.Jitter + 2*time.Hour)
		w.look()
		if got, _ := w.profile(bo.Identity); got != (pactius.Profile{}) {
			t.Errorf("after everything was removed: %+v", got)
		}

		// A settled request leaves nothing, unless the person became a user.
		q.State = pactius.StateDeclined
		w.Update(t, func(tx *store.Tx) error { return tx.SettleRequest(q, store.Undo{}) })
		if n := db.Count(t, `SELECT COUNT(*) FROM profiles WHERE oid = $1`, q.Person.ObjectID); n != 0 {
			t.Error("a profile is left of a person who was declined")
		}
		w.Update(t, func(tx *store.Tx) error { return tx.DeleteUser(bo) })
		if n := db.Count(t, `SELECT COUNT(*) FROM profiles`); n != 1 {
			t.Errorf("%d profiles are left of one user", n)
		}
	})
}

// TestPeopleWhoWaitComeFirst: more users are due than one look asks about.
func TestPeopleWhoWaitComeFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	for i := range profiles.LookBatch + 5 {
		w.hire(devtenant.Person{AccountName: fmt.Sprintf("u%02d@nordhavn.example", i), JobTitle: "Clerk"})
	}
	q := w.asks(devtenant.Person{AccountName: "cara@nordhavn.example", Name: "Cara", JobTitle: "Pilot"})
	n, err := w.rules.Look(t.Context(), w.Env)
	if got, _ := w.profile(q.Person.Identity); n != profiles.LookBatch || err != nil || got.Title != "Pilot" {
		t.Errorf("after a look at %d people: %+v, %v", n, got, err)
	}
	w.look()
	if n := w.db.Count(t, `SELECT COUNT(*) FROM profiles WHERE title = ''`); n != 0 {
		t.Errorf("%d people were not asked about in a turn", n)
	}
}

// picture is a PNG of so many points.
func picture(side int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))) // a buffer takes everything
	return b.Bytes()
}

// TestHostilePhotos: they are stored as none, and hide no title or photo of others.
func TestHostilePhotos(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	good := w.hire(devtenant.Person{AccountName: "good@nordhavn.example", JobTitle: "Good", Photo: true})
	hostile := map[string][]byte{
		"a page": []byte("<!DOCTYPE html><script>alert(1)</script>"), "a page that begins as a picture": append(
			[]byte("\x89PNG\r\n\x1a\n"), "<script>alert(1)</script>"...),
		"a picture that holds scripts": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "JSON": []byte(`{"a":1}`),
		"too many points": picture(pactius.MaxPhotoSide + 1), "nothing": {},
		"too many bytes": append(picture(96), make([]byte, pactius.MaxPhoto)...),
		"ten megabytes":  append(picture(96), make([]byte, 10<<20)...),
	}
	people := map[string]pactius.User{}
	for name, content := range hostile {
		people[name] = w.hire(devtenant.Person{AccountName: id.New() + "@nordhavn.example", JobTitle: "Hostile",
			Photo: true, PhotoBytes: content})
	}
	w.look()
	for name, u := range people {
		if got, _ := w.profile(u.Identity); got != (pactius.Profile{Title: "Hostile"}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got, photo := w.profile(good.Identity); got.Title != "Good" || len(photo.Image) == 0 {
		t.Errorf("beside them: %+v with a photo of %d bytes", got, len(photo.Image))
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM profiles WHERE due_at <= $1`, w.db.Clock.Now().UnixMicro()); n != 0 {
		t.Errorf("%d people are due again at once", n)
	}
}

// TestARedirectedPhotoIsFollowedNowhere: neither within a batch nor of the batch itself.
func TestARedirectedPhotoIsFollowedNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	u := w.hire(devtenant.Person{AccountName: "u@nordhavn.example", JobTitle: "Clerk", Photo: true})
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	redirect := func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/$batch") {
			return false
		}
		http.Redirect(rw, r, other.URL, http.StatusTemporaryRedirect)
		return true
	}
	w.front.Store(&redirect)
	w.look()
	within := func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/$batch") {
			return false
		}
		_, _ = fmt.Fprintf(rw, `{"responses":[{"id":"0","status":302,"headers":{"Location":%q},"body":null}]}`,
			other.URL)
		return true
	}
	w.front.Store(&within)
	w.db.Clock.Advance(time.Hour)
	w.look()
	if got, _ := w.profile(u.Identity); got != (pactius.Profile{}) || elsewhere.Load() != 0 {
		t.Errorf("got %+v, %d calls elsewhere", got, elsewhere.Load())
	}
	w.front.Store(nil)
	w.db.Clock.Advance(2 * time.Hour)
	w.look()
	if got, _ := w.profile(u.Identity); got.Title != "Clerk" || got.Photo == "" {
		t.Errorf("afterwards: %+v", got)
	}
}

// TestTroublePauses: nothing is asked before the time that Microsoft names, and not without permission; what was known
// stays, and the log says it once.
func TestTroublePauses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		trouble devtenant.Trouble
		granted []string
		pause   time.Duration
	}{
		"throttled":       {devtenant.Trouble{Throttled: 1, RetryAfter: 90 * time.Second}, nil, 90 * time.Second},
		"a part of it":    {devtenant.Trouble{PartsThrottled: 1}, nil, time.Second},
		"away":            {devtenant.Trouble{Down: true}, nil, time.Minute},
		"a page instead":  {devtenant.Trouble{Answer: devtenant.HTML}, nil, time.Minute},
		"the small right": {devtenant.Trouble{}, []string{devtenant.ReadBasic}, time.Hour},
		"no right at all": {devtenant.Trouble{}, []string{"Mail.Read"}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, storetest.New(t))
			u := w.hire(devtenant.Person{AccountName: "u@nordhavn.example", JobTitle: "Clerk", Photo: true})
			w.look()
			w.db.Clock.Advance(profiles.Refresh + profiles.Jitter)
			known, _ := w.profile(u.Identity)
			w.tenant.SetTrouble(test.trouble)
			if test.granted != nil {
				w.must(w.tenant.Grant("app", test.granted...))
				w.tenant.EndTokens()
			}
			w.calls()
			w.look()
			if w.calls() == 0 {
				t.Error("nothing was asked")
			}
			w.db.Clock.Advance(test.pause - time.Millisecond)
			w.look()
			if n := w.calls(); n != 0 {
				t.Errorf("%d calls during the pause", n)
			}
			if test.granted != nil {
				w.db.Clock.Advance(time.Millisecond)
				w.look() // met again, and not said again
				if w.calls() == 0 {
					t.Error("nothing was asked after the pause")
				}
				w.must(w.tenant.Grant("app", devtenant.ReadAll))
				w.tenant.EndTokens()
				w.db.Clock.Advance(time.Hour - time.Millisecond)
			}
			if got, _ := w.profile(u.Identity); got != known || got.Title != "Clerk" {
				t.Errorf("during the trouble: %+v, want %+v", got, known)
			}
			if said := strings.Count(w.log.String(), "are not read for a while"); said != 1 {
				t.Errorf("the log says it %d times:\n%s", said, w.log)
			}
			w.tenant.SetTrouble(devtenant.Trouble{})
			w.db.Clock.Advance(time.Millisecond)
			w.look()
			if w.calls() == 0 || w.db.Count(t, `SELECT COUNT(*) FROM profiles WHERE due_at <= $1`,
				w.db.Clock.Now().UnixMicro()) != 0 {
				t.Error("after the pause nobody was looked at")
			}
		})
	}
}

// TestAClaimEnds: an instance dies during a look, and another one looks after the lease.
func TestAClaimEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	u := w.hire(devtenant.Person{AccountName: "u@nordhavn.example", JobTitle: "Clerk"})
	w.Update(t, func(tx *store.Tx) error {
		_, err := tx.ClaimLooks(storetest.Tenant, w.db.Clock.Now(), w.db.Clock.Now().Add(profiles.LeaseTime), 20)
		return err
	})
	w.look()
	if n := w.calls(); n != 0 {
		t.Errorf("%d calls while another instance looks", n)
	}
	w.db.Clock.Advance(profiles.LeaseTime)
	w.look()
	if got, _ := w.profile(u.Identity); got.Title != "Clerk" {
		t.Errorf("after the lease: %+v", got)
	}
}

// TestAnotherTenantIsNotAsked about the people of the one before.
func TestAnotherTenantIsNotAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.New(t))
	w.hire(devtenant.Person{AccountName: "u@nordhavn.example"})
	w.db.Exec(t, `UPDATE environments SET tenant_id = '51100000-0000-4000-8000-000000000001'`)
	w.look()
	if n := w.calls(); n != 0 || w.log.Len() > 0 {
		t.Errorf("%d calls, log: %s", n, w.log)
	}
}

// TestASilentTenantDelaysNoOther: Microsoft accepts the calls for some tenants and never answers.
func TestASilentTenantDelaysNoOther(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	const silent = "51100000-0000-4000-8000-"
	for i := range 5 {
		g := db.Ground(t, fmt.Sprintf("silent%d.example", i))
		g.User(t, "u@silent.example", "U")
		tenant := fmt.Sprintf(silent+"%012d", i)
		db.Exec(t, `UPDATE environments SET tenant_id = $1 WHERE id = $2`, tenant, g.Env)
		db.Exec(t, `UPDATE profiles SET tid = $1 WHERE environment_id = $2`, tenant, g.Env)
	}
	w := newWorld(t, db)
	u := w.hire(devtenant.Person{AccountName: "u@nordhavn.example", JobTitle: "Clerk"})
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{}, 100)
	front := func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, silent) {
			return false
		}
		asked <- struct{}{}
		<-r.Context().Done()
		return true
	}
	w.front.Store(&front)
	moved := make(chan struct{}, 100)
	crew := w.rules.NewCrew(false, func() { moved <- struct{}{} })
	_, err := crew.Start(ctx)
	w.must(err)
	for range 5 {
		<-asked
	}
	<-moved
	if got, _ := w.profile(u.Identity); got.Title != "Clerk" {
		t.Errorf("while others are silent: %+v", got)
	}
	cancel()
	crew.Wait()
}
