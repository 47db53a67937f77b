package corpus

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/pactius/pactius/internal/nearmiss"
)

// Corpus is a company that has invited people, and questions about people who
// are not recognised.
type Corpus struct {
	Invited   []nearmiss.Person
	Questions []Question
}

// Question is somebody who is not recognised.
type Question struct {
	Asked nearmiss.Person
	Kind  string // of mistake, or of stranger
	Known int    // index in Invited of who it is; -1 for a stranger
}

// Stranger reports whether the person was never invited.
func (q Question) Stranger() bool { return q.Known < 0 }

// Weak reports whether the mistake leaves so little evidence that nobody could
// be sure.
func (q Question) Weak() bool { return strings.HasPrefix(q.Kind, "weak: ") }

// Options choose a corpus. Zero fields take the usual.
type Options struct {
	World     World
	Seed      uint64
	Invited   int     // people invited, those of the questions among them
	PerKind   int     // questions of each kind of mistake
	Strangers int     // questions about strangers
	Tail      float64 // share of rare family names; 0 makes everybody share names
}

// New makes a corpus.
func New(o Options) Corpus {
	m := &maker{Rand: rand.New(rand.NewPCG(o.Seed, 1)), world: o.World, taken: map[string]bool{}, tail: o.Tail}
	var c Corpus
	var people []somebody
	wanted := o.PerKind * len(kinds)
	for len(people) < o.Invited-wanted {
		p := m.person()
		people = append(people, p)
		c.Invited = append(c.Invited, p.Person)
		m.taken["typed "+p.Username] = true
	}
	for _, k := range kinds {
		for made, tried := 0, 0; made < o.PerKind && tried < 100*o.PerKind; tried++ {
			asked, typed, ok := k.make(m, m.person())
			if !ok || m.taken["typed "+typed.Username] || m.taken["typed "+asked.Username] || strings.EqualFold(asked.Username, typed.Username) {
				continue
			}
			m.taken["typed "+typed.Username] = true
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

// stranger makes somebody who was never invited, beside somebody who was.
type stranger struct {
	name string
	make func(m *maker, beside somebody) somebody
}

// like makes somebody with names from where another's come from; fit is wished for.
func (m *maker) like(b somebody, fit func(somebody) bool) somebody {
	p := m.person()
	for range 500 {
		if p.culture == b.culture && fit(p) {
			break
		}
		p = m.person()
	}
	return p
}

var anybody = stranger{"stranger", func(m *maker, _ somebody) somebody { return m.person() }}

// strangers are the kinds of strangers: half are anybody.
var strangers = []stranger{
	anybody,
	{"stranger, same family name", func(m *maker, b somebody) somebody {
		p := m.like(b, func(p somebody) bool { return p.given != b.given })
		p.family = b.family
		return m.employ(p)
	}},
	anybody,
	{"stranger, same given name", func(m *maker, b somebody) somebody {
		p := m.like(b, func(p somebody) bool { return p.family != b.family })
		p.given, p.middle = b.given, b.middle
		return m.employ(p)
	}},
	anybody,
	{"stranger, similar given name", func(m *maker, b somebody) somebody {
		p := m.like(b, func(p somebody) bool { return p.given != b.given && p.given[0] == b.given[0] })
		p.family, p.site = b.family, b.site
		return m.account(p)
	}},
	anybody,
	{"stranger, same name, other digits", func(m *maker, b somebody) somebody {
		b.Email = ""
		return m.named(b)
	}},
}
