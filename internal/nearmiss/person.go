package nearmiss

import "github.com/pactius/pactius"

// Person holds the known names and addresses of a person, in any spelling. Empty
// fields are unknown; nothing here is evidence of identity.
type Person struct {
	Username string   // account name
	Name     string   // display name
	Email    string   // "" is unknown
	Other    []string // further addresses or former account names; maxOther are read
}

// OfUser returns the Person of a user.
func OfUser(u pactius.User) Person {
	return Person{Username: u.Username, Name: u.Name, Email: u.Email}
}

// OfPerson returns the Person of a sign-in or a request.
func OfPerson(p pactius.Person) Person {
	return Person{Username: p.Username, Name: p.Name, Email: p.Email}
}

// OfAccount returns the Person of an account in the Microsoft 365 directory.
func OfAccount(a pactius.Account) Person {
	return Person{Username: a.Username, Name: a.Name, Email: a.Email, Other: a.OtherEmails}
}

// Commonness holds the number of people in the environment with a word. The zero
// value stands for an ordinary company of a thousand.
type Commonness struct {
	Users int            // people in the environment, roughly
	Words map[string]int // people with a word of Wanted in name or address, at most MaxCount
}

// MaxCount is the most people with a word that are counted. A word that reaches it
// is common.
const MaxCount = 400

// Likeness is the result of comparing two people.
type Likeness struct {
	Score   int            // 0 is certainly another person, 100 certainly the same
	Reasons []pactius.Text // for the score, the strongest first
	Codes   []string       // the same for programs, such as "typo" or "other_domain"
}

// Likely reports whether the two are probably the same person.
func (l Likeness) Likely() bool { return l.Score >= Threshold }

// Threshold is the score from which two people are probably the same: chance no
// longer explains the agreement.
const Threshold = 50

// MaxMatches is the most matches to show: more would not be read.
const MaxMatches = 5

// Match is a candidate that is probably the person asked about.
type Match struct {
	Index int // in the candidates given to Rank
	Likeness
}
