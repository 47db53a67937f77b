package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
)

// keyRecord is a signing key of an environment.
type keyRecord struct {
	ID          string     `json:"id"`
	PublishedAt *time.Time `json:"published_at"`
	StartsAt    *time.Time `json:"starts_at"` // when it begins to sign
	EndsAt      *time.Time `json:"ends_at"`   // not published any more
}

// applicationDetail is an application with the details of "application show".
type applicationDetail struct {
	applicationRecord
	Issuer       string      `json:"issuer"`        // of OpenID Connect; "" without PACTIUS_URL, as both that follow
	DiscoveryURL string      `json:"discovery_url"` // applications read the other addresses there
	VerifyURL    string      `json:"verify_url"`    // the proxy asks it
	DoorPath     string      `json:"door_path"`     // the proxy routes it to PACTIUS, on every origin
	Keys         []keyRecord `json:"keys"`          // of the environment
}

// doorPath is the path of an application's host that PACTIUS answers.
const doorPath = "/.pactius/"

func newApplicationShowCommand(a *app) *cobra.Command {
	c := describe("application show", applicationDetail{}, takes("one NAME"))
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		l, err := d.application(ctx, args[0])
		if err != nil {
			return err
		}
		keys, err := d.Applications.SigningKeys(ctx, d.actor)
		if err != nil {
			return err
		}
		return d.showApplication(l, keys)
	})
}

// showApplication prints an application with what its reverse proxy needs.
func (d *desk) showApplication(l applications.Listed, keys []pactius.SigningKey) error {
	r := applicationDetail{applicationRecord: newApplicationRecord(l), VerifyURL: d.verifyURL(l.ID),
		DoorPath: doorPath, Keys: keyRecords(keys), Issuer: d.portal()}
	if r.Issuer != "" {
		r.DiscoveryURL = r.Issuer + clients.DiscoveryPath
	}
	if d.asJSON {
		return d.object(r)
	}
	preflight := "refused without a session"
	if l.Preflight {
		preflight = "may pass without a session"
	}
	verify := r.VerifyURL
	if verify == "" {
		verify = "/verify?application=" + r.ID + " of PACTIUS (set PACTIUS_URL to see the whole address)"
	}
	pairs := []string{
		"Name", l.Name, "ID", r.ID, "Addresses", strings.Join(r.Origins, ", "), "Requires", requires(l),
		"Icon", iconWords(l.Icon), "CORS preflights", preflight, "Added", d.time(l.CreatedAt, ""),
	}
	pairs = append(pairs, d.clientFacts(l, r)...)
	if l.Upstream != "" {
		pairs = append(pairs, "Internal address", string(l.Upstream)+", where PACTIUS finds it, as its proxy")
	} else {
		pairs = append(pairs, "The proxy asks", verify,
			"The proxy routes", doorPath+" of each address to PACTIUS, without asking, with Host unchanged")
	}
	for i, words := range d.keyTimes(keys, time.Now()) {
		pairs = append(pairs, "Signing key", keys[i].ID+", "+words)
	}
	return d.facts(pairs...)
}

// verifyURL returns the address that the proxy of an application asks about each request, "" if PACTIUS's is unknown.
func (d *desk) verifyURL(id pactius.ApplicationID) string {
	base := d.portal()
	if base == "" {
		return ""
	}
	return base + "/verify?application=" + string(id)
}

// keyTimes says what each key does now and until when. The last key whose time has begun signs.
func (d *desk) keyTimes(keys []pactius.SigningKey, now time.Time) []string {
	words := make([]string, len(keys))
	next, signs := "", false
	for i, k := range slices.Backward(keys) {
		starts, ends := d.time(k.StartsAt, ""), d.time(k.EndsAt, "")
		switch {
		case now.Before(k.StartsAt):
			words[i] = "published, signs from " + starts
			next = " until " + starts
		case !signs:
			words[i] = "signs since " + starts + next
			signs = true
		default:
			words[i] = "no longer signs, published until " + ends
		}
	}
	return words
}

func keyRecords(keys []pactius.SigningKey) []keyRecord {
	all := make([]keyRecord, len(keys))
	for i, k := range keys {
		all[i] = keyRecord{ID: k.ID, PublishedAt: utc(k.CreatedAt), StartsAt: utc(k.StartsAt), EndsAt: utc(k.EndsAt)}
	}
	return all
}

func newApplicationRotateCommand(a *app) *cobra.Command {
	var now bool
	c := describe("application rotate", keyRecord{}, noArgs)
	c.Flags().BoolVar(&now, "now", false, "sign with the new key immediately and withdraw the others, which may have "+
		"leaked")
	yes := yesFlag(c)
	return a.inEnvironmentSealing(c, func(ctx context.Context, d *desk, _ []string) error {
		if now && !*yes {
			question := fmt.Sprintf("All signing keys of %s will be withdrawn. Applications refuse signed identities "+
				"until they have read the new key, which can take as long as they keep keys.", d.env.Name)
			if err := d.confirm(question); err != nil {
				return err
			}
		}
		starts, err := d.Applications.Rotate(ctx, d.actor, now)
		if err != nil {
			return err
		}
		if !d.asJSON {
			return d.say("%s", rotated(now, d.time(starts, "")))
		}
		keys, err := d.Applications.SigningKeys(ctx, d.actor)
		for _, k := range keyRecords(keys) {
			if err := d.object(k); err != nil {
				return err
			}
		}
		return err
	})
}

// rotated says what a rotation did.
func rotated(now bool, starts string) string {
	if now {
		return "A new key signs now; the others are withdrawn."
	}
	return "The next key is published and signs from " + starts + ". The current one stays published for another day."
}
