package main

import (
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/nearmiss"
	"github.com/pactius/pactius/internal/nearmiss/corpus"
)

// TestInventedPeopleAreNoNearMisses asks about some of the people that a run
// with 10,000 users invents; each must find no other user.
func TestInventedPeopleAreNoNearMisses(t *testing.T) {
	t.Parallel()
	people := make([]nearmiss.Person, 25_000)
	for i := range people {
		people[i] = invented(i)
	}
	known := corpus.NewMemory(people, func(p nearmiss.Person) []string {
		return strings.Fields(strings.ToLower(p.Name))
	})
	for i := 0; i < len(people); i += 97 {
		found, err := known.Find(people[i])
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 1 || found[0] != i {
			t.Errorf("%s is a near miss of %d people", people[i].Name, len(found)-1)
		}
	}
}
