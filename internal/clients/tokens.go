package clients

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// Tokens are what a client gets at the token endpoint (OpenID Connect Core 1.0, section 3.1.3.3).
type Tokens struct {
	Access, ID string
	Refresh    string // "" without the scope offline_access
	Scope      string
	ExpiresIn  time.Duration // of Access
}

// refreshPurpose is the purpose of sealing refresh tokens.
const refreshPurpose = "refresh token"

// refresh is what a refresh token holds.
type refresh struct {
	Environment pactius.EnvironmentID
	Grant       pactius.GrantID
	Generation  int
}

// Exchange exchanges a code for tokens, once, in one commit. A second use by the client that has the verifier ends what
// the first one gave (RFC 6749, section 4.1.2). Errors for the client are *Fault.
func (r *Rules) Exchange(
	ctx context.Context, env pactius.EnvironmentID, credentials Credentials, sealed, redirect, verifier string,
) (Tokens, error) {
	app, err := r.client(ctx, env, credentials)
	if err != nil {
		return Tokens{}, err
	}
	c, err := r.openCode(app.ID, sealed)
	switch {
	case err != nil:
		return Tokens{}, err
	case c.Environment != env || c.Application != app.ID || c.Redirect != redirect ||
		c.Challenge != applications.Challenge(verifier) || r.DB.Now().After(c.Until):
		return Tokens{}, errCode
	}
	var t issue
	err = r.DB.Change(ctx, pactius.System(env, "client"), change.RoleUser, func(tx *change.Tx) (err error) {
		t, err = r.begin(tx, app.ID, c, sealed)
		return err
	})
	if errors.Is(err, errUsed) {
		return Tokens{}, r.endReused(ctx, env, app, grantOf(sealed), errCode)
	}
	if err != nil {
		return Tokens{}, err
	}
	return r.issue(ctx, env, t)
}

// errUsed says that a code was used before.
var errUsed = errors.New("the code was used before")

// begin uses a code and stores its grant. The error is errUsed for one that was used before.
func (r *Rules) begin(tx *change.Tx, app pactius.ApplicationID, c code, sealed string) (issue, error) {
	t := issue{nonce: c.Nonce, scope: c.Scope}
	if err := tx.UseState(applications.TokenHash(sealed), c.Until); errors.Is(err, store.ErrTaken) {
		return t, errUsed
	} else if err != nil {
		return t, err
	}
	look, err := tx.SessionLook(c.Session, app)
	if errors.Is(err, store.ErrNotFound) {
		return t, errAccess // signed out meanwhile
	}
	if err != nil {
		return t, err
	}
	if t.Identity, err = r.may(look, tx.Now); err != nil {
		return t, err
	}
	t.look, t.grant = look, pactius.ClientGrant{ID: grantOf(sealed), Scope: c.Scope, RotatedAt: tx.Now,
		CreatedAt: tx.Now}
	if t.grant.ClientSession, err = r.arrive(tx, look); err != nil {
		return t, err
	}
	if err := tx.InsertGrant(t.grant); err != nil {
		return t, err
	}
	t.groups, err = groups(tx.Tx, look)
	return t, err
}

// openCode reads a code.
func (r *Rules) openCode(app pactius.ApplicationID, sealed string) (code, error) {
	var c code
	if r.Box == nil {
		return c, errCode
	}
	plain, err := r.Box.Open(codePurpose, sealed, string(app))
	if err != nil {
		return c, errCode
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, fmt.Errorf("decode a code: %w", err)
	}
	return c, nil
}

// grantOf returns the ID of the grant that a code leads to, so that a second use finds it.
func grantOf(sealed string) pactius.GrantID {
	sum := sha256.Sum256([]byte("grant of " + sealed))
	return pactius.GrantID(base64.RawURLEncoding.EncodeToString(sum[:16]))
}

// arrive returns the client session of a session of the portal at an application; a new one where there is none.
func (r *Rules) arrive(tx *change.Tx, look store.DoorLook) (pactius.ClientSessionID, error) {
	s, err := tx.ClientSessionOf(look.SessionHash, look.Application.ID)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return s.ID, err
	}
	s = pactius.ClientSession{ID: pactius.ClientSessionID(id.New()), Application: look.Application.ID,
		User: look.User.ID, Session: look.SessionHash, CreatedAt: tx.Now,
		ReviewAt: applications.LastMoment(look)}
	return s.ID, tx.InsertClientSession(s)
}

// reusedPause is the least time between two events about tokens of one application that came a second time. A person
// who is signed in can make sign-ins end so as often as they like, and the activity log is kept for long.
const reusedPause = time.Minute

// told remembers when an event of an application was last recorded, of one kind.
type told struct {
	mu   sync.Mutex
	last map[pactius.ApplicationID]time.Time
}

func (r *told) isDue(app pactius.ApplicationID, now time.Time, pause time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.last[app]
	return !ok || now.Sub(last) >= pause
}

func (r *told) note(app pactius.ApplicationID, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil || len(r.last) >= maxRests {
		r.last = map[pactius.ApplicationID]time.Time{}
	}
	r.last[app] = now
}

// endReused ends a grant whose code or refresh token came a second time. It returns what the client is told.
func (r *Rules) endReused(
	ctx context.Context, env pactius.EnvironmentID, app pactius.Application, grant pactius.GrantID, answer *Fault,
) error {
	now, recorded := r.DB.Now(), false
	err := r.DB.Change(ctx, pactius.System(env, "client"), change.RoleUser, func(tx *change.Tx) error {
		ended, err := tx.EndGrant(grant)
		if recorded = err == nil && ended && r.reuses.isDue(app.ID, now, reusedPause); recorded {
			applications.Record(tx, pactius.ClientTokenReused, app, nil)
		}
		return err
	})
	if err != nil {
		return err
	}
	if recorded {
		r.reuses.note(app.ID, now)
	}
	return answer
}

// Refresh exchanges a refresh token for new tokens (RFC 6749, section 6; rotation: RFC 9700, section 4.14.2). scope
// may narrow what was granted, "" keeps it. Errors for the client are *Fault.
func (r *Rules) Refresh(
	ctx context.Context, env pactius.EnvironmentID, credentials Credentials, sealed, scope string,
) (Tokens, error) {
	app, err := r.client(ctx, env, credentials)
	if err != nil {
		return Tokens{}, err
	}
	shown, err := r.openRefresh(env, app.ID, sealed)
	if err != nil {
		return Tokens{}, err
	}
	var t issue
	var g pactius.ClientGrant
	t, err = r.looked(ctx, env, app.ID, shown.Grant)
	if err != nil {
		return Tokens{}, err
	}
	if g = t.grant; !within(scope, g.Scope) {
		return Tokens{}, errScope
	}
	if shown.Generation == g.Generation {
		held := false
		err = r.DB.Change(ctx, pactius.System(env, "client"), change.RoleUser, func(tx *change.Tx) error {
			if held, err = tx.AdvanceGrant(g.ID, g.Generation, tx.Now); err != nil || !held {
				return err
			}
			t.grant.Generation = g.Generation + 1       // the function may run twice
			return tx.SeeSession(t.SessionHash, tx.Now) // the person is at work
		})
		if err != nil {
			return Tokens{}, err
		}
		if !held { // the same token came twice at the same moment, or the grant has ended
			if t, err = r.looked(ctx, env, app.ID, shown.Grant); err != nil {
				return Tokens{}, err
			}
		}
	}
	switch isNext := t.grant.Generation == shown.Generation+1; {
	case isNext && (g.Generation == shown.Generation || r.DB.Now().Sub(t.grant.RotatedAt) <= pactius.RefreshRepeat):
		if t.scope = t.grant.Scope; scope != "" { // the refresh token keeps what was granted
			t.scope = granted(strings.Fields(scope))
		}
		return r.issue(ctx, env, t)
	case shown.Generation <= t.grant.Generation:
		return Tokens{}, r.endReused(ctx, env, app, shown.Grant, errRefresh)
	}
	return Tokens{}, errRefresh // of a database that was restored from a backup since
}

// openRefresh reads a refresh token.
func (r *Rules) openRefresh(
	env pactius.EnvironmentID, app pactius.ApplicationID, sealed string,
) (refresh, error) {
	var shown refresh
	if r.Box == nil {
		return shown, errRefresh
	}
	plain, err := r.Box.Open(refreshPurpose, sealed, string(app))
	if err != nil {
		return shown, errRefresh
	}
	if err := json.Unmarshal(plain, &shown); err != nil {
		return shown, fmt.Errorf("decode a refresh token: %w", err)
	}
	if shown.Environment != env {
		return shown, errRefresh
	}
	return shown, nil
}

// within reports whether scopes are among others.
func within(some, all string) bool {
	has := strings.Fields(all)
	return !slices.ContainsFunc(strings.Fields(some), func(s string) bool { return !slices.Contains(has, s) })
}

// looked reads a grant, and who it stands for.
func (r *Rules) looked(
	ctx context.Context, env pactius.EnvironmentID, app pactius.ApplicationID, grant pactius.GrantID,
) (issue, error) {
	var t issue
	err := r.DB.Store.Glance(ctx, env, func(tx *store.Tx) (err error) {
		t, err = r.look(tx, app, grant)
		return err
	})
	return t, err
}

// look is looked within a transaction. The error is errAccess for a grant that has ended, or stands for no one any
// more.
func (r *Rules) look(tx *store.Tx, app pactius.ApplicationID, grant pactius.GrantID) (issue, error) {
	var t issue
	var err error
	t.look, t.grant, err = tx.ClientLook(grant, app)
	if errors.Is(err, store.ErrNotFound) {
		return t, errAccess
	}
	if err != nil {
		return t, err
	}
	if t.Identity, err = r.may(t.look, r.DB.Now()); err == nil {
		t.groups, err = groups(tx, t.look)
	}
	return t, err
}

// Revoke ends the grant of a refresh or access token (RFC 7009). A token that is none of the client's is no error.
func (r *Rules) Revoke(
	ctx context.Context, env pactius.EnvironmentID, credentials Credentials, token string,
) error {
	app, err := r.client(ctx, env, credentials)
	if err != nil {
		return err
	}
	grant := pactius.GrantID("")
	if shown, err := r.openRefresh(env, app.ID, token); err == nil {
		grant = shown.Grant
	} else if info, err := r.Look(ctx, env, token); err == nil && info.Application == app.ID {
		grant = info.Grant.ID
	} else if err != nil && pactius.KindOf(err) != pactius.KindNotSignedIn {
		return err
	}
	if grant == "" {
		return nil
	}
	return r.DB.Change(ctx, pactius.System(env, "client"), change.RoleUser, func(tx *change.Tx) error {
		_, err := tx.EndGrant(grant)
		return err
	})
}
