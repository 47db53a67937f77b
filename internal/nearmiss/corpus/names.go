package corpus

import (
	_ "embed"
	"encoding/json"
	"strings"
)

// culture is an origin of names. Given and family names are listed by frequency;
// heads and tails combine to rare family names.
type culture struct {
	Given, Family words
	Heads, Tails  words // of rare family names
	FamilyFirst   bool  // the family name is written first
	Article       words // before some family names
	Domain        int   // index in the world's domains, where most people work
}

// words are written with blanks between them.
type words []string

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *words) UnmarshalText(text []byte) error {
	*w = strings.Fields(string(text))
	return nil
}

func list(s string) []string { return strings.Fields(s) }

// World is a set of names and companies.
type World struct {
	Cultures []culture
	Domains  []site
	Partners words // domains of guests
}

// site is a company's domain and how it makes account names.
type site struct {
	Domain   string
	Siblings words // other domains of the same company
	Schemes  words // of account names, see localOf
}

//go:embed names.json
var names []byte

// world returns a world of names.json.
func world(name string) World {
	var all map[string]World
	if err := json.Unmarshal(names, &all); err != nil {
		panic("names.json: " + err.Error())
	}
	return all[name]
}

// Development is the world on which weights are chosen.
func Development() World { return world("development") }

// HeldOut is the world on which the weights are measured.
func HeldOut() World { return world("held out") }
