package gateway

import (
	"crypto/sha256"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

const (
	maxPassages = 65536 // answers about sessions and access tokens that are kept
	maxOfUser   = 1024  // of them about one user: several browsers at every application
	maxFronts   = 16384 // applications that are kept

	// believed is how long an answer is used after the last look at changes.
	believed = time.Second

	// never is a moment before all others of a book.
	never = -time.Hour
)

// book holds the answers of an instance until a change ends them. Moments in it are times since its epoch, on a clock
// that is never set.
type book struct {
	epoch                                time.Time
	mostPassages, mostOfUser, mostFronts int

	mu       sync.RWMutex
	homes    map[pactius.EnvironmentID]*home
	fronts   map[pactius.ApplicationID]*front
	origins  map[pactius.Origin]*front
	passages map[passageKey]*passage
}

// home is the part of the book about one environment. Fields but looked and renewals need the lock of the book.
type home struct {
	env      pactius.EnvironmentID
	looked   atomic.Int64 // when the last successful look at changes began
	renewals atomic.Int64 // counts the changes of the whole environment that were heard of

	cursor   int64              // changes up to here were looked at; unread: no answer yet
	latest   int64              // the last change that was heard of
	told     map[int64]struct{} // changes of this instance beyond cursor
	fronts   []*front
	sessions map[string][]*passage // by the portal's session
	users    map[pactius.UserID][]*passage
}

const unread = -1

// kept is what answers of the book have in common.
type kept struct {
	home *home
	seq  int64         // of the last change that the answer includes
	read time.Duration // a moment before the snapshot was read
	ends time.Time
}

// front is an application as the door sees it.
type front struct {
	kept
	applications.Front
	secureCookie, plainCookie string // names
}

// passageKey names a session at an application, or without one an access token. Tokens themselves are not kept.
type passageKey struct {
	hash        [sha256.Size]byte
	application pactius.ApplicationID
}

// passage is a session that may open an application, or an access token of a client.
type passage struct {
	kept
	key      passageKey
	session  string // hash of the portal's session
	user     pactius.UserID
	identity identity    // of a session at an application
	info     userinfo    // about an access token
	renewals int64       // of its home, before the keys were read that sign the identity
	noted    atomic.Bool // to be stored as seen
}

func newBook(epoch time.Time) *book {
	return &book{epoch: epoch, mostPassages: maxPassages, mostOfUser: maxOfUser, mostFronts: maxFronts,
		homes: map[pactius.EnvironmentID]*home{}, fronts: map[pactius.ApplicationID]*front{},
		origins: map[pactius.Origin]*front{}, passages: map[passageKey]*passage{}}
}

// holds reports whether an answer that is in the book may be used: no change has ended it, as far as a recent look
// could see.
func (k *kept) holds(now time.Time, at time.Duration) bool { return k.holdsFor(believed, now, at) }

// holdsFor is holds for a look that may be that old.
func (k *kept) holdsFor(most time.Duration, now time.Time, at time.Duration) bool {
	return now.Before(k.ends) && at-k.confirmed() < most
}

// confirmed is the last moment at which an answer of the book was good for certain.
func (k *kept) confirmed() time.Duration { return max(k.read, time.Duration(k.home.looked.Load())) }

// isWatched reports whether a recent look has read the changes of other instances.
func (h *home) isWatched(at time.Duration) bool { return at-time.Duration(h.looked.Load()) < believed }

// home returns the part of an environment, before anything of it is read: changes that are heard of meanwhile are
// noted there.
func (b *book) home(env pactius.EnvironmentID) *home {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.homes[env]
	if h == nil {
		h = &home{env: env, cursor: unread, told: map[int64]struct{}{}, sessions: map[string][]*passage{},
			users: map[pactius.UserID][]*passage{}}
		h.looked.Store(int64(never))
		b.homes[env] = h
	}
	return h
}

// front returns the kept application with an ID, and passage the kept session; nil without one.
func (b *book) front(id pactius.ApplicationID) *front {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.fronts[id]
}

func (b *book) frontAt(o pactius.Origin) *front {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.origins[o]
}

func (b *book) passage(key *passageKey) *passage {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.passages[*key]
}

// welcome reports whether a new answer may be kept, and notes from where on its environment is to be looked at. An
// answer that a change has overtaken is not kept. The caller holds the lock.
func (b *book) welcome(k *kept) bool {
	h := k.home
	if b.homes[h.env] != h || k.seq < h.latest {
		return false
	}
	if h.cursor == unread {
		h.cursor = k.seq
		h.prune()
	}
	return true
}

// keepFront keeps an application.
func (b *book) keepFront(f *front) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.welcome(&f.kept) {
		return
	}
	if before := b.fronts[f.ID]; before != nil {
		b.dropFront(before)
	}
	for len(b.fronts) >= b.mostFronts {
		for _, some := range b.fronts {
			b.dropFront(some)
			break
		}
	}
	b.fronts[f.ID] = f
	f.home.fronts = append(f.home.fronts, f)
	for _, o := range f.Origins {
		b.origins[o] = f
	}
}

// include notes whose answer it is and until when it may be kept.
func (p *passage) include(i applications.Identity) {
	p.seq, p.ends, p.session, p.user = i.Seq, i.Ends, i.SessionHash, i.User.ID
}

// keepPassage keeps a session, or an access token.
func (b *book) keepPassage(p *passage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.welcome(&p.kept) || p.renewals != p.home.renewals.Load() {
		return
	}
	if before := b.passages[p.key]; before != nil {
		b.dropPassage(before)
	}
	if own := p.home.users[p.user]; len(own) >= b.mostOfUser { // makes room among the own, not among others'
		b.dropPassage(own[0])
	}
	for len(b.passages) >= b.mostPassages {
		for _, some := range b.passages {
			b.dropPassage(some)
			break
		}
	}
	b.passages[p.key] = p
	p.home.sessions[p.session] = append(p.home.sessions[p.session], p)
	p.home.users[p.user] = append(p.home.users[p.user], p)
}

func (b *book) dropFront(f *front) {
	if b.fronts[f.ID] == f {
		delete(b.fronts, f.ID)
	}
	for _, o := range f.Origins {
		if b.origins[o] == f {
			delete(b.origins, o)
		}
	}
	f.home.fronts = without(f.home.fronts, f)
}

func (b *book) dropPassage(p *passage) {
	if b.passages[p.key] == p {
		delete(b.passages, p.key)
	}
	drop(p.home.sessions, p.session, p)
	drop(p.home.users, p.user, p)
}

func drop[K comparable](index map[K][]*passage, key K, p *passage) {
	if index[key] = without(index[key], p); len(index[key]) == 0 {
		delete(index, key)
	}
}

// without returns a new list without one of its members, so that loops over the old one go on.
func without[E comparable](all []E, one E) []E {
	return slices.DeleteFunc(slices.Clone(all), func(e E) bool { return e == one })
}

// heard ends the answers that changes of this instance touch.
func (b *book) heard(changes []pactius.DoorChange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range changes {
		if h := b.homes[c.Environment]; h != nil {
			h.told[c.Seq] = struct{}{}
			b.end(h, c)
		}
	}
}

// end ends the answers that a change touches. An answer that includes the change stays; but after a change of the whole
// environment, which may be one of its keys, all are made anew: keys are kept in memory, so an answer may include the
// change, and later ones too, and be signed with the key of before.
func (b *book) end(h *home, c pactius.DoorChange) {
	h.latest = max(h.latest, c.Seq)
	switch {
	case c.Session != "":
		b.endPassages(h.sessions[c.Session], c.Seq)
	case c.User != "":
		b.endPassages(h.users[c.User], c.Seq)
	default:
		for _, f := range h.fronts {
			b.dropFront(f)
		}
		h.renewals.Add(1)
		for _, some := range h.sessions {
			b.endPassages(some, math.MaxInt64)
		}
	}
}

func (b *book) endPassages(some []*passage, before int64) {
	for _, p := range some {
		if p.seq < before {
			b.dropPassage(p)
		}
	}
}

// cursors returns from where on the changes of environments are to be looked at.
func (b *book) cursors() map[pactius.EnvironmentID]int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	after := make(map[pactius.EnvironmentID]int64, len(b.homes))
	for env, h := range b.homes {
		if h.cursor != unread {
			after[env] = h.cursor
		}
	}
	return after
}

// caughtUp ends the answers that changes touch, which a look has found that began at a moment.
func (b *book) caughtUp(
	after map[pactius.EnvironmentID]int64, changes []pactius.DoorChange, began time.Duration,
) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range changes {
		h := b.homes[c.Environment]
		if h == nil {
			continue
		}
		if _, told := h.told[c.Seq]; !told {
			b.end(h, c)
		}
		h.cursor = max(h.cursor, c.Seq)
	}
	for env := range after {
		if h := b.homes[env]; h != nil && h.cursor != unread {
			h.looked.Store(int64(began))
			h.prune()
		}
	}
}

// prune forgets the own changes that a look has found.
func (h *home) prune() {
	for seq := range h.told {
		if seq <= h.cursor {
			delete(h.told, seq)
		}
	}
}

// tidy drops what has ended, and the environments without answers, which are then not looked at any more.
func (b *book) tidy(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.fronts {
		if !now.Before(f.ends) {
			b.dropFront(f)
		}
	}
	for _, p := range b.passages {
		if !now.Before(p.ends) {
			b.dropPassage(p)
		}
	}
	for env, h := range b.homes {
		if len(h.fronts) == 0 && len(h.sessions) == 0 {
			delete(b.homes, env)
		}
	}
}
