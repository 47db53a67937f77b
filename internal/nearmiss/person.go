package nearmiss

import "github.com/pactius/pactius"

// Person is what is known of somebody, in any spelling. Empty fields are
// unknown; nothing here is evidence of who somebody is.
type Person struct {
	Username string   // account name
	Name     string   // display name
	Email    string   // "" is unknown
	Other    []string // further addresses or former account names; maxOther are read
}

// OfUser is the person of a user.
func OfUser(u pactius.User) Person {
	return Person{Username: u.Username, Name: u.Name, Email: u.Email}
}

// OfPerson is somebody Microsoft has vouched for, of a sign-in or a request.
func OfPerson(p pactius.Person) Person {
	return Person{Username: p.Username, Name: p.Name, Email: p.Email}
}

// OfAccount is an account of the Microsoft 365 directory.
func OfAccount(a pactius.Account) Person {
	return Person{Username: a.Username, Name: a.Name, Email: a.Email, Other: a.OtherEmails}
}

// Commonness tells how many people of the environment share a word. The zero
// value knows nothing, and an ordinary company of a thousand is assumed.
type Commonness struct {
	Users int            // people in the environment, roughly
	Words map[string]int // by word as Wanted names it: people whose name or address has it, at most MaxCount
}

// MaxCount is how far the people who share a word are counted. A word that
// reaches it is common, whatever the number.
const MaxCount = 400

// Likeness is what the comparison of two people says.
type Likeness struct {
	Score   int            // 0 is nobody one knows, 100 the same beyond doubt
	Reasons []pactius.Text // what speaks for it, the strongest first
	Codes   []string       // the same for programs, such as "typo" or "other_domain"
}

// Likely reports whether it is worth showing to a person.
func (l Likeness) Likely() bool { return l.Score >= Threshold }

// Threshold is the score from which somebody is probably the same person: what
// agrees is no longer explained by chance.
const Threshold = 50

// MaxMatches is how many are shown at most: more would not be read.
const MaxMatches = 5

// Match is a candidate that is probably the person asked about.
type Match struct {
	Index int // in the candidates given to Rank
	Likeness
}
