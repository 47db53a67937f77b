package nearmiss

// Compare tells how likely somebody known is the person asked about.
func Compare(asked, known Person, c Commonness) Likeness { return Likeness{} }

// Rank compares the candidates and gives those that are Likely, best first, at
// most MaxMatches.
func Rank(asked Person, candidates []Person, c Commonness) []Match { return nil }
