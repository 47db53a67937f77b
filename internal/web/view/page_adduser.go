package view

import (
	"net/url"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
)

// AddUser is the form that adds a user: page and pop-up.
type AddUser struct {
	Base
	Form
	Username string // as typed, like all that follow
	Name     string
	Email    string
	EndsOn   string // 2006-01-02
	Welcome  bool   // "Send a welcome mail"
	Units    UnitChoice
	Choice   Choice
	Notice   AddNotice // what saving would meet
	Lookup   *Lookup   // what "Look up" found; nil: not asked for
}

// Choice is the account of the directory that the new user is going to be. The
// zero Choice is nobody.
type Choice struct {
	ObjectID string // posted as FieldAccount
	Username string // its account name when it was chosen, posted as FieldChosen
}

// Names of the fields of a choice. FieldChosen is missing where the account was
// picked from a Lookup: what is typed was then what was looked for.
const (
	FieldAccount = "oid"
	FieldChosen  = "chosen"
)

// AddNotice tells what is known about somebody to be added. The zero AddNotice
// has nothing to say.
type AddNotice struct {
	Existing  *pactius.User           // is a user already: nothing can be added
	Pending   *pactius.AccessRequest  // asks for access: saving approves it, confirmed by the field "confirmed"
	Account   *Candidate              // the account of the directory that is bound by saving
	Missing   string                  // account name that nobody has in Microsoft 365
	Meant     []Candidate             // of Missing: who has nearly that name
	Unchecked pactius.Trouble         // why the directory could not be asked
	Gone      bool                    // the chosen account is no longer there
	Dropped   string                  // account name of somebody who was chosen before the account name was edited
	Similar   []admission.Similar     // are probably here already
	Hidden    bool                    // so is somebody the reader may not see
	Before    []admission.FormerOwner // users who had the account name before
	Typed     string                  // the account name all this is about: the field "despite" confirms what is doubtful
}

// Candidate is an account of the directory, to be looked at or chosen.
type Candidate struct {
	Account pactius.Account
	User    *pactius.User          // is a user already whose page the reader may open
	Taken   bool                   // is a user already
	Status  pactius.Status         // of that user
	Request *pactius.AccessRequest // has asked for access
	Reasons []pactius.Text         // why this was probably meant
}

// Lookup is what a search in the directory found, for pages without scripts.
type Lookup struct {
	Typed   string
	People  []Candidate
	Trouble pactius.Trouble
}

// Looking reports whether people are offered to pick from.
func (p AddUser) Looking() bool { return p.Lookup != nil && len(p.Lookup.People) > 0 }

// NameField is the field for the name. It may stay empty while people are
// offered: picking one fills it.
func (p AddUser) NameField(label string) Field {
	f := p.Field("name", label, p.Name)
	f.Required = !p.Looking()
	return f
}

// AddCheck is the fragment /settings/users/add/check answers with: the notice
// alone, without a page around it.
type AddCheck struct {
	Base
	Notice AddNotice
}

// AddPeople is the fragment /settings/users/add/people answers with: the options
// of the list beneath the account name.
type AddPeople struct {
	Base
	Lookup
}

// Doubtful reports whether saving as it stands needs a second look.
func (n AddNotice) Doubtful() bool {
	return n.Existing == nil && n.Pending == nil && (len(n.Similar) > 0 || n.Hidden || len(n.Meant) > 0)
}

// NoticeFor is an AddNotice with its page's reader.
type NoticeFor struct {
	Base
	AddNotice
}

// With makes the part.
func (n AddNotice) With(b Base) NoticeFor { return NoticeFor{b, n} }

// Again reports whether the answer may be there in a moment.
func (n AddNotice) Again() bool { return n.Unchecked == pactius.Slow }

// Again reports whether the answer may be there in a moment.
func (l Lookup) Again() bool { return l.Trouble == pactius.Slow }

// Person names the account's owner.
func (c Candidate) Person() Person { return Person{Name: c.Account.Name, Username: c.Account.Username} }

// Photo is where the picture is; "" where the account has no ID to ask by.
func (c Candidate) Photo() string {
	if c.Account.ObjectID == "" {
		return ""
	}
	return UsersPath + "/add/photo?" + url.Values{FieldAccount: {c.Account.ObjectID}}.Encode()
}

// Work is title and department, as far as they are known.
func (c Candidate) Work() string {
	known := make([]string, 0, 2)
	for _, s := range []string{c.Account.Title, c.Account.Department} {
		if s != "" {
			known = append(known, s)
		}
	}
	return strings.Join(known, " · ")
}

// Email is the address to fill in: "" where it is the account name.
func (c Candidate) Email() string {
	if strings.EqualFold(c.Account.Email, c.Account.Username) {
		return ""
	}
	return c.Account.Email
}

// Pills tell what one should know before choosing.
func (c Candidate) Pills() []Pill {
	var all []Pill
	switch {
	case c.Taken && c.Status == pactius.Invited:
		all = append(all, Pill{Information, "mail", pactius.T("Invited already")})
	case c.Taken:
		all = append(all, Pill{Information, "user", pactius.T("A user already")})
	}
	if c.Request != nil {
		all = append(all, Pill{Attention, "inbox", pactius.T("Has asked for access")})
	}
	if c.Account.State != pactius.AccountPresent {
		all = append(all, Pill{Danger, "blocked", c.Account.State.Text()})
	}
	if c.Account.Guest {
		all = append(all, Pill{"quiet", "link", pactius.T("Guest")})
	}
	return all
}

// Disabled reports whether the account cannot sign in for now.
func (c Candidate) Disabled() bool { return c.Account.State == pactius.AccountDisabled }

// Deleted reports whether the account is in the recycle bin of Microsoft 365.
func (c Candidate) Deleted() bool { return c.Account.State == pactius.AccountDeleted }

// Bound reports whether saving binds the account.
func (c Candidate) Bound() bool { return !c.Taken && !c.Deleted() && c.Account.ObjectID != "" }
