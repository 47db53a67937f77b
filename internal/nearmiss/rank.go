package nearmiss

import (
	"cmp"
	"slices"
)

// MaxWanted is the most words that are counted for one question.
const MaxWanted = 24

// Wanted returns the words whose commonness Rank needs: those of the person asked
// about, and those of the candidates that are nearly the same.
func Wanted(asked Person, candidates []Person) []string {
	var all []string
	add := func(w string) {
		if len(all) < MaxWanted && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	who := read(asked)
	for _, t := range who.tokens {
		add(t.fold)
	}
	for _, p := range candidates {
		if len(all) == MaxWanted {
			break
		}
		for _, k := range read(p).tokens {
			for _, t := range who.tokens {
				if b := bondOf(t, k); b > equalWord && b < noBond {
					add(k.fold)
				}
			}
		}
	}
	return all
}

// Rank compares the candidates and returns those that are Likely, best first, at
// most MaxMatches.
func Rank(asked Person, candidates []Person, c Commonness) []Match {
	who := read(asked)
	known := make([]person, len(candidates))
	same := map[string]int{}
	for i, p := range candidates {
		known[i] = read(p)
		same[known[i].joined]++
	}
	type ranked struct {
		index int
		comparison
	}
	var found []ranked
	for i, k := range known {
		r := ranked{i, compare(who, k, c, same[k.joined]-1)}
		if r.points >= 0 {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(b.points, a.points) })
	matches := make([]Match, 0, MaxMatches)
	for _, r := range found[:min(len(found), MaxMatches)] {
		matches = append(matches, Match{r.index, r.likeness()})
	}
	return matches
}
