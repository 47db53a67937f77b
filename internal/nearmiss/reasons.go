package nearmiss

import (
	"strings"

	"github.com/pactius/pactius"
)

// nameReasons returns in words how the names agree.
func nameReasons(asked, known person, pairs []pair, n named) []evidence {
	if n.accord == part && n.points < leastOfPart/2-perPartlyNamed {
		return nil // a shared common word is not worth showing
	}
	var all []evidence
	swap, exact := false, true
	for _, p := range pairs {
		swap = swap || p.moved
		exact = exact && (p.bond == equalWord || p.bond == spelledWord)
		if e := pairReason(p); e.code != "" {
			all = append(all, e)
		}
	}
	surplus := len(asked.tokens) != len(known.tokens)
	switch {
	case n.accord == part:
		all = append(all, evidence{n.points, "part_of_name", pactius.T("part of the name is the same")})
	case swap && len(asked.tokens) == len(known.tokens):
		all = append(all, evidence{n.points + 1, "swapped_name", pactius.T("first and last name swapped")})
	case exact && surplus:
		all = append(all, evidence{n.points, "part_of_name", pactius.T("same name, one of them shorter")})
	case exact:
		all = append(all, evidence{n.points, "same_name", pactius.T("same name")})
	default:
		all = append(all, evidence{n.points, "similar_name", pactius.T("similar name")})
	}
	return all
}

// pairReason returns in words how two paired words differ.
func pairReason(p pair) evidence {
	switch p.bond {
	case spelledWord:
		if from, to := letterWritten(p.asked.fold, p.known.fold); from != "" {
			return evidence{8, "spelling", pactius.T("%s written as %s", from, to)}
		}
		return evidence{8, "spelling", pactius.T("same name, spelled with other letters")}
	case soundWord:
		return evidence{4, "sounds_like", pactius.T("%s sounds like %s", p.asked.fold, p.known.fold)}
	case variantWord:
		return evidence{4, "nickname", pactius.T("%s and %s are forms of the same name", p.asked.fold, p.known.fold)}
	case typoWord:
		return evidence{3, "name_typo", pactius.T("one letter of the name differs")}
	case typosWord:
		return evidence{2, "name_typo", pactius.T("two letters of the name differ")}
	case prefixWord, initialWord:
		return evidence{2, "abbreviated_name", pactius.T("abbreviated name")}
	default:
		return evidence{}
	}
}

// letterWritten returns the letter that two folded spellings write differently.
func letterWritten(a, b string) (string, string) {
	for _, l := range [][3]string{{"oe", "o", "ø"}, {"ae", "a", "æ"}, {"aa", "a", "å"}, {"ue", "u", "ü"}} {
		long, short := a, b
		if len(a) < len(b) {
			long, short = b, a
		}
		if strings.Contains(long, l[0]) && strings.Replace(long, l[0], l[1], 1) == short {
			if l[0] == "ue" {
				return l[2], l[0]
			}
			return l[2], l[1]
		}
	}
	return "", ""
}

// addressReasons returns in words how two addresses agree; accounts tells that both are account names.
func addressReasons(a, b address, like likeness, near kinship, points int, accounts bool) []evidence {
	var all []evidence
	say := func(points int, code string, t pactius.Text) { all = append(all, evidence{points, code, t}) }
	switch like {
	case equalAddress:
		switch {
		case a.guest != b.guest:
			say(points, "guest", pactius.T("guest account of %s", a.whole))
		case accounts:
			say(points, "same_username", pactius.T("same account name"))
		default:
			say(points, "same_address", pactius.T("email address entered as account name"))
		}
	case equalLocal, uncommonLocal:
		switch {
		case near == same && a.folded != b.folded:
			say(points, "spelling", pactius.T("same account name, spelled with other letters"))
		case near == same:
			say(points, "separators", pactius.T("only dots and dashes differ"))
		}
	case swappedLocal:
		say(points, "swapped_name", pactius.T("first and last name swapped in the account name"))
	case oneTypo:
		say(points, "typo", pactius.T("one letter differs"))
	case numberTypo:
		say(points, "typo", pactius.T("one digit differs"))
	case twoTypos:
		say(points, "typos", pactius.T("two letters differ"))
	case variantLocal:
		say(points, "nickname", pactius.T("another form of the given name"))
	case halfLocal:
		say(points, "double_name", pactius.T("one part of a double name"))
	case middleLocal:
		say(points, "middle_name", pactius.T("an extra or missing middle name"))
	case scheme:
		say(points, "abbreviated", pactius.T("account name formed from the name in a different way"))
	default:
		return nil
	}
	if near == sibling && like != scheme {
		if a.domain.mistyped(b.domain) {
			say(points-1, "domain_typo", pactius.T("mistyped domain"))
		} else {
			say(points-1, "other_domain", pactius.T("same name, different domain"))
		}
	} else if near == foreign && (like == equalLocal || like == uncommonLocal) {
		say(points-1, "other_domain", pactius.T("same name, different domain"))
	}
	if a.guest != b.guest && like != equalAddress {
		say(points-2, "guest", pactius.T("guest account of %s", a.whole))
	}
	return all
}
