package leavers_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// directory is a tenant's directory as Graph tells of it: pages, cursors that
// count changes, and trouble on demand.
type directory struct {
	mu       sync.Mutex
	tenant   string
	size     int // accounts on a page
	accounts map[string]pactius.Account
	changed  []string // object IDs in the order of their changes
	gone     int      // cursors before this one are no longer known
	hidden   map[string]bool
	nowhere  map[string]bool // listed, and not found when asked for
	calls    int
	asked    []string
	before   func(call int) error // of each call to Changes
}

func newDirectory() *directory {
	return &directory{tenant: storetest.Tenant, size: 2, accounts: map[string]pactius.Account{},
		hidden: map[string]bool{}, nowhere: map[string]bool{}}
}

// put adds or changes an account.
func (d *directory) put(u pactius.User, state pactius.AccountState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	oid := u.Identity.ObjectID
	d.accounts[oid] = pactius.Account{Identity: pactius.Identity{TenantID: d.tenant, ObjectID: oid},
		Username: u.Username, Name: u.Name, State: state}
	d.changed = append(d.changed, oid)
	delete(d.nowhere, oid)
}

// drop removes an account for good, without a trace in the changes.
func (d *directory) drop(u pactius.User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.accounts, u.Identity.ObjectID)
}

func (d *directory) Changes(_ context.Context, _ pactius.Credentials, cursor string) (pactius.DirectoryChanges, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if d.before != nil {
		if err := d.before(d.calls); err != nil {
			return pactius.DirectoryChanges{}, err
		}
	}
	whole := cursor == "" || strings.HasPrefix(cursor, "all ")
	from, _ := strconv.Atoi(strings.TrimPrefix(cursor, "all "))
	source := d.changed
	if whole {
		source = slices.Sorted(maps.Keys(d.accounts))
	} else if from < d.gone {
		return pactius.DirectoryChanges{}, &pactius.DirectoryError{Trouble: pactius.TroubleCursorGone}
	}
	to := min(from+d.size, len(source))
	var page pactius.DirectoryChanges
	for _, oid := range source[min(from, to):to] {
		if a, ok := d.accounts[oid]; ok && !d.hidden[oid] {
			page.Accounts = append(page.Accounts, a)
		}
	}
	switch {
	case to < len(source) && whole:
		page.Next = fmt.Sprintf("all %d", to)
	case to < len(source):
		page.Next = strconv.Itoa(to)
	default:
		page.Cursor = strconv.Itoa(len(d.changed))
	}
	return page, nil
}

func (d *directory) Account(_ context.Context, _ pactius.Credentials, oid string) (pactius.Account, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, oid)
	a, ok := d.accounts[oid]
	if !ok || d.nowhere[oid] {
		return pactius.Account{}, pactius.Refuse(pactius.KindNotFound,
			pactius.T("This can't be found here and may no longer exist. Go back to the list and look for it there."))
	}
	return a, nil
}

// company is an environment with two administrators and a staff, all with accounts.
type company struct {
	*storetest.Ground
	db        *storetest.DB
	directory *directory
	rules     *leavers.Rules
	root, vic pactius.User // administer the whole company
	staff     []pactius.User
}

func newCompany(t *testing.T, db *storetest.DB, host string, staff int) *company {
	t.Helper()
	c := &company{Ground: db.Ground(t, host), db: db, directory: newDirectory()}
	c.rules = c.runner(db.Store)
	administer := pactius.Grant{Unit: c.Root, Access: pactius.AccessAdminister}
	c.root = c.hire(t, "root", administer)
	c.vic = c.hire(t, "vic", administer)
	for i := range staff {
		c.staff = append(c.staff, c.hire(t, fmt.Sprintf("p%03d", i),
			pactius.Grant{Unit: c.Root, Access: pactius.AccessRead}))
	}
	return c
}

// runner is an instance over a store.
func (c *company) runner(s *store.Store) *leavers.Rules {
	return leavers.New(leavers.Config{DB: &change.DB{Store: s, Now: c.db.Clock.Now}, Directory: c.directory,
		Every: leavers.DefaultEvery, Logger: slog.New(slog.DiscardHandler),
		Credentials: func(e pactius.Environment) (pactius.Credentials, error) {
			return pactius.Credentials{TenantID: e.Connection.TenantID, ClientID: "app"}, nil
		}})
}

// hire adds a user with an account, signed in on a browser.
func (c *company) hire(t *testing.T, name string, grants ...pactius.Grant) pactius.User {
	t.Helper()
	u := c.User(t, name+"@nordhavn.example", name, grants...)
	c.directory.put(u, pactius.AccountPresent)
	c.signIn(t, u)
	return u
}

func (c *company) signIn(t *testing.T, u pactius.User) {
	t.Helper()
	now := c.db.Clock.Now()
	c.Update(t, func(tx *store.Tx) error {
		return tx.InsertSession(id.New(),
			pactius.Session{ID: pactius.SessionID(id.New()), UserID: u.ID,
				Person:    pactius.Person{Identity: u.Identity, Username: u.Username, Name: u.Name},
				CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(pactius.SessionAbsolute)})
	})
}

// sweep makes one round and fails the test if it does not end well.
func (c *company) sweep(t *testing.T) leavers.Report {
	t.Helper()
	report, err := c.rules.Sweep(t.Context(), pactius.SupportActor(c.Env))
	if err != nil {
		t.Fatalf("sweep: %v (%+v)", err, report)
	}
	return report
}

// leave changes the accounts of some of the staff.
func (c *company) leave(state pactius.AccountState, who ...pactius.User) {
	for _, u := range who {
		c.directory.put(u, state)
	}
}

// standing is what became of a user, in words.
func (c *company) standing(t *testing.T, u pactius.User) string {
	t.Helper()
	now := c.Reload(t, u.ID)
	words := []string{"active"}
	if !now.DeactivatedAt.IsZero() {
		words = []string{"deactivated"}
	}
	if now.SweptOut {
		words = append(words, "by the sweep")
	}
	if now.AccountState != "" {
		words = append(words, string(now.AccountState))
	}
	if c.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE environment_id = $1 AND user_id = $2`, c.Env, u.ID) > 0 {
		words = append(words, "signed in")
	}
	return strings.Join(words, ", ")
}

// want fails the test unless the user stands as told.
func (c *company) want(t *testing.T, when string, u pactius.User, want string) {
	t.Helper()
	if got := c.standing(t, u); got != want {
		t.Errorf("%s, %s is %q, want %q", when, u.Name, got, want)
	}
}

func (c *company) events(t *testing.T, kind pactius.EventKind) int {
	t.Helper()
	return c.db.Count(t, `SELECT COUNT(*) FROM events WHERE environment_id = $1 AND kind = $2`, c.Env, kind)
}

func (c *company) mails(t *testing.T, kind string) int {
	t.Helper()
	return c.db.Count(t, `SELECT COUNT(*) FROM mails WHERE environment_id = $1 AND kind = $2`, c.Env, kind)
}

func (c *company) setRule(t *testing.T, rule pactius.LeaverRule, bound int) {
	t.Helper()
	c.Update(t, func(tx *store.Tx) error {
		e, err := tx.EnvironmentRow()
		if err != nil {
			return err
		}
		e.LeaverRule, e.LeaverBound = rule, bound
		return tx.UpdateEnvironment(e)
	})
}

// due lets the time pass until the next round.
func (c *company) due() { c.db.Clock.Advance(leavers.DefaultEvery + time.Second) }
