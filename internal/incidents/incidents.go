package incidents

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Rules are the rules of incidents. They are safe for concurrent use.
type Rules struct{ db *change.DB }

// New makes the rules.
func New(db *change.DB) *Rules { return &Rules{db} }

// Sender is what stands for a person without an identity.
type Sender struct {
	Address string // network address, or the network that one customer of a provider has
	Browser string // the identifier in the browser's sealed cookie; "" is a browser without one
	Known   bool   // a user has signed in with the browser
}

// bound is a limit of a day and what counts for it.
type bound struct {
	cause string
	most  int
}

// bounds returns the source of an incident and its limits.
func bounds(i pactius.Incident, by Sender) (pactius.IncidentSource, []bound) {
	switch {
	case !i.Identity.IsZero():
		return max(i.Source, pactius.FromVisitor),
			[]bound{{"incident " + i.TenantID + " " + i.ObjectID, pactius.IncidentsADay}}
	case by.Known:
		return pactius.FromKnownBrowser, []bound{{"incident in browser " + by.Browser, pactius.IncidentsADay}}
	}
	return pactius.FromStranger, []bound{
		{"incident in browser " + by.Browser + " at " + by.Address, pactius.IncidentsOfBrowser},
		{"incident at " + by.Address, pactius.IncidentsOfAddress},
	}
}

// Record stores an incident of an environment with the present time, within the
// bounds: beyond those of a day it does nothing, beyond pactius.MaxIncidents of one
// source it deletes the oldest of that source. There is no actor: the person may be
// unknown, and nothing else changes.
func (r *Rules) Record(ctx context.Context, env pactius.EnvironmentID, i pactius.Incident, by Sender) error {
	var limits []bound
	i.Source, limits = bounds(i, by)
	if i.Identity.IsZero() { // Microsoft vouched for no one: what is called a name may be anything
		i.Username, i.Name = "", ""
	}
	actor := pactius.System(env, "incident")
	full := false
	look := func(tx *change.Tx) error {
		full = false
		for _, l := range limits {
			n, err := tx.CountedToday(tx.Now, l.cause)
			if full = full || n >= l.most; err != nil {
				return err
			}
		}
		return nil
	}
	if err := r.db.Read(ctx, actor, change.RoleUser, look); err != nil || full {
		return err // a flood costs reading only
	}
	return r.db.Change(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		for _, l := range limits {
			n, err := tx.CountToday(tx.Now, l.cause)
			if err != nil || n[0] > l.most {
				return err
			}
		}
		i.At = tx.Now
		if err := tx.InsertIncident(i); err != nil {
			return err
		}
		return tx.TrimIncidents(i.Source, pactius.MaxIncidents)
	})
}

// LookUp returns the incident of the first known reference in a text, such as the
// summary that a page offers to copy. Local administrators of the environment and
// Support may look up any: a person must have told them the reference. The
// references of other environments are not found.
func (r *Rules) LookUp(ctx context.Context, actor pactius.Actor, pasted string) (pactius.Incident, error) {
	var found pactius.Incident
	candidates := references(pasted)
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
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
var ErrNotFound = pactius.Refuse(pactius.KindNotFound, pactius.T(
	"This reference isn't known here. It may be too old, mistyped or from another environment."))

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
