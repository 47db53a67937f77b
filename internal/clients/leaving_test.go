package clients

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
)

// TestLeaving reads requests to sign out.
func TestLeaving(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hint := w.enter(t).ID
	access := w.enter(t).Access
	abroad := build(t, w.db, "other.portal.example", "https://wiki.other.example")
	door := w.add(t, "Door", pactius.ClientNone, "https://door.example")
	ada := w.User(t, "ada@nordhavn.example", "Ada", pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	adas := w.signIn(t, ada, time.Time{})
	at := *w
	at.freja, at.session = ada, adas
	at.enter(t) // Ada has a session of her own at the client
	const back = "https://wiki.example/out"
	w.db.Clock.Advance(time.Hour) // an ID token that has expired is as good
	for what, one := range map[string]struct {
		session string
		q       []string // name and value in turn
		app     pactius.ApplicationID
		to      string
		proven  bool
		wrong   *pactius.Error
	}{
		"nothing":               {session: w.session},
		"a client":              {session: w.session, q: []string{"client_id", string(w.wiki.ID)}, app: w.wiki.ID},
		"an unknown client":     {session: w.session, q: []string{"client_id", "x"}},
		"no client":             {session: w.session, q: []string{"client_id", string(door.ID)}},
		"another environment's": {session: w.session, q: []string{"client_id", string(abroad.wiki.ID)}},
		"this session": {session: w.session, q: []string{"id_token_hint", hint}, app: w.wiki.ID,
			proven: true},
		"another session":        {session: adas, q: []string{"id_token_hint", hint}, app: w.wiki.ID},
		"a session that is over": {session: "none", q: []string{"id_token_hint", hint}, app: w.wiki.ID},
		"no session":             {q: []string{"id_token_hint", hint}, app: w.wiki.ID},
		"hint and client": {session: w.session, q: []string{"id_token_hint", hint, "client_id", string(w.wiki.ID)},
			app: w.wiki.ID, proven: true},
		"hint and another client": {session: w.session,
			q: []string{"id_token_hint", hint, "client_id", string(w.native.ID)}, wrong: errForeignHint},
		"a hint of another environment": {session: w.session, q: []string{"id_token_hint", abroad.enter(t).ID},
			wrong: errForeignHint},
		"an access token":     {session: w.session, q: []string{"id_token_hint", access}, wrong: errForeignHint},
		"a hint that is none": {session: w.session, q: []string{"id_token_hint", "x"}, wrong: errForeignHint},
		"an altered hint": {session: w.session, q: []string{"id_token_hint", hint[:len(hint)-9] + "AAAAAAAAA"},
			wrong: errForeignHint},
		"back": {session: w.session, q: []string{"id_token_hint", hint, "post_logout_redirect_uri", back, "state",
			"a b&c"}, app: w.wiki.ID, to: back + "?state=a+b%26c", proven: true},
		"back by the client alone": {q: []string{"client_id", string(w.wiki.ID), "post_logout_redirect_uri", back},
			app: w.wiki.ID, to: back},
		"back with a query": {q: []string{"client_id", string(w.wiki.ID), "post_logout_redirect_uri", back + "?a=b",
			"state", "x"}, app: w.wiki.ID, to: back + "?a=b&state=x"},
		"a long state": {q: []string{"client_id", string(w.wiki.ID), "post_logout_redirect_uri", back, "state",
			strings.Repeat("x", pactius.MaxClientParameter+1)}, app: w.wiki.ID, to: back},
		"back to a slash more": {session: w.session, q: []string{"id_token_hint", hint, "post_logout_redirect_uri",
			back + "/"}, wrong: errNoReturn},
		"back to a redirect address": {session: w.session, q: []string{"id_token_hint", hint,
			"post_logout_redirect_uri", signedIn}, wrong: errNoReturn},
		"back to no client": {q: []string{"post_logout_redirect_uri", back}, wrong: errNoReturn},
		"back to what is no client": {q: []string{"client_id", string(door.ID), "post_logout_redirect_uri", back},
			wrong: errNoReturn},
	} {
		q := url.Values{}
		for i := 0; i < len(one.q); i += 2 {
			q.Set(one.q[i], one.q[i+1])
		}
		l, err := w.rules.Leaving(t.Context(), w.Env, one.session, q)
		if one.wrong != nil {
			if !errors.Is(err, one.wrong) || l.Return != "" {
				t.Errorf("%s: %+v, %v", what, l, err)
			}
			continue
		}
		if err != nil || (l.App == nil) != (one.app == "") || l.App != nil && l.App.ID != one.app ||
			l.Return != one.to || l.Proven != one.proven {
			t.Errorf("%s: %+v, %v", what, l, err)
		}
	}
}
