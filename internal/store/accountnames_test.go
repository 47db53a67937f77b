package store_test

import (
	"errors"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// The same account name with its domain in both spellings.
const (
	unicodeName = "Ida@München.example"
	asciiName   = "ida@xn--mnchen-3ya.example"
)

// foundBy is the user with an account name.
func foundBy(t *testing.T, g *storetest.Ground, username string) pactius.UserID {
	t.Helper()
	var found pactius.UserID
	g.View(t, func(tx *store.Tx) error {
		u, err := store.Optional(tx.UserByUsername(username))
		if u != nil {
			found = u.ID
		}
		n, namedErr := tx.UsersNamed(pactius.Identity{}, username)
		if idOf(n.Named) != found {
			t.Errorf("%s: UserByUsername finds %q, UsersNamed %q", username, found, idOf(n.Named))
		}
		return errors.Join(err, namedErr)
	})
	return found
}

func TestBothSpellingsOfADomainAreOneUser(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for i, pair := range [][2]string{{unicodeName, asciiName}, {asciiName, unicodeName},
			{"ida@MU\u0308NCHEN.example", asciiName}} {
			g := db.Ground(t, string(rune('a'+i))+".example")
			ida := g.Invite(t, pair[0], "Ida")
			other := g.Invite(t, "other@nordhavn.example", "Other")
			err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error {
				return tx.InsertUser(pactius.User{ID: newUser(), Username: pair[1], CreatedBy: pactius.ByAdd}, "")
			})
			if !errors.Is(err, store.ErrTaken) {
				t.Errorf("a second user %s beside %s: %v", pair[1], pair[0], err)
			}
			other.Username = pair[1]
			err = db.Update(t.Context(), g.Env, func(tx *store.Tx) error { return tx.UpdateUser(other) })
			if !errors.Is(err, store.ErrTaken) {
				t.Errorf("renaming to %s beside %s: %v", pair[1], pair[0], err)
			}
			for _, name := range pair {
				if got := foundBy(t, g, name); got != ida.ID {
					t.Errorf("%s finds %q, want %s", name, got, ida.ID)
				}
				for _, words := range []string{name, "münchen", "xn--mnchen-3ya"} {
					g.View(t, func(tx *store.Tx) error {
						page, err := tx.Users(pactius.UserFilter{Search: words}, store.UserScope{All: true})
						found := page.Users
						if len(found) != 1 || found[0].ID != ida.ID {
							t.Errorf("searching %q finds %v, want %s", words, found, pair[0])
						}
						return err
					})
				}
			}
		}
	})
}

// before writes the keys as the version before did.
func before(t *testing.T, db *storetest.DB, table, column, username, key string) {
	t.Helper()
	db.Exec(t, `UPDATE `+table+` SET username_key = $1 WHERE `+column+` = $2`, key, username)
}

func TestUsersWhoBecomeEqualStayApart(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		first := g.Invite(t, unicodeName, "Ida")
		before(t, db, "users", "username", unicodeName, "ida@münchen.example")
		second := g.Invite(t, "x@nordhavn.example", "Ida")
		db.Exec(t, `UPDATE users SET username = $1, username_key = $1 WHERE id = $2`, asciiName, second.ID)
		for range 2 { // an instance may be started again
			if err := db.FillAccountNames(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		check := func(when string) {
			t.Helper()
			if got := foundBy(t, g, unicodeName); got != first.ID {
				t.Errorf("%s: %s finds %s, want the first", when, unicodeName, got)
			}
			if got := foundBy(t, g, asciiName); got != second.ID {
				t.Errorf("%s: %s finds %s, want the second", when, asciiName, got)
			}
		}
		check("kept")
		for _, u := range []pactius.User{first, second} {
			u := g.Reload(t, u.ID)
			u.Name, u.Identity = "Ida Lund", storetest.Person("", "").Identity
			g.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(u) })
		}
		check("changed")
		third := pactius.User{ID: pactius.UserID(id.New()), Username: "ida@ｍünchen.example", CreatedBy: pactius.ByAdd}
		err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error { return tx.InsertUser(third, "") })
		if !errors.Is(err, store.ErrTaken) {
			t.Errorf("a third of them: %v", err)
		}
		// The second is called otherwise; the name stays taken by the first.
		g.Update(t, func(tx *store.Tx) error {
			u, err := tx.User(second.ID)
			u.Username = "ida.lund@nordhavn.example"
			return errors.Join(err, tx.UpdateUser(u))
		})
		err = db.Update(t.Context(), g.Env, func(tx *store.Tx) error { return tx.InsertUser(third, "") })
		if !errors.Is(err, store.ErrTaken) {
			t.Errorf("a second one again: %v", err)
		}
		if got := foundBy(t, g, asciiName); got != first.ID {
			t.Errorf("%s finds %q, want the first", asciiName, got)
		}
	})
}

func TestRowsFromBeforeGetTheKeysOfAccountNames(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		var grounds []*storetest.Ground
		for _, host := range []string{"a.example", "b.example"} {
			g := db.Ground(t, host)
			grounds = append(grounds, g)
			ida := g.Invite(t, unicodeName, "Ida")
			g.Invite(t, "Æble@nordhavn.example", "Æble")
			g.Invite(t, "bo@xn--strae-oqa.example", "Bo")
			g.Update(t, func(tx *store.Tx) error {
				now := db.Clock.Now()
				return errors.Join(tx.KeepFormerUsername(ida, "ida2@münchen.example", now),
					tx.KeepFormerUsername(ida, "ida3@münchen.example", now.Add(1)),
					tx.InsertRequest(pactius.AccessRequest{ID: "q1",
						Person: storetest.Person("ib@münchen.example", "Ib")}),
					tx.InsertRequest(pactius.AccessRequest{ID: "q2", Person: storetest.Person("", "No Name")}))
			})
		}
		want := db.Dump(t)
		before(t, db, "users", "username", unicodeName, "ida@münchen.example")
		before(t, db, "access_requests", "username", "ib@münchen.example", "ib@münchen.example")
		before(t, db, "former_usernames", "username", "ida2@münchen.example", "ida2@münchen.example")
		// A former account name that is there in both spellings.
		db.Exec(t, `INSERT INTO former_usernames (environment_id, user_id, username, username_key, until)
			SELECT environment_id, user_id, username, 'ida3@münchen.example', until FROM former_usernames
			WHERE username = 'ida3@münchen.example'`)
		db.Exec(t, `DELETE FROM user_words WHERE word = 'strasse'`)
		db.Exec(t, `INSERT INTO user_words (environment_id, user_id, word) SELECT environment_id, id, 'xn' FROM users
			WHERE username LIKE 'bo@%'`)
		for _, g := range grounds { // an instance of the version before, and of this one beside it
			if foundBy(t, g, unicodeName) == "" || foundBy(t, g, asciiName) == "" {
				t.Error("a row from before is not found")
			}
		}
		if err := errors.Join(db.FillAccountNames(t.Context()), db.FillLists(t.Context())); err != nil {
			t.Fatal(err)
		}
		same(t, want, db.Dump(t))
	})
}

func TestSeveralPeopleHaveNoAccountName(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		var all []pactius.User
		for range 3 {
			all = append(all, g.User(t, "", "No Name"))
		}
		for _, name := range []string{"", " ", all[0].Identity.ObjectID, " " + all[0].Identity.ObjectID} {
			if got := foundBy(t, g, name); got != "" {
				t.Errorf("the account name %q finds %s", name, got)
			}
		}
		g.Update(t, func(tx *store.Tx) error {
			for i, u := range all {
				q := pactius.AccessRequest{ID: pactius.RequestID(id.New()), Person: storetest.Person("", "No Name")}
				if err := tx.InsertRequest(q); err != nil {
					return err
				}
				if i == 0 { // Microsoft says the account name later
					u.Username = "anna@nordhavn.example"
				}
				if err := tx.RenameUser(u, "", db.Clock.Now()); err != nil {
					return err
				}
			}
			found, err := tx.FormerOwners("")
			q, requestErr := store.Optional(tx.PendingRequestByUsername(""))
			if len(found) > 0 || q != nil {
				t.Errorf("no account name finds %v, %v", found, q)
			}
			owner := storetest.Person("", "").Identity
			return errors.Join(err, requestErr, tx.SupersedeRequests("", owner, db.Clock.Now(), "x@nordhavn.example"))
		})
		if n := db.Count(t, `SELECT COUNT(*) FROM access_requests WHERE username <> ''`); n > 0 {
			t.Errorf("%d requests without an account name got one", n)
		}
		if got := foundBy(t, g, "anna@nordhavn.example"); got != all[0].ID {
			t.Errorf("the account name that came later finds %q", got)
		}
		if got := store.UsernameKey("", all[0].Identity); names.Key(got) == got {
			t.Errorf("the key %q can be an account name's", got)
		}
	})
}
