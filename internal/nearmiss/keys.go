package nearmiss

// Lookup is what a person is looked up by. The groups differ in how much a hit
// says; the store bounds each.
type Lookup struct {
	Exact []string // keys that the same name or address has
	Near  []string // keys one letter away
	Wide  []string // keys that many share: a name and an initial
	Words []string // words of names and addresses, which find people while they are rare
}

// Keys are what is stored for a person: at most MaxKeys, in stable order.
func Keys(p Person) []string { return nil }

// MaxKeys bounds the keys of a person.
const MaxKeys = 12

// Probes are what a person is looked up by.
func Probes(p Person) Lookup { return Lookup{} }

// Wanted are the words whose commonness Rank needs.
func Wanted(asked Person, candidates []Person) []string { return nil }
