package directory_test

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
)

func TestOnlyTheTypedNameExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rules.Graph = another{w.rules.Graph}
	v, err := w.rules.VerifyAnew(t.Context(), w.root, "anders.holm@nordhavn.example")
	if err != nil || v.State != directory.NameUnchecked || v.Trouble != pactius.TroubleGarbled || v.Person != nil {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAnAccountIsReadAnewBeforeItIsBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.search(t, "anna")
	renamed := accounts["anna"]
	renamed.ObjectID, renamed.AccountName = oid("anna"), "anna.holm@nordhavn.example"
	if err := w.tenant.Put(renamed); err != nil {
		t.Fatal(err)
	}
	a := w.account(t, "anna")
	want := pactius.Identity{TenantID: tenant, ObjectID: oid("anna")}
	if a.Username != renamed.AccountName || a.Identity != want {
		t.Errorf("got %+v", a)
	}
	for typed, state := range map[string]directory.NameState{
		accounts["anna"].AccountName: directory.NameMissing, "Anna.Holm@nordhavn.example": directory.NameExists} {
		v, err := w.rules.VerifyAnew(t.Context(), w.root, typed)
		if err != nil || v.State != state || v.Person != nil && v.Person.Identity != want {
			t.Errorf("%s: %+v, %v; want it %s", typed, v, err, state)
		}
	}
	for name, id := range map[string]string{"deleted since": oid("anna"),
		"never there": "0f3b6c1e-3333-4c5b-b112-999999999999", "no object ID": "anna.holm@nordhavn.example",
		"a path": "../me"} {
		if name == "deleted since" {
			if err := w.tenant.Delete(oid("anna")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.rules.Account(t.Context(), w.root, id); pactius.KindOf(err) != pactius.KindNotFound {
			t.Errorf("%s: %v, want no such account", name, err)
		}
	}
}

func TestAPictureIsAPicture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.rules.Photo(t.Context(), w.root, oid("anna"))
	if err != nil || p.ContentType != "image/png" || len(p.Image) == 0 {
		t.Errorf("%d bytes of %s, %v", len(p.Image), p.ContentType, err)
	}
	if _, err := w.rules.Photo(t.Context(), w.root, oid("mads")); pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("without one: %v", err)
	}
	if _, err := w.rules.Photo(t.Context(), w.root, "me"); pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("of nobody: %v", err)
	}
}
