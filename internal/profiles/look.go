package profiles

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

const (
	lookBatch = 20                 // people of one look: Graph takes as many calls in one
	leaseTime = 5 * time.Minute    // longer than a look; after a crash its people are due again then
	turnTime  = 1 * time.Minute    // then others get their turn
	refresh   = 7 * 24 * time.Hour // until a person is due again,
	jitter    = 24 * time.Hour     // and up to so much longer, so that a company is not due all at once
	tomorrow  = 24 * time.Hour     // until a person is due again whose account alone gives no answer
	storeTime = 5 * time.Second    // to store what was answered, also when the server stops
)

// reason names the work as an actor.
const reason = "directory"

// found is what the directory says of a person.
type found struct {
	store.Look
	image *pactius.Photo // nil: as stored
	later bool           // it says nothing of this person alone: what is known stays, and it is asked tomorrow
}

// look asks the directory about the people who are due, lookBatch at most, and returns their number.
func (r *Rules) look(ctx context.Context, env pactius.EnvironmentID) (int, error) {
	actor := pactius.System(env, reason)
	var looks []store.Look
	var in pactius.Environment
	err := r.DB.Change(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		in = tx.Environment
		var err error
		looks, err = tx.ClaimLooks(in.Connection.TenantID, tx.Now, tx.Now.Add(leaseTime), lookBatch)
		return err
	})
	if err != nil || len(looks) == 0 {
		return 0, err
	}
	people := make([]found, len(looks))
	for i, l := range looks {
		people[i].Look = l
	}
	c, trouble := r.Credentials(in)
	if trouble != nil {
		trouble = &pactius.DirectoryError{Trouble: pactius.TroubleNoConnection, Err: trouble}
	} else {
		trouble = r.ask(ctx, in.ID, c, people)
	}
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	err = r.DB.Change(storing, actor, change.RoleUser, func(tx *change.Tx) error {
		for i, p := range people {
			if err := keep(tx, p, looks[i], trouble != nil); err != nil {
				return err
			}
		}
		return nil
	})
	return len(looks), errors.Join(trouble, err)
}

// keep stores what was found of a person, or hands the person back.
func keep(tx *change.Tx, p found, was store.Look, handBack bool) error {
	if handBack {
		return tx.HandBack(was)
	}
	p.DueAt = tx.Now.Add(refresh + rand.N(jitter))
	if p.later {
		p.DueAt = tx.Now.Add(tomorrow)
	}
	return tx.StoreLook(p.Look, p.image)
}

// ask fills in what the directory says of people, or returns the trouble because of which it says nothing.
func (r *Rules) ask(ctx context.Context, env pactius.EnvironmentID, c pactius.Credentials, people []found) error {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ObjectID
	}
	profiles, errs := each(ctx, c, ids, r.Directory.Profiles)
	if trouble := troubleOf(errs); trouble != nil {
		return trouble
	}
	for i := range people {
		switch p := &people[i]; {
		case errs[i] == nil:
			profiles[i].Photo = p.Photo
			p.Profile = profiles[i]
		case pactius.KindOf(errs[i]) != pactius.KindNotFound: // of a deleted account the known profile stays
			p.later = true
		}
	}
	photos, errs := each(ctx, c, ids, r.Directory.Photos)
	if trouble := troubleOf(errs); trouble != nil {
		if trouble.Trouble == pactius.TroubleNoPermission { // the rest is known
			r.withoutPhotos(ctx, env, trouble)
			return nil
		}
		return trouble
	}
	for i := range people {
		switch p := &people[i]; {
		case pactius.KindOf(errs[i]) == pactius.KindNotFound:
			p.Photo, p.image = "", &pactius.Photo{}
		case errs[i] != nil:
			p.later = true
		default:
			if hash := hashOf(photos[i]); hash != p.Photo {
				p.Photo, p.image = hash, &photos[i]
			}
		}
	}
	return nil
}

// each asks about people by one call, and about each alone where that answer makes no sense or is too long to be read:
// one person's photo must not hide those of others.
func each[T any](ctx context.Context, c pactius.Credentials, ids []string,
	ask func(context.Context, pactius.Credentials, []string) ([]T, []error)) ([]T, []error) {
	answers, errs := ask(ctx, c, ids)
	for i := range ids {
		if len(ids) == 1 || !garbled(errs[i]) {
			continue
		}
		answer, err := ask(ctx, c, ids[i:i+1])
		answers[i], errs[i] = answer[0], err[0]
	}
	return answers, errs
}

// garbled reports whether an answer makes no sense.
func garbled(err error) bool {
	e, ok := errors.AsType[*pactius.DirectoryError](err)
	return ok && e.Trouble == pactius.TroubleGarbled
}

// troubleOf returns the trouble of a directory that asks to wait, or that gives no answer at all; nil otherwise: the
// fault of one account must not hide others.
func troubleOf(errs []error) *pactius.DirectoryError {
	var first *pactius.DirectoryError
	answers := 0
	for _, err := range errs {
		e, ok := errors.AsType[*pactius.DirectoryError](err)
		switch {
		case !ok:
			answers++ // an account or photo that does not exist is an answer
		case e.Trouble == pactius.TroubleThrottled:
			return e
		case first == nil:
			first = e
		}
	}
	if answers > 0 {
		return nil
	}
	return first
}

// hashOf names a photo by its contents, as a part of an address.
func hashOf(p pactius.Photo) string {
	sum := sha256.Sum256(append([]byte(p.Kind+"\n"), p.Image...))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
