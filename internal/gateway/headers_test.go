package gateway

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/id"
)

// TestHeadersFit in an answer that nginx takes, with every header there.
func TestHeadersFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		user  pactius.User
		units int
		shown bool // the units
		whole bool // the name in the token
	}{
		"a few units":                     {pactius.User{Name: "Freja"}, 10, true, true},
		"the most units":                  {pactius.User{Name: "Freja"}, pactius.MaxDoorUnits, false, true},
		"500 units and 200 characters":    {pactius.User{Name: strings.Repeat("ø", 200)}, 500, false, true},
		"200 characters of four bytes":    {pactius.User{Name: strings.Repeat("𝔉", 200)}, 500, false, true},
		"everything as long as it may be": {longest(), 500, false, false},
		"signs that JSON may escape":      {pactius.User{Name: strings.Repeat("<", 256)}, 500, false, true},
		"control characters":              {pactius.User{Name: "A\r\nPactius-Access: administer\x00"}, 1, true, true},
	} {
		i := identity{Identity: applications.Identity{Environment: w.Env, Issuer: portal, Application: w.app.ID,
			User: c.user, Access: pactius.AccessAdminister}}
		if i.User.ID = w.freja.ID; !c.whole {
			i.Issuer = "https://" + strings.Repeat("portal.", 34) + "example"
		}
		for range c.units {
			i.Memberships = append(i.Memberships,
				pactius.Membership{UnitID: pactius.UnitID(id.New()), Access: pactius.AccessAdminister})
		}
		if err := i.prepare(t.Context(), w.rules, w.db.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		m, err := i.token(t.Context(), w.rules, w.db.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		i.write(answer.Header(), m)
		size := 0
		for _, header := range headers {
			value := answer.Header()[header][0]
			size += len(header) + len(value)
			if len(answer.Header()[header]) != 1 || strings.ContainsAny(value, "\r\n\x00 ") {
				t.Errorf("%s: %s: %q", name, header, answer.Header()[header])
			}
		}
		claims := w.claims(t, answer)
		shown := answer.Header().Get("Pactius-Units") != ""
		if size > maxHeaders || (claims.Units != nil) != c.shown || shown != c.shown ||
			c.shown && len(claims.Units) != c.units || (claims.Name == c.user.Name) != c.whole {
			t.Errorf("%s: %d bytes; %d units in the token, %q in the header, name %q", name, size, len(claims.Units),
				answer.Header().Get("Pactius-Units"), cut(claims.Name, 20))
		}
	}
}

func longest() pactius.User {
	account := strings.Repeat("x", 64) + "@" + strings.Repeat("x", 63) + "." + strings.Repeat("y", 118) + ".example"
	return pactius.User{Name: strings.Repeat("𝔉", 256), Username: account, Email: account}
}

func TestValuesAreEncoded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"Anna Ø", "Anna%20%C3%98"}, {"a+b@c.example", "a%2Bb@c.example"}, {"100%", "100%25"},
		{"\r\nX: y", "%0D%0AX:%20y"}, {"a-b._~:,=/", "a-b._~:,=/"}, {`"';<>`, "%22%27%3B%3C%3E"}, {"\xff", "%FF"},
	} {
		if got := encode(c.in); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
	if got := beginning(strings.Repeat("ø", 100)); got != strings.Repeat("%C3%B8", 42) {
		t.Errorf("%q", got)
	}
	if got := whole(strings.Repeat("x", maxValue+1)); got != "" {
		t.Errorf("%q", got)
	}
}
