package users

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// forgetMails removes the emails to the person and about the person's requests from the outbox, and takes the person's
// names out of all others.
func (e *Erased) forgetMails(tx *change.Tx, t store.Traces) error {
	mails, err := tx.Mails()
	if err != nil {
		return err
	}
	said := slices.Concat(t.Names, t.Usernames, t.Addresses)
	addresses := slices.Concat(t.Usernames, t.Addresses)
	for _, m := range mails {
		var of struct{ Request pactius.RequestID }
		_ = json.Unmarshal(m.Data, &of) // an email about no request, or one that was sent
		if isOneOf(addresses, m.To) || slices.Contains(t.Requests, of.Request) {
			if err := tx.DeleteMail(m.ID); err != nil {
				return err
			}
			e.Mails++
			continue
		}
		data, err := without(m.Data, said)
		if err != nil {
			return err
		}
		toName := m.ToName
		if isOneOf(t.Names, toName) {
			toName = ""
		}
		if toName == m.ToName && bytes.Equal(data, m.Data) {
			continue
		}
		m.ToName, m.Data = toName, data
		if err := tx.RewriteMail(m); err != nil {
			return err
		}
		e.Mails++
	}
	return nil
}

func isOneOf(all []string, name string) bool {
	key := names.Key(name)
	return key != "" && slices.ContainsFunc(all, func(s string) bool { return names.Key(s) == key })
}

// without empties the texts of a JSON document that contain one of the names. A document without them is returned as
// it is.
func without(data []byte, said []string) ([]byte, error) {
	if len(data) == 0 {
		return data, nil
	}
	var document any
	decode := json.NewDecoder(bytes.NewReader(data))
	decode.UseNumber()
	if err := decode.Decode(&document); err != nil {
		return nil, err
	}
	changed := false
	var clean func(any) any
	clean = func(v any) any {
		switch v := v.(type) {
		case string:
			for _, s := range said {
				if holds(names.Fold(v), names.Fold(s)) {
					changed = true
					return ""
				}
			}
		case []any:
			for i := range v {
				v[i] = clean(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = clean(v[k])
			}
		}
		return v
	}
	document = clean(document)
	if !changed {
		return data, nil
	}
	return json.Marshal(document)
}

// holds reports whether a text contains a name as whole words.
func holds(text, name string) bool {
	if name == "" {
		return false
	}
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
	for rest, before := text, ' '; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return false
		}
		if i > 0 {
			before, _ = utf8.DecodeLastRuneInString(rest[:i])
		}
		after, _ := utf8.DecodeRuneInString(rest[i+len(name):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		rest, before = rest[i+len(name):], 'x'
	}
}
