package nearmiss_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/nearmiss"
	"github.com/pactius/pactius/internal/nearmiss/corpus"
)

var (
	size = flag.Int("size", 1000, "invited users of the corpus")
	tell = flag.String("tell", "", "print the questions of a kind that were answered wrongly")
	tail = flag.Float64("tail", 0.35, "share of rare family names")
	seed = flag.Uint64("seed", 1, "")
	held = flag.Bool("held", false, "")
	full = flag.Bool("full", false, "")
)

// words are those of the store's user_words.
func words(p nearmiss.Person) []string {
	var all []string
	for _, s := range names.Spellings(p.Name + " " + p.Username + " " + p.Email) {
		for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

func TestTune(t *testing.T) {
	o := corpus.Options{World: corpus.Development(), Seed: *seed, Invited: *size, PerKind: max(20, *size/250), Strangers: max(800, *size/50), Tail: *tail}
	if *held {
		o.World = corpus.HeldOut()
	}
	if *size >= 10000 {
		o.PerKind, o.Strangers = 60, 1200
	}
	c := corpus.New(o)
	m := corpus.NewMemory(c.Invited, words)
	m.Full = *full
	r, err := corpus.Measure(c, m.Find)
	if err != nil {
		t.Fatal(err)
	}
	r.Print(os.Stdout)
	for _, s := range r.Missed {
		if *tell == "all" || *tell != "" && strings.HasPrefix(s, *tell) {
			t.Log(s)
		}
	}
}
