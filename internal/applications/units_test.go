package applications_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// mint returns a token of Freja for the application, as the door makes it.
func (w *world) mint(t *testing.T, alter func(*applications.Claims)) string {
	t.Helper()
	i := applications.Identity{Environment: w.Env, Issuer: "https://" + w.host, Application: w.app.ID, User: w.freja,
		Access: pactius.AccessRead}
	c := i.Claims(w.db.Clock.Now(), true)
	if alter != nil {
		alter(&c)
	}
	token, err := w.rules.Sign(t.Context(), w.Env, c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// part encodes a part of a token.
func part(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// reheaded returns a token with another header and the signature as it was.
func reheaded(token, header string) string {
	_, rest, _ := strings.Cut(token, ".")
	return part(header) + "." + rest
}

// TestTokensThatAreNotTheDoors tries what an application, or an attacker, may show instead of a token of the door.
func TestTokensThatAreNotTheDoors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := build(t, w.db, "b.example", "https://b.app.example")
	good := w.mint(t, nil)
	if b, err := w.rules.Bearer(t.Context(), w.Env, good); err != nil || b.User.ID != w.freja.ID ||
		b.Application.ID != w.app.ID || b.Tag == "" {
		t.Fatalf("a good token: %+v, %v", b, err)
	}
	kid := w.kids(t)[0]
	pieces := strings.Split(good, ".")
	bad, ended, late := applications.ErrToken, applications.ErrAccessEnded, applications.ErrTokenExpired
	over := pactius.DoorTokenLife + 5*time.Second
	with := func(alter func(*applications.Claims)) string { return w.mint(t, alter) }
	for name, c := range map[string]struct {
		token string
		want  error
	}{
		"nothing":    {"", bad},
		"no token":   {"Zm9v", bad},
		"an ID":      {string(w.freja.ID), bad},
		"four parts": {good + ".x", bad},
		"alg none": {
			part(`{"alg":"none","typ":"pactius+jwt","kid":"`+kid+`"}`) + "." + pieces[1] + ".", bad},
		"HS256 with the public key": {w.hmacOf(t, kid, pieces[1]), bad},
		"typ JWT":                   {w.signAs(t, "JWT"), bad},
		"no typ, as of an ID token": {w.signAs(t, ""), bad},
		"typ of an access token":    {w.signAs(t, "at+jwt"), bad},
		"another kid":               {reheaded(good, `{"alg":"ES256","typ":"pactius+jwt","kid":"x"}`), bad},
		"no kid":                    {reheaded(good, `{"alg":"ES256","typ":"pactius+jwt"}`), bad},
		"an altered header": {
			reheaded(good, `{"alg":"ES256","kid":"`+kid+`","typ":"pactius+jwt","x":1}`), bad},
		"altered claims":        {pieces[0] + "." + part(`{"sub":"x"}`) + "." + pieces[2], bad},
		"too long":              {with(func(c *applications.Claims) { c.Name = strings.Repeat("n", 4096) }), bad},
		"another environment's": {elsewhere.mint(t, nil), bad},
		"another environment's with our claims": {elsewhere.mint(t, func(c *applications.Claims) {
			c.Issuer, c.Audience, c.Subject = "https://a.example", w.app.ID, w.freja.ID
		}), bad},
		"another issuer": {with(func(c *applications.Claims) { c.Issuer = "https://b.example" }), bad},
		"another environment's application": {
			with(func(c *applications.Claims) { c.Audience = elsewhere.app.ID }), ended},
		"an application that isn't": {
			with(func(c *applications.Claims) { c.Audience = pactius.ApplicationID(id.New()) }), ended},
		"another environment's user": {
			with(func(c *applications.Claims) { c.Subject = elsewhere.freja.ID }), ended},
		"no times": {
			with(func(c *applications.Claims) { c.IssuedAt, c.Expires = 0, 0 }), late},
		"expired":                               {w.mintAt(t, -over), late},
		"nearly expired":                        {w.mintAt(t, -over+time.Second), nil},
		"of a clock that is four minutes ahead": {w.mintAt(t, 4*time.Minute), bad},
		"of a clock that is four minutes late":  {w.mintAt(t, -4*time.Minute), late},
		"of a clock that is a little ahead":     {w.mintAt(t, 5*time.Second), nil},
	} {
		if _, err := w.rules.Bearer(t.Context(), w.Env, c.token); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// mintAt returns a token as a door makes it whose clock is off.
func (w *world) mintAt(t *testing.T, off time.Duration) string {
	t.Helper()
	return w.mint(t, func(c *applications.Claims) {
		c.IssuedAt += int64(off / time.Second)
		c.Expires += int64(off / time.Second)
	})
}

// signAs returns a token with the claims and the oldest key of the door, and any type.
func (w *world) signAs(t *testing.T, typ jose.ContentType) string {
	t.Helper()
	var keys []pactius.SigningKey
	w.View(t, func(tx *store.Tx) (err error) { keys, err = tx.SigningKeys(); return err })
	box, err := seal.New(strings.Repeat("s", seal.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := box.Open("signing key", keys[0].Sealed, string(w.Env)+" "+keys[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.ParsePKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	options := (&jose.SignerOptions{}).WithHeader("kid", keys[0].ID)
	if typ != "" {
		options = options.WithType(typ)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(w.mint(t, nil), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// hmacOf signs a payload with the public key as the secret, as a verifier would check it that trusts the header.
func (w *world) hmacOf(t *testing.T, kid, payload string) string {
	t.Helper()
	keys, err := w.rules.Keys(t.Context(), w.Env)
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(keys, &set); err != nil {
		t.Fatal(err)
	}
	text := part(`{"alg":"HS256","typ":"pactius+jwt","kid":"`+kid+`"}`) + "." + payload
	h := hmac.New(sha256.New, set.Keys[0])
	h.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// TestATokenEndsWithWhatItStandsFor uses a token after its user, the application or the key has gone.
func TestATokenEndsWithWhatItStandsFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(*testing.T, *world)
		want error
	}{
		"deactivation": {func(t *testing.T, w *world) {
			w.freja.DeactivatedAt = w.db.Clock.Now()
			w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(w.freja) })
		}, applications.ErrAccessEnded},
		"the end date": {func(t *testing.T, w *world) {
			w.freja.EndsOn = "2026-01-01"
			w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(w.freja) })
		}, applications.ErrAccessEnded},
		"another tenant": {func(t *testing.T, w *world) {
			w.Update(t, func(tx *store.Tx) error {
				e, err := tx.EnvironmentRow()
				e.Connection.TenantID = "other"
				return errors.Join(err, tx.UpdateEnvironment(e))
			})
		}, applications.ErrAccessEnded},
		"the unit taken away": {func(t *testing.T, w *world) { w.grant(t, w.sales, pactius.AccessNone) },
			applications.ErrAccessEnded},
		"more access required": {func(t *testing.T, w *world) {
			up := pactius.ApplicationUpdate{Access: new(pactius.AccessWrite)}
			if _, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0, up); err != nil {
				t.Error(err)
			}
		}, applications.ErrAccessEnded},
		"the application removed": {func(t *testing.T, w *world) {
			if err := w.rules.Remove(t.Context(), w.root, w.app.ID); err != nil {
				t.Error(err)
			}
		}, applications.ErrAccessEnded},
		"an immediate rotation, which this instance has not heard of": {func(t *testing.T, w *world) {
			if _, err := w.rules.Rotate(t.Context(), w.root, true); err != nil {
				t.Error(err)
			}
		}, applications.ErrToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			token := w.mint(t, nil)
			b, err := w.rules.Bearer(t.Context(), w.Env, token)
			if err != nil {
				t.Fatal(err)
			}
			c.end(t, w)
			if _, err := w.rules.Bearer(t.Context(), w.Env, token); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			_, _, err = w.rules.Reach(t.Context(), b)
			if c.want == applications.ErrAccessEnded && !errors.Is(err, c.want) {
				t.Errorf("the units of a bearer from before: %v", err)
			}
		})
	}
}

// TestTokensOfEveryPublishedKeyAreGood follows a rotation from the publication of the next key to the end of the old.
func TestTokensOfEveryPublishedKeyAreGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.rules.Rotate(t.Context(), w.root, false); err != nil {
		t.Fatal(err)
	}
	w.db.Clock.Advance(pactius.KeyLead)
	w.forget()
	for name, token := range map[string]string{"the new key": w.mint(t, nil),
		"the old key": w.signAs(t, jose.ContentType(applications.DoorToken))} {
		if _, err := w.rules.Bearer(t.Context(), w.Env, token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.db.Clock.Advance(pactius.KeyKept)
	token := w.signAs(t, jose.ContentType(applications.DoorToken))
	if _, err := w.rules.Bearer(t.Context(), w.Env, token); !errors.Is(err,
		applications.ErrToken) {
		t.Errorf("the old key, not published any more and not removed yet: %v", err)
	}
}

// grant gives Freja access to a unit.
func (w *world) grant(t *testing.T, unit pactius.UnitID, access pactius.Access) {
	t.Helper()
	w.Update(t, func(tx *store.Tx) error {
		return tx.SetMemberships(w.freja.ID, []pactius.Grant{{Unit: unit, Access: access}}, w.db.Clock.Now())
	})
}

// reach returns the units of Freja, each as "path: access", and their tag.
func (w *world) reach(t *testing.T) ([]string, string) {
	t.Helper()
	b, err := w.rules.Bearer(t.Context(), w.Env, w.mint(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	units, tag, err := w.rules.Reach(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if tag != b.Tag {
		t.Errorf("tag %q, before %q", tag, b.Tag)
	}
	var all []pactius.Unit
	for _, u := range units {
		all = append(all, u.Unit)
	}
	tree := pactius.NewTree(all)
	var lines []string
	for _, u := range units {
		lines = append(lines, tree.Path(u.ID)+": "+u.Access.String())
	}
	return lines, tag
}

func TestAccessReachesDownAndIsSeenWithWhatIsAbove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	far := w.Unit(t, w.Root, "Finance")
	w.Unit(t, far, "Payroll")
	w.Unit(t, w.south, "Team 10")
	team := w.Unit(t, w.south, "Team 9")
	old := w.Unit(t, w.sales, "Old")
	w.grant(t, team, pactius.AccessAdminister)
	w.archive(t, old)
	want := []string{"Nordhavn: none", "Sales: read", "Sales / South: read", "Sales / South / Team 9: administer",
		"Sales / South / Team 10: read"}
	got, _ := w.reach(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("units (-want +got):\n%s", diff)
	}
	// Two memberships at a distance, an archived unit above the second, and a third in an archived unit.
	below := w.Unit(t, old, "Still here")
	w.grant(t, w.sales, pactius.AccessNone)
	w.grant(t, team, pactius.AccessNone)
	w.grant(t, w.south, pactius.AccessWrite)
	w.grant(t, below, pactius.AccessRead)
	gone := w.Unit(t, far, "Gone")
	w.grant(t, gone, pactius.AccessWrite)
	w.archive(t, gone)
	want = []string{"Nordhavn: none", "Sales: none", "Sales / Old: none", "Sales / Old / Still here: read",
		"Sales / South: write", "Sales / South / Team 9: write", "Sales / South / Team 10: write"}
	if got, _ = w.reach(t); !cmp.Equal(want, got) {
		t.Errorf("units (-want +got):\n%s", cmp.Diff(want, got))
	}
}

func (w *world) archive(t *testing.T, id pactius.UnitID) {
	t.Helper()
	w.Update(t, func(tx *store.Tx) error {
		units, err := tx.UnitsAbove([]pactius.UnitID{id})
		for _, u := range units {
			if u.ID == id {
				u.ArchivedAt = w.db.Clock.Now()
				err = errors.Join(err, tx.UpdateUnit(u))
			}
		}
		return err
	})
}

// TestTheTagFollowsWhatIsReached changes all that the units of a bearer depend on.
func TestTheTagFollowsWhatIsReached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, before := w.reach(t)
	if _, again := w.reach(t); again != before {
		t.Errorf("nothing has changed: %s, then %s", before, again)
	}
	seen := map[string]string{before: "the beginning"}
	rename := func(tx *store.Tx, change func(*pactius.Unit)) error {
		units, err := tx.UnitsAbove([]pactius.UnitID{w.south})
		for _, u := range units {
			if u.ID == w.south {
				change(&u)
				err = errors.Join(err, tx.MoveUnit(u))
			}
		}
		return err
	}
	var other pactius.UnitID
	for _, step := range []struct {
		name   string
		change func()
	}{
		{"a unit is added", func() { other = w.Unit(t, w.sales, "North") }},
		{"a unit is renamed", func() {
			w.Update(t, func(tx *store.Tx) error { return rename(tx, func(u *pactius.Unit) { u.Name = "Syd" }) })
		}},
		{"a unit is moved", func() {
			w.Update(t, func(tx *store.Tx) error { return rename(tx, func(u *pactius.Unit) { u.ParentID = other }) })
		}},
		{"access is given", func() { w.grant(t, w.Root, pactius.AccessRead) }},
		{"access is raised", func() { w.grant(t, w.Root, pactius.AccessWrite) }},
		{"access is taken", func() { w.grant(t, w.Root, pactius.AccessNone) }},
		{"a unit is archived", func() { w.archive(t, other) }},
		{"the database is restored and goes on", func() {
			w.db.Exec(t, `UPDATE door_changes SET at = at + 1 WHERE environment_id = $1`, w.Env)
		}},
	} {
		step.change()
		_, tag := w.reach(t)
		if earlier, known := seen[tag]; known {
			t.Errorf("%s, and the tag is that of: %s", step.name, earlier)
		}
		seen[tag] = step.name
	}
}

// TestOneReadOfManyUnits has a company of the largest size and a user of one small unit: the statements are few, and
// only the user's units are read.
func TestOneReadOfManyUnits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Update(t, func(tx *store.Tx) error { return w.fill(tx, pactius.MaxUnits) })
	small, _ := w.reach(t)
	if len(small) != 3 {
		t.Errorf("%d units of a user of Sales", len(small))
	}
	w.grant(t, w.Root, pactius.AccessRead)
	before := w.db.Statements()
	all, _ := w.reach(t)
	if ran := w.db.Statements() - before; ran > 5 {
		t.Errorf("%d statements", ran)
	}
	if len(all) != pactius.MaxUnits {
		t.Errorf("%d units", len(all))
	}
	at := map[string]bool{}
	for _, line := range all {
		path, _, _ := strings.Cut(line, ": ")
		if i := strings.LastIndex(path, pactius.PathSeparator); i > 0 && !at[path[:i]] {
			t.Fatalf("%s comes before the unit above it", path)
		}
		at[path] = true
	}
}

// fill adds units below the root, ten below each, until there are most.
func (w *world) fill(tx *store.Tx, most int) error {
	queue := []pactius.UnitID{w.Root}
	for n := 3; n < most; n++ {
		u := pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: queue[(n-3)/10], Name: fmt.Sprintf("Unit %d", n),
			CreatedAt: storetest.Start}
		if err := tx.InsertUnit(u); err != nil {
			return err
		}
		queue = append(queue, u.ID)
	}
	return nil
}
