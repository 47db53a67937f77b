package devtenant

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deltaFor is how long delta tokens are good (Microsoft Graph: "Use delta query",
// token duration, directory objects).
const deltaFor = 7 * 24 * time.Hour

// cursor is what a skip or delta token stands for.
type cursor struct {
	Kind   string   // "list", "skip" or "delta"
	Start  int      `json:",omitempty"` // list: how many come before
	From   int      `json:",omitempty"` // skip, delta: changes after this one; -1 is everyone
	Until  int      `json:",omitempty"` // skip: where the next round begins
	After  string   `json:",omitempty"` // skip: object IDs after this one
	Page   int      `json:",omitempty"` // skip: pages before
	Select []string `json:",omitempty"`
	Made   time.Time
}

// seal makes a token of a cursor. It means nothing to others and cannot be changed.
func (t *Tenant) seal(c cursor) string {
	c.Made = t.now()
	content, _ := json.Marshal(c) // strings, numbers and a time
	t.mu.Lock()
	defer t.mu.Unlock()
	return base64.RawURLEncoding.EncodeToString(content) + "." + t.sum(content)
}

func (t *Tenant) sum(content []byte) string {
	mac := hmac.New(sha256.New, []byte(t.tokenKey))
	mac.Write(content)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// open reads a token; one that is not ours, of another kind or too old is not ok.
func (t *Tenant) open(kind, token string) (cursor, bool) {
	head, sum, _ := strings.Cut(token, ".")
	content, err := base64.RawURLEncoding.DecodeString(head)
	t.mu.Lock()
	genuine := err == nil && hmac.Equal([]byte(sum), []byte(t.sum(content)))
	t.mu.Unlock()
	var c cursor
	if !genuine || json.Unmarshal(content, &c) != nil || c.Kind != kind || t.now().After(c.Made.Add(deltaFor)) {
		return cursor{}, false
	}
	return c, true
}

// delta: GET /v1.0/users/delta (Microsoft Graph v1.0: "user: delta").
func (c graphCall) delta() error {
	if !c.mayRead() {
		return errDenied
	}
	o, err := c.options("$select", "$deltatoken", "$skiptoken")
	if err != nil {
		return err
	}
	cur, err := c.round(o)
	if err != nil {
		return err
	}
	size, minimal := c.preferences()
	c.mu.Lock()
	lean, emptyPage := c.trouble.Lean || minimal, c.trouble.EmptyPages && cur.Page%2 == 1
	c.mu.Unlock()
	value, more := []map[string]any{}, true
	if next := cur; !emptyPage {
		value, next.After, more = c.collect(cur, size, lean)
		cur = next
	}
	answer := map[string]any{
		"@odata.context": c.context(options{"$select": strings.Join(cur.Select, ",")}, ""), "value": value,
	}
	if more {
		cur.Kind, cur.Page = "skip", cur.Page+1
		answer["@odata.nextLink"] = c.link("/v1.0/users/delta", "$skiptoken="+c.seal(cur))
	} else {
		answer["@odata.deltaLink"] = c.link("/v1.0/users/delta",
			"$deltatoken="+c.seal(cursor{Kind: "delta", From: cur.Until, Select: cur.Select}))
	}
	writeJSON(c.w, http.StatusOK, answer)
	return nil
}

// round finds where a call goes on, or begins a round.
func (c graphCall) round(o options) (cursor, error) {
	selected, err := o.selected()
	if err != nil {
		return cursor{}, err
	}
	c.mu.Lock()
	begin := cursor{Kind: "skip", From: -1, Until: c.changes, Select: selected}
	c.mu.Unlock()
	switch {
	case o.has("$skiptoken") && (o.has("$select") || o.has("$deltatoken")):
		return cursor{}, badGraph("$skiptoken cannot be combined with other query options.")
	case o.has("$skiptoken"):
		cur, ok := c.open("skip", o["$skiptoken"])
		return cur, c.gone(ok, cur.Select)
	case o["$deltatoken"] == "latest":
		begin.From = begin.Until
		return begin, nil
	case o["$deltatoken"] != "":
		cur, ok := c.open("delta", o["$deltatoken"])
		begin.From = cur.From
		if !o.has("$select") {
			begin.Select = cur.Select
		}
		return begin, c.gone(ok, selected)
	}
	return begin, nil
}

// gone refuses an unknown token: the client has to begin again.
func (c graphCall) gone(known bool, selected []string) error {
	if known {
		return nil
	}
	list := []string{"$deltatoken="}
	if len(selected) > 0 {
		list = append(list, "$select="+url.QueryEscape(strings.Join(selected, ",")))
	}
	c.w.Header().Set("Location", c.link("/v1.0/users/delta", list...))
	return &graphError{http.StatusGone, "syncStateNotFound",
		"The sync state is not found. Please start over with a full synchronization."}
}

// preferences reads Prefer (RFC 7240): odata.maxpagesize and return=minimal.
func (c graphCall) preferences() (size int, minimal bool) {
	size = graphPage
	for _, header := range c.r.Header.Values("Prefer") {
		for preference := range strings.SplitSeq(header, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(preference), "=")
			if n, err := strconv.Atoi(value); name == "odata.maxpagesize" && err == nil && n > 0 {
				size = min(n, maxGraphPage)
				c.w.Header().Add("Preference-Applied", "odata.maxpagesize="+strconv.Itoa(size))
			}
			if name == "return" && value == "minimal" {
				minimal = true
				c.w.Header().Add("Preference-Applied", "return=minimal")
			}
		}
	}
	return size, minimal
}

// collect gathers a page of a round, by object ID, and says where it ended and
// whether there is more.
func (c graphCall) collect(cur cursor, size int, lean bool) (page []map[string]any, after string, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.order == nil {
		c.order = make([]string, 0, len(c.people)+len(c.bin)+len(c.removed))
		for id := range c.people {
			c.order = append(c.order, id)
		}
		for id := range c.bin {
			c.order = append(c.order, id)
		}
		for id := range c.removed {
			c.order = append(c.order, id)
		}
		slices.Sort(c.order)
	}
	page, after = []map[string]any{}, cur.After
	start, found := slices.BinarySearch(c.order, cur.After)
	if found {
		start++
	}
	for _, id := range c.order[start:] {
		entry := c.entry(id, cur, lean)
		if entry == nil {
			continue
		}
		if len(page) == size {
			return page, after, true
		}
		page, after = append(page, entry), id
	}
	return page, after, false
}

// entry is what a round tells of someone; nil is nothing. In the first round
// those who were deleted before it began are not mentioned.
func (c graphCall) entry(id string, cur cursor, lean bool) map[string]any {
	since := cur.From
	if since < 0 {
		since = cur.Until
	}
	if r, deleted := c.bin[id]; deleted {
		return removal(id, "changed", r.since > since)
	}
	r, there := c.people[id]
	if !there {
		return removal(id, "deleted", c.removed[id] > since)
	}
	whole := cur.From < 0 || r.since > cur.From
	touched := whole
	all, entry := properties(r.Person), map[string]any{"id": id}
	for _, name := range cur.Select {
		changed := r.changed[name]
		touched = touched || changed > cur.From
		if changed > 0 && (whole || !lean || changed > cur.From) {
			entry[name] = all[name]
		}
	}
	if !touched {
		return nil
	}
	return entry
}

// removal is the entry of someone who was deleted, if this round has to tell it.
func removal(id, reason string, tell bool) map[string]any {
	if !tell {
		return nil
	}
	return map[string]any{"id": id, "@removed": map[string]any{"reason": reason}}
}
