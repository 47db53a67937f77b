package outbox

import (
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// Recipient is the recipient of an email.
type Recipient struct {
	Address  string
	Name     string
	Language string // "" is the environment's
}

// User returns the recipient for a user.
func User(u pactius.User) Recipient {
	return Recipient{Address: u.MailAddress(), Name: u.Name, Language: u.Language}
}

// Person returns the recipient for a person without a user.
func Person(p pactius.Person) Recipient {
	r := Recipient{Address: p.Email, Name: p.Name, Language: p.Language}
	if r.Address == "" {
		r.Address = p.Username
	}
	return r
}

// PutToRoot stores a message for each administrator of the whole environment.
func PutToRoot(tx *store.Tx, p authority.Powers, m mail.Message) error {
	administrators, err := tx.RootAdministrators(p.Today)
	if err != nil {
		return err
	}
	for _, u := range administrators {
		if err := Put(tx, p.Now, User(u), m); err != nil {
			return err
		}
	}
	return nil
}

// Put stores a message, which is sent after the transaction has committed.
func Put(tx *store.Tx, now time.Time, to Recipient, m mail.Message) error {
	kind, data, err := mail.Encode(m)
	if err != nil {
		return err
	}
	err = tx.Enqueue(pactius.Mail{
		ID: pactius.MailID(id.New()), Kind: kind, Data: data,
		To: to.Address, ToName: to.Name, Language: to.Language, CreatedAt: now,
	})
	if err != nil {
		return fmt.Errorf("put mail %s into the outbox: %w", kind, err)
	}
	return nil
}
