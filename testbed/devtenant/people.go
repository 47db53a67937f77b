package devtenant

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pactius/pactius/internal/id"
)

// Person is one account of the tenant.
type Person struct {
	ObjectID    string // GUID; the oid claim
	AccountName string // user principal name
	// the preferred_username claim where it differs: a guest's name at home, or an alternate login ID
	SignInName  string
	Nameless    bool   // tokens have no preferred_username
	Name        string // displayName
	Mail        string // may be empty, may differ from the account name
	OtherMails  []string
	JobTitle    string
	Department  string
	Language    string // preferredLanguage, the xms_pl claim; may be empty
	Note        string // the case that this person shows in the demo; on the tenant's own pages only
	Manager     string // object ID of another person
	Photo       bool   // has a photo, drawn for them
	PhotoBytes  []byte // sent as the photo instead, whatever it is
	Guest       bool   // invited from another tenant
	Admin       bool   // administers the tenant: may consent
	Disabled    bool   // sign-in is blocked
	NotAssigned bool   // may not use the application
	Number      int    // signing in comes back with this AADSTS number, one of Numbers(); 0 is none
}

// signInName is what the person types to sign in and what tokens call them.
func (p Person) signInName() string { return cmp.Or(p.SignInName, p.AccountName) }

// record is a person as the directory keeps them: with what changed when. Moments
// are counted, so that a delta query can ask what came after one.
type record struct {
	Person
	created time.Time
	deleted time.Time      // in the recycle bin since; zero outside it
	since   int            // the change that made, restored or deleted them
	changed map[string]int // by property: the last change of it; missing where it never had a value
}

// Put adds a person or changes the one with this object ID. Account names are
// unique in a tenant, whatever their case; one that was freed may be given to
// another person.
func (t *Tenant) Put(p Person) error {
	p.ObjectID = strings.ToLower(p.ObjectID)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.put(p)
}

// put is Put for callers that hold the lock.
func (t *Tenant) put(p Person) error {
	if err := t.fits(p); err != nil {
		return err
	}
	if _, deleted := t.bin[p.ObjectID]; deleted {
		return fmt.Errorf("%s is deleted; restore them first", p.AccountName)
	}
	r, known := t.people[p.ObjectID]
	if known && reflect.DeepEqual(r.Person, p) {
		return nil
	}
	t.changes++
	t.byName = nil
	if !known {
		t.people[p.ObjectID] = &record{Person: p, created: t.now(), since: t.changes, changed: filledIn(p, t.changes)}
		delete(t.removed, p.ObjectID)
		t.order = nil
	} else {
		delete(t.names, strings.ToLower(r.AccountName))
		before := properties(r.Person)
		for name, value := range properties(p) {
			if !reflect.DeepEqual(before[name], value) {
				r.changed[name] = t.changes
			}
		}
		r.Person = p
	}
	t.names[strings.ToLower(p.AccountName)] = p.ObjectID
	return nil
}

// filledIn marks the properties that have a value as changed then.
func filledIn(p Person, change int) map[string]int {
	changed := map[string]int{}
	for name, value := range properties(p) {
		if value != nil {
			changed[name] = change
		}
	}
	return changed
}

// fits says what is wrong with a person.
func (t *Tenant) fits(p Person) error {
	if !id.Valid(p.ObjectID) {
		return fmt.Errorf("the object ID %q of %s is not a GUID", p.ObjectID, p.AccountName)
	}
	if !strings.Contains(p.AccountName, "@") {
		return fmt.Errorf("the account name %q has no domain", p.AccountName)
	}
	if owner, taken := t.names[strings.ToLower(p.AccountName)]; taken && owner != p.ObjectID {
		return fmt.Errorf("the account name %s is taken", p.AccountName)
	}
	if p.Number != 0 && !isNumber(p.Number) {
		return fmt.Errorf("nothing here comes back with AADSTS%d", p.Number)
	}
	return nil
}

// errNobody is the answer to changing someone who is not there.
var errNobody = errors.New("nobody has this object ID")

// edit changes someone who is there.
func (t *Tenant) edit(objectID string, change func(*Person)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.people[strings.ToLower(objectID)]
	if !ok {
		return errNobody
	}
	p := r.Person
	change(&p)
	return t.put(p)
}

// Rename gives someone another account name and display name, as after a
// marriage; empty keeps what there is. The mail address follows the account name
// where both were the same.
func (t *Tenant) Rename(objectID, accountName, name string) error {
	return t.edit(objectID, func(p *Person) {
		accountName = cmp.Or(accountName, p.AccountName)
		if strings.EqualFold(p.Mail, p.AccountName) {
			p.Mail = accountName
		}
		p.AccountName, p.Name = accountName, cmp.Or(name, p.Name)
	})
}

// Disable blocks sign-in (accountEnabled becomes false).
func (t *Tenant) Disable(objectID string) error {
	return t.edit(objectID, func(p *Person) { p.Disabled = true })
}

// Enable allows sign-in again.
func (t *Tenant) Enable(objectID string) error {
	return t.edit(objectID, func(p *Person) { p.Disabled = false })
}

// Delete moves someone to the recycle bin. Their account name is free after that.
func (t *Tenant) Delete(objectID string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := strings.ToLower(objectID)
	r, ok := t.people[id]
	if !ok {
		return errNobody
	}
	t.changes++
	r.deleted, r.since = t.now(), t.changes
	delete(t.people, id)
	delete(t.names, strings.ToLower(r.AccountName))
	t.bin[id], t.byName = r, nil
	return nil
}

// Restore takes someone out of the recycle bin. It fails when the account name
// has gone to someone else.
func (t *Tenant) Restore(objectID string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := strings.ToLower(objectID)
	r, ok := t.bin[id]
	if !ok {
		return errNobody
	}
	if err := t.fits(r.Person); err != nil {
		return err
	}
	t.changes++
	r.deleted, r.since = time.Time{}, t.changes
	delete(t.bin, id)
	t.people[id], t.names[strings.ToLower(r.AccountName)], t.byName = r, id, nil
	return nil
}

// Remove deletes the person with this object ID for good, from the recycle bin as
// well. An unknown ID is fine.
func (t *Tenant) Remove(objectID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := strings.ToLower(objectID)
	r, ok := t.people[id]
	if ok {
		delete(t.names, strings.ToLower(r.AccountName))
	} else if _, ok = t.bin[id]; !ok {
		return
	}
	t.changes++
	delete(t.people, id)
	delete(t.bin, id)
	t.removed[id], t.byName = t.changes, nil
}

// Populate adds n made-up people, "Person 1" and so on, for tests of size.
func (t *Tenant) Populate(n int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range n {
		account := fmt.Sprintf("person.%d@crowd.example", i+1)
		p := Person{ObjectID: fmt.Sprintf("c0c0c0c0-0000-4000-8000-%012x", i+1), AccountName: account, Mail: account,
			Name: fmt.Sprintf("Person %d", i+1)}
		if err := t.put(p); err != nil {
			return err
		}
	}
	return nil
}

// People lists everyone by name, without the deleted ones.
func (t *Tenant) People() []Person {
	return append([]Person{}, t.sorted()...)
}

// sorted is People without a copy; it must not be changed.
func (t *Tenant) sorted() []Person {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byName == nil {
		t.byName = make([]Person, 0, len(t.people))
		for _, r := range t.people {
			t.byName = append(t.byName, r.Person)
		}
		slices.SortFunc(t.byName, byName)
	}
	return t.byName
}

func byName(a, b Person) int {
	return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)),
		strings.Compare(a.ObjectID, b.ObjectID))
}

// Deleted lists who is in the recycle bin, by name.
func (t *Tenant) Deleted() []Person {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := []Person{}
	for r := range maps.Values(t.bin) {
		list = append(list, r.Person)
	}
	slices.SortFunc(list, byName)
	return list
}

// person finds someone by object ID.
func (t *Tenant) person(objectID string) (Person, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.people[strings.ToLower(objectID)]
	if !ok {
		return Person{}, false
	}
	return r.Person, true
}

// account finds someone by account name or object ID, as Graph does.
func (t *Tenant) account(key string) (Person, bool) {
	t.mu.Lock()
	id, ok := t.names[strings.ToLower(key)]
	t.mu.Unlock()
	if !ok {
		id = key
	}
	return t.person(id)
}

// named finds someone by what they may type to sign in, or by login_hint claim.
func (t *Tenant) named(name string) (Person, bool) {
	name = strings.TrimSpace(name)
	if p, ok := t.account(name); ok {
		return p, true
	}
	if coded, ok := strings.CutPrefix(name, hintMark); ok {
		id, _ := base64.RawURLEncoding.DecodeString(coded) // text that is no hint is no ID either
		return t.person(string(id))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.people {
		if r.SignInName != "" && strings.EqualFold(r.SignInName, name) {
			return r.Person, true
		}
	}
	return Person{}, false
}
