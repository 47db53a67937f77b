package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/web/view"
)

// findPeople finds people of the directory while the administrator types.
//
// GET /settings/users/add/people?q=; local administrators.
func (s *Site) findPeople(v *visit) error {
	l := view.Lookup{Typed: v.query("q", maxSearch)}
	var err error
	if l.Result, err = s.Directory.Search(v.r.Context(), v.actor, l.Typed); err != nil {
		return err
	}
	s.answer(v, http.StatusOK, view.AddPeople{Base: v.page(view.AtUsers), Lookup: l})
	return nil
}

// noPhoto is a transparent point, over which the initials stay visible. Browsers
// show it with any status; without it they show a broken picture.
var noPhoto = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00" +
	"!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// seePhoto shows the picture of an account, or that there is none.
//
// GET /settings/users/add/photo?oid=; local administrators.
func (s *Site) seePhoto(v *visit) error {
	p, err := s.Directory.Photo(v.r.Context(), v.actor, v.query(view.FieldAccount, maxSearch))
	status := http.StatusOK
	if pactius.KindOf(err) == pactius.KindNotFound {
		p, status, err = directory.Photo{Image: noPhoto, ContentType: "image/gif"}, http.StatusNotFound, nil
	}
	if err != nil {
		return err
	}
	writePhoto(v, status, pactius.Photo{Image: p.Image, Kind: p.ContentType}, photoTime)
	return nil
}

// lookUpPeople shows the form with the people whose account name begins with the
// typed one or is similar.
func (s *Site) lookUpPeople(v *visit, u newUser) error {
	l := view.Lookup{Typed: u.page.Username}
	var err error
	l.Result, err = s.Directory.Search(v.r.Context(), v.actor, l.Typed)
	if err == nil && len(l.People) == 0 && l.Trouble == "" {
		var verdict directory.Verdict
		verdict, err = s.Directory.Verify(v.r.Context(), v.actor, l.Typed)
		l.Meant = verdict.Meant
	}
	if err != nil {
		return err
	}
	u.page.Lookup, u.page.Choice = &l, view.Choice{}
	return s.addForm(v, http.StatusOK, u.page, u.rules.Grants)
}

// chooseAccount shows the form with an account chosen.
func (s *Site) chooseAccount(v *visit, u newUser) error {
	a, err := s.Directory.Account(v.r.Context(), v.actor, v.form.text("choose"))
	if s.addByName(&u, err) {
		return s.addForm(v, http.StatusOK, u.page, u.rules.Grants)
	}
	if err != nil {
		return err
	}
	found, err := s.Directory.Found(v.r.Context(), v.actor, a)
	if err != nil {
		return err
	}
	u.page.Notice.Person = &found
	u.page.Username, u.page.Name = a.Username, cmp.Or(a.Name, u.page.Name)
	u.page.Email = u.page.Notice.Account().OtherEmail()
	u.page.Choice = view.Choice{ObjectID: a.ObjectID, Username: a.Username}
	return s.addForm(v, http.StatusOK, u.page, u.rules.Grants)
}

// identify finds the account that is meant, before anything is stored. It reads a
// chosen account anew and takes identity and account name from Microsoft. It asks
// about a typed name that is similar to an account's. It reports false if it has
// shown the form again.
func (s *Site) identify(v *visit, u *newUser) (bool, error) {
	c := u.page.Choice
	switch {
	case c.ObjectID == "":
		return s.identifyTyped(v, u)
	case c.Username != "" && names.Key(c.Username) != names.Key(u.page.Username):
		u.page.Choice, u.page.Notice.Dropped = view.Choice{}, c.Username
		return false, s.addForm(v, http.StatusUnprocessableEntity, u.page, u.rules.Grants)
	}
	a, err := s.Directory.Account(v.r.Context(), v.actor, c.ObjectID)
	if s.addByName(u, err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	email := u.rules.Email
	u.use(directory.Found{Account: a})
	if c.Username != "" { // the script filled the form in; what was deleted since stays so
		u.rules.Email, u.page.Email = email, email
	}
	u.page.Username, u.page.Choice.Username = a.Username, a.Username
	return true, nil
}

// use takes what the directory says of the account.
func (u *newUser) use(f directory.Found) {
	u.rules.Use(f.Account)
	u.page.Name, u.page.Email = u.rules.Name, u.rules.Email
	if shown := (view.Candidate{Meant: directory.Meant{Found: f}}); shown.Bound() {
		u.page.Notice.Person = &f
	}
}

// addByName reports whether the directory cannot confirm the choice. The user is
// then added by account name, and the message says so.
func (s *Site) addByName(u *newUser, err error) bool {
	trouble, away := errors.AsType[*pactius.DirectoryError](err)
	switch {
	case away:
		u.page.Notice.Trouble = trouble.Trouble
	case pactius.KindOf(err) == pactius.KindNotFound:
		u.page.Notice.Gone, u.page.Choice = true, view.Choice{}
	default:
		return false
	}
	return true
}

// identifyTyped looks at an account name that was typed and not chosen, each time
// the form is saved. The account that has the name is the one to link.
func (s *Site) identifyTyped(v *visit, u *newUser) (bool, error) {
	verdict, ask, err := s.verifyTyped(v, u.page.Username)
	switch {
	case err != nil:
		return false, err
	case verdict.Linkable():
		u.use(*verdict.Person)
		return true, nil
	case !ask:
		u.missing = verdict.State == directory.NameMissing
		u.page.Notice.Verdict = verdict // stays in view where something else is refused
		return true, nil
	}
	// The page asks about both together: accounts, and users who are similar.
	u.page.Notice.Verdict = verdict
	if u.page.Notice.Meets, err = s.Users.Check(v.r.Context(), v.actor, u.rules); err != nil {
		return false, err
	}
	return false, s.addForm(v, http.StatusUnprocessableEntity, u.page, u.rules.Grants)
}

// verifyTyped verifies a typed account name that is being saved. ask reports that
// no account has it, that others are nearly called so or may be, and that the form
// does not confirm it: a confirmation is good for one name and the accounts that
// were offered with it.
func (s *Site) verifyTyped(v *visit, username string) (verdict directory.Verdict, ask bool, err error) {
	verdict, err = s.Directory.VerifyAnew(v.r.Context(), v.actor, username)
	if err != nil || verdict.State != directory.NameMissing {
		return verdict, false, err
	}
	if !confirms(v.form, username) {
		return verdict, len(verdict.Meant) > 0 || verdict.Trouble != "", nil
	}
	offered := strings.Fields(v.form.text(view.FieldOffered))
	return verdict, slices.ContainsFunc(verdict.Meant,
		func(m directory.Meant) bool { return !slices.Contains(offered, m.ObjectID) }), nil
}

// confirms reports whether the form confirms an account name that is doubtful.
func confirms(f form, username string) bool {
	return f.has("despite") && names.Key(f.text("despite")) == names.Key(username)
}

// despite reports whether the form confirms it beside the similar users it showed.
func despite(f form, username string) bool { return confirms(f, username) && f.has("similar") }
