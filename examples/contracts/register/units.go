package register

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	unitsPath     = "/api/v1/units"
	pathSeparator = " / "
	maxPeople     = 10_000 // most of them in memory
)

// access is what a person may do with the contracts of a unit: none, read, write or administer. A word that is not
// known here gives nothing.
type access string

func (a access) mayRead() bool  { return a == "read" || a.mayWrite() }
func (a access) mayWrite() bool { return a == "write" || a == "administer" }

// unit is a business unit. Its access is the effective one: PACTIUS has followed the inheritance.
type unit struct {
	ID     string `json:"id"`
	Parent string `json:"parent"` // "" for the company itself
	Name   string `json:"name"`
	Access access `json:"access"`
	Path   string `json:"-"` // the names from below the company down: "Sales / South"
}

// tree holds the units that a person reaches, and those above them, parents first.
type tree struct {
	units []unit
	byID  map[string]unit
}

// newTree gives every unit its path.
func newTree(units []unit) *tree {
	t := &tree{byID: make(map[string]unit, len(units))}
	for _, u := range units {
		u.Path = u.Name
		if above := t.byID[u.Parent]; above.Parent != "" {
			u.Path = above.Path + pathSeparator + u.Name
		}
		t.units = append(t.units, u)
		t.byID[u.ID] = u
	}
	return t
}

// access returns the person's access to a unit, none to a unit that is not in the tree.
func (t *tree) access(unit string) access { return t.byID[unit].Access }

// readable and writable return the units that the person reads and writes.
func (t *tree) readable() []unit { return t.where(access.mayRead) }
func (t *tree) writable() []unit { return t.where(access.mayWrite) }

func (t *tree) where(may func(access) bool) []unit {
	var found []unit
	for _, u := range t.units {
		if may(u.Access) {
			found = append(found, u)
		}
	}
	return found
}

// directory asks PACTIUS which units people reach. An answer counts for the token with which it was asked for: as
// soon as anything about the person or the units changes, the door sends a new token, and the next request asks
// anew. The ETag keeps the usual answer to that empty.
type directory struct {
	url    string
	client *http.Client
	now    func() time.Time

	mu     sync.Mutex // guards people
	people map[string]answered
}

// answered is the last answer for a person.
type answered struct {
	token string
	until time.Time // the end of the token's life, counted from the answer
	etag  string
	tree  *tree
}

// tree returns the units of a person.
func (d *directory) tree(ctx context.Context, p person) (*tree, error) {
	d.mu.Lock()
	last := d.people[p.ID]
	d.mu.Unlock()
	now := d.now()
	if last.token == p.token && now.Before(last.until) {
		return last.tree, nil
	}
	next, err := d.ask(ctx, p, last)
	if err != nil {
		return nil, err
	}
	next.token, next.until = p.token, now.Add(p.life)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.people) >= maxPeople {
		clear(d.people) // they are asked for again; simple, and rare
	}
	d.people[p.ID] = next
	return next.tree, nil
}

// ask returns the answer of PACTIUS, which is the last one if nothing has changed.
func (d *directory) ask(ctx context.Context, p person, last answered) (answered, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return answered{}, err
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	if last.etag != "" {
		request.Header.Set("If-None-Match", last.etag)
	}
	answer, err := d.client.Do(request)
	if err != nil {
		return answered{}, fmt.Errorf("ask for units: %w", err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusNotModified && last.etag != "":
		return last, nil
	case answer.StatusCode == http.StatusUnauthorized:
		return answered{}, refused("PACTIUS answers %s for it", answer.Status)
	case answer.StatusCode != http.StatusOK:
		return answered{}, fmt.Errorf("ask for units: %s answers %s", d.url, answer.Status)
	}
	var body struct {
		Units []unit `json:"units"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&body); err != nil {
		return answered{}, fmt.Errorf("read units: %w", err)
	}
	return answered{etag: answer.Header.Get("ETag"), tree: newTree(body.Units)}, nil
}
