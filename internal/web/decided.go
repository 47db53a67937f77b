package web

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
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

// sameSaid says that a request was from an existing user, and which business units the user has now.
func sameSaid(r language.Reader, d users.Decided) pactius.Text {
	p := d.Request.Person
	has := view.Explicit(d.Tree, d.Has).Text(r)
	switch {
	case !has.IsZero():
		return pactius.T("%s now has access as %s. Business units: %s.", p.Name, p.Username, has)
	case d.Shown:
		return pactius.T("%s now has access as %s, but no business units yet.", p.Name, p.Username)
	}
	return pactius.T("%s now has access as %s. Business units stay the same.", p.Name, p.Username)
}

// givenText names the access that an approval gave; zero for none.
func givenText(r language.Reader, d users.Decided) pactius.Text {
	return view.Granted(d.Tree, d.Given).Text(r)
}

// undoable is the message about an approval, with the way to take it back.
func undoable(id pactius.RequestID, message pactius.Text) view.Flash {
	f := linked(done(message), requestPath(id)+"/take-back", pactius.T("Undo"))
	f.Popup = true
	return f
}
