package profiles

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/crew"
)

// Directory is the Microsoft 365 directory. Its errors are *pactius.DirectoryError, or of pactius.KindNotFound for an
// account or a photo that does not exist.
type Directory interface {
	// Profiles returns the profiles of up to lookBatch people, without photos: each has a profile or an error.
	Profiles(ctx context.Context, c pactius.Credentials, objectIDs []string) ([]pactius.Profile, []error)
	// Photos returns the photos of as many people: each has a photo or an error.
	Photos(ctx context.Context, c pactius.Credentials, objectIDs []string) ([]pactius.Photo, []error)
}

// Config holds the inputs of New. Every field is required.
type Config struct {
	DB          *change.DB
	Directory   Directory
	Credentials func(pactius.Environment) (pactius.Credentials, error)
	Logger      *slog.Logger
}

// Rules are the rules about profiles. They are safe for concurrent use.
type Rules struct {
	Config
	mu     sync.Mutex
	pauses map[pactius.EnvironmentID]pause
	denied map[pactius.EnvironmentID]bool // photos were refused, and it was logged
}

// New makes the rules.
func New(c Config) *Rules {
	return &Rules{Config: c, pauses: map[pactius.EnvironmentID]pause{}, denied: map[pactius.EnvironmentID]bool{}}
}

// Pauses after trouble.
const (
	shortPause = 10 * time.Second // when Microsoft asks to wait without a time
	firstPause = time.Minute      // after other trouble; then about as long as it has lasted
	longPause  = time.Hour        // the longest, and the one without permission
)

// pause is a time in which an environment's directory is not asked. This instance alone knows it.
type pause struct {
	until   time.Time
	since   time.Time // when the trouble began
	trouble pactius.Trouble
}

// NewCrew makes a crew for the environments that are in trouble, or for those that are not. It calls moved after every
// turn.
func (r *Rules) NewCrew(troubled bool, moved func()) *crew.Crew {
	return crew.New(crew.Work{
		Due: func(ctx context.Context) ([]pactius.EnvironmentID, error) {
			due, err := r.DB.Store.DueProfiles(ctx, r.DB.Now())
			return r.unpaused(due, troubled), err
		},
		Turn:  r.turn,
		Moved: moved,
	})
}

// unpaused returns the environments whose directory may be asked: those in trouble, or the others.
func (r *Rules) unpaused(all []pactius.EnvironmentID, troubled bool) []pactius.EnvironmentID {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []pactius.EnvironmentID
	for _, env := range all {
		if p, known := r.pauses[env]; known == troubled && !r.DB.Now().Before(p.until) {
			due = append(due, env)
		}
	}
	return due
}

// paused begins a pause after trouble, and logs it unless it is the same as before.
func (r *Rules) paused(ctx context.Context, env pactius.EnvironmentID, e *pactius.DirectoryError) {
	now := r.DB.Now()
	r.mu.Lock()
	before, known := r.pauses[env]
	p := pause{since: now, trouble: e.Trouble}
	if known {
		p.since = before.since
	}
	wait := min(max(now.Sub(p.since), firstPause), longPause)
	switch e.Trouble {
	case pactius.TroubleThrottled:
		if wait = e.RetryAfter; wait <= 0 {
			wait = shortPause
		}
	case pactius.TroubleNoPermission, pactius.TroubleBadSecret, pactius.TroubleNoConnection:
		wait = longPause
	}
	p.until = now.Add(min(wait, longPause))
	r.pauses[env] = p
	r.mu.Unlock()
	level := slog.LevelWarn
	if known && before.trouble == e.Trouble {
		level = slog.LevelDebug
	}
	r.Logger.Log(ctx, level, "titles, managers and photos are not read for a while", "environment", env,
		"for", p.until.Sub(now), "trouble", e.Trouble, "error", e)
}

// withoutPhotos logs once that an app registration may read the rest, but no photos.
func (r *Rules) withoutPhotos(ctx context.Context, env pactius.EnvironmentID, e *pactius.DirectoryError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.denied[env] {
		r.denied[env] = true
		r.Logger.WarnContext(ctx, "photos are not read: the permission is missing", "environment", env, "error", e)
	}
}

// well ends an environment's trouble.
func (r *Rules) well(env pactius.EnvironmentID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pauses, env)
}

// turn works on an environment for turnTime and reports whether more is due.
func (r *Rules) turn(ctx context.Context, env pactius.EnvironmentID) bool {
	until := r.DB.Now().Add(turnTime)
	for ctx.Err() == nil {
		n, err := r.look(ctx, env)
		trouble, isTrouble := errors.AsType[*pactius.DirectoryError](err)
		switch {
		case ctx.Err() != nil:
			return false
		case isTrouble:
			r.paused(ctx, env, trouble)
			return false
		case err != nil:
			r.paused(ctx, env, &pactius.DirectoryError{Trouble: pactius.TroubleAway, Err: err}) // the database
			return false
		case n < lookBatch:
			r.well(env)
			return false
		case !r.DB.Now().Before(until):
			return true
		}
	}
	return false
}
