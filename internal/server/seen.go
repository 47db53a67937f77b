package server

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/seal"
)

const (
	// seenPath answers doctor, and only doctor, what the server sees of a request that came through the proxies.
	seenPath = "/readyz/seen"

	// seenHeader brings doctor's question: sealed, so that only who has PACTIUS_SECRET can ask.
	seenHeader = "X-Pactius-Doctor"

	questionPurpose = "doctor question"
	answerPurpose   = "doctor answer"

	// seenFor is how old a question may be, and how far the clocks of doctor and server may differ. Who repeats a
	// question within that time learns nothing: the answer is sealed for the one who asked.
	seenFor = time.Minute
)

// seen is what the server saw of a request.
type seen struct {
	Host      string     // as it arrived
	Peer      netip.Addr // of the connection
	Client    netip.Addr // that counts
	Trusted   bool       // the peer is in PACTIUS_TRUSTED_PROXIES
	Forwarded []string   // the addresses in X-Forwarded-For
}

// question returns the sealed question and the word that opens its answer.
func question(box *seal.Box, now time.Time) (sealed, word string) {
	word = seal.NewToken()
	return box.Seal(questionPurpose, []byte(word+now.UTC().Format(time.RFC3339)), ""), word
}

// tellSeen answers doctor's question; false for any other request.
func (s *Server) tellSeen(w http.ResponseWriter, r *http.Request) bool {
	sealed := r.Header.Get(seenHeader)
	if r.URL.Path != seenPath || sealed == "" || s.box == nil {
		return false
	}
	plain, err := s.box.Open(questionPurpose, sealed, "")
	if err != nil || len(plain) < seal.TokenLength {
		return false
	}
	word := string(plain[:seal.TokenLength])
	asked, err := time.Parse(time.RFC3339, string(plain[seal.TokenLength:]))
	if age := s.now().Sub(asked); err != nil || age > seenFor || age < -seenFor {
		return false
	}
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	told := seen{Host: r.Host, Peer: peer.Addr().Unmap(), Client: edge.Client(r, s.cfg.TrustedProxies),
		Trusted: edge.FromTrusted(r, s.cfg.TrustedProxies)}
	for hop := range strings.SplitSeq(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",") {
		if hop = strings.TrimSpace(hop); hop != "" {
			told.Forwarded = append(told.Forwarded, hop)
		}
	}
	text, err := json.Marshal(told)
	if err != nil {
		return false
	}
	probe(w, http.StatusOK, s.box.Seal(answerPurpose, text, word))
	return true
}
