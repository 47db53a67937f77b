package view

import (
	"cmp"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

// Named is a name in the text of an event, with the page of what has it.
type Named struct {
	Text pactius.Text
	Href string // "" where there is no page, or none that the reader may open
}

// String returns the name in English.
func (n Named) String() string { return n.Text.String() }

// Piece is a part of a sentence.
type Piece struct {
	Text string
	Name bool   // a name, or another word that was filled in
	Href string // of a name; "" is no link
}

// mark stands around the number of an argument while its sentence is put together. No sentence has it.
const mark = "\x00"

// pieces is the template function that parts a sentence at what is filled in. Arguments cannot be taken for text of the
// sentence, whatever is in them.
func pieces(r language.Reader, t pactius.Text) []Piece {
	marks := make([]any, len(t.Args))
	args := t.Args
	for i, arg := range args {
		if marks[i] = arg; !isNumber(arg) {
			marks[i] = mark + string(rune('0'+i)) + mark
		}
	}
	t.Args = marks
	parts := strings.Split(r.Text(t), mark)
	all := make([]Piece, 0, len(parts))
	for i, part := range parts {
		switch {
		case i%2 == 1:
			all = append(all, filledIn(r, args[part[0]-'0']))
		case part != "":
			all = append(all, Piece{Text: part})
		}
	}
	return all
}

func isNumber(arg any) bool { _, ok := arg.(int); return ok }

func filledIn(r language.Reader, arg any) Piece {
	p := Piece{Name: true}
	if n, ok := arg.(Named); ok {
		p.Href, arg = n.Href, n.Text
	}
	p.Text = r.T("%s", arg)
	return p
}

// Said is a sentence without links.
func Said(r language.Reader, t pactius.Text) string {
	var all strings.Builder
	for _, p := range pieces(r, t) {
		all.WriteString(p.Text)
	}
	return all.String()
}

func named(name, href string) Named { return Named{pactius.T("%s", name), href} }

func erasedUser() Named { return Named{Text: pactius.T("Erased user")} }

// actorName names the actor. A visitor has no name here but the one of the request.
func (r EventRow) actorName() Named {
	a := r.Event.Actor
	if a.Kind == pactius.ActorVisitor && a.Name == "" {
		name := cmp.Or(r.Names.Requests[r.Event.Request], r.Event.Detail[pactius.DetailName], a.Person.Name)
		if name != "" {
			return named(name, r.requestPage())
		}
		if r.erased("") {
			return erasedUser()
		}
	}
	if a.Kind == pactius.ActorUser {
		if name := cmp.Or(a.Name, r.Names.Users[a.User]); name != "" { // the latter of a user who was merged since
			return named(name, r.userPage(a.User))
		}
		if r.Names.Erased[a.User] {
			return erasedUser()
		}
	}
	return Named{Text: a.Text()}
}

// erased reports whether the subject of the event, or a user, was erased.
func (r EventRow) erased(user pactius.UserID) bool {
	return r.Event.Detail[pactius.DetailErased] != "" || r.Names.Erased[user]
}

// other names the other user of a merge, as at that time.
func (r EventRow) other() Named {
	if r.erased("") {
		return erasedUser()
	}
	id := pactius.UserID(r.Event.Facts[pactius.FactOther])
	return r.known(id, cmp.Or(r.Event.Detail[pactius.DetailOtherName], r.Names.Users[id]))
}

// user names the user of the event.
func (r EventRow) user() Named { return r.userAt(r.Event.User, r.Event.Detail[pactius.DetailName]) }

// userAt names a user, by the name at the time of the event where the user has no other any more.
func (r EventRow) userAt(id pactius.UserID, then string) Named {
	if r.Names.Users[id] == "" && r.erased(id) {
		return erasedUser()
	}
	return r.known(id, cmp.Or(r.Names.Users[id], then))
}

func (r EventRow) known(id pactius.UserID, name string) Named {
	if name == "" {
		return Named{Text: pactius.T("someone who is no longer here")}
	}
	return named(name, r.userPage(id))
}

// requester names the person of the event's request.
func (r EventRow) requester() Named {
	if name := r.Names.Requests[r.Event.Request]; name != "" {
		return named(name, r.requestPage())
	}
	return r.user()
}

func (r EventRow) unit(id pactius.UnitID) Named {
	name := r.Names.Units[id]
	switch {
	case name == "":
		return Named{Text: pactius.T("a business unit that no longer exists")}
	case !r.Names.OpenUnits[id]:
		return named(name, "")
	}
	return named(name, UnitsPath+"/"+string(id))
}

// application names the application of the event, as at that time.
func (r EventRow) application() Named {
	id, name := pactius.ApplicationID(r.Event.Facts[pactius.FactApplication]), r.Event.Detail[pactius.DetailName]
	if !r.Names.Applications[id] {
		return named(name, "")
	}
	return named(name, ApplicationsPath+"/"+string(id))
}

// userPage is the page of a user, "" where the reader may not open it.
func (r EventRow) userPage(id pactius.UserID) string { return Person{ID: r.Names.OpenUsers[id]}.Href() }

// requestPage is the page of the event's request, "" where the reader may not open it.
func (r EventRow) requestPage() string {
	if _, may := r.Names.Requests[r.Event.Request]; !may {
		return ""
	}
	return RequestsPath + "/" + string(r.Event.Request)
}
