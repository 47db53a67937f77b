package view

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/users"
)

// hues is how many hues avatars have; the style sheet has a class for each.
const hues = 12

// Hue is the CSS class of the avatar's hue. It depends on the account name, so
// that a person keeps it from the request to the user.
func (p Person) Hue() string {
	key := strings.ToLower(cmp.Or(p.Username, string(p.ID), p.Name))
	h := fnv.New32a()
	h.Write([]byte(key))
	return fmt.Sprintf("hue-%d", h.Sum32()%hues)
}

// Initials are the first letters of the first and the last word of the name,
// or of the account name where there is no name.
func (p Person) Initials() string {
	words := strings.FieldsFunc(p.Name, func(r rune) bool { return unicode.IsSpace(r) || r == '-' })
	words = slices.DeleteFunc(words, func(w string) bool { return firstLetter(w) == "" })
	if len(words) == 0 {
		words = []string{p.Username}
	}
	initials := firstLetter(words[0])
	if len(words) > 1 {
		initials += firstLetter(words[len(words)-1])
	}
	return initials
}

// firstLetter is the first letter or digit of a word in upper case.
func firstLetter(word string) string {
	for _, r := range word {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

// Shown is the name to show: the account name where there is no other.
func (p Person) Shown() string {
	if p.Name == "" {
		return p.Username
	}
	return p.Name
}

// First is the name for a greeting.
func (p Person) First() string { return names.First(p.Shown()) }

// unbroken is how many bytes of an address fit into a line on every phone.
const unbroken = 24

// breaks is the template function that parts a long address before each @ and dot, where a line may break.
func breaks(address string) []string {
	if len(address) <= unbroken {
		return []string{address}
	}
	var parts []string
	for {
		i := strings.IndexAny(address[1:], "@.") + 1
		if i == 0 {
			return append(parts, address)
		}
		parts, address = append(parts, address[:i]), address[i:]
	}
}

// addressWord is an address within a sentence, and the mark behind it.
var addressWord = regexp.MustCompile(`([^\s@]+@[^\s@]+\.[^\s@.,:;]+)([.,:;]?)`)

// Spoken is a part of a sentence with an address at its end.
type Spoken struct {
	Before         string // text
	Address, After string // the address and the mark behind it; "" at the end of the sentence
}

// spoken is the template function that parts a sentence at the addresses in it.
func spoken(s string) []Spoken {
	var parts []Spoken
	begun := 0
	for _, at := range addressWord.FindAllStringSubmatchIndex(s, -1) {
		parts = append(parts, Spoken{s[begun:at[0]], s[at[2]:at[3]], s[at[4]:at[5]]})
		begun = at[1]
	}
	return append(parts, Spoken{Before: s[begun:]})
}

// Href is the user's page, "" for somebody who is no user.
func (p Person) Href() string {
	if p.ID == "" {
		return ""
	}
	return UsersPath + "/" + string(p.ID)
}

// person is the template function that names a user.
func person(u pactius.User) Person { return PersonOf(u) }

// visitor is the template function that names a person who is no user.
func visitor(p pactius.Person) Person { return Person{Name: p.Name, Username: p.Username} }

// requester is the template function that names the sender of a request.
func requester(q pactius.AccessRequest) Person {
	p := visitor(q.Person)
	p.Work, p.Photo = q.Profile.Work(), photoAt(RequestsPath+"/"+string(q.ID), q.Profile)
	return p
}

// alike is the template function that names a person who is probably the same one.
func alike(s users.Similar) Person {
	if s.User != nil {
		return PersonOf(*s.User)
	}
	return requester(*s.Request)
}

// former is the template function that names a user who had an account name before.
func former(f users.FormerOwner) Person {
	return Person{ID: f.User, Name: f.Name, Username: f.Username}
}

// actor is the template function that names who did something.
func actor(a pactius.Actor) Person {
	switch a.Kind {
	case pactius.ActorUser:
		return Person{ID: a.User, Name: a.Name}
	case pactius.ActorVisitor:
		return Person{Name: a.Person.Name, Username: a.Person.Username}
	}
	return Person{Name: "PACTIUS"}
}

// Pill is a status with its icon.
type Pill struct {
	Tone Tone
	Icon string
	Text pactius.Text
}

// statusPill is the template function for a user's status.
func statusPill(s pactius.Status) Pill {
	switch s {
	case pactius.StatusActive:
		return Pill{ToneGood, "check", s.Text()}
	case pactius.StatusInvited:
		return Pill{ToneInformation, "mail", s.Text()}
	case pactius.StatusEnded:
		return Pill{ToneAttention, "clock", s.Text()}
	}
	return Pill{ToneDanger, "blocked", s.Text()}
}

// statePill is the template function for how far a request is.
func statePill(s pactius.RequestState) Pill {
	switch s {
	case pactius.StatePending:
		return Pill{ToneAttention, "clock", s.Text()}
	case pactius.StateApproved:
		return Pill{ToneGood, "check", s.Text()}
	case pactius.StateDeclined:
		return Pill{ToneDanger, "blocked", s.Text()}
	}
	return Pill{"quiet", "minus", s.Text()}
}
