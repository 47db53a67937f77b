package nearmiss

// The weights, in decibels: ten times the decimal logarithm of how much more
// often something is seen of one person than of two. 10 is ten times as often, 0
// says nothing. Their sum, moved by Threshold, is the score. docs/near-misses.md
// tells of each why it is what it is.

// What the addresses say, by how the local parts agree, how near the domains are
// and how the names agree.
type weight struct{ full, part, none, blank int }

// of gives the weight where the names agree like that.
func (w weight) of(a accord) int {
	switch a {
	case full:
		return w.full
	case part:
		return w.part
	case unnamed:
		return w.blank
	default:
		return w.none
	}
}

var weights = map[likeness][3]weight{
	//                foreign domain        sibling             same
	equalAddress:  {{}, {}, {70, 68, 68, 60}},
	equalLocal:    {{2, -6, -14, -14}, {26, 12, -2, 12}, {32, 24, 12, 26}},
	uncommonLocal: {{16, 6, -4, 6}, {30, 18, 8, 18}, {32, 24, 14, 26}},
	swappedLocal:  {{0, -8, -20, -20}, {18, 8, -6, 6}, {28, 16, 4, 16}},
	variantLocal:  {{-4, -12, -24, -24}, {8, -4, -14, 0}, {14, 0, -8, 4}},
	middleLocal:   {{0, -8, -20, -20}, {10, 2, -12, 0}, {16, 6, -4, 6}},
	halfLocal:     {{-2, -8, -20, -20}, {8, 0, -12, 0}, {13, 4, -4, 6}},
	oneTypo:       {{0, -10, -24, -24}, {18, 0, -12, 3}, {28, 8, -4, 12}},
	twoTypos:      {{-2, -12, -26, -26}, {13, -6, -18, -6}, {22, -2, -12, 3}},
	scheme:        {{-4, -12, -26, -26}, {4, -6, -20, -12}, {10, -4, -18, -8}},
	numberTypo:    {{-4, -14, -30, -30}, {12, -10, -30, -30}, {20, -6, -30, -30}},
	unrelated:     {{-7, -16, -30, -30}, {-2, -14, -30, -30}, {-1, -14, -30, -30}},
	otherInitial:  {{-10, -20, -30, -30}, {-16, -20, -30, -30}, {-20, -24, -30, -30}},
	otherDigits:   {{-12, -20, -30, -30}, {-24, -28, -30, -30}, {-25, -28, -30, -30}},
}

// What is taken off for the same local part, so that what differs least comes first.
const (
	perDomain    = 3 // the domain is mistyped, against the same domain
	perSeparator = 4 // dots and dashes differ
)

// openAddress is added where one of two domains gives addresses to anybody: an
// administrator typed the private address.
const openAddress = 4

// What the names say: bounds of ten times the logarithm of how few namesakes
// chance makes, and what is taken off where the agreement is not exact.
const (
	mostOfName     = 22  // the rarest name: somebody may still be a child of, or be called after
	leastOfName    = -12 // the commonest: the addresses can make up for it
	leastOfPart    = -25 // of one word of a name in common
	mostOfPart     = 5
	perPartlyNamed = 12 // one word agrees and another does not
	perSound       = 2  // a word sounds alike
	perVariant     = 2  // another form of a given name
	perTypo        = 4  // one letter of a word differs
	perTypos       = 10 // two letters
	perPrefix      = 4  // a word is the beginning of the other
	perInitial     = 2  // only its initial is written; that it is common is counted apart
	perSurplus     = 4  // one has words that the other lacks
	perDifference  = 7  // each has words that the other lacks
	perOtherGiven  = 12 // the given name of one is the middle name of the other
)

// What is assumed where the environment's own people do not tell.
const (
	usualUsers   = 1000 // people, where nothing was counted
	priorShare   = 0.004
	priorWeight  = 60   // people whom the assumption counts for
	clumping     = 3    // given and family names of one country come together, more than chance would have it
	initialShare = 0.08 // of people whose name begins with the same letter
)

// weigh gives the points of two addresses that agree like that.
func weigh(a, b address, like likeness, near kinship, names accord) int {
	points := weights[like][near].of(names)
	if near == foreign && a.domain.open != b.domain.open {
		points += openAddress
	}
	if like != equalLocal {
		return points
	}
	if near == sibling && a.domain.mistyped(b.domain) {
		points = weights[like][same].of(names) - perDomain
	}
	if a.folded == b.folded && a.written != b.written {
		points -= perSeparator
	}
	return points
}
