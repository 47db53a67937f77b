package users

import (
	"context"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Edited is the result of a change of master data.
type Edited struct {
	User      pactius.User
	Settled   *pactius.AccessRequest // the request of the linked identity, which is approved by the change
	Elsewhere bool                   // the identity's pending request is not the actor's to decide: it stays
}

// Edit changes a user's master data; version is the one the form was made from, 0 skips the check. The account name
// can change only while the user has never signed in, see rename. Account name and email address take the right to
// identify the user, see pactius.Rights.CanIdentify.
func (r *Rules) Edit(ctx context.Context, actor pactius.Actor, id pactius.UserID, version int, up pactius.UserUpdate) (
	Edited, error,
) {
	var e Edited
	clean, err := checkUpdate(up)
	if err != nil {
		return e, err
	}
	err = r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := managed(tx, id)
		if err != nil {
			return err
		}
		if version != 0 && version != s.user.Version {
			return store.ErrStale
		}
		e, err = s.edit(clean)
		return err
	})
	return e, err
}

// checkUpdate checks and cleans the input, all fields at once.
func checkUpdate(up pactius.UserUpdate) (pactius.UserUpdate, error) {
	var wrong pactius.Fields
	check := func(value **string, parse func(string) (string, error)) {
		if *value == nil {
			return
		}
		clean, err := parse(**value)
		wrong.Collect(err)
		*value = &clean
	}
	check(&up.Username, func(s string) (string, error) {
		if !up.Identity.IsZero() {
			return names.Vouched(s).Shown, nil
		}
		n, err := names.ParseAccountName(s)
		return n.Shown, err
	})
	check(&up.Name, func(s string) (string, error) { return names.ParseName("name", s) })
	check(&up.Email, func(s string) (string, error) { return names.ParseEmail("email", s) })
	if up.EndsOn != nil {
		_, err := pactius.ParseDate("ends_on", string(*up.EndsOn))
		wrong.Collect(err)
	}
	return up, wrong.Err()
}

func (s subject) edit(up pactius.UserUpdate) (Edited, error) {
	u := s.user
	var changed []string
	set := func(field string, to *string, value *string) {
		if value != nil && *to != *value {
			*to = *value
			changed = append(changed, field)
		}
	}
	set("username", &u.Username, up.Username)
	set("name", &u.Name, up.Name)
	set("email", &u.Email, up.Email)
	if up.EndsOn != nil && u.EndsOn != *up.EndsOn {
		if err := s.checkEnd(*up.EndsOn); err != nil {
			return Edited{}, err
		}
		u.EndsOn = *up.EndsOn
		changed = append(changed, "ends_on")
	}
	if len(changed) == 0 {
		return Edited{User: u}, nil
	}
	if u.Username != s.user.Username && !canRename(s.user) {
		return Edited{}, pactius.RefuseField("username",
			pactius.T("The account name follows Microsoft 365 once the person is linked to an account. Change it "+
				"there."))
	}
	if u.Username != s.user.Username || u.Email != s.user.Email {
		if err := s.checkIdentify(); err != nil {
			return Edited{}, err
		}
	}
	var e Edited
	if u.Username != s.user.Username {
		var err error
		if e, err = s.rename(&u, up); err != nil {
			return Edited{}, err
		}
		if u.Identity != s.user.Identity {
			changed = append(changed, "identity")
		}
	}
	if err := s.UpdateUser(u); err != nil {
		return Edited{}, nameTaken(s.Tx, u.Username, err)
	}
	u.Version++
	recordChanged(s.Tx, s.user, u, changed, "")
	e.User = u
	return e, s.settleRenamed(e)
}

// recordChanged records a change of master data, for a request where it serves one, and tells another account name or
// email address to the address that was used before.
func recordChanged(tx *change.Tx, before, u pactius.User, fields []string, request pactius.RequestID) {
	detail := pactius.Facts{pactius.DetailUsername: u.Username, pactius.DetailName: u.Name}
	told := mail.AccountNameChanged{By: signer(tx.Actor)}
	if u.Username != before.Username {
		detail[pactius.DetailUsernameFrom], told.AccountName = before.Username, before.Username
	}
	if u.Email != before.Email {
		detail[pactius.DetailEmailFrom] = before.MailAddress()
	}
	if u.MailAddress() != before.MailAddress() {
		told.Email = before.MailAddress()
	}
	if told.AccountName != "" || told.Email != "" {
		tx.Mail(change.ToUser(before), told)
	}
	tx.Record(pactius.Event{Kind: pactius.UserChanged, User: u.ID, Request: request, Detail: detail,
		Facts: pactius.Facts{pactius.FactFields: strings.Join(fields, ",")}})
}

// checkEnd makes sure that an end date can be set.
func (s subject) checkEnd(end pactius.Date) error {
	if end == "" {
		return nil
	}
	if end < s.Today {
		return pactius.RefuseField("ends_on",
			pactius.T("This date is in the past. Choose today or a later date, or deactivate the user."))
	}
	return s.keepRoot()
}

// SetLanguage keeps the language that the acting user or visitor has chosen. Emails follow it: a visitor's are about
// the pending request.
func (r *Rules) SetLanguage(ctx context.Context, actor pactius.Actor, language string) error {
	return r.db.Change(ctx, actor, asker(actor), func(tx *change.Tx) error {
		switch {
		case actor.Kind == pactius.ActorVisitor:
			return tx.SetRequestLanguage(actor.Person.Identity, language)
		case tx.Self.Language == language:
			return nil
		}
		return tx.SetUserLanguage(tx.Self.ID, language)
	})
}
