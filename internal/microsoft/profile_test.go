package microsoft_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/testbed/devtenant"
)

func TestProfilesAndPhotos(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 96, 96)), nil); err != nil {
		t.Fatal(err)
	}
	w.put(t, devtenant.Person{ObjectID: oid(1), AccountName: "pic@nordhavn.example", Name: "Pic Ture",
		JobTitle: "Pilot", Department: "Harbour", Manager: annaID, Photo: true},
		devtenant.Person{ObjectID: oid(2), AccountName: "jay@nordhavn.example", Name: "Jay", Photo: true,
			PhotoBytes: photo.Bytes()})
	g := w.directory(t)
	w.tenant.ForgetCalls()
	ids := []string{oid(1), strings.ToUpper(oid(2)), oid(99), "../../me", ""}
	profiles, errs := g.Profiles(t.Context(), w.c.Credentials, ids)
	want := []pactius.Profile{{Title: "Pilot", Department: "Harbour", ManagerID: annaID, ManagerName: anna.Name}, {}}
	for i, id := range ids {
		if i < len(want) {
			if errs[i] != nil || profiles[i] != want[i] {
				t.Errorf("%s: got %+v, %v", id, profiles[i], errs[i])
			}
		} else if pactius.KindOf(errs[i]) != pactius.KindNotFound {
			t.Errorf("%q: got %v, want NotFound", id, errs[i])
		}
	}
	photos, errs := g.Photos(t.Context(), w.c.Credentials, append(ids, annaID))
	if errs[0] != nil || photos[0].Kind != "image/png" || errs[1] != nil || photos[1].Kind != "image/jpeg" ||
		!bytes.Equal(photos[1].Image, photo.Bytes()) {
		t.Errorf("photos of %q and %q, %v", photos[0].Kind, photos[1].Kind, errs)
	}
	for i, err := range errs[2:] {
		if pactius.KindOf(err) != pactius.KindNotFound {
			t.Errorf("photo %d: got %v, want NotFound", i+2, err)
		}
	}
	if n := len(w.tenant.Calls("/v1.0/")); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

// TestStrangeProfiles: an answer about someone else is refused, and a manager that the permission hides is unknown.
func TestStrangeProfiles(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id":"` + oid(9) + `","jobTitle":"Other"}`: "garbled",
		`{"id":"` + annaID + `","jobTitle":7}`:       "garbled",
		`[]`:                                         "garbled",
		`{"id":"` + annaID + `","jobTitle":" A\u0000b ","manager":null}`:                  "Ab ",
		`{"id":"` + annaID + `","manager":{"id":"` + oid(9) + `","displayName":null}}`:    " ",
		`{"id":"` + annaID + `","manager":{"id":"../x","displayName":"M"}}`:               " ",
		`{"id":"` + annaID + `","manager":{"id":"` + oid(9) + `","displayName":" M\n "}}`: " M",
	} {
		s := newStage(t)
		s.answer = func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"responses":[{"id":"0","status":200,"body":%s}]}`, body)
		}
		p, errs := s.g.Profiles(t.Context(), s.c.Credentials, []string{annaID})
		got := p[0].Title + " " + p[0].ManagerName
		if errs[0] != nil {
			got = string(trouble(t, errs[0]).Trouble)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}
