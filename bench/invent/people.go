package invent

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/nearmiss/corpus"
)

// person has a name, and an account name of its own.
type person struct {
	name, username, email, language string
}

// spelt is a part of a name and its letters in account names.
type spelt struct{ written, latin string }

// origin is a language that names come from.
type origin struct {
	given, family choice[spelt]
	heads, tails  []string // of rare family names
	familyFirst   bool
	joined        bool // written without a blank
	language      string
	domain        string
}

// rareFamilyNames is the share of people with a rare family name, where a language has them.
const rareFamilyNames = 0.35

// domains of the company's parts, by origin. The first is the company's, which a quarter of all others have too.
var domains = []string{"nordhavn.example", "hafenwerk.example", "portowe.example", "quaibleu.example",
	"harbourline.example"}

// beyond are names in other letters, "written=letters of account names".
var beyond = []struct{ given, family, language string }{
	{"Γιώργος=giorgos Μαρία=maria Κώστας=kostas Ελένη=eleni Δημήτρης=dimitris Σοφία=sofia Νίκος=nikos",
		"Παπαδόπουλος=papadopoulos Νικολάου=nikolaou Γεωργίου=georgiou Δημητρίου=dimitriou Οικονόμου=oikonomou", ""},
	{"Олена=olena Андрій=andrii Наталія=nataliia Олександр=oleksandr Ірина=iryna Сергій=serhii Юлія=yuliia",
		"Шевченко=shevchenko Коваленко=kovalenko Бондаренко=bondarenko Ткаченко=tkachenko Мельник=melnyk", ""},
	{"Ayşe=ayse Mehmet=mehmet Fatma=fatma Mustafa=mustafa Zeynep=zeynep Çağlar=caglar İbrahim=ibrahim Gül=gul",
		"Yılmaz=yilmaz Kaya=kaya Demir=demir Çelik=celik Şahin=sahin Yıldız=yildiz Öztürk=ozturk Aydın=aydin", ""},
	{"伟=wei 芳=fang 娜=na 敏=min 静=jing 强=qiang 磊=lei 洋=yang 艳=yan", "王=wang 李=li 张=zhang 刘=liu 陈=chen 杨=yang 赵=zhao",
		"zh"},
	{"Matti=matti Päivi=paivi Jukka=jukka Äiti=aiti Sanna=sanna Väinö=vaino Hilkka=hilkka Yrjö=yrjo",
		"Virtanen=virtanen Mäkinen=makinen Korhonen=korhonen Nieminen=nieminen Hämäläinen=hamalainen", ""},
}

// people makes people of many languages.
type people struct {
	random  *rand.Rand
	origins choice[origin]
	taken   map[string]int // how often a local part was given
}

func newPeople(seed uint64) *people {
	var all []origin
	worlds := []corpus.World{corpus.Development(), corpus.HeldOut()}
	for i, c := range worlds[0].Cultures {
		other := worlds[1].Cultures[i]
		o := origin{heads: append(c.Heads, other.Heads...), tails: append(c.Tails, other.Tails...),
			familyFirst: c.FamilyFirst, domain: domains[c.Domain]}
		if i == 0 {
			o.language = "da"
		}
		o.given, o.family = plain(c.Given, other.Given), plain(c.Family, other.Family)
		all = append(all, o)
	}
	for _, b := range beyond {
		all = append(all, origin{given: pairs(b.given), family: pairs(b.family), familyFirst: b.language == "zh",
			joined: b.language == "zh", domain: domains[0]})
	}
	p := &people{random: newRandom(seed, streamPeople), origins: newChoice(all), taken: map[string]int{}}
	for _, k := range known {
		local, _, _ := strings.Cut(k.username, "@")
		p.free(local)
	}
	return p
}

// plain are names in Latin letters, the common ones of both lists first.
func plain(lists ...[]string) choice[spelt] {
	var all []spelt
	for i := range max(len(lists[0]), len(lists[1])) {
		for _, l := range lists {
			if i < len(l) {
				all = append(all, spelt{l[i], latin(l[i])})
			}
		}
	}
	return newChoice(all)
}

func pairs(list string) choice[spelt] {
	var all []spelt
	for pair := range strings.FieldsSeq(list) {
		written, letters, _ := strings.Cut(pair, "=")
		all = append(all, spelt{written, letters})
	}
	return newChoice(all)
}

// latin is a name as account names spell it.
func latin(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, names.Fold(s))
}

// next makes a person.
func (p *people) next() person {
	r := p.random
	o := p.origins.pick(r)
	given, family := o.given.pick(r), o.family.pick(r)
	if len(o.heads) > 0 && chance(r, rareFamilyNames) {
		family.written = one(r, o.heads) + one(r, o.tails)
		family.latin = latin(family.written)
	}
	var made person
	switch {
	case o.joined:
		made.name = family.written + given.written
	case o.familyFirst:
		made.name = family.written + " " + given.written
	case chance(r, 0.12):
		made.name = given.written + " " + o.given.pick(r).written + " " + family.written
	case chance(r, 0.04):
		made.name = given.written + " " + family.written + "-" + o.family.pick(r).written
	default:
		made.name = given.written + " " + family.written
	}
	domain := o.domain
	if chance(r, 0.25) {
		domain = domains[0]
	}
	made.username = p.free(given.latin+"."+family.latin) + "@" + domain
	switch at := r.Float64(); {
	case at < 0.6:
		made.email = made.username
	case at < 0.65:
		made.email = given.latin + "@" + domain
	}
	if made.language = o.language; made.language == "" && chance(r, 0.7) {
		made.language = "en"
	}
	return made
}

// free numbers the second and all further people with a local part.
func (p *people) free(local string) string {
	p.taken[local]++
	if n := p.taken[local]; n > 1 {
		return local + strconv.Itoa(n)
	}
	return local
}
