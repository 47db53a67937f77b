package web

import (
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// Bounds of the access that a message names; where there is more, it says how much.
const (
	namedUnits = 3
	namedBytes = 400
)

// approved is the message about an approval: what it gave, and the way back.
func approved(r language.Reader, d users.Decided) view.Flash {
	name, given := d.Request.Person.Name, givenText(r, d)
	said := pactius.T("%s now has access: %s.", name, given)
	switch end := d.User.EndsOn; {
	case d.More:
		said = pactius.T("%s now also has access: %s.", name, given)
	case !d.Request.Created && given.IsZero():
		said = pactius.T("%s was already a user. The request has been linked to the existing user.", name)
	case given.IsZero() && d.User.UnitCount == 0:
		said = pactius.T("%s now has access, but no business units yet.", name)
	case given.IsZero():
		said = pactius.T("%s now has access.", name)
	case d.Request.Created && end != "":
		said = pactius.T("%s now has access: %s until %s.", name, given, r.Date(view.Base{Reader: r}.On(end).At))
	}
	return undoable(d.Request.ID, said)
}

// sameSaid says that a request was from an existing user, and what the approval gave.
func sameSaid(r language.Reader, d users.Decided) pactius.Text {
	p := d.Request.Person
	if given := givenText(r, d); !given.IsZero() {
		return pactius.T("%s now has access as %s, and in addition: %s.", p.Name, p.Username, given)
	}
	return pactius.T("%s now has access as %s. Business units stay the same.", p.Name, p.Username)
}

// givenText names the access that an approval gave; zero for none.
func givenText(r language.Reader, d users.Decided) pactius.Text {
	return accessText(r, view.Granted(d.Tree, d.Given))
}

// accessText names access within a sentence, or says to how many units it is; zero for none.
func accessText(r language.Reader, access view.AccessList) pactius.Text {
	var named []string
	for _, a := range access {
		named = append(named, a.Path+" ("+strings.ToLower(r.Text(a.Access.Text()))+")")
	}
	all := strings.Join(named, ", ")
	switch {
	case len(named) == 0:
		return pactius.Text{}
	case len(named) > namedUnits || len(all) > namedBytes:
		return pactius.Plural(len(named), "%d business unit", "%d business units")
	}
	return pactius.T("%s", all)
}

// undoable is the message about an approval, with the way to take it back.
func undoable(id pactius.RequestID, message pactius.Text) view.Flash {
	f := linked(done(message), requestPath(id)+"/take-back", pactius.T("Undo"))
	f.Popup = true
	return f
}
