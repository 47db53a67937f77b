package gateway

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
)

// commitsOf returns a function that counts the durable commits of a world's database. SQLite's are the frames of the
// log that end a transaction (Database File Format, section 4.1). PostgreSQL numbers the transactions that write, for
// all databases of a cluster together, so those are told apart that have written what clients have.
func commitsOf(t *testing.T, w *world) func() int {
	t.Helper()
	if w.db.Engine() == "postgres" {
		return func() int {
			t.Helper()
			return w.db.Count(t, `SELECT COUNT(DISTINCT x) FROM (SELECT xmin::text AS x FROM client_grants
				UNION ALL SELECT xmin::text FROM client_sessions UNION ALL SELECT xmin::text FROM used_states
				UNION ALL SELECT xmin::text FROM sessions) written`)
		}
	}
	return func() int {
		t.Helper()
		log, err := os.ReadFile(strings.TrimPrefix(w.db.URL, "sqlite:") + "-wal")
		if err != nil || len(log) < 32 {
			t.Fatalf("%d bytes of the log: %v", len(log), err)
		}
		page, salts, n := int(binary.BigEndian.Uint32(log[8:])), string(log[16:24]), 0
		for frame := log[32:]; len(frame) >= 24+page; frame = frame[24+page:] {
			if string(frame[8:16]) == salts && binary.BigEndian.Uint32(frame[4:]) > 0 {
				n++
			}
		}
		return n
	}
}
