package clients

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

func TestClaimsByScope(t *testing.T) {
	t.Parallel()
	u := pactius.User{ID: "u", Name: "Freja", Username: "freja@nordhavn.example", Language: "da", Email: "f@a.example"}
	about := func(scope string, memberships int) Claims {
		i := issue{scope: scope, groups: []string{"Nordhavn"}}
		i.User = u
		for n := range memberships {
			i.Memberships = append(i.Memberships,
				pactius.Membership{UnitID: pactius.UnitID(fmt.Sprint(n)), Access: pactius.AccessWrite})
		}
		return i.claims()
	}
	for scope, want := range map[string]Claims{
		"openid":                {Subject: "u"},
		"openid profile":        {Subject: "u", Name: "Freja", Username: "freja@nordhavn.example", Locale: "da"},
		"openid email":          {Subject: "u", Email: "f@a.example"},
		"openid offline_access": {Subject: "u"},
		"":                      {Subject: "u"},
		"profiles emails":       {Subject: "u"},
	} {
		c := about(scope, 1)
		if c.Name != want.Name || c.Username != want.Username || c.Locale != want.Locale || c.Email != want.Email ||
			c.Subject != "u" || len(c.Groups) != 1 || c.Units["0"] != "write" || len(c.Units) != 1 {
			t.Errorf("%s: %+v", scope, c)
		}
	}
	if most := about("openid", pactius.MaxDoorUnits); len(most.Units) != pactius.MaxDoorUnits {
		t.Errorf("%d units", len(most.Units))
	}
	if more := about("openid", pactius.MaxDoorUnits+1); more.Units != nil {
		t.Errorf("%d units", len(more.Units))
	}
}

// TestGroupsAreWholePaths, so that no unit can be named to pass for another.
func TestGroupsAreWholePaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	twin := w.Unit(t, w.Root, "Nordhavn") // named as the root
	grant := func(units ...pactius.UnitID) {
		w.Update(t, func(tx *store.Tx) error {
			var all []pactius.Grant
			for _, unit := range units {
				all = append(all, pactius.Grant{Unit: unit, Access: pactius.AccessRead})
			}
			return tx.SetMemberships(w.freja.ID, all, w.db.Clock.Now())
		})
	}
	groupsOf := func() []string {
		t.Helper()
		info, err := w.rules.Look(t.Context(), w.Env, w.enter(t).Access)
		if err != nil {
			t.Fatal(err)
		}
		return info.Claims.Groups
	}
	if got := groupsOf(); got != nil {
		t.Errorf("switched off: %q", got)
	}
	if _, err := w.rules.Applications.Update(t.Context(), w.support(), w.wiki.ID, 0,
		pactius.ApplicationUpdate{Groups: new(true)}); err != nil {
		t.Fatal(err)
	}
	grant(twin, w.Unit(t, w.sales, "South"))
	want := []string{"Nordhavn / Nordhavn", "Nordhavn / Sales", "Nordhavn / Sales / South"}
	if got := groupsOf(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	grant(w.Root)
	if got := groupsOf(); !slices.Contains(got, "Nordhavn") {
		t.Errorf("the root: %q", got)
	}
	var more []pactius.UnitID
	for n := range MaxGroups {
		more = append(more, w.Unit(t, w.sales, fmt.Sprint(n)))
	}
	grant(more...)
	if got := groupsOf(); got != nil {
		t.Errorf("%d paths", len(got))
	}
}

// TestIDTokensFit: what does not fit is left out, and the token is good as a hint.
func TestIDTokensFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	units := map[pactius.UnitID]string{}
	for range pactius.MaxDoorUnits {
		units[pactius.UnitID(id.New())] = "administer"
	}
	long := slices.Repeat([]string{strings.Repeat("x", 100)}, MaxGroups)
	for what, one := range map[string]struct {
		claims        Claims
		units, groups bool
	}{
		"all":              {Claims{Units: units}, true, false},
		"units and groups": {Claims{Units: units, Groups: long[:15]}, false, true},
		"groups":           {Claims{Groups: long}, false, false},
	} {
		one.claims.Subject = w.freja.ID
		token, err := w.rules.signID(t.Context(), w.Env, idClaims{Issuer: portal, Audience: w.wiki.ID,
			Nonce: strings.Repeat("n", 300), Claims: one.claims})
		if err != nil || len(token) > applications.MaxToken {
			t.Fatalf("%s: %d bytes, %v", what, len(token), err)
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		var got idClaims
		if err == nil {
			err = json.Unmarshal(payload, &got)
		}
		if err != nil || (got.Units != nil) != one.units || (got.Groups != nil) != one.groups {
			t.Errorf("%s: %d units, %d groups, %v", what, len(got.Units), len(got.Groups), err)
		}
		a, err := w.rules.Asked(t.Context(), w.Env, request(w.wiki, "id_token_hint", token))
		if err != nil || a.User != w.freja.ID {
			t.Errorf("%s as a hint: %v", what, err)
		}
	}
}

// TestWhenAPersonAuthenticated is in the ID token where it is known.
func TestWhenAPersonAuthenticated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, at := range []time.Time{{}, w.db.Clock.Now().Add(-time.Hour)} {
		w.session = w.signIn(t, w.freja, at)
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(w.enter(t).ID, ".")[1])
		var c idClaims
		if err == nil {
			err = json.Unmarshal(payload, &c)
		}
		if err != nil || (c.AuthTime == 0) != at.IsZero() || (!at.IsZero() && c.AuthTime != at.Unix()) {
			t.Errorf("authenticated at %v: %d, %v", at, c.AuthTime, err)
		}
	}
}

// TestSecrets has clients show secrets.
func TestSecrets(t *testing.T) {
	t.Parallel()
	now := time.Now()
	hash := applications.TokenHash
	c := pactius.Client{Kind: pactius.ClientWeb, SecretHash: hash("new"), OldSecretHash: hash("old"),
		OldSecretUntil: now}
	native := pactius.Client{Kind: pactius.ClientNative, SecretHash: c.SecretHash}
	for what, one := range map[string]struct {
		client pactius.Client
		secret string
		now    time.Time
		want   bool
	}{
		"the secret":           {c, "new", now, true},
		"the one before":       {c, "old", now.Add(-time.Second), true},
		"the one before, late": {c, "old", now, false},
		"another":              {c, "x", now, false},
		"none":                 {c, "", now, false},
		"none was made":        {pactius.Client{Kind: pactius.ClientWeb}, "", now, false},
		"the hash":             {c, c.SecretHash, now, false},
		"of a native":          {native, "new", now, false},
		"a native":             {pactius.Client{Kind: pactius.ClientNative}, "", now, true},
		"no client":            {pactius.Client{SecretHash: c.SecretHash}, "new", now, false},
		"no client, no secret": {pactius.Client{}, "", now, false},
	} {
		if got := isShown(one.client, one.secret, one.now); got != one.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}
