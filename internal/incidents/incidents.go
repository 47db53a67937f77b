package incidents

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/store"
)

// Rules are the rules of incidents over a store. They are safe for concurrent use.
type Rules struct {
	store *store.Store
	now   func() time.Time
}

// New returns the rules.
func New(s *store.Store, now func() time.Time) *Rules { return &Rules{store: s, now: now} }

// Record stores an incident of an environment with the present time, within the
// bounds: beyond pactius.IncidentsPerMinute it does nothing, beyond
// pactius.MaxIncidents it deletes the oldest. There is no actor: the person may be
// unknown, and nothing else changes.
func (r *Rules) Record(ctx context.Context, env pactius.EnvironmentID, i pactius.Incident) error {
	i.At = r.now()
	if i.Identity.IsZero() { // not authenticated: the names may be anything
		i.Username, i.Name = "", ""
	}
	fits := false
	look := func(tx *store.Tx) (err error) {
		fits, err = r.fits(tx, i)
		return err
	}
	if err := r.store.View(ctx, env, look); err != nil || !fits {
		return err // a flood costs reads only
	}
	return r.store.Update(ctx, env, func(tx *store.Tx) error {
		if err := look(tx); err != nil || !fits {
			return err
		}
		if err := tx.InsertIncident(i); err != nil {
			return err
		}
		return tx.TrimIncidents(pactius.MaxIncidents)
	})
}

// fits reports whether the bound of this minute allows the incident.
func (r *Rules) fits(tx *store.Tx, i pactius.Incident) (bool, error) {
	all, vouched, err := tx.IncidentsSince(i.At.Add(-time.Minute))
	if i.Identity.IsZero() {
		return all-vouched < pactius.IncidentsPerMinute, err
	}
	return vouched < pactius.IncidentsPerMinute, err
}

// LookUp returns the incident of the first known reference in a text, such as the
// summary that a page offers to copy. Local administrators of the environment and
// Support may look up any: a person must have told them the reference. The
// references of other environments are not found.
func (r *Rules) LookUp(ctx context.Context, actor pactius.Actor, pasted string) (pactius.Incident, error) {
	var found pactius.Incident
	candidates := references(pasted)
	err := r.store.View(ctx, actor.Environment, func(tx *store.Tx) error {
		if _, err := authority.Administrator(tx, r.now(), actor); err != nil {
			return err
		}
		for _, c := range candidates {
			i, err := tx.Incident(c)
			if err == nil {
				found = i
			}
			if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return ErrNotFound
	})
	return found, err
}

// ErrNotFound refuses an unknown reference.
var ErrNotFound = pactius.Refuse(pactius.NotFound, pactius.T(
	"Nothing is known about this reference here. It may be older than 30 days, mistyped, or of another environment."))

// Bounds of a pasted text.
const (
	maxPasted     = 20_000 // bytes to read: a whole error page as text
	maxCandidates = 5      // references to look up: a summary has one
)

// referenceForm matches references (crypto/rand.Text): 26 characters of base32,
// RFC 4648 section 6. People also type them, in lower case too.
var referenceForm = regexp.MustCompile(`\b[A-Za-z2-7]{26}\b`)

// references returns the possible references in a text.
func references(pasted string) []string {
	var all []string
	for _, c := range referenceForm.FindAllString(pasted[:min(len(pasted), maxPasted)], -1) {
		if c = strings.ToUpper(c); !slices.Contains(all, c) {
			all = append(all, c)
		}
		if len(all) == maxCandidates {
			break
		}
	}
	return all
}
