package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// profile stores what Microsoft 365 says of a person, and signs the person in.
func (w *world) profile(h human, p pactius.Profile, photo string) {
	w.Helper()
	w.as(h)
	env, i := w.nord.ID, w.person(h).Identity
	var image *pactius.Photo
	if photo != "" {
		p.Photo, image = "hash-of-"+photo, &pactius.Photo{Image: []byte(photo), Kind: "image/png"}
	}
	w.must(w.db.Update(w.Context(), env, func(tx *store.Tx) error {
		return tx.StoreLook(store.Look{Identity: i, Profile: p}, image)
	}))
}

func TestPeopleAreShownWithTitleManagerAndPhoto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rq := w.request(walt, w.sales)
	w.as(lone) // the sign-in links her to an account
	rikkes, walts := userPath(w.users[rikke.username]), requestPath(rq)
	w.profile(rikke, pactius.Profile{Title: "Clerk & more", Department: "Sales", ManagerID: lone.oid,
		ManagerName: "Lone, as Microsoft has her"}, "photo-of-rikke")
	w.profile(walt, pactius.Profile{Department: "Harbour", ManagerID: ada.oid, ManagerName: "Boss Elsewhere"},
		"photo-of-walt")
	for _, reader := range []human{ada, lone} {
		b := w.as(reader)
		page := b.get(rikkes).shows("Clerk & more · Sales", "Manager", lone.name).lacks("as Microsoft has her")
		if !strings.Contains(page.Body, `<dd><a href="`+userPath(w.users[lone.username])+`">`) ||
			!strings.Contains(page.Body, `src="`+rikkes+`/photo?v=hash-of-photo-of-rikke"`) {
			t.Errorf("%s: no link to the manager, or no photo:\n%s", reader.name, page.Body)
		}
		for _, path := range []string{"/settings/users", "/settings/users?q=rikke"} {
			if page := b.get(path).shows("Clerk & more · Sales"); !strings.Contains(page.Body, rikkes+"/photo?v=") {
				t.Errorf("%s: %s lacks the photo", reader.name, path)
			}
		}
		for _, path := range []string{walts, "/settings/requests", "/"} {
			page := b.get(path)
			if path != "/" { // which is short
				page.shows("Harbour")
			}
			if !strings.Contains(page.Body, walts+"/photo?v=hash-of-photo-of-walt") {
				t.Errorf("%s: %s lacks the photo", reader.name, path)
			}
		}
	}
	// A manager who is no user that the reader may see has the name that Microsoft tells.
	w.as(ada).get(walts).shows("Manager", ada.name)
	w.as(lone).get(walts).shows("Manager", "Boss Elsewhere")

	// After a request was declined nothing is kept of the person.
	_, err := w.site.Users.Decline(t.Context(), pactius.SupportActor(w.nord.ID), rq, "")
	w.must(err)
	w.as(ada).get(walts).lacks("Harbour", "photo?v=")
	w.as(ada).get(walts + "/photo").status(http.StatusNotFound)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM profiles WHERE oid = $1`, walt.oid); n != 0 {
		t.Error("the profile of a person who was declined is kept")
	}
}

func TestPhotosOfProfiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rq := w.request(walt, w.sales)
	w.profile(rikke, pactius.Profile{}, "photo-of-rikke")
	w.profile(walt, pactius.Profile{}, "photo-of-walt")
	for path, content := range map[string]string{userPath(w.users[rikke.username]) + "/photo": "photo-of-rikke",
		requestPath(rq) + "/photo": "photo-of-walt"} {
		b := w.as(lone)
		before := w.db.Statements()
		got := b.get(path + "?v=x").status(http.StatusOK)
		if ran := w.db.Statements() - before; ran > 8 {
			t.Errorf("%s ran %d statements", path, ran)
		}
		tag := got.Header.Get("ETag")
		for name, want := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff",
			"Cache-Control": "private, max-age=86400", "Content-Security-Policy": "default-src 'none'; sandbox"} {
			if have := got.Header.Get(name); have != want || got.Body != content || tag == "" {
				t.Errorf("%s: %s is %q, want %q; %q with tag %s", path, name, have, want, got.Body, tag)
			}
		}
		b.Header.Set("If-None-Match", tag)
		if again := b.get(path).status(http.StatusNotModified); again.Body != "" || again.Header.Get("ETag") != tag {
			t.Errorf("%s: again %q with tag %s", path, again.Body, again.Header.Get("ETag"))
		}
		b.Header.Set("If-None-Match", `"another"`)
		b.get(path).status(http.StatusOK)
		w.as(rikke).get(path).status(http.StatusForbidden).lacks(content)
		w.as(sara).get(path).status(http.StatusNotFound).lacks(content) // at home, with an ID from here
		stranger := w.browser(nordHost)
		stranger.Header.Set("Sec-Fetch-Mode", "no-cors") // as for an image
		stranger.get(path).status(http.StatusSeeOther).lacks(content)
	}
	// A right that is lost counts at once: photos are no public files.
	b := w.as(lone)
	path := userPath(w.users[rikke.username]) + "/photo"
	b.get(path).status(http.StatusOK)
	_, err := w.site.Users.Assign(t.Context(), pactius.SupportActor(w.nord.ID), w.users[rikke.username],
		[]pactius.Grant{{Unit: w.north, Access: pactius.AccessNone}, {Unit: w.it, Access: pactius.AccessRead}})
	w.must(err)
	b.get(path).status(http.StatusForbidden).lacks("photo-of-rikke")
}

// TestAListReadsAllProfilesAtOnce: a list of people with profiles runs as many statements as one without.
func TestAListReadsAllProfilesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, h := range []human{vera, walt} {
		w.request(h, w.sales)
	}
	b := w.as(ada)
	for _, path := range []string{"/settings/users", "/settings/requests", "/"} {
		before := w.db.Statements()
		b.get(path).status(http.StatusOK)
		without := w.db.Statements() - before
		for _, h := range []human{rikke, nils, lone, vera, walt} {
			w.profile(h, pactius.Profile{Title: "Clerk"}, "photo")
		}
		before = w.db.Statements()
		if page := b.get(path).status(http.StatusOK); !strings.Contains(page.Body, "photo?v=") {
			t.Errorf("%s shows no photo", path)
		}
		if with := w.db.Statements() - before; with > without {
			t.Errorf("%s runs %d statements with profiles and %d without", path, with, without)
		}
	}
}
