package change

import (
	"cmp"
	"fmt"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
)

// Record appends an event, by the actor and at the moment of the unit of work, to the activity log. It is written when
// the change ends: if it cannot be, the change does not happen. The event brings kind, subject and facts.
func (tx *Tx) Record(e pactius.Event) { tx.RecordAs(tx.Actor, e) }

// RecordAs is Record for an event that another actor caused.
func (tx *Tx) RecordAs(actor pactius.Actor, e pactius.Event) {
	e.ID, e.At, e.Actor = pactius.EventID(id.New()), tx.Now, actor
	tx.events = append(tx.events, e)
}

// Recipient is the addressee of an email.
type Recipient struct{ Address, Name, Language string } // Language "" is the environment's

// ToUser addresses an email to a user.
func ToUser(u pactius.User) Recipient {
	return Recipient{Address: u.MailAddress(), Name: u.Name, Language: u.Language}
}

// ToPerson addresses an email to a person without a user.
func ToPerson(p pactius.Person) Recipient {
	return Recipient{Address: cmp.Or(p.Email, p.Username), Name: p.Name, Language: p.Language}
}

// letter is an email to be stored with the change.
type letter struct {
	to      Recipient
	message mail.Message
}

// Mail stores an email, which is sent if and only if the change happens.
func (tx *Tx) Mail(to Recipient, m mail.Message) { tx.letters = append(tx.letters, letter{to, m}) }

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
	if err := tx.InsertEvents(tx.events...); err != nil {
		return fmt.Errorf("record events: %w", err)
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
