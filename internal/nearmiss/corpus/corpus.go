package corpus

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/pactius/pactius/internal/nearmiss"
)

// Corpus is a company with its invited people, and questions about people who
// are not recognised.
type Corpus struct {
	Invited   []nearmiss.Person
	Questions []Question
}

// Question is about a person who is not recognised.
type Question struct {
	Asked nearmiss.Person
	Kind  string // of mistake, or of stranger
	Known int    // index in Invited of the same person; -1 for a stranger
}

// Stranger reports whether the person was never invited.
func (q Question) Stranger() bool { return q.Known < 0 }

// Weak reports whether the mistake leaves too little evidence to be sure.
func (q Question) Weak() bool { return strings.HasPrefix(q.Kind, "weak: ") }

// Options choose a corpus. Zero fields take the usual.
type Options struct {
	World     World
	Seed      uint64
	Invited   int     // people invited, those of the questions among them
	PerKind   int     // questions of each kind of mistake
	Strangers int     // questions about strangers
	Tail      float64 // share of rare family names; 0 makes all people share names
}

// New makes a corpus.
func New(o Options) Corpus {
	m := &maker{Rand: rand.New(rand.NewPCG(o.Seed, 1)), world: o.World, taken: map[string]bool{}, tail: o.Tail}
	typedNames := map[string]bool{}
	var c Corpus
	var people []employee
	wanted := o.PerKind * len(kinds)
	for len(people) < o.Invited-wanted {
		p := m.person()
		people = append(people, p)
		c.Invited = append(c.Invited, p.Person)
		typedNames[p.Username] = true
	}
	for _, k := range kinds {
		for made, tried := 0, 0; made < o.PerKind && tried < 100*o.PerKind; tried++ {
			asked, typed, ok := m.try(k)
			if !ok || typedNames[typed.Username] || typedNames[asked.Username] {
				continue
			}
			typedNames[typed.Username] = true
			m.take(typed.Username)
			m.take(asked.Username)
			c.Questions = append(c.Questions, Question{Asked: asked, Kind: k.name, Known: len(c.Invited)})
			c.Invited = append(c.Invited, typed)
			made++
		}
	}
	for i := range o.Strangers {
		s := strangers[i%len(strangers)]
		p := s.make(m, people[m.IntN(len(people))])
		c.Questions = append(c.Questions, Question{Asked: p.Person, Kind: s.name, Known: -1})
	}
	m.shuffle(&c)
	return c
}

// try makes a person and applies a kind of mistake.
func (m *maker) try(k kind) (asked, typed nearmiss.Person, ok bool) {
	p := m.person()
	t := &trial{employee: p, asked: p.Person, typed: p.Person}
	ok = k.make(m, t)
	if !k.email {
		m.prefill(t)
	}
	return t.asked, t.typed, ok && !strings.EqualFold(t.asked.Username, t.typed.Username)
}

// shuffle puts the invited into an order that tells nothing.
func (m *maker) shuffle(c *Corpus) {
	order := m.Perm(len(c.Invited))
	shuffled := make([]nearmiss.Person, len(order))
	for from, to := range order {
		shuffled[to] = c.Invited[from]
	}
	c.Invited = shuffled
	for i, q := range c.Questions {
		if !q.Stranger() {
			c.Questions[i].Known = order[q.Known]
		}
	}
}

// Kinds lists the kinds of mistakes and of strangers in order.
func Kinds() []string {
	var all []string
	for _, k := range kinds {
		all = append(all, k.name)
	}
	for _, s := range strangers {
		if !slices.Contains(all, s.name) {
			all = append(all, s.name)
		}
	}
	return all
}

// stranger makes a person who was never invited, beside one who was.
type stranger struct {
	name string
	make func(m *maker, beside employee) employee
}

// like makes a person with names of the same culture as b's, preferably one that fits.
func (m *maker) like(b employee, fit func(employee) bool) employee {
	p := m.person()
	for range 500 {
		if p.culture == b.culture && fit(p) {
			break
		}
		p = m.person()
	}
	return p
}

var anybody = stranger{"stranger", func(m *maker, _ employee) employee { return m.person() }}

// strangers are the kinds of strangers: half have nothing in common with an invited person.
var strangers = []stranger{
	anybody,
	{"stranger, same family name", func(m *maker, b employee) employee {
		p := m.like(b, func(p employee) bool { return p.given != b.given })
		p.family = b.family
		return m.employ(p)
	}},
	anybody,
	{"stranger, same given name", func(m *maker, b employee) employee {
		p := m.like(b, func(p employee) bool { return p.family != b.family })
		p.given, p.middle = b.given, b.middle
		return m.employ(p)
	}},
	anybody,
	{"stranger, similar given name", func(m *maker, b employee) employee {
		p := m.like(b, func(p employee) bool { return p.given != b.given && p.given[0] == b.given[0] })
		p.family, p.site = b.family, b.site
		return m.account(p)
	}},
	anybody,
	{"stranger, same name, other digits", func(m *maker, b employee) employee {
		b.Email = ""
		return m.named(b)
	}},
}
