package torture

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Times of Microsoft's troubles.
const (
	quickPage = 5 * time.Second // a page of someone signed in, whatever Microsoft does
	leeway    = 5 * time.Minute // clocks may differ so much
	rotations = 3               // of keys, one after the other
)

// absence is one run in which Microsoft is away.
type absence struct {
	*site
	admin *browser // signed in before
	tries int
}

// microsoftAway takes Microsoft away in the ways it goes, turns its keys and its
// clock, and looks each time at those who are signed in and those who want to.
func microsoftAway(ctx context.Context, r *run, v *verdict) error {
	address, err := r.database(ctx)
	if err != nil {
		return err
	}
	s, err := r.siteOver(ctx, v, address, 1)
	if err != nil {
		return err
	}
	defer s.close()
	a := &absence{site: s, admin: s.browser()}
	s.m365.is(down)
	if err := s.startAll(ctx); err != nil {
		return err
	}
	v.failed(a.refused(ctx, "from the start", "Microsoft"))
	s.m365.is(clear)
	if _, err := a.admin.signIn(ctx, s.ada); err != nil {
		return err
	}
	v.failed(a.works(ctx, "after a start without Microsoft"))
	kinds := map[weather]string{down: "unreachable", failing: "failing"}
	if !r.hurry {
		kinds[slow] = "slow"
	}
	for w, what := range kinds {
		s.m365.is(w)
		v.failed(a.refused(ctx, what, "Microsoft"))
		v.failed(a.sessionsGoOn(ctx, what))
		s.m365.is(clear)
		v.failed(a.works(ctx, "after being "+what))
	}
	for n := range rotations {
		v.failed(s.m365.RotateKeys())
		v.failed(a.works(ctx, fmt.Sprintf("after changing its keys %d times", n+1)))
	}
	for _, off := range []time.Duration{leeway - 5*time.Second, -leeway + 5*time.Second} {
		s.m365.ahead.Store(int64(off))
		v.failed(a.works(ctx, "with its clock off by "+off.String()))
	}
	s.m365.ahead.Store(int64(leeway + time.Minute))
	v.failed(a.refused(ctx, "six minutes ahead", "clock"))
	v.failed(a.sessionsGoOn(ctx, "six minutes ahead"))
	s.m365.ahead.Store(0)
	v.failed(a.works(ctx, "with its clock set right"))
	s.examine(ctx)
	v.figure("%d sign-ins in and after %d kinds of trouble, %d changes of keys without notice, clocks off by 4:55 "+
		"both "+
		"ways and by 6:00", a.tries, len(kinds)+1, rotations)
	return nil
}

// refused tries to sign in while it cannot work: the answer is a page that says so.
func (a *absence) refused(ctx context.Context, what, word string) error {
	b := a.browser()
	a.tries++
	began := time.Now()
	got, err := b.SignIn(ctx, a.ada.oid)
	switch {
	case err != nil:
		return fmt.Errorf("signing in while Microsoft is %s: %w", what, err)
	case b.token() != "" || got.StatusCode < http.StatusBadRequest ||
		got.StatusCode == http.StatusInternalServerError || !strings.Contains(sentence(got), word):
		a.broken("who signs in while Microsoft is %s is answered with %d: %s", what, got.StatusCode, sentence(got))
	case time.Since(began) > slowness+quickPage:
		a.broken("who signs in while Microsoft is %s waits %s", what, time.Since(began))
	}
	return nil
}

// works signs someone new in, at the first attempt.
func (a *absence) works(ctx context.Context, what string) error {
	b := a.browser()
	a.tries++
	got, err := b.SignIn(ctx, a.lone.oid)
	if err != nil {
		return fmt.Errorf("signing in %s: %w", what, err)
	}
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/" || b.token() == "" {
		a.broken(
			"%s the first sign-in is answered with %d to %q: %s", what, got.StatusCode, got.Header.Get("Location"),
			sentence(got),
		)
	}
	return nil
}

// sessionsGoOn reads pages and makes a change in a session from before.
func (a *absence) sessionsGoOn(ctx context.Context, what string) error {
	l := &load{ledger: newLedger(), site: a.site}
	began := time.Now()
	if err := l.lookAround(ctx, a.admin); err != nil {
		return fmt.Errorf("while Microsoft is %s: %w", what, err)
	}
	p, err := a.newcomer()
	if err != nil {
		return err
	}
	got, err := a.admin.post(ctx, "/settings/users/add", l.grant("username", p.username, "name", p.name))
	if err != nil {
		return err
	}
	if took := time.Since(began); got.StatusCode != http.StatusSeeOther || took > quickPage {
		a.broken(
			"while Microsoft is %s adding is answered with %d, and four pages and it take %s", what, got.StatusCode,
			took,
		)
	}
	return nil
}
