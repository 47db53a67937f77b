package view

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/users"
)

// AddUser is the form that adds a user: page and pop-up.
type AddUser struct {
	Base
	Form
	Username string // as typed, like all that follow
	Name     string
	Email    string
	EndsOn   string // 2006-01-02
	Welcome  bool   // "Send a welcome email"
	Units    UnitChoice
	Choice   Choice
	Notice   AddNotice // the results of saving
	Lookup   *Lookup   // the answer of "Look up"; nil: not asked for
}

// Choice is the account of the directory that the new user is going to be. The
// zero Choice is none.
type Choice struct {
	ObjectID string // posted as FieldAccount
	Username string // its account name when it was chosen, posted as FieldChosen
}

// Names of the fields of a choice. FieldChosen is missing where the account was
// picked from a Lookup: what is typed was then what was looked for. FieldOffered has
// the accounts that were offered instead of a name that no account has.
const (
	FieldAccount = "oid"
	FieldChosen  = "chosen"
	FieldOffered = "offered"
)

// AddNotice tells what is known about a person to be added. The zero AddNotice
// has nothing to say.
type AddNotice struct {
	Typed   string // the account name in question: the field "despite" confirms what is doubtful
	Gone    bool   // the chosen account is no longer in the directory
	Dropped string // account name of the account that was chosen before the account name was edited
	Rename  bool   // an existing user gets the account name: no user is added

	directory.Verdict // of the directory on the typed name or the chosen account
	users.Meets       // the results of saving here
}

// Candidate is an account of the directory, to be looked at or chosen.
type Candidate struct{ directory.Meant }

// Lookup is what a search in the directory found, for pages without scripts.
type Lookup struct {
	Typed string
	directory.Result
	Meant []directory.Meant // where nothing was found
}

// Candidates are the people to choose from.
func (l Lookup) Candidates() []Candidate {
	all := candidates(l.Meant)
	for _, f := range l.People {
		all = append(all, Candidate{directory.Meant{Found: f}})
	}
	return all
}

// candidates shows each with the strongest of the reasons, which says enough.
func candidates(meant []directory.Meant) []Candidate {
	var all []Candidate
	for _, m := range meant {
		m.Reasons = m.Reasons[:min(len(m.Reasons), 1)]
		all = append(all, Candidate{m})
	}
	return all
}

// Looking reports whether people are offered to pick from.
func (p AddUser) Looking() bool { return p.Lookup != nil && len(p.Lookup.Candidates()) > 0 }

// Foreseen says what the new user will have access to; zero for someone who is a user already. Scripts keep it up to
// date: js/foresee.js.
func (p AddUser) Foreseen() pactius.Text {
	if p.Notice.Known() != nil {
		return pactius.Text{}
	}
	var name any = pactius.T("this user")
	if typed := strings.TrimSpace(p.Name); typed != "" {
		name = typed
	}
	switch chosen := p.Units.Chips(); chosen.Total {
	case 0:
		return pactius.T("Without a business unit, %s can sign in but won't see anything. You can assign units later.",
			name)
	case 1:
		c := chosen.Chips[0]
		return pactius.T("You're giving %s access to %s.", name, pactius.T("%s (%s)", c.Path, c.Access.Text()))
	default:
		return pactius.T("You're giving %s access to %s business units.", name, strconv.Itoa(chosen.Total))
	}
}

// AddCheck is the fragment /settings/users/add/check answers with: the notice
// alone, without a page around it.
type AddCheck struct {
	Base
	Notice AddNotice
}

// AddPeople is the fragment /settings/users/add/people answers with: the options
// of the list below the account name.
type AddPeople struct {
	Base
	Lookup
}

// Known is the user who has the account name already, if the reader may see the user.
func (n AddNotice) Known() *pactius.User {
	if !n.Visible {
		return nil
	}
	return n.Existing
}

// Before are the users who had the account name before, as far as the reader may see them.
func (n AddNotice) Before() []users.FormerOwner {
	return slices.DeleteFunc(slices.Clone(n.Former), func(f users.FormerOwner) bool { return f.User == "" })
}

// Account is the directory's account; nil is none.
func (n AddNotice) Account() *Candidate {
	if n.Person == nil {
		return nil
	}
	return &Candidate{directory.Meant{Found: *n.Person}}
}

// Missing reports whether the directory has no account with the typed name.
func (n AddNotice) Missing() bool { return n.Verdict.State == directory.NameMissing }

// Offers are the accounts that were probably meant.
func (n AddNotice) Offers() []Candidate { return candidates(n.Meant) }

// Offered names the offers for the field of that name.
func (n AddNotice) Offered() string {
	ids := make([]string, len(n.Meant))
	for i, m := range n.Meant {
		ids[i] = m.ObjectID
	}
	return strings.Join(ids, " ")
}

// Incomplete reports whether accounts with similar names could not be searched for.
func (n AddNotice) Incomplete() bool { return n.Missing() && n.Trouble != "" }

// Alike are those who are probably here already, without those who are offered.
func (n AddNotice) Alike() []users.Similar {
	if n.Similar == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.Similar.Similar), func(s users.Similar) bool {
		return s.User != nil && slices.ContainsFunc(n.Meant, func(m directory.Meant) bool {
			return m.Visible && m.User != nil && m.User.ID == s.User.ID
		})
	})
}

// Hidden reports whether a user that the reader may not see is probably the same person.
func (n AddNotice) Hidden() bool { return n.Similar != nil && n.Similar.Hidden > 0 }

// Doubtful reports whether saving as it stands needs a second look.
func (n AddNotice) Doubtful() bool {
	return n.Known() == nil && n.Pending == nil &&
		(len(n.Alike()) > 0 || n.Hidden() || len(n.Meant) > 0 || n.Incomplete())
}

// NoticeFor is an AddNotice with its page's reader.
type NoticeFor struct {
	Base
	AddNotice
}

// With makes the part.
func (n AddNotice) With(b Base) NoticeFor { return NoticeFor{b, n} }

// Again reports whether the answer may be there in a moment.
func (n AddNotice) Again() bool { return n.Trouble == pactius.TroubleSlow }

// Again reports whether the answer may be there in a moment.
func (l Lookup) Again() bool { return l.Trouble == pactius.TroubleSlow }

// Person names the account's owner.
func (c Candidate) Person() Person { return Person{Name: c.Name, Username: c.Username} }

// Photo is where the picture is; "" where the account has no ID to ask by.
func (c Candidate) Photo() string {
	if c.ObjectID == "" {
		return ""
	}
	return UsersPath + "/add/photo?" + url.Values{FieldAccount: {c.ObjectID}}.Encode()
}

// Work is title and department, as far as they are known.
func (c Candidate) Work() string {
	return pactius.Profile{Title: c.Title, Department: c.Department}.Work()
}

// Taken reports whether the account is a user already.
func (c Candidate) Taken() bool { return c.User != nil && !c.Other }

// OtherEmail is the address to fill in: "" where it is the account name.
func (c Candidate) OtherEmail() string {
	if address := c.MailAddress(); !strings.EqualFold(address, c.Username) {
		return address
	}
	return ""
}

// Pills tell what one should know before choosing.
func (c Candidate) Pills() []Pill {
	var all []Pill
	switch {
	case c.Taken() && c.Status == pactius.StatusInvited:
		all = append(all, Pill{ToneInformation, "mail", pactius.T("Already invited")})
	case c.Taken():
		all = append(all, Pill{ToneInformation, "user", pactius.T("Already a user")})
	}
	if c.Request != nil {
		all = append(all, Pill{ToneAttention, "inbox", pactius.T("Has requested access")})
	}
	if c.Elsewhere {
		all = append(all, Pill{ToneAttention, "inbox", pactius.T("Has requested access elsewhere")})
	}
	if c.State != pactius.AccountPresent {
		all = append(all, Pill{ToneDanger, "blocked", c.State.Text()})
	}
	if c.Guest {
		all = append(all, Pill{"quiet", "link", pactius.T("Guest")})
	}
	return all
}

// Disabled reports whether the account cannot sign in for now.
func (c Candidate) Disabled() bool { return c.State == pactius.AccountDisabled }

// Deleted reports whether the account is in the recycle bin of Microsoft 365.
func (c Candidate) Deleted() bool { return c.State == pactius.AccountDeleted }

// Bound reports whether saving binds the account.
func (c Candidate) Bound() bool { return !c.Taken() && !c.Deleted() && c.ObjectID != "" }
