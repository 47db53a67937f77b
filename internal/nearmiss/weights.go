package nearmiss

// The match weights, in decibels: ten times the decimal logarithm of how much more
// often something is observed of the same person than of two. 10 is ten times as
// often, 0 is no evidence. The score is Threshold plus their sum.
// docs/near-misses.md explains each of them.

// weight is the match weight of two addresses, by how the names agree.
type weight struct{ full, part, none, blank int }

// of returns the weight for names that agree like this.
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

// weights are the weights of two addresses by the likeness of the local parts and
// the kinship of the domains.
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

// Points subtracted for equal local parts, so that the smallest difference comes first.
const (
	perDomain    = 3 // the domain is mistyped, against the same domain
	perSeparator = 4 // dots and dashes differ
)

// openAddress is added if one of two domains is open: an administrator typed the
// private address.
const openAddress = 4

// Points of names: bounds of the points for a name's rarity, and the points
// subtracted if the agreement is not exact.
const (
	mostOfName     = 22  // the rarest name: relatives may still share it
	leastOfName    = -12 // the commonest: the addresses can outweigh it
	leastOfPart    = -25 // one common word shared
	mostOfPart     = 5
	perPartlyNamed = 12 // one word agrees and another does not
	perSound       = 2  // a word sounds alike
	perVariant     = 2  // another form of a given name
	perTypo        = 4  // one letter of a word differs
	perTypos       = 10 // two letters
	perPrefix      = 4  // a word is the beginning of the other
	perInitial     = 2  // only its initial is written; see initialShare too
	perSurplus     = 4  // one name has words that the other lacks
	perDifference  = 7  // each name has words that the other lacks
	perOtherGiven  = 12 // the given name of one is the middle name of the other
)

// Assumptions for missing counts.
const (
	usualUsers   = 1000 // people, if they were not counted
	priorShare   = 0.004
	priorWeight  = 60   // number of people that priorShare counts as
	clumping     = 3    // given and family names of one country occur together more often than by chance
	initialShare = 0.08 // of people with names that begin with the same letter
)

// weigh returns the points of two addresses that agree like this.
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
