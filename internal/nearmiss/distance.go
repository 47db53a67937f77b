package nearmiss

// maxWord is the most runes of a word that are compared.
const maxWord = 64

// Distance returns the number of different letters of two words - replaced,
// missing, added, or two neighbours exchanged - up to bound; bound+1 means more.
// (Optimal string alignment: no letter is changed twice.)
func Distance(a, b string, bound int) int {
	if a == b {
		return 0
	}
	var ra, rb [maxWord]rune
	x, y := runes(&ra, a), runes(&rb, b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > bound {
		return bound + 1
	}
	for len(x) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	var rows [3][maxWord + 1]int
	last, row, next := &rows[0], &rows[1], &rows[2]
	for j := range len(y) + 1 {
		row[j] = j
	}
	for i, r := range x {
		next[0] = i + 1
		best := next[0]
		for j, s := range y {
			cost := 1
			if r == s {
				cost = 0
			}
			d := min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && r == y[j-1] && x[i-1] == s {
				d = min(d, last[j-1]+1)
			}
			next[j+1] = d
			best = min(best, d)
		}
		if best > bound {
			return bound + 1
		}
		last, row, next = row, next, last
	}
	return min(row[len(y)], bound+1)
}

func runes(to *[maxWord]rune, s string) []rune {
	n := 0
	for _, r := range s {
		if n == maxWord {
			break
		}
		to[n] = r
		n++
	}
	return to[:n]
}

// closeWords reports whether at most bound letters differ.
func closeWords(a, b string, bound int) bool { return Distance(a, b, bound) <= bound }
