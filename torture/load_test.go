package torture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pactius/pactius/internal/users"
)

// load is people at work: they sign in, ask, add, approve and look around until
// they are told to stop, and every acknowledged change goes to the ledger.
type load struct {
	*ledger
	site *site

	stop context.CancelFunc
	work sync.WaitGroup
}

// startLoad sets people to work. The servers must be up: the administrators sign in first.
func startLoad(ctx context.Context, s *site, people int) (*load, error) {
	l := &load{ledger: newLedger(), site: s}
	stories := []func(context.Context, *browser) error{
		l.stranger, l.stranger, l.invited, l.invited, l.bothWays, l.lookAround,
	}
	until, stop := context.WithCancel(ctx)
	l.stop = stop
	var administrators []*browser
	for i := range people {
		p := s.ada
		if i%2 == 1 {
			p = s.lone
		}
		b := s.browser()
		if _, err := b.signIn(ctx, p); err != nil {
			stop()
			return nil, err
		}
		l.signedIn(b, p)
		administrators = append(administrators, b)
	}
	for _, b := range administrators {
		l.work.Go(func() {
			for until.Err() == nil { // a story that has begun is told to its end
				if err := stories[rand.IntN(len(stories))](ctx, b); err != nil && ctx.Err() == nil {
					s.failed(err)
				}
			}
		})
	}
	return l, nil
}

// end lets everyone finish, waits for the emails and looks at all that is left;
// the servers must be up.
func (l *load) end(ctx context.Context, hurry bool) {
	l.stop()
	l.work.Wait()
	l.site.deliverAll(ctx, hurry)
	l.check(true)
	l.site.examine(ctx)
}

// check looks for the acknowledged changes, see [ledger.verify].
func (l *load) check(all bool) {
	l.site.failed(l.site.look(func(db *sql.DB) error { return l.verify(db, l.site.verdict, all) }))
}

// signedIn notes a session.
func (l *load) signedIn(b *browser, p person) {
	l.acknowledged(
		"session "+b.token()+" of "+p.username, "sign-in", sqlSession, l.site.env, users.TokenHash(b.token()),
	)
}

// unexpected is an answer that breaks a promise.
func unexpected(what string, p person, a answer) error {
	return fmt.Errorf(
		"%s %s is answered with %d to %q: %s", what, p.username, a.StatusCode, a.location(), sentence(a.Page),
	)
}

// ask signs in a person who is not known and sends a request.
func (l *load) ask(ctx context.Context, b *browser, p person) error {
	to, err := b.signIn(ctx, p)
	if err != nil {
		return err
	}
	if to != "/access" {
		return fmt.Errorf("%s is unknown and led to %s", p.username, to)
	}
	l.signedIn(b, p)
	a, err := b.post(ctx, "/access", url.Values{"message": {"I start on Monday"}, "unit": {string(l.site.sales)}})
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusSeeOther || a.location() != "/access" {
		return unexpected("the request of", p, a)
	}
	l.acknowledged("request of "+p.username, "request", sqlAsked, l.site.env, p.oid)
	return nil
}

var requestLink = regexp.MustCompile(`/settings/requests/[0-9a-f-]{36}`)

// find gives the path of a person's pending request, as an administrator sees it.
func (l *load) find(ctx context.Context, admin *browser, p person) (string, error) {
	a, err := admin.get(ctx, "/settings/users/add/check?username="+url.QueryEscape(p.username))
	if err != nil {
		return "", err
	}
	path := requestLink.FindString(a.Body)
	if path == "" {
		return "", unexpected("the acknowledged request is not there of", p, a)
	}
	return path, nil
}

// grant is the choice of one business unit in a form.
func (l *load) grant(more ...string) url.Values {
	f := url.Values{"unit": {string(l.site.sales)}, "access." + string(l.site.sales): {"read"}}
	for pair := range slices.Chunk(more, 2) {
		f.Set(pair[0], pair[1])
	}
	return f
}

// in notes that a person is a user.
func (l *load) in(p person, kind, mail string) {
	l.acknowledged("user "+p.username, kind, sqlUser, l.site.env, p.username)
	l.acknowledged("event of "+p.username, "event", sqlAddEvent, l.site.env, p.username)
	l.acknowledged(mailKey(mail, p.username), "mail", "")
}

// newRequest lets someone new ask, and finds the request as an administrator.
func (l *load) newRequest(ctx context.Context, admin *browser) (person, *browser, string, error) {
	p, err := l.site.newcomer()
	if err != nil {
		return p, nil, "", err
	}
	b := l.site.browser()
	if err := l.ask(ctx, b, p); err != nil {
		return p, b, "", err
	}
	path, err := l.find(ctx, admin, p)
	return p, b, path, err
}

// stranger asks, is approved or declined, and enters.
func (l *load) stranger(ctx context.Context, admin *browser) error {
	p, b, path, err := l.newRequest(ctx, admin)
	if err != nil {
		return err
	}
	if rand.IntN(8) == 0 {
		return l.decline(ctx, admin, p, path)
	}
	a, err := admin.post(ctx, path+"/approve", l.grant("note", "Welcome"))
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusSeeOther {
		return unexpected("approving", p, a)
	}
	l.acknowledged("approval of "+p.username, "approval", sqlDecided, l.site.env, p.oid, "approved")
	l.acknowledged("access of "+p.username, "membership", sqlMember, l.site.env, p.username)
	l.in(p, "admission", "request-approved")
	l.retract("session " + b.token() + " of " + p.username)
	if a, err = b.post(ctx, "/access/enter", nil); err != nil {
		return err
	}
	if a.StatusCode != http.StatusSeeOther || a.location() != "/" {
		return unexpected("letting in", p, a)
	}
	if a.again { // the first click may have exchanged the token, and its answer was lost
		if to, err := b.signIn(ctx, p); err != nil || to != "/" {
			return fmt.Errorf("%s is approved and led to %q: %w", p.username, to, err)
		}
	}
	l.signedIn(b, p)
	return nil
}

func (l *load) decline(ctx context.Context, admin *browser, p person, path string) error {
	a, err := admin.post(ctx, path+"/decline", url.Values{"note": {"Not here"}})
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusSeeOther {
		return unexpected("declining", p, a)
	}
	l.acknowledged("refusal of "+p.username, "refusal", sqlDecided, l.site.env, p.oid, "declined")
	l.acknowledged(mailKey("request-declined", p.username), "mail", "")
	return nil
}

// invited is added beforehand and signs in.
func (l *load) invited(ctx context.Context, admin *browser) error {
	p, err := l.site.newcomer()
	if err != nil {
		return err
	}
	form := l.grant("username", p.username, "name", p.name, "welcome", "1")
	a, err := admin.post(ctx, "/settings/users/add", form)
	if err != nil {
		return err
	}
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.location(), "/settings/users/") {
		return unexpected("adding", p, a)
	}
	l.in(p, "add", "welcome")
	l.acknowledged("access of "+p.username, "membership", sqlMember, l.site.env, p.username)
	b := l.site.browser()
	to, err := b.signIn(ctx, p)
	if err != nil {
		return err
	}
	if to != "/" {
		return fmt.Errorf("%s was added and is led to %s", p.username, to)
	}
	l.signedIn(b, p)
	l.acknowledged("identity of "+p.username, "binding", sqlBound, l.site.env, p.username, p.oid)
	return nil
}

// bothWays is let in by several administrators at the same moment, while asking again.
func (l *load) bothWays(ctx context.Context, admin *browser) error {
	p, b, path, err := l.newRequest(ctx, admin)
	if err != nil {
		return err
	}
	var clicks sync.WaitGroup
	errs := make([]error, 4)
	click := func(i int, b *browser, path string, form url.Values, may ...int) {
		clicks.Go(func() {
			a, err := b.post(ctx, path, form)
			if err == nil && !slices.Contains(may, a.StatusCode) {
				err = unexpected("racing to admit", p, a)
			}
			errs[i] = err
		})
	}
	const yes, late, exists = http.StatusSeeOther, http.StatusConflict, http.StatusUnprocessableEntity
	add := l.grant("username", p.username, "name", p.name, "confirmed", strings.TrimPrefix(path, "/settings/requests/"))
	click(0, admin, path+"/approve", l.grant(), yes, late)
	click(1, admin, "/settings/users/add", add, yes, exists)
	click(2, admin, path+"/approve", l.grant(), yes, late)
	click(3, b, "/access", url.Values{"message": {"again"}}, yes, late)
	clicks.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	l.acknowledged("approval of "+p.username, "approval", sqlDecided, l.site.env, p.oid, "approved")
	l.in(p, "admission", "request-approved")
	return nil
}

// lookAround reads pages in a session that must have survived everything.
func (l *load) lookAround(ctx context.Context, admin *browser) error {
	for _, path := range []string{"/", "/settings/users", "/settings/requests", "/settings/activity"} {
		a, err := admin.get(ctx, path)
		if err != nil {
			return err
		}
		if a.StatusCode != http.StatusOK || strings.Contains(a.Body, `action="/sign-in"`) {
			return fmt.Errorf(
				"a signed-in administrator is answered with %d at %s: %s", a.StatusCode, path, sentence(a.Page),
			)
		}
	}
	return nil
}
