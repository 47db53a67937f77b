package corpus

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/pactius/pactius/internal/nearmiss"
)

// Figures are how well questions were answered.
type Figures struct {
	Asked  int
	First  int // the right one was the first
	Three  int // it was among the first three
	Silent int // no person was suggested
}

// Report is the figures by kind and over all.
type Report struct {
	ByKind    map[string]*Figures
	Mistakes  Figures // of all kinds that leave evidence
	Strangers Figures
	Missed    []string // questions answered wrongly, in words
}

// Measure asks all questions. find gives indices in Invited, best first.
func Measure(c Corpus, find func(nearmiss.Person) ([]int, error)) (Report, error) {
	r := Report{ByKind: map[string]*Figures{}}
	for _, q := range c.Questions {
		found, err := find(q.Asked)
		if err != nil {
			return r, err
		}
		of := r.ByKind[q.Kind]
		if of == nil {
			of = &Figures{}
			r.ByKind[q.Kind] = of
		}
		at := slices.Index(found, q.Known)
		if q.Stranger() {
			at = -1
		}
		all := &r.Mistakes
		if q.Stranger() {
			all = &r.Strangers
		}
		of.count(at, len(found))
		if !q.Weak() {
			all.count(at, len(found))
		}
		if at != 0 && !q.Weak() && !(q.Stranger() && len(found) == 0) {
			r.Missed = append(r.Missed, c.tell(q, found))
		}
	}
	return r, nil
}

func (f *Figures) count(at, found int) {
	f.Asked++
	if at == 0 {
		f.First++
	}
	if at >= 0 && at < 3 {
		f.Three++
	}
	if found == 0 {
		f.Silent++
	}
}

// tell says what was asked and what was found.
func (c Corpus) tell(q Question, found []int) string {
	say := func(p nearmiss.Person) string { return p.Name + " <" + p.Username + " " + p.Email + ">" }
	s := q.Kind + ": asked " + say(q.Asked)
	if !q.Stranger() {
		s += ", is " + say(c.Invited[q.Known])
	}
	s += ", found"
	for _, i := range found[:min(len(found), 3)] {
		s += " " + say(c.Invited[i])
	}
	return s
}

// Share gives n of the questions in percent.
func (f Figures) Share(n int) float64 { return 100 * float64(n) / float64(max(f.Asked, 1)) }

// Print writes the report as a table.
func (r Report) Print(out io.Writer) {
	fmt.Fprint(out, "| kind | asked | first % | among three % | nobody % |\n| --- | ---: | ---: | ---: | ---: |\n")
	row := func(kind string, f Figures) {
		fmt.Fprintf(out, "| %s | %d | %.1f | %.1f | %.1f |\n", kind, f.Asked, f.Share(f.First), f.Share(f.Three),
			f.Share(f.Silent))
	}
	for _, k := range Kinds() {
		if f := r.ByKind[k]; f != nil {
			row(k, *f)
		}
	}
	row("**all mistakes that leave evidence**", r.Mistakes)
	row("**all strangers**", r.Strangers)
}

// Memory looks people up as the store does, without a database: for choosing
// weights.
type Memory struct {
	people []nearmiss.Person
	keys   map[string][]int
	words  map[string][]int
	split  func(nearmiss.Person) []string
}

// NewMemory keeps people; split gives the words they are found by.
func NewMemory(people []nearmiss.Person, split func(nearmiss.Person) []string) *Memory {
	m := &Memory{people: people, keys: map[string][]int{}, words: map[string][]int{}, split: split}
	for i, p := range people {
		for _, k := range nearmiss.Keys(p) {
			m.keys[k] = append(m.keys[k], i)
		}
		for _, w := range split(p) {
			m.words[w] = append(m.words[w], i)
		}
	}
	return m
}

// Bounds are those of the store's look-up.
const (
	exact, other, near, wide, word = 50, 40, 80, 25, 20
	most                           = 100
)

// Find gives the people who are probably the one asked about.
func (m *Memory) Find(asked nearmiss.Person) ([]int, error) {
	ids := m.candidates(nearmiss.Probes(asked))
	people := make([]nearmiss.Person, len(ids))
	for i, id := range ids {
		people[i] = m.people[id]
	}
	c := nearmiss.Commonness{Users: len(m.people), Words: map[string]int{}}
	for _, w := range nearmiss.Wanted(asked, people) {
		c.Words[w] = min(len(m.words[w]), nearmiss.MaxCount)
	}
	var found []int
	for _, match := range nearmiss.Rank(asked, people, c) {
		found = append(found, ids[match.Index])
	}
	return found, nil
}

func (m *Memory) candidates(l nearmiss.Lookup) []int {
	weights := map[int]int{}
	add := func(ids []int, weight, limit int) int {
		n := min(len(ids), limit)
		for _, id := range ids[:n] {
			weights[id] += weight
		}
		return n
	}
	for _, k := range l.Exact {
		add(m.keys[k], 8, exact)
	}
	left := other
	for _, k := range l.Other {
		left -= add(m.keys[k], 3, left)
	}
	left = near
	for _, k := range slices.Sorted(slices.Values(l.Near)) {
		left -= add(m.keys[k], 3, left)
	}
	for _, k := range l.Wide {
		add(m.keys[k], 2, wide)
	}
	for _, w := range l.Words {
		add(m.words[w], 1, word)
	}
	var ids []int
	for id := range weights {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int) int { return cmp.Or(weights[b]-weights[a], a-b) })
	return ids[:min(len(ids), most)]
}
