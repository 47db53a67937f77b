package web

import (
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// readers are the roles of decision 0004, each with what its column may read.
var readers = []struct {
	name string
	human
}{
	{"visitor", vera},
	{"employee", rikke},
	{"administrator of Sales", lone},
	{"administrator of IT", igor},
	{"administrator of all", ada},
}

var igor = human{"0f3b6c1e-3333-4c5b-b112-0000000000a0", "igor@nordhavn.example", "Igor It"}

// fact is something that not everybody may read, as text that no page has for another reason.
type fact struct {
	name string
	text []string // all of them tell it
	may  string   // a column per reader: y or -
	bare bool     // no page shows it, to anybody
}

// Columns of readers.
const (
	onlySales = "--y-y"
	onlyIT    = "---yy"
	onlyAll   = "----y"
)

// public are routes with the client ID in them: Microsoft's own address for signing in and consenting names it.
var public = []string{"POST /sign-in", "GET /sign-in/callback", "POST /sign-out", "POST /access/enter",
	"POST /oauth/logout"}

// secrets is a company with people elsewhere, seen from Sales.
type secrets struct {
	*world
	facts    []fact
	people   []pactius.UserID
	requests []pactius.RequestID
	mail     string
	app      pactius.Application
}

const (
	farAway   = "198.51.100.77"
	nobodyOID = "0f3b6c1e-7777-4c5b-b112-0000000000ff"
)

// oid is the object ID of the n-th person of the test.
func oid(n int) string { return fmt.Sprintf("0f3b6c1e-7777-4c5b-b112-%012d", n) }

func (s *secrets) fact(name, may string, text ...string) {
	s.facts = append(s.facts, fact{name: name, may: may, text: text})
}

func (s *secrets) as(h human) pactius.Actor {
	return pactius.UserActor(s.nord.ID, s.users[h.username], farAway)
}

// person adds a user, who signs in from far away unless only invited.
func (s *secrets) person(h human, grants ...pactius.Grant) pactius.UserID {
	s.Helper()
	u := s.user(h, grants...)
	s.people = append(s.people, u)
	if h.oid != "" {
		s.visits(h)
	}
	return u
}

func (s *secrets) visits(h human) {
	s.Helper()
	first, _, _ := strings.Cut(h.name, " ")
	_, err := s.site.Users.SignIn(s.Context(), s.nord.ID, s.world.person(h),
		users.Visit{Agent: "Netscape of " + first, Address: farAway})
	s.must(err)
}

func (s *secrets) edit(u pactius.UserID, up pactius.UserUpdate) {
	s.Helper()
	_, err := s.site.Users.Edit(s.Context(), s.as(ada), u, 0, up)
	s.must(err)
}

func (s *secrets) asks(h human, message string, units ...pactius.UnitID) pactius.AccessRequest {
	s.Helper()
	s.db.Clock.Advance(7 * time.Second) // a time of its own
	p := s.world.person(h)
	p.VouchedAt = s.db.Clock.Now()
	q, err := s.site.Users.Ask(s.Context(), pactius.Visitor(s.nord.ID, p, farAway),
		users.Wish{Message: message, Units: units})
	s.must(err)
	s.requests = append(s.requests, q.ID)
	return q
}

func (s *secrets) asksMore(h human, message string, units ...pactius.UnitID) pactius.AccessRequest {
	s.Helper()
	q, err := s.site.Users.Ask(s.Context(), s.as(h), users.Wish{Message: message, Units: units})
	s.must(err)
	s.requests = append(s.requests, q.ID)
	return q
}

func (s *secrets) decides(by human, q pactius.AccessRequest, note string, grants ...pactius.Grant) pactius.UserID {
	s.Helper()
	d, err := s.site.Users.Approve(s.Context(), s.as(by), q.ID, users.Approval{Note: note, Grants: grants})
	s.must(err)
	s.people = append(s.people, d.User.ID)
	return d.User.ID
}

func (s *secrets) assigns(u pactius.UserID, grants ...pactius.Grant) {
	s.Helper()
	_, err := s.site.Users.Assign(s.Context(), s.as(ada), u, grants)
	s.must(err)
}

func newSecrets(t *testing.T) *secrets {
	t.Helper()
	s := &secrets{world: newWorld(t)}
	s.must(s.tenants[nordHost].Put(igor.account()))
	s.user(igor, pactius.Grant{Unit: s.it, Access: pactius.AccessAdminister})
	client, secret := application, appSecret
	_, err := s.site.Environments.Update(t.Context(), pactius.SupportActor(s.nord.ID), 0,
		pactius.EnvironmentUpdate{ClientID: &client, ClientSecret: &secret})
	s.must(err)
	s.fact("the client ID", onlyAll, application)
	s.fact("a network address", onlyAll, farAway)
	s.app = s.client()
	s.members()
	s.strangers()
	s.petitions()
	return s
}

// profile keeps a title and a photo of a person in IT.
func (s *secrets) profile(oid, title, photo string) {
	s.Helper()
	l := store.Look{Identity: pactius.Identity{TenantID: s.nord.Connection.TenantID, ObjectID: oid},
		Profile: pactius.Profile{Title: title, Photo: "hash-" + photo}}
	s.must(s.db.Update(s.Context(), s.nord.ID, func(tx *store.Tx) error {
		return tx.StoreLook(l, &pactius.Photo{Image: []byte(photo), Kind: "image/png"})
	}))
	s.fact("the title of a person elsewhere", onlyIT, title)
	s.fact("the photo of a person elsewhere", onlyIT, photo)
	s.fact("the address of a photo elsewhere", onlyIT, "hash-"+photo)
}

// members are people in Sales, in both units, and of the company.
func (s *secrets) members() {
	s.Helper()
	north := pactius.Grant{Unit: s.north, Access: pactius.AccessRead}
	mia := s.person(human{oid(1), "mia@nordhavn.example", "Mia Member"}, north)
	s.fact("a member of Sales", onlySales, "Mia Member", string(mia))
	s.fact("sessions of a member of Sales", onlySales, "Netscape of Mia")

	bo := human{oid(2), "bo@nordhavn.example", "Bo Both"}
	q := s.asks(bo, "message-of-bo", s.it)
	u := s.decides(igor, q, "note-for-bo", pactius.Grant{Unit: s.it, Access: pactius.AccessRead})
	s.assigns(u, north)
	s.visits(bo)
	s.fact("a decided request elsewhere, of a member of both", onlyIT, string(q.ID), "message-of-bo", "note-for-bo")
	s.fact("sessions of a member of both", onlyAll, "Netscape of Bo")

	iris := s.person(human{"", "iris@nordhavn.example", "Iris Inherited"},
		pactius.Grant{Unit: s.root, Access: pactius.AccessRead})
	s.fact("a member of a parent unit", onlyAll, "Iris Inherited", string(iris), "iris@nordhavn.example")
}

// strangers are users in IT. Microsoft 365 knows some of them by other names.
func (s *secrets) strangers() {
	s.Helper()
	it := pactius.Grant{Unit: s.it, Access: pactius.AccessRead}
	known := func(h human, now string) {
		a := h.account()
		a.AccountName, a.Mail, a.Name = now, now, "Someone Else"
		s.must(s.tenants[nordHost].Put(a))
	}
	eva := human{oid(3), "eva@nordhavn.example", "Eva"}
	known(eva, eva.username)
	u := s.person(eva, it)
	name, email, right := "Eva Secretname", "eva.private@elsewhere.example", "otto@nordhavn.example"
	s.edit(u, pactius.UserUpdate{Name: &name, Email: &email})
	s.fact("a user elsewhere", onlyIT, name, string(u), email)
	s.profile(oid(3), "Titled Elsewhere", "photo-of-eva")
	s.fact("sessions of a user elsewhere", onlyIT, "Netscape of Eva")

	dina := human{oid(4), "dina.before@nordhavn.example", "Dina Elsewhere"}
	u = s.person(dina, it)
	known(dina, "dina@nordhavn.example")
	s.fact("a user whose account has another name now", onlyIT, dina.name, dina.username, string(u))

	u = s.person(human{"", "otto.typo@nordhavn.example", "Otto Invited"}, it)
	s.edit(u, pactius.UserUpdate{Username: &right})
	s.fact("a corrected account name elsewhere", onlyIT, "Otto Invited", "otto.typo@nordhavn.example", string(u))

	u = s.person(human{nobodyOID, "olga@nordhavn.example", "Olga Offline"}, it)
	_, err := s.site.Users.Deactivate(s.Context(), s.as(ada), u)
	s.must(err)
	s.fact("a deactivated user elsewhere", onlyIT, "Olga Offline", string(u))
	s.facts = append(s.facts, fact{name: "a linked identity", text: []string{nobodyOID}, may: onlyAll, bare: true})

	fie := human{oid(5), "freed@nordhavn.example", "Fie Former"}
	u = s.person(fie, it)
	moved := fie
	moved.username = "fie@nordhavn.example"
	s.visits(moved)
	s.fact("the former owner of an account name", onlyIT, fie.name, moved.username, string(u))
}

// petitions are requests for Sales and for IT.
func (s *secrets) petitions() {
	s.Helper()
	quinn := human{oid(6), "quinn@nordhavn.example", "Quinn Query"}
	a := quinn.account()
	a.Name = "Someone Else"
	s.must(s.tenants[nordHost].Put(a))
	q := s.asks(quinn, "message-of-quinn", s.it)
	s.fact("a pending request elsewhere", onlyIT, string(q.ID), quinn.name, "message-of-quinn",
		q.CreatedAt.UTC().Format(time.RFC3339))
	s.profile(oid(6), "Title of a person who waits", "photo-of-quinn")

	q = s.asks(human{oid(7), "freed@nordhavn.example", "Nora New"}, "message-of-nora", s.sales)
	s.fact("a pending request for Sales", onlySales, string(q.ID), "message-of-nora")

	simon := s.person(human{"", "simon.simonsen@nordhavn.example", "Simon Simonsen"},
		pactius.Grant{Unit: s.it, Access: pactius.AccessRead})
	s.asks(human{oid(8), "simon.simonson@nordhavn.example", "Simon Simonson"}, "message-of-simon", s.north)
	s.fact("a near miss elsewhere", onlyIT, "Simon Simonsen", string(simon))

	rita := human{oid(9), "rita@nordhavn.example", "Rita Result"}
	u := s.decides(lone, s.asks(rita, "message-of-rita", s.north, s.it), "note-for-rita")
	s.assigns(u, pactius.Grant{Unit: s.it, Access: pactius.AccessRead})
	name := "Rita Renamed"
	s.edit(u, pactius.UserUpdate{Name: &name})
	s.fact("a user who has moved elsewhere", onlyIT, name, string(u))
	s.profile(oid(9), "Moved and Titled", "photo-of-rita")

	mona := human{oid(10), "mona@nordhavn.example", "Mona More"}
	u = s.person(mona, pactius.Grant{Unit: s.it, Access: pactius.AccessRead})
	q = s.asksMore(mona, "message-of-mona", s.north)
	s.fact("a request for more, of a user elsewhere", onlySales, string(q.ID), "message-of-mona")
	name = "Mona Maiden"
	s.edit(u, pactius.UserUpdate{Name: &name})
	s.fact("the user elsewhere who requests more", onlyIT, name, string(u))
	maja := human{oid(11), "maja@nordhavn.example", "Maja More"}
	s.person(maja, pactius.Grant{Unit: s.north, Access: pactius.AccessRead})
	q = s.asksMore(maja, "message-of-maja", s.it)
	s.fact("a request for more elsewhere, of a member of Sales", onlyIT, string(q.ID), "message-of-maja")

	s.person(human{"", "ulla@nordhavn.example", "Ulla Undelivered"}, pactius.Grant{Unit: s.it, Access: 1})
	s.db.Exec(s, `DELETE FROM mails WHERE kind <> 'request-arrived' OR to_address <> $1`, igor.username)
	s.mail = s.deadMail()
	s.db.Exec(s, `UPDATE mails SET to_address = 'dead.letter@elsewhere.example' WHERE id = $1`, s.mail)
	s.fact("the address of an undelivered email", onlyAll, "dead.letter@elsewhere.example")
}

// TestAFactIsHiddenAlike asks every surface for every fact, in every role: pages first, then what changes something.
// The emails that were written to the reader are one more surface.
func TestAFactIsHiddenAlike(t *testing.T) {
	onceOnly(t)
	t.Parallel()
	for column, reader := range readers {
		t.Run(reader.name, func(t *testing.T) {
			t.Parallel()
			s := newSecrets(t)
			b := s.world.as(reader.human)
			surfaces := s.surfaces()
			told := map[string]bool{}
			look := func(surface, asked, text string) {
				for _, f := range s.facts {
					for _, secret := range f.text {
						if !strings.Contains(text, secret) || strings.Contains(asked, secret) {
							continue
						}
						told[secret] = true
						open := secret == application && slices.Contains(public, surface)
						if f.may[column] != 'y' && !open {
							t.Errorf("%s tells %s: %s (asked %s)", surface, f.name, secret, asked)
						}
					}
				}
			}
			for _, method := range []string{"GET", "POST"} {
				for _, rt := range lastSignOut() {
					probes, listed := surfaces[rt.pattern]
					if !listed {
						t.Errorf("%s is missing from the surfaces", rt.pattern)
					}
					if !strings.HasPrefix(rt.pattern, method) {
						continue
					}
					for _, p := range probes {
						got := b.send(method, p.path, p.form.Encode())
						asked, err := url.QueryUnescape(p.path + " " + p.form.Encode())
						s.must(err)
						look(rt.pattern, asked, html.UnescapeString(got.Body)+got.Header.Get("Location"))
					}
				}
			}
			for _, row := range s.db.Rows(t, `SELECT kind, data FROM mails WHERE to_address = $1`, reader.username) {
				look("email", "", row)
			}
			for _, f := range s.facts {
				for _, secret := range f.text {
					if f.may[column] == 'y' && !f.bare && !told[secret] {
						t.Errorf("no surface tells %s, so that nothing is tested: %s", f.name, secret)
					}
				}
			}
		})
	}
}
