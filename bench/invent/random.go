package invent

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"sort"
	"time"
)

// The streams of random numbers. Each part of a company has its own, so that a change of one part leaves the others.
const (
	streamUnits = iota + 1
	streamPeople
	streamUsers
	streamRequests
	streamEvents
	streamIDs // and the following, one for each kind of row
)

func newRandom(seed uint64, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

// identifiers makes UUIDs of version 7 with given times. They ascend, whatever the times are, so that rows land at the
// end of their index.
type identifiers struct {
	random *rand.Rand
	ms     uint64
	n      uint16 // within the millisecond
}

func newIdentifiers(seed, kind uint64) *identifiers {
	return &identifiers{random: newRandom(seed, streamIDs+kind)}
}

const maxInMillisecond = 1<<12 - 1 // the 12 bits of a UUID that count within a millisecond

// at makes an identifier of a time.
func (i *identifiers) at(t time.Time) string {
	switch ms := uint64(t.UnixMilli()); {
	case ms > i.ms:
		i.ms, i.n = ms, 0
	case i.n == maxInMillisecond:
		i.ms, i.n = i.ms+1, 0
	default:
		i.n++
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], i.ms<<16|7<<12|uint64(i.n))
	binary.BigEndian.PutUint64(b[8:], i.random.Uint64()>>2|1<<63)
	return text(b)
}

// any makes an identifier without a time, of version 4, as Microsoft gives accounts.
func (i *identifiers) any() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], i.random.Uint64()&^0xf000|0x4000)
	binary.BigEndian.PutUint64(b[8:], i.random.Uint64()>>2|1<<63)
	return text(b)
}

// text writes a UUID as it is stored.
func text(b [16]byte) string {
	var s [36]byte
	at := 0
	for _, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if at > 0 {
			s[at] = '-'
			at++
		}
		at += hex.Encode(s[at:], part)
	}
	return string(s[:])
}

// choice picks from a list, the first most often: the tenth a quarter as often.
type choice[T any] struct {
	all []T
	sum []float64 // of the weights until each
}

func newChoice[T any](all []T) choice[T] {
	c := choice[T]{all: all, sum: make([]float64, len(all))}
	total := 0.0
	for i := range all {
		total += 1 / (float64(i) + 3)
		c.sum[i] = total
	}
	return c
}

func (c choice[T]) pick(r *rand.Rand) T {
	at := r.Float64() * c.sum[len(c.sum)-1]
	return c.all[min(sort.SearchFloat64s(c.sum, at), len(c.all)-1)]
}

// skewed picks a number below n, small ones most often: power 1 is even, of 2 the first has 1/sqrt(n) of all.
func skewed(r *rand.Rand, n int, power float64) int {
	return min(int(float64(n)*math.Pow(r.Float64(), power)), n-1)
}

func chance(r *rand.Rand, share float64) bool { return r.Float64() < share }

func one[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }
