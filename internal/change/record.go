package change

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
)

// Record appends an event, by the actor and at the moment of the unit of work, to the activity log. It is written when
// the change ends: if it cannot be, the change does not happen. The event brings kind, subject and facts.
func (tx *Tx) Record(e pactius.Event) { tx.RecordAs(tx.Actor, e) }

// RecordAs is Record for an event that another actor caused.
func (tx *Tx) RecordAs(actor pactius.Actor, e pactius.Event) {
	e.ID, e.At, e.Actor = pactius.EventID(id.At(tx.Now)), tx.Now, actor
	tx.events = append(tx.events, e)
}

// Recipient is the addressee of an email.
type Recipient struct{ Address, Name, Language string } // Address "" is unknown, Language "" the environment's

// ToUser addresses an email to a user.
func ToUser(u pactius.User) Recipient {
	return Recipient{Address: u.MailAddress(), Name: u.Name, Language: u.Language}
}

// ToPerson addresses an email to a person without a user.
func ToPerson(p pactius.Person) Recipient {
	return Recipient{Address: p.MailAddress(), Name: p.Name, Language: p.Language}
}

// letter is an email to be stored with the change.
type letter struct {
	to      Recipient
	message mail.Message
	cause   string // the person who caused it; "" for Support and the system
}

// Mail stores an email, which is sent if and only if the change happens. One beyond the limits of the day of the person
// who causes it (pactius.MailsAlikeADay and the others there) is not sent: the change happens, an event records it,
// and Change reports the recipient. A person without an address gets none, which Change reports to users and Support.
func (tx *Tx) Mail(to Recipient, m mail.Message) {
	switch {
	case to.Address != "":
		tx.letters = append(tx.letters, letter{to, m, cause(tx.Actor)})
	case tx.Actor.Kind != pactius.ActorVisitor: // a stranger need not know about the addresses of others
		tx.without = append(tx.without, to.Name)
	}
}

// cause names the person whose limits count.
func cause(a pactius.Actor) string {
	switch a.Kind {
	case pactius.ActorUser:
		return string(a.User)
	case pactius.ActorVisitor:
		return a.Person.TenantID + " " + a.Person.ObjectID
	default:
		return ""
	}
}

// limits are what is counted of an email: the same to the same person, of its kind to the same mailbox, of its kind.
func (l letter) limits() []string {
	kind := "mail " + l.cause + " " + l.message.Kind()
	mailbox := kind + " " + mailbox(l.to.Address)
	return []string{mailbox + " " + l.to.Address + " " + l.to.Name, mailbox, kind}
}

// mailbox is the one that an address leads to: without case, and without what follows a plus sign.
func mailbox(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// hold counts the emails of the change and takes out those beyond the limits of the day.
func (tx *Tx) hold() error {
	var counted []string
	for _, l := range tx.letters {
		if l.cause != "" {
			counted = append(counted, l.limits()...)
		}
	}
	n, err := tx.CountToday(tx.Now, counted...)
	if err != nil {
		return fmt.Errorf("count emails: %w", err)
	}
	tx.letters = slices.DeleteFunc(tx.letters, func(l letter) bool {
		if l.cause == "" {
			return false
		}
		alike, toOne, ofKind := n[0], n[1], n[2]
		n = n[3:]
		if alike <= pactius.MailsAlikeADay && toOne <= pactius.MailsToOneADay && ofKind <= pactius.MailsOfKindADay {
			return false
		}
		tx.unsent = append(tx.unsent, cmp.Or(l.to.Name, l.to.Address))
		tx.Record(pactius.Event{Kind: pactius.MailHeld, Facts: pactius.Facts{pactius.FactKind: l.message.Kind()},
			Detail: pactius.Facts{pactius.DetailTo: l.to.Address}})
		return true
	})
	return nil
}

// MailRoot stores an email for each administrator of the whole environment.
func (tx *Tx) MailRoot(m mail.Message) error {
	administrators, err := tx.RootAdministrators()
	for _, u := range administrators {
		tx.Mail(ToUser(u), m)
	}
	return err
}

// RootAdministrators reads the administrators of the whole environment who may enter, by name.
func (tx *Tx) RootAdministrators() ([]pactius.User, error) {
	root, err := tx.Root()
	if err != nil {
		return nil, err
	}
	rows, err := tx.Administrators([]pactius.UnitID{root.ID}, tx.Today)
	users := make([]pactius.User, len(rows))
	for i, m := range rows {
		users[i] = m.User
	}
	return users, err
}

// flush writes the events and emails of a change.
func (tx *Tx) flush() error {
	if err := tx.hold(); err != nil {
		return err
	}
	if err := tx.InsertEvents(tx.events...); err != nil {
		return fmt.Errorf("record events: %w", err)
	}
	for _, kind := range pactius.CountedEvents {
		n := 0
		for _, e := range tx.events {
			if e.Kind == kind {
				n++
			}
		}
		if n == 0 {
			continue
		}
		if err := tx.CountEvents(tx.Today, kind, n); err != nil {
			return fmt.Errorf("count events: %w", err)
		}
	}
	mails := make([]pactius.Mail, len(tx.letters))
	for i, l := range tx.letters {
		kind, data, err := mail.Encode(l.message)
		if err != nil {
			return err
		}
		mails[i] = pactius.Mail{ID: pactius.MailID(id.New()), Kind: kind, Data: data,
			To: l.to.Address, ToName: l.to.Name, Language: l.to.Language, CreatedAt: tx.Now}
	}
	if err := tx.Enqueue(mails...); err != nil {
		return fmt.Errorf("store emails: %w", err)
	}
	return nil
}
