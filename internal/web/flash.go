package web

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// flashCode says what has just been done. The sentence is made when it is
// shown, in the reader's language; the cookie holds only the code and names.
type flashCode string

// What can have been done.
const (
	flashSignedOut      flashCode = "signed-out"
	flashAdded          flashCode = "added"         // user, name
	flashAddedSettled   flashCode = "added-settled" // user, name
	flashAddedAgain     flashCode = "added-again"   // user, name
	flashAddedByName    flashCode = "added-by-name" // user, name: the directory was away
	flashAddedGone      flashCode = "added-gone"    // user, name: the chosen account is gone
	flashAddedMissing   flashCode = "added-missing" // user, name: no such account
	flashEdited         flashCode = "edited"        // name
	flashEditSettled    flashCode = "edit-settled"  // name
	flashAssigned       flashCode = "assigned"      // name
	flashDeactivated    flashCode = "deactivated"   // name
	flashReactivated    flashCode = "reactivated"   // name
	flashEnded          flashCode = "ended"         // name, sessions
	flashApproved       flashCode = "approved"      // request, name
	flashLinked         flashCode = "linked"        // request, name
	flashSame           flashCode = "same"          // request, name, account name
	flashDeclined       flashCode = "declined"      // request, name
	flashTakenBack      flashCode = "taken-back"    // name
	flashLate           flashCode = "late"
	flashUnitAdded      flashCode = "unit-added"      // unit, name
	flashUnitRenamed    flashCode = "unit-renamed"    // name
	flashUnitMoved      flashCode = "unit-moved"      // name
	flashUnitArchived   flashCode = "unit-archived"   // name
	flashUnitRestored   flashCode = "unit-restored"   // name
	flashLeaversOut     flashCode = "leavers-out"     // users
	flashLeaversDropped flashCode = "leavers-dropped" // users
	flashLeaversLate    flashCode = "leavers-late"
	flashSaved          flashCode = "saved"
	flashMailAgain      flashCode = "mail-again"

	flashConnected       flashCode = "connected"
	flashConnectedPartly flashCode = "connected-partly"
)

// flashTime is how long a message waits for its page: a slow redirect, not
// tomorrow's visit.
const flashTime = 2 * time.Minute

const flashPurpose = "flash message"

// said is a message on its way to the next page.
type said struct {
	Code flashCode `json:"c"`
	Args []string  `json:"a,omitempty"`
}

// say leaves a message for the next page.
func (s *Site) say(v *visit, code flashCode, args ...string) {
	plain, err := json.Marshal(said{code, args})
	if err != nil {
		return // strings always can be written
	}
	s.setCookie(v, flashCookie, s.Box.Seal(flashPurpose, plain, string(v.env.ID)), flashTime)
}

// readFlash finds the message for the page that is asked for.
func (s *Site) readFlash(v *visit) {
	c, err := v.r.Cookie(s.cookieName(flashCookie))
	if err != nil || ahead(v.r) {
		return
	}
	plain, err := s.Box.Open(flashPurpose, c.Value, string(v.env.ID))
	var m said
	if err != nil || json.Unmarshal(plain, &m) != nil {
		return
	}
	v.flashCode, v.flash = m.Code, m.words()
}

// dropFlash forgets the message: it has been shown.
func (s *Site) dropFlash(v *visit) { s.dropCookie(v, flashCookie) }

// ahead reports whether a page is fetched before anybody wants to see it.
func ahead(r *http.Request) bool {
	return r.Header.Get("X-Purpose") == "prefetch" || r.Header.Get("Sec-Purpose") != ""
}

// arg is an argument, "" where the cookie has none.
func (m said) arg(i int) string {
	if i < len(m.Args) {
		return m.Args[i]
	}
	return ""
}

// words makes the message; nil where it has none of its own.
func (m said) words() *view.Flash {
	switch m.Code {
	case flashApproved, flashLinked, flashSame, flashDeclined, flashTakenBack:
		return m.requestWords()
	case flashUnitAdded, flashUnitRenamed, flashUnitMoved, flashUnitArchived, flashUnitRestored:
		return m.unitWords()
	case flashSaved:
		return done(pactius.T("The settings have been saved."))
	case flashMailAgain:
		return done(pactius.T("The mail is on its way again."))
	case flashConnected:
		return done(pactius.T("The connection has been tested and saved."))
	case flashConnectedPartly:
		return &view.Flash{Tone: view.Attention, Message: pactius.T("The connection has been saved: people can sign in. Something else is missing; test the connection to see what.")}
	case flashLeaversOut, flashLeaversDropped, flashLeaversLate:
		return m.leaversWords()
	case flashLate:
		return &view.Flash{Tone: view.Attention, Message: pactius.T("Somebody decided before you. Your click came later; nothing was changed.")}
	}
	return m.userWords()
}

// leaversWords are the messages about who is gone from Microsoft 365.
func (m said) leaversWords() *view.Flash {
	n, _ := strconv.Atoi(m.arg(0)) // 0 where it is none
	switch m.Code {
	case flashLeaversOut:
		return done(pactius.Plural(n, "%d user is taken care of.", "%d users are taken care of."))
	case flashLeaversDropped:
		return done(pactius.Plural(n, "%d user stays as before.", "%d users stay as before."))
	default:
		return &view.Flash{Tone: view.Attention, Message: pactius.T("The list has changed since you opened it, and nothing was done. This is how it is now.")}
	}
}

// userWords are the messages about users.
func (m said) userWords() *view.Flash {
	open := func(f *view.Flash) *view.Flash {
		f.Link, f.Label = view.UsersPath+"/"+m.arg(0), pactius.T("Open this user")
		return f
	}
	switch m.Code {
	case flashAdded:
		return open(done(pactius.T("%s has been added.", m.arg(1))))
	case flashAddedSettled:
		return open(done(pactius.T("%s has been added. The access request was approved by it.", m.arg(1))))
	case flashAddedAgain:
		return open(done(pactius.T("%s was added already, by your first click. Nothing was done twice.", m.arg(1))))
	case flashAddedByName:
		return open(&view.Flash{Tone: view.Attention, Message: pactius.T("%s has been added by account name: Microsoft 365 could not be asked just now. The account is bound at the first sign-in.", m.arg(1))})
	case flashAddedGone:
		return open(&view.Flash{Tone: view.Attention, Message: pactius.T("%s has been added by account name: the account you chose is no longer in Microsoft 365. Check the spelling.", m.arg(1))})
	case flashAddedMissing:
		return open(&view.Flash{Tone: view.Attention, Message: pactius.T("%s has been added. Nobody in Microsoft 365 has this account name; check the spelling, unless the account is still to be made.", m.arg(1))})
	case flashEdited:
		return done(pactius.T("The details of %s have been saved.", m.arg(0)))
	case flashEditSettled:
		return done(pactius.T("The details of %s have been saved. The access request under the new account name was approved by it.", m.arg(0)))
	case flashAssigned:
		return done(pactius.T("The business units of %s have been saved.", m.arg(0)))
	case flashDeactivated:
		return done(pactius.T("%s has been deactivated and signed out everywhere.", m.arg(0)))
	case flashReactivated:
		return done(pactius.T("%s can sign in again.", m.arg(0)))
	case flashEnded:
		n, _ := strconv.Atoi(m.arg(1)) // 0 where it is none
		if n == 0 {
			return done(pactius.T("%s was not signed in anywhere any more.", m.arg(0)))
		}
		return done(pactius.Plural(n, "%d session of %s has been ended.", "%d sessions of %s have been ended.", m.arg(0)))
	}
	return nil
}

// requestWords are the messages about access requests.
func (m said) requestWords() *view.Flash {
	f := &view.Flash{Tone: view.Good, Link: view.RequestsPath + "/" + m.arg(0), Label: pactius.T("See the request")}
	switch m.Code {
	case flashApproved:
		f.Message = pactius.T("%s has been let in.", m.arg(1))
	case flashLinked:
		f.Message = pactius.T("%s was a user already. The request has been linked to that user.", m.arg(1))
	case flashSame:
		f.Message = pactius.T("%s has been let in. The account name is now %s.", m.arg(1), m.arg(2))
	case flashDeclined:
		f.Message = pactius.T("The request of %s has been declined.", m.arg(1))
	default:
		return done(pactius.T("The approval has been taken back. The request of %s waits again.", m.arg(0)))
	}
	return f
}

// unitWords are the messages about business units.
func (m said) unitWords() *view.Flash {
	switch m.Code {
	case flashUnitAdded:
		f := done(pactius.T("%s has been added.", m.arg(1)))
		f.Link, f.Label = view.UnitsPath+"/"+m.arg(0), pactius.T("Open this business unit")
		return f
	case flashUnitRenamed:
		return done(pactius.T("The business unit is called %s now.", m.arg(0)))
	case flashUnitMoved:
		return done(pactius.T("%s has been moved.", m.arg(0)))
	case flashUnitArchived:
		return done(pactius.T("%s has been archived.", m.arg(0)))
	default:
		return done(pactius.T("%s is in use again.", m.arg(0)))
	}
}

func done(message pactius.Text) *view.Flash { return &view.Flash{Tone: view.Good, Message: message} }
