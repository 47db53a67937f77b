package id

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"
)

// made counts the identifiers that At has made, from a random start.
var made = func() *atomic.Uint32 {
	var start atomic.Uint32
	start.Store(binary.BigEndian.Uint32(random(4)))
	return &start
}()

// At returns a fresh identifier of something that happened at t: it sorts among those of other times as Floor does,
// and, within one process and until the counter begins anew, after those made before for the same millisecond. The
// counter (RFC 9562, section 6.2, method 1) takes the first 32 random bits.
func At(t time.Time) string {
	ms := max(0, t.UnixMilli()) & (1<<48 - 1)
	n := made.Add(1)
	tail := binary.BigEndian.Uint64(append(random(6), 0, 0)) >> 16 // 48 bits, of which 42 are used
	const variant = 0b10 << 14
	return fmt.Sprintf("%08x-%04x-7%03x-%04x-%012x", ms>>16, ms&0xffff, n>>20,
		variant|n>>6&(1<<14-1), uint64(n&(1<<6-1))<<42|tail&(1<<42-1))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails
	return b
}
