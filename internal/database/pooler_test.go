package database_test

import (
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

const execMode = "default_query_exec_mode=exec"

func openAt(t *testing.T, address string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestAPoolerIsToldHowToBeUsed(t *testing.T) {
	t.Parallel()
	pooler := storetest.StartPooler(t)
	ignoring := storetest.StartPooler(t, "ignore_startup_parameters = search_path")
	db := storetest.On(t, "postgres")
	for name, test := range map[string]struct{ address, says string }{
		"without the mode":         {pooler.Through(db.URL), "default_query_exec_mode=exec"},
		"with a search_path":       {pooler.Through(db.URL, execMode, "search_path=other"), "ALTER ROLE"},
		"with one that is ignored": {ignoring.Through(db.URL, execMode, "search_path=other"), "ALTER ROLE"},
		"to a database that is absent": {
			pooler.Through(strings.Replace(db.URL, "/test", "/no", 1), execMode), "isn't available",
		},
	} {
		s, err := store.Open(t.Context(), test.address, store.Options{})
		if err == nil {
			_ = s.Close()
		}
		if pactius.KindOf(err) != pactius.KindUnavailable || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want what says %q", name, err, test.says)
		}
	}
}

// TestNothingIsLostThroughAPooler changes the database from several sides while the pooler starts anew.
func TestNothingIsLostThroughAPooler(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"transaction", "session"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			pooler := storetest.StartPooler(t, "pool_mode = "+mode)
			db := storetest.On(t, "postgres")
			env := db.Ground(t, "nordhavn.example").Env
			through := pooler.Through(db.URL, execMode, "pool_max_conns=4")
			first, second := openAt(t, through), openAt(t, through)
			var acknowledged atomic.Int64
			var wg sync.WaitGroup
			for i, s := range []*store.Store{first, second, first, second} {
				wg.Go(func() {
					for n := range 40 {
						err := s.DB.Update(t.Context(), env, func(tx *database.Tx) error {
							_, err := tx.Exec(`INSERT INTO schema_steps (number, name, applied_at) VALUES ($1, 'x', 0)`,
								1000*(i+1)+n)
							return err
						})
						switch {
						case err == nil:
							acknowledged.Add(1)
						case pactius.KindOf(err) != pactius.KindUnavailable:
							t.Errorf("Update: %v, want Unavailable", err)
						}
						if i == 0 && n%10 == 9 {
							if err := pooler.Restart(); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			wg.Wait()
			stored, err := database.One(t.Context(), db.Raw, database.Value[int64],
				`SELECT COUNT(*) FROM schema_steps WHERE number >= 1000`)
			// A commit whose answer was lost may have happened.
			if err != nil || stored < acknowledged.Load() || acknowledged.Load() == 0 {
				t.Errorf("%d changes are stored and %d acknowledged: %v", stored, acknowledged.Load(), err)
			}
		})
	}
}

func TestNoFreeConnectionIsSaid(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "postgres")
	name := databaseName(db)
	db.Exec(t, `ALTER DATABASE `+name+` CONNECTION LIMIT 0`)
	db.Exec(t, `CREATE ROLE plain_`+name+` LOGIN`)
	_, err := store.Open(t.Context(), strings.Replace(db.URL, "pactius@", "plain_"+name+"@", 1), store.Options{})
	if pactius.KindOf(err) != pactius.KindUnavailable ||
		!strings.Contains(err.Error(), "All database connections are in use") {
		t.Errorf("Open: %v, want what says that no connection is free", err)
	}
}

func TestNamesNeedNoParticularSpelling(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "postgres")
	for _, name := range []string{
		"Pactius-Prod", "pactius prod", `with"quote`, "a.b", "søren", "1st",
		"select", "UPPER", "100%", "a+b", "with'apostrophe",
	} {
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		db.Exec(t, `CREATE SCHEMA `+quoted)
		address := db.URL + "&search_path=" + url.PathEscape(quoted) + "&pool_max_conns=3"
		s, err := store.Open(t.Context(), address, store.Options{})
		if err != nil {
			t.Errorf("schema %s: %v", name, err)
			continue
		}
		if current, err := s.SchemaCurrent(t.Context()); err != nil || !current {
			t.Errorf("schema %s: current %t, %v", name, current, err)
		}
		if tables, err := s.Tables(t.Context(), s.Reader()); err != nil || len(tables) < 10 {
			t.Errorf("schema %s: %d tables, %v", name, len(tables), err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		openAt(t, address) // a second start finds it
	}
}

func TestUsersAndPasswordsNeedNoParticularSpelling(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "postgres")
	for _, name := range []string{"Anna-Prod", "a@b.example", "c:d/e?f#g", "søren", "100%", "x y+z", `q"uote`} {
		role := name + databaseName(db)
		db.Exec(t, `CREATE ROLE "`+strings.ReplaceAll(role, `"`, `""`)+`" LOGIN SUPERUSER`)
		address, err := url.Parse(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		address.User = url.UserPassword(role, "p@:/?#[]%+ ø"+name)
		s := openAt(t, address.String()+"&pool_max_conns=3")
		got, err := database.One(t.Context(), s.Reader(), database.Value[string], `SELECT current_user::text`)
		if err != nil || got != role {
			t.Errorf("signed in as %q, %v, want %q", got, err, role)
		}
	}
}
