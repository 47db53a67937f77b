package nearmiss_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pactius/pactius/internal/nearmiss"
	"github.com/pactius/pactius/internal/nearmiss/corpus"
)

// p is a person in short.
func p(username, name string, email ...string) nearmiss.Person {
	return nearmiss.Person{Username: username, Name: name, Email: strings.Join(email, "")}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name         string
		asked, known nearmiss.Person
		likely       bool
		code         string // the strongest reason
	}{
		{"one letter", p("anna.hansen@n.dk", "Anna Hansen"), p("anna.hanson@n.dk", "Anna Hansen"), true, "typo"},
		{"two letters", p("anna.hansen@n.dk", "Anna Hansen"), p("amna.hanson@n.dk", "Anna Hansen"), true, "typos"},
		{"neighbours exchanged", p("anna.hansen@n.dk", "Anna Hansen"), p("anna.hanesn@n.dk", "Anna Hansen"), true,
			"typo"},
		{"another domain", p("anna.hansen@nordhavn.com", "Anna Hansen"), p("anna.hansen@nordhavn.dk", "Anna Hansen"),
			true, "other_domain"},
		{"the tenant's own domain", p("anna.hansen@nordhavn.onmicrosoft.com", "Anna Hansen"),
			p("anna.hansen@nordhavn.dk", "Anna Hansen"), true, "other_domain"},
		{"a mistyped domain", p("anna.hansen@nordhavn.dk", "Anna Hansen"), p("anna.hansen@nordhvan.dk", "Anna Hansen"),
			true, "domain_typo"},
		{"the other spelling of a domain", p("ida@münchen.example", ""),
			p("xy@n.example", "", "ida@xn--mnchen-3ya.example"), true, "same_address"},
		{"ø written o", p("soeren.ovesen@n.dk", "Søren Ovesen"), p("soren.ovesen@n.dk", "Søren Ovesen"), true,
			"spelling"},
		{"ü written ue", p("k.mueller@n.de", "Karl Müller"), p("k.muller@n.de", "Karl Mueller"), true, "spelling"},
		{"the same account name", p("anna.hansen@n.dk", "Anna Hansen"), p("Anna.Hansen@n.dk", "Anna Hansen"), true,
			"same_username"},
		{"email address entered as account name", p("u12345@n.dk", "Anna Hansen", "anna.hansen@n.dk"),
			p("anna.hansen@n.dk", "Anna Hansen"), true, "same_address"},
		{"a guest", p("anna_partner.example#EXT#@n.onmicrosoft.com", "Anna Holm"),
			p("anna@partner.example", "Anna Holm"), true, "guest"},
		{"swapped", p("anna.hansen@n.dk", "Anna Hansen"), p("hansen.anna@n.dk", "Hansen Anna"), true, "swapped_name"},
		{"an abbreviation", p("anna.hansen@n.dk", "Anna Hansen"), p("ahansen@n.dk", "Anna Hansen"), true,
			"abbreviated"},
		{"a nickname", p("alexander.holm@n.dk", "Alexander Holm"), p("alex.holm@n.dk", "Alex Holm"), true, "nickname"},
		{"family name first, with department", p("anna.hanson@n.dk", "Hansen, Anna (IT)"),
			p("anna.hansen@n.dk", "Anna Hansen"), true, "typo"},
		{"a title", p("x1@n.dk", "Prof. Dr. Anna Quist"), p("anna.quist@n.dk", "Anna Quist"), true, "same_name"},
		{"a Vietnamese name the other way round", p("an.nguyen@n.dk", "Nguyễn Văn An"),
			p("nguyen.an@n.dk", "An Nguyen"), true, "swapped_name"},
		{"an Arabic name in other letters", p("muhammad.al-hassan@n.dk", "Muhammad Al-Hassan"),
			p("mohamed.alhassan@n.dk", "Mohamed Alhassan"), true, "abbreviated"},
		{"one's other form of the given name", p("anne.hansen@n.dk", "Anne Hansen"),
			p("anna.hansen@n.dk", "Anna Hansen"), false, ""},
		{"another's digits", p("jens.hansen2@n.dk", "Jens Hansen"), p("jens.hansen@n.dk", "Jens Hansen"), false, ""},
		{"another's initial", p("a.hansen@n.dk", "Anna Hansen"), p("b.hansen@n.dk", "Bo Hansen"), false, ""},
		{"only the family name", p("lars.jensen@n.dk", "Lars Jensen"), p("mads.jensen@n.dk", "Mads Jensen"), false, ""},
		{"only the given name", p("lars.jensen@n.dk", "Lars Jensen"), p("lars.holm@n.dk", "Lars Holm"), false, ""},
		{"nobody", nearmiss.Person{}, p("lars.holm@n.dk", "Lars Holm"), false, ""},
		{"two nobodies", nearmiss.Person{}, nearmiss.Person{}, false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := nearmiss.Compare(c.asked, c.known, nearmiss.Commonness{})
			if l.Likely() != c.likely {
				t.Fatalf("score %d, %v, want likely %v", l.Score, l.Codes, c.likely)
			}
			if len(l.Codes) != len(l.Reasons) {
				t.Errorf("codes %v and reasons %v differ in number", l.Codes, l.Reasons)
			}
			if c.code != "" && (len(l.Codes) == 0 || l.Codes[0] != c.code) {
				t.Errorf("reasons %v, want %s first", l.Codes, c.code)
			}
		})
	}
}

func TestACommonNameAloneSaysLittle(t *testing.T) {
	t.Parallel()
	asked, known := p("u4711@n.dk", "Lars Jensen"), p("lars.jensen@n.dk", "Lars Jensen")
	last := 101
	for _, users := range []int{10, 1000, 100_000} {
		c := nearmiss.Commonness{Users: users,
			Words: map[string]int{"lars": max(1, users/40), "jensen": max(1, users/30)}}
		l := nearmiss.Compare(asked, known, c)
		if l.Score > last {
			t.Errorf("the same name says more among %d users than among fewer: %d after %d", users, l.Score, last)
		}
		last = l.Score
	}
	if last >= nearmiss.Threshold {
		t.Errorf("among 100,000 users a common name alone scores %d", last)
	}
}

// people of a corpus, for properties.
var people = corpus.New(corpus.Options{World: corpus.HeldOut(), Seed: 11, Invited: 900, PerKind: 12, Strangers: 60})

// drawn gives someone asked about and someone known: the right one, or anyone.
func drawn(t *rapid.T) (asked, known nearmiss.Person) {
	q := rapid.SampledFrom(people.Questions).Draw(t, "question")
	known = rapid.SampledFrom(people.Invited).Draw(t, "anybody")
	if !q.Stranger() && rapid.Bool().Draw(t, "right") {
		known = people.Invited[q.Known]
	}
	return q.Asked, known
}

// TestMoreAgreementNeverLowersTheScore makes one thing after the other of the
// known person equal to that of the person asked about.
func TestMoreAgreementNeverLowersTheScore(t *testing.T) {
	t.Parallel()
	type person = nearmiss.Person
	changes := map[string]func(asked, known person) person{
		"the name":              func(a, k person) person { k.Name = a.Name; return k },
		"the account name":      func(a, k person) person { k.Username = a.Username; return k },
		"the e-mail":            func(a, k person) person { k.Email = a.Username; return k },
		"a further address":     func(a, k person) person { k.Other = []string{a.Username}; return k },
		"an address not theirs": func(_, k person) person { k.Other = []string{"zz@elsewhere.example"}; return k },
	}
	rapid.Check(t, func(t *rapid.T) {
		asked, known := drawn(t)
		before := nearmiss.Compare(asked, known, nearmiss.Commonness{})
		for what, change := range changes {
			if what == "the name" && asked.Name == "" {
				continue // nothing that could agree
			}
			more := change(asked, known)
			if after := nearmiss.Compare(asked, more, nearmiss.Commonness{}); after.Score < before.Score {
				t.Errorf("%s made equal: %d after %d for %+v and %+v, %v then %v", what, after.Score, before.Score,
					asked, known, before.Codes, after.Codes)
			}
		}
	})
}

func TestFewerTyposNeverLowerTheScore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		asked := rapid.SampledFrom(people.Invited).Draw(t, "asked")
		local, domain, _ := strings.Cut(asked.Username, "@")
		known := asked
		last := 101
		for n := range 4 {
			if score := nearmiss.Compare(asked, known, nearmiss.Commonness{}).Score; score > last {
				t.Errorf("%d typos score %d, one less %d: %s for %s", n, score, last, known.Username, asked.Username)
			} else {
				last = score
			}
			at := rapid.IntRange(1, max(1, len(local)-1)).Draw(t, "at")
			local = local[:at] + "q" + local[at:]
			known = nearmiss.Person{Username: local + "@" + domain, Name: asked.Name}
		}
	})
}

func TestBothWaysAreAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		asked, known := drawn(t)
		there := nearmiss.Compare(asked, known, nearmiss.Commonness{})
		back := nearmiss.Compare(known, asked, nearmiss.Commonness{})
		if there.Likely() != back.Likely() {
			t.Errorf("%d one way and %d the other: %+v and %+v", there.Score, back.Score, asked, known)
		}
	})
}

func TestKeysAreFewAndTheSame(t *testing.T) {
	t.Parallel()
	total := 0
	for _, who := range people.Invited {
		keys := nearmiss.Keys(who)
		total += len(keys)
		if diff := cmp.Diff(keys, nearmiss.Keys(who)); diff != "" {
			t.Fatalf("keys of %+v differ: %s", who, diff)
		}
		if len(keys) > nearmiss.MaxKeys+len(nearmiss.Samples) || !slices.IsSorted(keys) ||
			len(slices.Compact(slices.Clone(keys))) != len(keys) {
			t.Errorf("keys of %+v: %q", who, keys)
		}
	}
	if mean := float64(total) / float64(len(people.Invited)); mean > 8 {
		t.Errorf("%.1f keys a person: each costs a row", mean)
	}
}

func TestRankGivesTheBestFirst(t *testing.T) {
	t.Parallel()
	known := []nearmiss.Person{p("mads.jensen@n.dk", "Mads Jensen"), p("lars.jensne@n.dk", "Lars Jensen"),
		p("lars.jensen@elsewhere.example", "Lars Jensen")}
	matches := nearmiss.Rank(p("lars.jensen@n.dk", "Lars Jensen"), known, nearmiss.Commonness{})
	if len(matches) == 0 || matches[0].Index != 1 {
		t.Fatalf("matches %+v, want the mistyped one first", matches)
	}
	if !slices.IsSortedFunc(matches, func(a, b nearmiss.Match) int { return b.Score - a.Score }) {
		t.Errorf("matches are not in order: %+v", matches)
	}
	many := slices.Repeat([]nearmiss.Person{p("lars.jensne@n.dk", "Lars Jensen")}, 20)
	got := nearmiss.Rank(p("lars.jensen@n.dk", "Lars Jensen"), many, nearmiss.Commonness{})
	if len(got) > nearmiss.MaxMatches {
		t.Errorf("%d matches, want at most %d", len(got), nearmiss.MaxMatches)
	}
}

func FuzzCompare(f *testing.F) {
	for _, s := range []string{"Anna Hansen", "a@b.c", "anna_x.y#EXT#@z", "\xff\xfe@", "👩‍💻 ❤️", "@", "#ext#",
		"Hansen, (", "'’`", strings.Repeat("a.", 5000), "ß@ẞ", "0000@0"} {
		f.Add(s, s, "Bo Friis", "bo@n.dk")
	}
	f.Fuzz(func(t *testing.T, name, username, otherName, otherUsername string) {
		asked := nearmiss.Person{Username: username, Name: name, Email: otherUsername, Other: []string{name, otherName}}
		known := nearmiss.Person{Username: otherUsername, Name: otherName}
		like := nearmiss.Compare(asked, known, nearmiss.Commonness{})
		if like.Score < 0 || like.Score > 100 || len(like.Codes) != len(like.Reasons) {
			t.Errorf("%+v", like)
		}
		if keys := nearmiss.Keys(asked); len(keys) > nearmiss.MaxKeys+len(nearmiss.Samples) {
			t.Errorf("%d keys: %q", len(keys), keys)
		}
		l := nearmiss.Probes(asked)
		if len(l.Exact) > nearmiss.MaxExact || len(l.Other) > nearmiss.MaxOther || len(l.Near) > nearmiss.MaxNear ||
			len(l.Wide) > nearmiss.MaxWide || len(l.Words) > nearmiss.MaxWords {
			t.Errorf("too many probes: %+v", l)
		}
		if w := nearmiss.Wanted(asked, []nearmiss.Person{known, asked}); len(w) > nearmiss.MaxWanted {
			t.Errorf("%d words: %q", len(w), w)
		}
	})
}
